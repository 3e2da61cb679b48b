"""A file as `check` sees it: its functions and classes, what each name in it means, as far as the text says so."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Definition = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(eq=False, slots=True)
class Scope:
    """The module, a class or a function. `values`: what the file binds each name to, where it is an expression."""

    node: ast.Module | ast.ClassDef | AnyFunction
    parent: "Scope | None"
    qualname: str
    bound: set[str] = field(default_factory=set[str])
    functions: dict[str, "Scope"] = field(default_factory=dict[str, "Scope"])
    classes: dict[str, "Scope"] = field(default_factory=dict[str, "Scope"])
    values: dict[str, list[ast.expr]] = field(default_factory=dict[str, list[ast.expr]])
    attributes: dict[str, ast.expr] = field(default_factory=dict[str, ast.expr])
    """Of a class: what its methods give to attributes of `self`."""
    loops: list[ast.AST] = field(default_factory=list[ast.AST])
    """Of a function: the loops of the function around it that it stands in."""

    @property
    def is_function(self) -> bool:
        return isinstance(self.node, AnyFunction)

    @property
    def is_class(self) -> bool:
        return isinstance(self.node, ast.ClassDef)

    @property
    def around(self) -> "Scope | None":
        """Where a name that is not bound here is looked up next: classes do not count."""
        scope = self.parent
        while scope is not None and scope.is_class:
            scope = scope.parent
        return scope

    @property
    def owner(self) -> "Scope | None":
        """The class whose method this is, or stands in."""
        scope: Scope | None = self
        while scope is not None and not scope.is_class:
            scope = scope.parent
        return scope

    def where(self, name: str) -> "Scope | None":
        """The scope whose `name` a load here means; None for builtins and what only runs know."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.bound:
                return scope
            scope = scope.around
        return None


