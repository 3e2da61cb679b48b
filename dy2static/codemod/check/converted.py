"""Which functions of a file are converted: those given to `to_static`, in any spelling, and what these call."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dy2static.codemod.check.module import Module, Scope, own_nodes

TO_STATIC: Final = frozenset(["dy2static.to_static", "dy2static.decorator.to_static"])
PARTIAL: Final = "functools.partial"
CALLS_ITSELF: Final = ("forward", "__call__")
"""What a call of an object runs; modules have the former."""


@dataclass(frozen=True, slots=True)
class Converted:
    """A function that is converted. `because`: which function calls it, empty where it is given to `to_static`."""

    scope: Scope
    because: str


@dataclass(frozen=True, slots=True)
class Conversion:
    """A place that gives something to `to_static`: a decorator, or a call. `given` is None for decorators."""

    node: ast.expr
    scope: Scope
    """Where the place stands; of a decorator, the function below it."""
    given: ast.expr | None
    targets: tuple[Scope, ...]


def conversions(module: Module) -> list[Conversion]:
    """All places of the file that convert something, in source order."""
    found = [*_decorated(module), *_called(module)]
    return sorted(found, key=lambda place: (place.node.lineno, place.node.col_offset))


def converted_functions(module: Module, places: list[Conversion]) -> list[Converted]:
    """Every function of the file that is converted, in source order; each once."""
    found: dict[Scope, Converted] = {}
    pending: list[Scope] = []
    for place in places:
        for scope in place.targets:
            if scope not in found:
                found[scope] = Converted(scope, "")
                pending.append(scope)
    while pending:
        caller = pending.pop(0)
        for scope in _callees(caller, module):
            if scope not in found and not _is_inside(scope, found):
                found[scope] = Converted(scope, caller.qualname)
                pending.append(scope)
    # A function inside another converted one is converted with it.
    outermost = [item for item in found.values() if not _is_inside(item.scope, found)]
    return sorted(outermost, key=_place)


def _place(item: Converted) -> tuple[int, int]:
    node = item.scope.node
    assert not isinstance(node, ast.Module)
    return node.lineno, node.col_offset


def is_to_static(node: ast.expr, module: Module, scope: Scope) -> bool:
    """Whether an expression is `to_static`, with options or without, by whatever name."""
    match node:
        case ast.Call(func=func, args=[]):
            return is_to_static(func, module, scope) and not _function_keyword(node)
        case ast.Call(func=func, args=[first]):
            return module.qualified(func, scope) == PARTIAL and is_to_static(first, module, scope)
        case ast.Name() | ast.Attribute():
            made, where = module.followed(node, scope)
            if isinstance(made, ast.Call):
                return is_to_static(made, module, where)
            return module.qualified(made, where) in TO_STATIC
        case _:
            return False


def _function_keyword(node: ast.Call) -> ast.expr | None:
    return next((keyword.value for keyword in node.keywords if keyword.arg == "function"), None)


def _decorated(module: Module) -> Iterator[Conversion]:
    for node, scope in module.scopes.items():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert scope.parent is not None
            for decorator in node.decorator_list:
                if is_to_static(decorator, module, scope.parent):
                    yield Conversion(decorator, scope, None, (scope,))


def _called(module: Module) -> Iterator[Conversion]:
    for scope in list(module.scopes.values()):
        for node in _calls_of(scope):
            given = node.args[0] if node.args else _function_keyword(node)
            if given is not None and is_to_static(node.func, module, scope):
                yield Conversion(node, scope, given, tuple(_functions_of(given, module, scope)))


def _calls_of(scope: Scope) -> Iterator[ast.Call]:
    """The calls that stand in a scope itself, in source order."""
    pending: list[ast.AST] = [scope.node.body] if isinstance(scope.node, ast.Lambda) else [*scope.node.body]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Call):
            yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            arguments = node.args
            pending += [*arguments.defaults, *(d for d in arguments.kw_defaults if d is not None)]
            pending += [] if isinstance(node, ast.Lambda) else node.decorator_list
        elif isinstance(node, ast.ClassDef):
            pending += [*node.decorator_list, *node.bases]
        else:
            pending += ast.iter_child_nodes(node)


def _functions_of(given: ast.expr, module: Module, scope: Scope) -> Iterator[Scope]:
    """What a call of the value of `given` runs, as far as it is in this file."""
    given, scope = module.followed(given, scope)
    match given:
        case ast.Lambda():
            yield module.scopes[given]
        case ast.Call(func=func, args=[first, *_]) if module.qualified(func, scope) == PARTIAL:
            yield from _functions_of(first, module, scope)
        case ast.Name(id=name) if (function := module.function(name, scope)) is not None:
            yield function
        case ast.Attribute() if (method := _method(given, module, scope)) is not None:
            yield method
        case _:
            cls = module.class_of(given, scope)
            method = None if cls is None else module.method(cls, *CALLS_ITSELF)
            if method is not None:
                yield method


def _method(node: ast.Attribute, module: Module, scope: Scope) -> Scope | None:
    """The method that `self.m`, `super().m`, `Model.m` or `model.m` means."""
    owner = scope.owner
    match node.value:
        case ast.Name(id=("self" | "cls")) if owner is not None:
            return module.method(owner, node.attr)
        case ast.Call(func=ast.Name(id="super")) if owner is not None:
            return next(
                (
                    base.functions[node.attr]
                    for base in module.bases(owner)
                    if base is not owner and node.attr in base.functions
                ),
                None,
            )
        case ast.Name(id=name) if (where := scope.where(name)) is not None and name in where.classes:
            return module.method(where.classes[name], node.attr)
        case _:
            cls = module.class_of(node.value, scope)
            return None if cls is None else module.method(cls, node.attr)


def _callees(caller: Scope, module: Module) -> Iterator[Scope]:
    """Functions of this file that a function calls, or hands on."""
    for scope in _with_inner(caller, module):
        for node in _loads_of(scope):
            match node:
                case ast.Name(id=name):
                    function = module.function(name, scope)
                    if function is not None and function is not caller:
                        yield function
                case ast.Attribute():
                    method = _method(node, module, scope)
                    if method is not None and method is not caller:
                        yield method
                case ast.Call():
                    cls = module.class_of(node.func, scope)
                    method = None if cls is None else module.method(cls, *CALLS_ITSELF)
                    if method is not None:
                        yield method
                case _:
                    pass


def _with_inner(caller: Scope, module: Module) -> Iterator[Scope]:
    """A function and those inside it; a class inside is refused as a whole."""
    assert isinstance(caller.node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    for node in (caller.node, *own_nodes(caller.node)):
        scope = module.scopes.get(node)
        if scope is not None and scope.is_function:
            yield scope


def _loads_of(scope: Scope) -> Iterator[ast.AST]:
    pending: list[ast.AST] = [scope.node.body] if isinstance(scope.node, ast.Lambda) else [*scope.node.body]
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            pending += ast.iter_child_nodes(node)


def _is_inside(scope: Scope, found: dict[Scope, Converted]) -> bool:
    around = scope.parent
    while around is not None:
        if around in found:
            return True
        around = around.parent
    return False
