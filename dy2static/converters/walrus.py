"""`:=` in parts of an expression that may not be evaluated: written out as statements.

Operands of `and`, sides of a conditional expression, tests of `while` become functions, where `:=` binds a variable
of their own. So an expression with such a part is evaluated step by step before its statement:

    y = x and (z := f(x))            part = x
                               ->    if part:
                                         part = (z := f(x))
                                     y = part
"""

import ast
import copy
import itertools
from collections.abc import Callable, Iterator, Sequence

from dy2static.analysis.survey import child_fields
from dy2static.converters.build import (
    LOAD,
    Located,
    assign,
    call_plain,
    constant,
    load,
    position,
    set_name,
    statement,
    store,
)
from dy2static.converters.context import ConvertContext
from dy2static.converters.desugar import in_blocks

BLOCKS = ("body", "orelse", "handlers", "finalbody", "generators")
Slot = tuple[ast.expr, Callable[[ast.expr], None]]
"""A part of an expression, and how to put another in its place."""


def convert(function: ast.FunctionDef, ctx: ConvertContext) -> ast.FunctionDef:
    """Writes out the expressions of `function`, and of functions inside it, that bind names in such parts."""
    function.body = in_blocks(function.body, _Steps(ctx).replace)
    return function


def binds(node: ast.AST) -> bool:
    """Whether something in an expression has `:=`; what a lambda binds is its own."""
    if isinstance(node, ast.NamedExpr):
        return True
    return not isinstance(node, ast.Lambda) and any(binds(child) for child in ast.iter_child_nodes(node))


def needs(node: ast.AST) -> bool:
    """Whether `:=` stands in a part of an expression that becomes a function, or in a comprehension."""
    match node:
        case ast.Lambda() | ast.GeneratorExp():
            return False
        case ast.BoolOp() | ast.ListComp() | ast.SetComp() | ast.DictComp():
            return binds(node)
        case ast.IfExp():
            return needs(node.test) or binds(node.body) or binds(node.orelse)
        case ast.Compare() if len(node.ops) > 1:
            return needs(node.left) or any(map(binds, node.comparators))
        case _:
            return any(needs(child) for child in ast.iter_child_nodes(node))


