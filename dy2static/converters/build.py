"""Pieces of converted code. Each takes the location `at` of the user's construct that it stands for."""

import ast
from collections.abc import Sequence
from typing import Any, TypedDict, TypeVar

TYPE_PARAMETERS = [field for field in ast.FunctionDef._fields if field == "type_params"]
LOAD, STORE = ast.Load(), ast.Store()
Located = ast.expr | ast.stmt | ast.arg | ast.ExceptHandler
N = TypeVar("N", bound=Located)


class Position(TypedDict):
    lineno: int
    col_offset: int
    end_lineno: int | None
    end_col_offset: int | None


def position(at: Located) -> Position:
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


def head(at: Located) -> Position:
    """The place of a construct's test or iterable, else of the construct; on one line, as CPython moves the place of a
    method call to the last line of the method's name."""
    if isinstance(at, ast.If | ast.While):
        at = at.test
    elif isinstance(at, ast.For):
        at = at.iter
    elif isinstance(at, ast.With):
        at = at.items[0].context_expr
    place = position(at)
    if place["end_lineno"] != place["lineno"]:
        place["end_lineno"], place["end_col_offset"] = place["lineno"], place["col_offset"]
    return place


def load(name: str, at: Located) -> ast.Name:
    return placed(ast.Name(name, LOAD), position(at))


def store(name: str, at: Located) -> ast.Name:
    return placed(ast.Name(name, STORE), position(at))


def constant(value: str | int | bool | None, at: Located) -> ast.Constant:
    return placed(ast.Constant(value), position(at))


def assign(target: ast.expr, value: ast.expr, at: Located) -> ast.Assign:
    return placed(ast.Assign([target], value), position(at))


def set_name(name: str, value: ast.expr, at: Located) -> ast.Assign:
    return assign(store(name, at), value, at)


def tuple_of(items: Sequence[ast.expr], at: Located) -> ast.Tuple:
    return placed(ast.Tuple(list(items), LOAD), position(at))


def names_tuple(names: Sequence[str], at: Located) -> ast.Tuple:
    place = position(at)
    return placed(ast.Tuple([placed(ast.Name(name, LOAD), place) for name in names], LOAD), place)


def texts_tuple(texts: Sequence[str], at: Located) -> ast.Constant:
    """A tuple of texts, which is one constant."""
    value: Any = tuple(texts)  # the types of `ast` leave tuples out
    return placed(ast.Constant(value), position(at))


def call(runtime: str, name: str, arguments: Sequence[ast.expr], at: Located) -> ast.Call:
    """`_rt.<name>(...)`, at the head of the construct: errors and ops of the whole `if` or loop point at its test."""
    place = head(at)
    function = ast.Attribute(placed(ast.Name(runtime, LOAD), place), name, LOAD)
    return placed(ast.Call(placed(function, place), list(arguments), []), place)


def call_plain(function: ast.expr, arguments: Sequence[ast.expr], at: Located) -> ast.Call:
    """A call as a user would write it."""
    return placed(ast.Call(function, list(arguments), []), position(at))


def statement(value: ast.expr, at: Located) -> ast.Expr:
    return placed(ast.Expr(value), position(at))


def arguments_of(names: Sequence[str], place: Position) -> ast.arguments:
    """Parameters without defaults."""
    return ast.arguments([], [placed(ast.arg(name, None), place) for name in names], None, [], [], None, [])


def thunk(value: ast.expr, at: Located) -> ast.Lambda:
    """`lambda: value`: an operand that is evaluated only when it is asked for."""
    return lambda_of([], value, at)


def lambda_of(names: Sequence[str], value: ast.expr, at: Located) -> ast.Lambda:
    """`lambda <names>: value`."""
    place = position(at)
    return placed(ast.Lambda(arguments_of(names, place), value), place)


def definition(name: str, parameters: Sequence[str], body: list[ast.stmt], at: Located) -> ast.FunctionDef:
    place = position(at)
    node = placed(ast.FunctionDef(name, arguments_of(parameters, place), body, [], None), place)
    drop_type_parameters(node)
    return node


def drop_type_parameters(node: ast.FunctionDef) -> None:
    """`def f[T](x)` -> `def f(x)`. From Python 3.12 on, every definition has to have a list of them."""
    for field in TYPE_PARAMETERS:
        setattr(node, field, [])


def returns(value: ast.expr, at: Located) -> ast.Return:
    return placed(ast.Return(value), position(at))