@dataclass(eq=False, slots=True)
class Module:
    """A parsed file. `imports`: what a name that an import binds stands for, e.g. `np` for `numpy`."""

    file: str
    tree: ast.Module
    lines: Sequence[str]
    scope: Scope
    scopes: dict[ast.AST, Scope]
    imports: dict[tuple[Scope, str], str]

    def qualified(self, node: ast.AST, scope: Scope) -> str | None:
        """The full dotted name of an expression such as `np.random.rand`; builtins are `builtins.len`."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        where = scope.where(node.id)
        if where is None:
            root = f"builtins.{node.id}"
        else:
            found = self.imports.get((where, node.id))
            if found is None:
                return None
            root = found
        return ".".join([root, *reversed(parts)])

    def followed(self, node: ast.expr, scope: Scope) -> tuple[ast.expr, Scope]:
        """What a name stands for that is given one value only, by `=`, and the scope that this value is written in."""
        seen = set[ast.expr]()
        while isinstance(node, ast.Name) and (where := scope.where(node.id)) is not None:
            values = where.values.get(node.id, [])
            if len(values) != 1 or values[0] in seen or self._is_defined(node.id, where):
                break
            seen.add(values[0])
            node, scope = values[0], where
        return node, scope

    def _is_defined(self, name: str, where: Scope) -> bool:
        return name in where.functions or name in where.classes or (where, name) in self.imports

    def function(self, name: str, scope: Scope) -> Scope | None:
        """The function of this file that a load of `name` means, if it means no other thing too."""
        where = scope.where(name)
        return None if where is None else where.functions.get(name)

    def class_of(self, node: ast.expr | None, scope: Scope) -> Scope | None:
        """The class of this file whose instance an expression is: `Model(...)`, or a name that was given one."""
        if node is None:
            return None
        node, scope = self.followed(node, scope)
        match node:
            case ast.Call(func=ast.Name(id=name)):
                where = scope.where(name)
                return None if where is None else where.classes.get(name)
            case ast.Attribute(value=ast.Name(id="self"), attr=attribute) if scope.owner is not None:
                return self.class_of(attribute_of(scope.owner, attribute, self), scope.owner)
            case _:
                return None

    def bases(self, cls: Scope) -> Iterator[Scope]:
        """The class and those of its bases that this file defines, nearest first."""
        pending, seen = [cls], set[Scope]()
        while pending:
            current = pending.pop(0)
            if current in seen:
                continue
            seen.add(current)
            yield current
            assert isinstance(current.node, ast.ClassDef)
            for base in current.node.bases:
                if isinstance(base, ast.Name):
                    where = current.where(base.id)
                    found = None if where is None else where.classes.get(base.id)
                    if found is not None:
                        pending.append(found)

    def method(self, cls: Scope, *names: str) -> Scope | None:
        """The first of `names` that the class or a base of it defines."""
        for name in names:
            for base in self.bases(cls):
                if name in base.functions:
                    return base.functions[name]
        return None


def attribute_of(cls: Scope, name: str, module: Module) -> ast.expr | None:
    for base in module.bases(cls):
        if name in base.attributes:
            return base.attributes[name]
    return None


def parse(text: str, file: str, lines: Sequence[str]) -> Module:
    """Raises: SyntaxError, also for what is too deep or holds a null byte."""
    try:
        tree = ast.parse(text, filename=file)
    except (ValueError, RecursionError, MemoryError) as error:
        raise SyntaxError(str(error)) from None
    builder = _Builder()
    scope = Scope(tree, None, "")
    builder.scopes[tree] = scope
    for statement in tree.body:
        builder.visit(statement, scope, ())
    return Module(file, tree, lines, scope, builder.scopes, builder.imports)


class _Builder:
    def __init__(self) -> None:
        self.scopes: dict[ast.AST, Scope] = {}
        self.imports: dict[tuple[Scope, str], str] = {}

    def visit(self, node: ast.AST, scope: Scope, loops: tuple[ast.AST, ...]) -> None:
        match node:
            case ast.Name():
                if not isinstance(node.ctx, ast.Load):
                    scope.bound.add(node.id)
                return
            case ast.Constant():
                return
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.definition(node, scope, loops)
                return
            case ast.Lambda():
                self.function(node, "<lambda>", scope, loops)
                return
            case ast.ClassDef():
                self.class_definition(node, scope, loops)
                return
            case ast.Import() | ast.ImportFrom():
                self.import_(node, scope)
                return
            case ast.Assign():
                for target in node.targets:
                    self.assigned(target, node.value, scope)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self.assigned(target, value, scope)
            case ast.Global() | ast.Nonlocal():
                return
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                scope.bound.add(name)
            case ast.For() | ast.AsyncFor() | ast.While():
                self.loop(node, scope, loops)
                return
            case _:
                pass
        for child in ast.iter_child_nodes(node):
            self.visit(child, scope, loops)

    def loop(self, node: ast.For | ast.AsyncFor | ast.While, scope: Scope, loops: tuple[ast.AST, ...]) -> None:
        head = [node.test] if isinstance(node, ast.While) else [node.target, node.iter]
        for child in head:
            self.visit(child, scope, loops)
        for child in node.body:
            self.visit(child, scope, (*loops, node))
        for child in node.orelse:
            self.visit(child, scope, loops)

    def definition(self, node: Definition, scope: Scope, loops: tuple[ast.AST, ...]) -> None:
        scope.bound.add(node.name)
        for child in node.decorator_list:
            self.visit(child, scope, loops)
        made = self.function(node, node.name, scope, loops)
        scope.functions[node.name] = made

    def function(self, node: AnyFunction, name: str, scope: Scope, loops: tuple[ast.AST, ...]) -> Scope:
        made = Scope(node, scope, inner_name(scope, name), loops=list(loops))
        self.scopes[node] = made
        arguments = node.args
        for default in [*arguments.defaults, *(d for d in arguments.kw_defaults if d is not None)]:
            self.visit(default, scope, loops)
        for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
            made.bound.add(argument.arg)
        for argument in (arguments.vararg, arguments.kwarg):
            if argument is not None:
                made.bound.add(argument.arg)
        for child in [node.body] if isinstance(node, ast.Lambda) else node.body:
            self.visit(child, made, ())
        return made

    def class_definition(self, node: ast.ClassDef, scope: Scope, loops: tuple[ast.AST, ...]) -> None:
        scope.bound.add(node.name)
        for child in [*node.decorator_list, *node.bases, *node.keywords]:
            self.visit(child, scope, loops)
        made = Scope(node, scope, inner_name(scope, node.name))
        self.scopes[node] = made
        scope.classes[node.name] = made
        for child in node.body:
            self.visit(child, made, ())

    def import_(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            scope.bound.add(name)
            if isinstance(node, ast.ImportFrom):
                self.imports[scope, name] = f"{'.' * node.level}{node.module or ''}.{alias.name}"
            else:
                self.imports[scope, name] = alias.name if alias.asname else name
            if alias.name == "*" and isinstance(node, ast.ImportFrom) and node.module == "dy2static":
                scope.bound.add("to_static")
                self.imports[scope, "to_static"] = "dy2static.to_static"

    def assigned(self, target: ast.expr, value: ast.expr, scope: Scope) -> None:
        match target:
            case ast.Name(id=name):
                scope.values.setdefault(name, []).append(value)
            case ast.Attribute(value=ast.Name(id="self"), attr=attribute):
                owner = scope.owner
                if owner is not None:
                    owner.attributes.setdefault(attribute, value)
            case _:
                pass


def inner_name(scope: Scope, name: str) -> str:
    """The qualified name of what is defined in `scope`."""
    if scope.parent is None:
        return name
    return f"{scope.qualname}.<locals>.{name}" if scope.is_function else f"{scope.qualname}.{name}"


def own_nodes(function: AnyFunction) -> Iterator[Any]:
    """All nodes of a function's body, those of functions inside it too, outer before inner; not its signature."""
    for part in [function.body] if isinstance(function, ast.Lambda) else function.body:
        yield from ast.walk(part)