class _Steps:
    def __init__(self, ctx: ConvertContext) -> None:
        self.ctx = ctx
        self.count = itertools.count()

    def fresh(self, base: str = "part") -> str:
        return self.ctx.names.fresh(base, next(self.count))

    def replace(self, node: ast.stmt) -> list[ast.stmt]:
        """The statement, behind those that evaluate its parts."""
        if isinstance(node, ast.While):
            return self.loop(node) if binds(node.test) else [node]
        if isinstance(node, ast.Assert):
            return self.assertion(node) if binds(node) else [node]
        if isinstance(node, ast.FunctionDef | ast.Try | ast.Match):
            return [node]
        done: list[ast.stmt] = []
        if isinstance(node, ast.AugAssign) and needs(node):
            return self.augmented(node, done)
        self.parts(node, done)
        return [*done, node]

    def augmented(self, node: ast.AugAssign, done: list[ast.stmt]) -> list[ast.stmt]:
        """`x[i] += v`: what is there is read before `v` is evaluated."""
        target = node.target
        for part, put in own_slots(target):
            put(self.named(self.evaluated(part, done), done))
        old = copy.deepcopy(target)
        old.ctx = ast.Load()
        name = self.fresh()
        done.append(set_name(name, old, target))
        value = self.evaluated(node.value, done)
        done.append(ast.AugAssign(store(name, target), node.op, value, **position(node)))
        return [*done, assign(target, load(name, target), node)]

    def loop(self, node: ast.While) -> list[ast.stmt]:
        """`while (y := f()) > 0: ...` -> `while True: if not ((y := f()) > 0): break; ...`"""
        place = position(node.test)
        start: list[ast.stmt] = []
        test = self.evaluated(node.test, start)
        if not node.orelse:
            leave = ast.If(ast.UnaryOp(ast.Not(), test, **place), [ast.Break(**place)], [], **place)
            node.test, node.body = constant(True, node.test), [*start, leave, *node.body]
            return [node]
        is_over = self.fresh("is_over")
        end = set_name(is_over, constant(True, node.test), node.test)
        begin = set_name(is_over, constant(False, node.test), node.test)
        node.body = [*start, ast.If(test, node.body, [end], **place)]
        node.test = ast.UnaryOp(ast.Not(), load(is_over, node.test), **place)
        return [begin, node]

    def assertion(self, node: ast.Assert) -> list[ast.stmt]:
        done: list[ast.stmt] = []
        test = self.named(self.evaluated(node.test, done), done) if binds(node.test) else node.test
        node.test = test
        if node.msg is None or not binds(node.msg):
            return [*done, node]
        inner: list[ast.stmt] = []
        error = call_plain(load("AssertionError", node), [self.evaluated(node.msg, inner)], node)
        failed = ast.UnaryOp(ast.Not(), test, **position(node.test))
        return [*done, ast.If(failed, [*inner, ast.Raise(error, None, **position(node))], [], **position(node))]

    def named(self, value: ast.expr, done: list[ast.stmt]) -> ast.expr:
        name = self.fresh()
        done.append(set_name(name, value, value))
        return load(name, value)

    def evaluated(self, node: ast.expr, done: list[ast.stmt]) -> ast.expr:
        """An expression for the value of `node`, once the statements put into `done` have run."""
        if not needs(node):
            return node
        match node:
            case ast.BoolOp():
                return self.stepwise(node, done)
            case ast.IfExp():
                test = self.evaluated(node.test, done)
                name = self.fresh()
                sides = [self.late(name, side) for side in (node.body, node.orelse)]
                done.append(ast.If(test, *sides, **position(node)))
                return load(name, node)
            case ast.Compare() if len(node.ops) > 1:
                return self.chain(node, done)
            case ast.ListComp() | ast.SetComp() | ast.DictComp():
                return self.comprehension(node, done)
            case _:
                return self.in_order(node, done)

    def late(self, name: str, value: ast.expr) -> list[ast.stmt]:
        """`name = value`, step by step."""
        done: list[ast.stmt] = []
        found = self.evaluated(value, done)
        return [*done, set_name(name, found, value)]

    def stepwise(self, node: ast.BoolOp, done: list[ast.stmt]) -> ast.expr:
        name = self.fresh()
        block = done
        for i, value in enumerate(node.values):
            block += self.late(name, value)
            if i + 1 < len(node.values):
                test: ast.expr = load(name, value)
                if isinstance(node.op, ast.Or):
                    test = ast.UnaryOp(ast.Not(), test, **position(value))
                going_on = ast.If(test, [], [], **position(value))
                block.append(going_on)
                block = going_on.body
        return load(name, node)

    def chain(self, node: ast.Compare, done: list[ast.stmt]) -> ast.expr:
        name = self.fresh()
        left = self.named(self.evaluated(node.left, done), done)
        block = done
        for i, (op, value) in enumerate(zip(node.ops, node.comparators, strict=True)):
            right = self.named(self.evaluated(value, block), block)
            block.append(set_name(name, ast.Compare(left, [op], [right], **position(node)), node))
            left = load(right.id, value) if isinstance(right, ast.Name) else right
            if i + 1 < len(node.ops):
                going_on = ast.If(load(name, value), [], [], **position(value))
                block.append(going_on)
                block = going_on.body
        return load(name, node)

    def in_order(self, node: ast.expr, done: list[ast.stmt]) -> ast.expr:
        """Parts before the last one that needs steps are evaluated before it, to names of their own."""
        self.parts(node, done)
        return node

    def parts(self, node: ast.AST, done: list[ast.stmt]) -> None:
        slots = list(own_slots(node))
        last = max((i for i, (part, _) in enumerate(slots) if needs(part)), default=-1)
        for i, (part, put) in enumerate(slots[: last + 1]):
            value = self.evaluated(part, done)
            put(value if i == last or isinstance(value, ast.Constant) else self.named(value, done))

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp, done: list[ast.stmt]) -> ast.expr:
        """A loop; the names of the comprehension get others, as they are its own."""
        targets = {n.id for part in node.generators for n in ast.walk(part.target) if isinstance(n, ast.Name)}
        renaming = _Renaming({name: self.fresh(f"{name}_each") for name in sorted(targets)})
        first = self.named(self.evaluated(node.generators[0].iter, done), done)
        result = self.fresh("made")
        done.append(set_name(result, empty(node), node))
        inner: list[ast.stmt] = in_blocks([store_in(renaming.visited(node), result)], self.replace)
        for part in reversed(renaming.visited(node).generators):
            for test in reversed(part.ifs):
                inner = in_blocks([ast.If(test, inner, [], **position(test))], self.replace)
            items = first if part is node.generators[0] else part.iter
            inner = in_blocks([ast.For(part.target, items, inner, [], **position(part.target))], self.replace)
        done += inner
        return load(result, node)


