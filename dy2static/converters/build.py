"""Pieces of converted code. Each takes the location `at` of the user's construct that it stands for."""

import ast
from collections.abc import Callable, Sequence
from typing import Any, TypedDict, TypeVar

TYPE_PARAMETERS = [field for field in ast.FunctionDef._fields if field == "type_params"]
LOAD, STORE = ast.Load(), ast.Store()
Located = ast.expr | ast.stmt | ast.arg | ast.ExceptHandler | ast.pattern
N = TypeVar("N", bound=Located)


class Position(TypedDict):
    lineno: int
    col_offset: int
    end_lineno: int | None
    end_col_offset: int | None


Place = Located | Position
"""Where a piece stands: at the place of another."""


def position(at: Place) -> Position:
    if isinstance(at, dict):
        return at
    return {
        "lineno": at.lineno,
        "col_offset": at.col_offset,
        "end_lineno": at.end_lineno,
        "end_col_offset": at.end_col_offset,
    }


def placed(node: N, place: Position) -> N:
    """The node at a place. Given as keywords it takes twice the time, and a function has thousands of nodes."""
    node.__dict__.update(place)
    return node


def name_at(name: str, context: ast.expr_context, place: Position) -> ast.Name:
    """A name at a place, made in the fastest way: every second node is one."""
    node = ast.Name.__new__(ast.Name)
    node.__dict__ = {"id": name, "ctx": context, **place}
    return node


def head(at: Located) -> Position:
    """The place of a construct's test or iterable, else of the construct; on one line, as CPython moves the place of a
    method call to the last line of the method's name."""
    found = HEADS.get(type(at))
    place = position(at if found is None else found(at))
    if place["end_lineno"] != place["lineno"]:
        place["end_lineno"], place["end_col_offset"] = place["lineno"], place["col_offset"]
    return place


HEADS: dict[type[ast.AST], Callable[[Any], ast.expr]] = {
    ast.If: lambda node: node.test,
    ast.While: lambda node: node.test,
    ast.For: lambda node: node.iter,
    ast.With: lambda node: node.items[0].context_expr,
}


def load(name: str, at: Place) -> ast.Name:
    return name_at(name, LOAD, position(at))


def store(name: str, at: Place) -> ast.Name:
    return name_at(name, STORE, position(at))


def constant(value: str | int | bool | None, at: Place) -> ast.Constant:
    return placed(ast.Constant(value), position(at))


def assign(target: ast.expr, value: ast.expr, at: Place) -> ast.Assign:
    return placed(ast.Assign([target], value), position(at))


def set_name(name: str, value: ast.expr, at: Place) -> ast.Assign:
    return assign(store(name, at), value, at)


def tuple_of(items: Sequence[ast.expr], at: Place) -> ast.Tuple:
    return placed(ast.Tuple(list(items), LOAD), position(at))


def names_tuple(names: Sequence[str], at: Place) -> ast.Tuple:
    place = position(at)
    return placed(ast.Tuple([name_at(name, LOAD, place) for name in names], LOAD), place)


def names_target(names: Sequence[str], at: Place) -> ast.Tuple:
    """`(<names>)`, to be assigned to."""
    place = position(at)
    return placed(ast.Tuple([name_at(name, STORE, place) for name in names], STORE), place)


def values_tuple(values: Sequence[Any], at: Place) -> ast.Constant:
    """A tuple of texts or other constants, which is one constant itself."""
    value: Any = tuple(values)  # the types of `ast` leave tuples out
    return placed(ast.Constant(value), position(at))


def call(runtime: str, name: str, arguments: Sequence[ast.expr], at: Located) -> ast.Call:
    """`_rt.<name>(...)`, at the head of the construct: errors and ops of the whole `if` or loop point at its test."""
    place = head(at)
    function = ast.Attribute(name_at(runtime, LOAD, place), name, LOAD)
    return placed(ast.Call(placed(function, place), list(arguments), []), place)


def call_plain(function: ast.expr, arguments: Sequence[ast.expr], at: Place) -> ast.Call:
    """A call as a user would write it."""
    return placed(ast.Call(function, list(arguments), []), position(at))


def statement(value: ast.expr, at: Place) -> ast.Expr:
    return placed(ast.Expr(value), position(at))


def arguments_of(names: Sequence[str], place: Position, rest: str | None = None) -> ast.arguments:
    """Parameters without defaults: `<names>`, and `*rest`."""
    star = None if rest is None else parameter(rest, place)
    return ast.arguments([], [parameter(name, place) for name in names], star, [], [], None, [])


def parameter(name: str, place: Position) -> ast.arg:
    """A parameter at a place, made as fast as `name_at`."""
    node = ast.arg.__new__(ast.arg)
    node.__dict__ = {"arg": name, "annotation": None, **place}
    return node


def thunk(value: ast.expr, at: Place) -> ast.Lambda:
    """`lambda: value`: an operand that is evaluated only when it is asked for."""
    return lambda_of([], value, at)


def lambda_of(names: Sequence[str], value: ast.expr, at: Place) -> ast.Lambda:
    """`lambda <names>: value`."""
    place = position(at)
    return placed(ast.Lambda(arguments_of(names, place), value), place)


def definition(name: str, parameters: ast.arguments, body: list[ast.stmt], place: Position) -> ast.FunctionDef:
    node = placed(ast.FunctionDef(name, parameters, body, [], None), place)
    drop_type_parameters(node)
    return node


def drop_type_parameters(node: ast.FunctionDef) -> None:
    """`def f[T](x)` -> `def f(x)`. From Python 3.12 on, every definition has to have a list of them."""
    for field in TYPE_PARAMETERS:
        setattr(node, field, [])


def returns(value: ast.expr, at: Place) -> ast.Return:
    return placed(ast.Return(value), position(at))
