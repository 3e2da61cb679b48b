"""From the word language (`words.py`) to LLVM IR."""

import ast
import functools
import inspect
import platform
import sys
from collections.abc import Callable, Iterable
from typing import Any, Final

from graph.llvm.runtime.words import (
    Cells,
    External,
    Symbol,
    Word,
    copy,
    count_up,
    cycles,
    leading_zeros,
    load,
    load_byte,
    load_half,
    relax,
    replace,
    reserve,
    run_code,
    store,
    store_byte,
    swap,
)

_INTRINSICS: Final = """\
declare i64 @llvm.ctlz.i64(i64, i1)
declare i64 @llvm.readcyclecounter()
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
"""
_ARITHMETIC: Final[dict[type[ast.operator], str]] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.FloorDiv: "udiv",
    ast.Mod: "urem",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
    ast.LShift: "shl",
    ast.RShift: "lshr",
}
_COMPARISONS: Final[dict[type[ast.cmpop], str]] = {
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Lt: "slt",
    ast.LtE: "sle",
    ast.Gt: "sgt",
    ast.GtE: "sge",
}
_MEMORY: Final = (load, load_half, load_byte, store, store_byte, swap, replace, count_up, copy, reserve)
_PRIMITIVES: Final = frozenset([*_MEMORY, leading_zeros, cycles, relax, run_code])
_RELAX: Final = {
    "x86_64": "call void @llvm.x86.sse2.pause()",
    "aarch64": "call void @llvm.aarch64.hint(i32 1)",
    "arm64": "call void @llvm.aarch64.hint(i32 1)",
}
"""The instruction for it, by processor."""


class NotInLanguageError(Exception):
    """A function uses what the word language does not have: a mistake in the runtime's own source."""


def module_text(exported: Iterable[Callable[..., Word]]) -> str:
    """LLVM IR of functions and of all that they call. The given ones can be called from outside."""
    public = list(exported)
    todo, done = [*public], list[Callable[..., Word]]()
    externals: dict[str, External] = {}
    places: dict[str, str] = {}
    texts: list[str] = []
    while todo:
        function = todo.pop(0)
        if function in done:
            continue
        done.append(function)
        translated = _Translation(function, is_public=function in public)
        texts.append(translated.text())
        todo += translated.called
        externals |= {e.name: e for e in translated.externals}
        places |= translated.places
    return "\n".join([*places.values(), *map(_declaration, externals.values()), _INTRINSICS, *texts])


def _declaration(external: External) -> str:
    result, rest = external.signature.split("(")
    return f"declare {result} @{external.name}({rest}"