def empty(node: ast.ListComp | ast.SetComp | ast.DictComp) -> ast.expr:
    place = position(node)
    match node:
        case ast.ListComp():
            return ast.List([], ast.Load(), **place)
        case ast.SetComp():
            return ast.Set([ast.Starred(ast.Tuple([], ast.Load(), **place), ast.Load(), **place)], **place)
        case ast.DictComp():
            return ast.Dict([], [], **place)


def store_in(node: ast.ListComp | ast.SetComp | ast.DictComp, result: str) -> ast.stmt:
    """`result.append(element)`, or what a set or dict has for it."""
    at: Located = node
    if isinstance(node, ast.DictComp):
        return assign(ast.Subscript(load(result, at), node.key, ast.Store(), **position(at)), node.value, at)
    method = "append" if isinstance(node, ast.ListComp) else "add"
    function = ast.Attribute(load(result, at), method, ast.Load(), **position(at))
    return statement(call_plain(function, [node.elt], at), at)


class _Renaming(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self.names = names
        self.done: set[ast.AST] = set()

    def visited(self, node: ast.ListComp | ast.SetComp | ast.DictComp) -> ast.ListComp | ast.SetComp | ast.DictComp:
        """The comprehension under its new names, but for the iterable that is evaluated outside."""
        if node not in self.done:
            self.done.add(node)
            outside = node.generators[0].iter
            node.generators[0].iter = ast.Constant(None)
            self.generic_visit(node)
            node.generators[0].iter = outside
        return node

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self.names.get(node.id, node.id)
        return node


def own_slots(node: ast.AST) -> Iterator[Slot]:
    """The expressions of a node in order of evaluation, those in blocks left out."""
    names = list(child_fields(type(node)))
    if isinstance(node, ast.Assign | ast.AnnAssign):
        names.sort(key=lambda name: name != "value")  # the value comes before what it is stored to
    for name in names:
        value: object = getattr(node, name, None)
        if name in BLOCKS and isinstance(value, list):
            continue
        if isinstance(value, ast.expr):
            yield from slots_of(value, node, name)
        elif isinstance(value, list):
            yield from slots_in(value)  # pyright: ignore[reportUnknownArgumentType]
        elif isinstance(value, ast.AST):
            yield from own_slots(value)


def slots_in(items: list[object]) -> Iterator[Slot]:
    for i, item in enumerate(items):
        if isinstance(item, ast.expr):
            yield from slots_at(item, lambda value, i=i: items.__setitem__(i, value))
        elif isinstance(item, ast.AST):
            yield from own_slots(item)


def slots_of(value: ast.expr, node: ast.AST, name: str) -> Iterator[Slot]:
    yield from slots_at(value, lambda new: setattr(node, name, new))


def slots_at(value: ast.expr, put: Callable[[ast.expr], None]) -> Iterator[Slot]:
    """The parts of `value` that have a value of their own: it, but for a target or a piece of syntax around others."""
    if isinstance(value, ast.Starred | ast.FormattedValue | ast.Slice):
        yield from own_slots(value)
    elif not isinstance(getattr(value, "ctx", LOAD), ast.Load):
        if not isinstance(value, ast.Name):
            yield from own_slots(value)
    else:
        yield value, put


def conditional_bindings(node: ast.AST) -> Iterator[ast.NamedExpr]:
    """The `:=` in parts of an expression that may not be evaluated."""
    match node:
        case ast.BoolOp() | ast.IfExp() | ast.Compare():
            yield from (n for n in ast.walk(node) if isinstance(n, ast.NamedExpr) and needs(node))
        case _:
            for child in ast.iter_child_nodes(node):
                yield from conditional_bindings(child)


def unwritten(nodes: Sequence[ast.AST]) -> Iterator[ast.NamedExpr]:
    """Those in lambdas and generator expressions, which have no statements to be written out to."""
    for node in nodes:
        parts = [node.body] if isinstance(node, ast.Lambda) else list(ast.iter_child_nodes(node))
        for part in parts:
            yield from conditional_bindings(part)
