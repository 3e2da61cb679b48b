"""One walk over a function that finds its scopes: which names each function in it binds, reads and captures."""

import ast
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

Function = ast.FunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp

CHILD_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {}
NO_CHILDREN = frozenset(["ctx", "op", "ops", "kind", "type_comment", "name", "attr", "id", "n", "s", "conversion"])


PLAIN: dict[type[ast.AST], Callable[[Any], Iterable[ast.AST]]] = {
    ast.Assign: lambda node: (*node.targets, node.value),
    ast.BinOp: attrgetter("left", "right"),
    ast.BoolOp: attrgetter("values"),
    ast.Call: lambda node: (node.func, *node.args, *node.keywords),
    ast.Compare: lambda node: (node.left, *node.comparators),
    ast.Expr: lambda node: (node.value,),
    ast.For: lambda node: (node.target, node.iter, *node.body, *node.orelse),
    ast.If: lambda node: (node.test, *node.body, *node.orelse),
    ast.IfExp: attrgetter("test", "body", "orelse"),
    ast.JoinedStr: attrgetter("values"),
    ast.Return: lambda node: () if node.value is None else (node.value,),
    ast.Subscript: attrgetter("value", "slice"),
    ast.Tuple: attrgetter("elts"),
    ast.UnaryOp: lambda node: (node.operand,),
    ast.While: lambda node: (node.test, *node.body, *node.orelse),
    ast.keyword: lambda node: (node.value,),
}
"""The commonest classes that bind no name by themselves, with how to get at the expressions and statements below."""


def child_fields(kind: type[ast.AST]) -> tuple[str, ...]:
    """The fields of a syntax tree class that can hold expressions or statements."""
    fields = CHILD_FIELDS.get(kind)
    if fields is None:
        fields = CHILD_FIELDS[kind] = tuple(name for name in kind._fields if name not in NO_CHILDREN)
    return fields


