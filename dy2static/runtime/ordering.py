"""`<`, `<=`, `>`, `>=` of what is compared item by item and holds values of the graph: tuples, and instances of
dataclasses with an order."""

from dataclasses import fields, is_dataclass
from types import CodeType
from typing import Any, Final, cast

from dy2static.runtime.bool_ops import equal
from dy2static.runtime.if_expr import if_expr
from dy2static.staging.containers.lists import is_of_graph
from dy2static.staging.values.comparisons import COMPARISONS
from dy2static.staging.values.optional import in_order
from dy2static.staging.values.staged import current

NAMES: Final = {symbol: name for name, symbol in COMPARISONS.items()}


def ordered(a: Any, symbol: str, b: Any) -> Any:
    """`a < b`, and so on: the first items that differ decide, as in Python."""
    mine, its = _items(a), _items(b)
    is_alike = isinstance(a, tuple) or type(a) is type(b)
    if current() is None or mine is None or its is None or not is_alike or not (is_of_graph(mine) or is_of_graph(its)):
        return in_order(NAMES[symbol], a, b)
    return _by_items(mine, its, symbol, 0)


def is_less(a: Any, b: Any) -> Any:
    """`a < b`."""
    return ordered(a, "<", b)


def is_ordered_in_graph(value: Any) -> bool:
    """Whether the graph may decide what is less than a value: one that holds some of the graph, or an object of a class
    that says itself what is less."""
    return is_of_graph(value) or _code_of_order(value) is not None


def _items(value: Any) -> tuple[Any, ...] | None:
    """What decides on the order of a tuple, or of an instance of a dataclass with `order=True`; None of all others."""
    if isinstance(value, tuple):
        return cast("tuple[Any, ...]", value)
    code = _code_of_order(value)
    if code is not None and is_dataclass(value) and code.co_qualname.startswith("__create_fn__"):
        return tuple(getattr(value, field.name) for field in fields(value) if field.compare)
    return None


def _code_of_order(value: Any) -> CodeType | None:
    return getattr(cast("type[Any]", type(value)).__lt__, "__code__", None)


def _by_items(a: tuple[Any, ...], b: tuple[Any, ...], symbol: str, place: int) -> Any:
    if place == min(len(a), len(b)):
        return in_order(NAMES[symbol], len(a), len(b))
    mine, its = a[place], b[place]
    is_same = True if mine is its else equal(mine, its)
    return if_expr(is_same, lambda: _by_items(a, b, symbol, place + 1), lambda: ordered(mine, symbol, its))