class _Translation:
    """One function."""

    def __init__(self, function: Callable[..., Word], *, is_public: bool) -> None:
        self.tree = _tree(function)
        self.globals: dict[str, Any] = sys.modules[function.__module__].__dict__
        self.linkage = "" if is_public else "internal "
        self.called: list[Callable[..., Word]] = []
        self.externals: list[External] = []
        self.places: dict[str, str] = {}
        self.lines: list[str] = []
        self.slots: dict[str, str] = {}
        self.loops: list[tuple[str, str]] = []
        self.count = 0

    def text(self) -> str:
        types = [_ctype(a.annotation) for a in self.tree.args.args]
        result = _ctype(self.tree.returns)
        params = ", ".join(f"{t} %{a.arg}" for a, t in zip(self.tree.args.args, types, strict=True))
        for arg, t in zip(self.tree.args.args, types, strict=True):
            self.line(f"store i64 {self.widened(f'%{arg.arg}', t)}, ptr {self.slot(arg.arg)}")
        self.block(self.tree.body)
        self.give("0")
        slots = [f"  {slot} = alloca i64" for slot in self.slots.values()]
        head = f"define {self.linkage}{result} @{self.tree.name}({params}) nounwind {{"
        return "\n".join([head, "entry:", *slots, *self.lines, "}", ""])

    def fresh(self, hint: str = "") -> str:
        self.count += 1
        return f"{hint or 'v'}.{self.count}"

    def line(self, text: str) -> None:
        self.lines.append(f"  {text}")

    def value(self, text: str) -> str:
        name = f"%{self.fresh()}"
        self.line(f"{name} = {text}")
        return name

    def widened(self, value: str, type: str) -> str:
        match type:
            case "i32" | "i8":
                return self.value(f"{'sext' if type == 'i32' else 'zext'} {type} {value} to i64")
            case "double":
                return self.value(f"bitcast double {value} to i64")
            case _:
                return value

    def narrowed(self, value: str, type: str) -> str:
        match type:
            case "i32" | "i8":
                return self.value(f"trunc i64 {value} to {type}")
            case "double":
                return self.value(f"bitcast i64 {value} to double")
            case _:
                return value

    def pointer(self, address: str) -> str:
        return self.value(f"inttoptr i64 {address} to ptr")

    def slot(self, name: str) -> str:
        return self.slots.setdefault(name, f"%{name}.slot")

    def label(self, name: str) -> None:
        """Begin a basic block; the one before goes on in it."""
        self.line(f"br label %{name}")
        self.lines.append(f"{name}:")

    def jump(self, name: str) -> None:
        """End the basic block; what follows is never reached, but has to stand in one."""
        self.line(f"br label %{name}")
        self.lines.append(f"{self.fresh('dead')}:")

    def branch(self, test: ast.expr, then: str, other: str) -> None:
        self.line(f"br i1 {self.truth(test)}, label %{then}, label %{other}")

    def give(self, value: str) -> None:
        type = _ctype(self.tree.returns)
        self.line(f"ret {type} {value if value.isdigit() else self.narrowed(value, type)}")

    def truth(self, node: ast.expr) -> str:
        """A test as i1."""
        match node:
            case ast.Compare(left, [op], [right]) if type(op) in _COMPARISONS:
                a, b = self.word(left), self.word(right)
                return self.value(f"icmp {_COMPARISONS[type(op)]} i64 {a}, {b}")
            case ast.UnaryOp(ast.Not(), operand):
                return self.value(f"xor i1 {self.truth(operand)}, true")
            case _:
                return self.value(f"icmp ne i64 {self.word(node)}, 0")

    def block(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign([ast.Name(name)], value):
                result = self.word(value)
                self.line(f"store i64 {result}, ptr {self.slot(name)}")
            case ast.AugAssign(ast.Name(name), op, value):
                result = self.word(ast.BinOp(ast.Name(name, ast.Load()), op, value))
                self.line(f"store i64 {result}, ptr {self.slot(name)}")
            case ast.Expr(ast.Constant(str())) | ast.Pass():
                pass
            case ast.Expr(value):
                self.word(value)
            case ast.If(test, body, orelse):
                then, other, end = self.fresh("then"), self.fresh("else"), self.fresh("end")
                self.branch(test, then, other)
                self.lines.append(f"{then}:")
                self.block(body)
                self.line(f"br label %{end}")
                self.lines.append(f"{other}:")
                self.block(orelse)
                self.label(end)
            case ast.While(test, body, []):
                self.loop(test, body, None)
            case ast.For(ast.Name(name), ast.Call(ast.Name("range"), bounds), body, []):
                start, stop = bounds if len(bounds) > 1 else (ast.Constant(0), bounds[0])
                self.statement(ast.Assign([ast.Name(name, ast.Store())], start))
                test = ast.Compare(ast.Name(name, ast.Load()), [ast.Lt()], [stop])
                self.loop(test, body, ast.AugAssign(ast.Name(name, ast.Store()), ast.Add(), ast.Constant(1)))
            case ast.Break():
                self.jump(self.loops[-1][1])
            case ast.Continue():
                self.jump(self.loops[-1][0])
            case ast.Return(value):
                self.give("0" if value is None else self.word(value))
                self.lines.append(f"{self.fresh('dead')}:")
            case _:
                raise NotInLanguageError(f"{self.tree.name}: {ast.unparse(node)}")

    def loop(self, test: ast.expr, body: list[ast.stmt], step: ast.stmt | None) -> None:
        top, inside, following, end = (self.fresh(x) for x in ("test", "body", "next", "end"))
        self.label(top)
        self.branch(test, inside, end)
        self.lines.append(f"{inside}:")
        self.loops.append((following, end))
        self.block(body)
        self.loops.pop()
        self.label(following)
        if step is not None:
            self.statement(step)
        self.line(f"br label %{top}")
        self.lines.append(f"{end}:")

    def word(self, node: ast.expr) -> str:
        """The value of an expression."""
        match node:
            case ast.Constant(int() as number):
                return str(int(number))
            case ast.Name(name) if name in self.slots:
                return self.value(f"load i64, ptr {self.slots[name]}")
            case ast.Name() | ast.Attribute():
                return self.known(node)
            case ast.BinOp(left, op, right) if type(op) in _ARITHMETIC:
                a, b = self.word(left), self.word(right)
                return self.value(f"{_ARITHMETIC[type(op)]} i64 {a}, {b}")
            case ast.UnaryOp(ast.USub(), operand):
                return self.value(f"sub i64 0, {self.word(operand)}")
            case ast.Compare(_, [op], [_]) if type(op) in _COMPARISONS:
                return self.value(f"zext i1 {self.truth(node)} to i64")
            case ast.UnaryOp(ast.Not()):
                return self.value(f"zext i1 {self.truth(node)} to i64")
            case ast.BoolOp(ast.And(), [first, *rest]):
                return self.choice(first, ast.BoolOp(ast.And(), rest) if rest[1:] else rest[0], ast.Constant(0))
            case ast.BoolOp(ast.Or(), [first, *rest]):
                return self.choice(first, ast.Constant(1), ast.BoolOp(ast.Or(), rest) if rest[1:] else rest[0])
            case ast.IfExp(test, body, orelse):
                return self.choice(test, body, orelse)
            case ast.Call(ast.Name("address"), [ast.Name(name)], []):
                self.called.append(self.globals[name])
                return self.value(f"ptrtoint ptr @{name} to i64")
            case ast.Call(ast.Name() as function, args, []):
                return self.call(self.globals[function.id], [self.word(arg) for arg in args])
            case _:
                raise NotInLanguageError(f"{self.tree.name}: {ast.unparse(node)}")

    def choice(self, test: ast.expr, body: ast.expr, orelse: ast.expr) -> str:
        result = self.slot(self.fresh("choice"))
        then, other, end = self.fresh("then"), self.fresh("else"), self.fresh("end")
        self.branch(test, then, other)
        for label, node in ((then, body), (other, orelse)):
            self.lines.append(f"{label}:")
            value = self.word(node)
            self.line(f"store i64 {value}, ptr {result}")
            self.line(f"br label %{end}")
        self.lines.append(f"{end}:")
        return self.value(f"load i64, ptr {result}")

    def known(self, node: ast.expr) -> str:
        """A name of the module: a number, or an address."""
        match found := eval(ast.unparse(node), self.globals):
            case int():
                return str(int(found))
            case Cells(name, count):
                self.places[name] = f"@{name} = global [{count} x i64] zeroinitializer, align 64"
                return self.value(f"ptrtoint ptr @{name} to i64")
            case Symbol(name):
                self.places[name] = f"@{name} = external global i8"
                return self.value(f"ptrtoint ptr @{name} to i64")
            case _:
                raise NotInLanguageError(f"{self.tree.name}: {ast.unparse(node)} is neither a number nor an address")

    def call(self, function: Any, args: list[str]) -> str:
        if function in _PRIMITIVES:
            return self.primitive(function.__name__, args)
        if isinstance(function, External):
            self.externals.append(function)
            result, rest = function.signature.rstrip(")").split("(")
            types = [t.strip() for t in rest.split(",") if t.strip()]
        else:
            self.called.append(function)
            tree = _tree(function)
            result, types = _ctype(tree.returns), [_ctype(a.annotation) for a in tree.args.args]
        if len(types) != len(args):
            raise NotInLanguageError(f"{self.tree.name}: {function} takes {len(types)} arguments")
        given = ", ".join(f"{t} {self.narrowed(a, t)}" for a, t in zip(args, types, strict=True))
        name = function.name if isinstance(function, External) else function.__name__
        if result == "void":
            self.line(f"call void @{name}({given})")
            return "0"
        return self.widened(self.value(f"call {result} @{name}({given})"), result)

    def primitive(self, name: str, args: list[str]) -> str:
        match name, args:
            case "load", [address]:
                return self.value(f"load i64, ptr {self.pointer(address)}")
            case "load_half", [address]:
                return self.widened(self.value(f"load i32, ptr {self.pointer(address)}"), "i32")
            case "load_byte", [address]:
                return self.widened(self.value(f"load i8, ptr {self.pointer(address)}"), "i8")
            case "store", [address, value]:
                self.line(f"store i64 {value}, ptr {self.pointer(address)}")
            case "store_byte", [address, value]:
                self.line(f"store i8 {self.narrowed(value, 'i8')}, ptr {self.pointer(address)}")
            case "swap", [address, value]:
                return self.value(f"atomicrmw xchg ptr {self.pointer(address)}, i64 {value} seq_cst")
            case "replace", [address, expected, value]:
                place = self.pointer(address)
                pair = self.value(f"cmpxchg ptr {place}, i64 {expected}, i64 {value} seq_cst seq_cst")
                return self.value(f"zext i1 {self.value(f'extractvalue {{ i64, i1 }} {pair}, 1')} to i64")
            case "count_up", [address, by]:
                return self.value(f"atomicrmw add ptr {self.pointer(address)}, i64 {by} seq_cst")
            case "copy", [to, source, size]:
                a, b = self.pointer(to), self.pointer(source)
                self.line(f"call void @llvm.memcpy.p0.p0.i64(ptr {a}, ptr {b}, i64 {size}, i1 false)")
            case "reserve", [size]:
                return self.value(f"ptrtoint ptr {self.value(f'alloca i8, i64 {size}, align 16')} to i64")
            case "leading_zeros", [x]:
                return self.value(f"call i64 @llvm.ctlz.i64(i64 {x}, i1 false)")
            case "cycles", []:
                return self.value("call i64 @llvm.readcyclecounter()")
            case "relax", []:
                if platform.machine() in _RELAX:
                    self.line(_RELAX[platform.machine()])
                self.line('fence syncscope("singlethread") seq_cst')
            case "run_code", [code, ctx, inputs, outputs]:
                given = f"i64 {ctx}, i64 {inputs}, i64 {outputs}"
                return self.widened(self.value(f"call i32 {self.pointer(code)}({given})"), "i32")
            case _:
                raise NotInLanguageError(f"{self.tree.name}: {name} with {len(args)} arguments")
        return "0"


def _tree(function: Callable[..., Word]) -> ast.FunctionDef:
    return _trees(function.__module__)[function.__name__]


@functools.cache
def _trees(module: str) -> dict[str, ast.FunctionDef]:
    """The functions of a module."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def _ctype(annotation: ast.expr | None) -> str:
    """The LLVM type of a parameter or result."""
    return "i32" if isinstance(annotation, ast.Name) and annotation.id == "Half" else "i64"