def children(node: ast.AST) -> list[ast.AST]:
    """The expressions and statements directly below `node`, in source order."""
    found: list[ast.AST] = []
    for name in child_fields(type(node)):
        value: object = getattr(node, name, None)
        if isinstance(value, list):
            items: list[object] = value  # pyright: ignore[reportUnknownVariableType]
            found += [item for item in items if isinstance(item, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def parameters(arguments: ast.arguments) -> list[ast.arg]:
    """All parameters, in the order of the code object's variables."""
    found = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    if arguments.vararg is not None:
        found.append(arguments.vararg)
    if arguments.kwarg is not None:
        found.append(arguments.kwarg)
    return found


@dataclass(slots=True, eq=False)
class Scope:
    """The names of one function, lambdas included; comprehensions belong to the function around them.

    `bound` keeps the order of first binding, parameters first. `loads` are the reads of names that are not a
    comprehension's own; those in functions further inside stand in the scopes of these.
    """

    node: Function
    bound: dict[str, None] = field(default_factory=dict[str, None])
    loads: list[ast.Name] = field(default_factory=list[ast.Name])
    lazy: list[ast.Name] = field(default_factory=list[ast.Name])
    """Those of the reads that generator expressions make when they are consumed."""
    declared_global: set[str] = field(default_factory=set[str])
    declared_nonlocal: set[str] = field(default_factory=set[str])
    deleted: set[str] = field(default_factory=set[str])
    """Names that it unbinds, by `del`."""
    inner: list["Scope"] = field(default_factory=list["Scope"])

    def is_local(self, name: str) -> bool:
        return name in self.bound and name not in self.declared_global and name not in self.declared_nonlocal

    def free(self) -> set[str]:
        """Names that come from outside: closure, globals or builtins."""
        names = {name.id for name in self.loads}
        for scope in self.inner:
            names |= scope.free()
        names |= self.declared_nonlocal
        return {name for name in names if not self.is_local(name)}

    def captured(self) -> set[str]:
        """Locals that something which may run later reads: a nested function, a lambda, a generator expression."""
        names = {name.id for name in self.lazy}
        for scope in self.inner:
            names |= scope.free()
        return {name for name in names if self.is_local(name)}

    def outer_writes(self) -> dict[str, str]:
        """The names of the module ("global") or of a function around ("nonlocal") that this function binds."""
        found = {name: "global" for name in self.declared_global if name in self.bound}
        return found | {name: "nonlocal" for name in self.declared_nonlocal if name in self.bound}

    def written_inside(self) -> list[str]:
        """Locals that a function inside binds."""
        written = {name for inner in self.inner for name in inner.written_outside()}
        return [name for name in self.bound if name in written and self.is_local(name)]

    def deleted_inside(self) -> set[str]:
        """Locals that a function inside unbinds."""
        return {name for inner in self.inner for name in inner.deleted_outside() if self.is_local(name)}

    def deleted_outside(self) -> set[str]:
        """The variables of functions around that this one, or one inside it, unbinds."""
        own = self.declared_nonlocal & self.deleted
        return own | {n for inner in self.inner for n in inner.deleted_outside() if not self.is_local(n)}

    def written_outside(self) -> set[str]:
        """The variables of functions around that this one, or one inside it, binds."""
        own = self.declared_nonlocal & self.bound.keys()
        return own | {n for inner in self.inner for n in inner.written_outside() if not self.is_local(n)}

    def parameters(self) -> list[str]:
        return [argument.arg for argument in parameters(self.node.args)]

    def loads_of(self, names: frozenset[str]) -> Iterator[ast.Name]:
        """The reads, here and further inside, of those of `names` that come from outside this scope."""
        names = frozenset(name for name in names if not self.is_local(name))
        if not names:
            return
        yield from (load for load in self.loads if load.id in names)
        for scope in self.inner:
            yield from scope.loads_of(names)

    def walk(self) -> Iterator["Scope"]:
        """This scope and all inside it, outer before inner."""
        yield self
        for scope in self.inner:
            yield from scope.walk()


@dataclass(frozen=True, slots=True)
class Survey:
    """What one walk over a function found.

    `nodes` holds the nodes by class, but for names and constants, so that checks need no walk of their own.
    """

    scope: Scope
    scopes: dict[Function, Scope]
    names: frozenset[str]
    """Every identifier that stands for a variable, whichever scope it is in."""
    attribute_names: frozenset[str]
    nodes: dict[type[ast.AST], list[ast.AST]]
    grown: dict[str, int]
    """The names of variables and attributes that stand for nothing but lists that are added to, as in
    `self.losses.append(x)`, with the number of subscripts in between: 1 in `self.metrics["loss"].append(x)`."""

    def find(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        for kind in kinds:
            yield from self.nodes.get(kind, ())


class _Walker:
    def __init__(self) -> None:
        self.scopes: dict[Function, Scope] = {}
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.nodes: defaultdict[type[ast.AST], list[ast.AST]] = defaultdict(list)

    def function(self, node: Function) -> Scope:
        scope = Scope(node)
        self.scopes[node] = scope
        for argument in parameters(node.args):
            self.bind(argument.arg, scope)
        nothing: frozenset[str] = frozenset()
        for child in node.body if isinstance(node, ast.FunctionDef) else [node.body]:
            self.visit(child, scope, nothing, False)
        return scope

    def bind(self, name: str, scope: Scope) -> None:
        self.names.add(name)
        scope.bound[name] = None

    def visit(self, node: ast.AST, scope: Scope, own: frozenset[str], lazy: bool) -> None:
        """`own`: names of the comprehensions around `node`; `lazy`: in what a generator expression does later."""
        kind = type(node)
        if kind is ast.Name:
            assert isinstance(node, ast.Name)
            self.visit_name(node, scope, own, lazy)
            return
        if kind is ast.Constant:
            return
        self.nodes[kind].append(node)
        parts = PLAIN.get(kind)
        if parts is not None:
            for child in parts(node):
                self.visit(child, scope, own, lazy)
            return
        match node:
            case ast.Attribute():
                if isinstance(node.ctx, ast.Load):
                    self.attributes.add(node.attr)
                self.visit(node.value, scope, own, lazy)
            case ast.FunctionDef():
                self.bind(node.name, scope)
                for child in (*node.decorator_list, *signature_expressions(node)):
                    self.visit(child, scope, own, lazy)
                self.inner(node, scope, own)
            case ast.Lambda():
                for child in signature_expressions(node):
                    self.visit(child, scope, own, lazy)
                self.inner(node, scope, own)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self.visit_comprehension(node, scope, own, lazy)
            case ast.NamedExpr():
                self.bind(node.target.id, scope)
                self.visit(node.value, scope, own, lazy)
            case ast.ExceptHandler() | ast.MatchAs() | ast.MatchStar() | ast.MatchMapping():
                name = node.rest if isinstance(node, ast.MatchMapping) else node.name
                if name is not None:
                    self.bind(name, scope)
                for child in children(node):
                    self.visit(child, scope, own, lazy)
            case ast.Global():
                scope.declared_global.update(node.names)
                self.names.update(node.names)
            case ast.Nonlocal():
                scope.declared_nonlocal.update(node.names)
                self.names.update(node.names)
            case ast.Import() | ast.ImportFrom():
                for alias in node.names:
                    self.bind(alias.asname or alias.name.partition(".")[0], scope)
            case ast.AugAssign():
                if isinstance(node.target, ast.Name):
                    self.visit_name(ast.copy_location(ast.Name(node.target.id, ast.Load()), node), scope, own, lazy)
                elif isinstance(node.target, ast.Attribute):
                    self.attributes.add(node.target.attr)
                self.visit(node.target, scope, own, lazy)
                self.visit(node.value, scope, own, lazy)
            case ast.AnnAssign():
                # An annotation inside a function is not evaluated.
                self.visit(node.target, scope, own, lazy)
                if node.value is not None:
                    self.visit(node.value, scope, own, lazy)
            case _:
                for child in children(node):
                    self.visit(child, scope, own, lazy)

    def visit_name(self, node: ast.Name, scope: Scope, own: frozenset[str], lazy: bool) -> None:
        self.names.add(node.id)
        if node.id in own:
            return
        if not isinstance(node.ctx, ast.Load):
            self.bind(node.id, scope)
            if isinstance(node.ctx, ast.Del):
                scope.deleted.add(node.id)
            return
        scope.loads.append(node)
        if lazy:
            scope.lazy.append(node)

    def inner(self, node: Function, scope: Scope, own: frozenset[str]) -> None:
        """A function inside `scope`; what it reads of a comprehension around it is not `scope`'s."""
        inner = self.function(node)
        if own:
            inner.bound.update(dict.fromkeys(own - inner.bound.keys()))
        scope.inner.append(inner)

    def visit_comprehension(self, node: Comprehension, scope: Scope, own: frozenset[str], lazy: bool) -> None:
        first = node.generators[0]
        self.visit(first.iter, scope, own, lazy)
        targets = {name.id for part in node.generators for name in ast.walk(part.target) if isinstance(name, ast.Name)}
        self.names |= targets
        own = own | targets
        lazy = lazy or isinstance(node, ast.GeneratorExp)
        for part in node.generators:
            if part.is_async:
                self.nodes[ast.comprehension].append(part)
            for child in ([] if part is first else [part.iter]) + part.ifs:
                self.visit(child, scope, own, lazy)
        results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        for child in results:
            self.visit(child, scope, own, lazy)


def signature_expressions(node: Function) -> Iterator[ast.expr]:
    """What a nested definition evaluates at once: defaults and annotations."""
    arguments = node.args
    yield from arguments.defaults
    for default in arguments.kw_defaults:
        if default is not None:
            yield default
    for argument in parameters(arguments):
        if argument.annotation is not None:
            yield argument.annotation
    if isinstance(node, ast.FunctionDef) and node.returns is not None:
        yield node.returns


def survey(function: Function) -> Survey:
    """The scopes of `function` and of all functions inside it; its own defaults and decorators are left out."""
    walker = _Walker()
    scope = walker.function(function)
    names, attributes = frozenset(walker.names), frozenset(walker.attributes)
    return Survey(scope, walker.scopes, names, attributes, walker.nodes, _grown(scope, walker.nodes))


def _grown(scope: Scope, nodes: Mapping[type[ast.AST], Sequence[ast.AST]]) -> dict[str, int]:
    receivers: dict[ast.AST, int] = {}
    for call in nodes.get(ast.Call, ()):
        match call:
            case ast.Call(func=ast.Attribute(value=receiver, attr="append" | "extend")):
                subscripts = 0
                while isinstance(receiver, ast.Subscript):
                    receiver, subscripts = receiver.value, subscripts + 1
                receivers[receiver] = subscripts
            case _:
                pass
    found: dict[str, set[int | None]] = {}
    for node in (*(load for inner in scope.walk() for load in inner.loads), *nodes.get(ast.Attribute, ())):
        if isinstance(node, ast.Name):
            found.setdefault(node.id, set()).add(receivers.get(node))
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            found.setdefault(node.attr, set()).add(receivers.get(node))
    for node in nodes.get(ast.AugAssign, ()):
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Attribute):
            found.setdefault(node.target.attr, set()).add(None)
    only = {name: uses.pop() for name, uses in found.items() if len(uses) == 1}
    return {name: subscripts for name, subscripts in only.items() if subscripts is not None}
