"""Keys that only the graph knows: `table[i]`, `table[i, j]`, `table.get(i)`, `i in table`, `table[i] += x` of a dict
whose keys are ordinary values.

As for Python, a number is the key that it is equal to, a tuple or frozen dataclass one whose parts are; a tensor is
one only where the key is this very tensor. The graph finds the place among the keys that can be the one.
"""

import numbers
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from types import BuiltinMethodType, FunctionType, MethodWrapperType
from typing import Any, Final, NoReturn, cast

import numpy as np

from dy2static.errors import StagingError
from dy2static.runtime.rolling import table_of
from dy2static.staging.containers.lists import StageableList
from dy2static.staging.containers.lists_written_out import parts_of
from dy2static.staging.failures.never import raise_error_in_graph, raise_in_graph
from dy2static.staging.locate import user_location
from dy2static.staging.stager import Stager
from dy2static.staging.values.chosen import each, is_chosen
from dy2static.staging.values.optional import is_none, maybe_none, present
from dy2static.staging.values.shown import unknown_text
from dy2static.staging.values.staged import PYTHON_NUMBERS, StagedNumber, is_number, the_stager
from dy2static.staging.values.text import StagedText
from eager.tensor import Tensor
from graph.dtypes import DType, int64, of_scalar

NEW: Final = (
    "a key that only a run knows would be new in a dict, and a dict in a graph has fixed keys: give it all its keys "
    "before"
)
"""What a run says of a store at such a key."""
WAY_OUT: Final = "give the dict all its keys before, or keep the values in a list or a tensor, and index it."


def is_graph_key(key: Any) -> bool:
    """Whether only the graph knows which key it is."""
    if isinstance(key, StagedNumber | StagedText) or is_chosen(key) or maybe_none(key) is not None:
        return True
    parts = _parts(key)
    return parts is not None and any(map(is_graph_key, parts[1]))


def _parts(key: Any) -> tuple[type, tuple[Any, ...]] | None:
    """What decides on which key a tuple, or instance of a frozen dataclass, is, with its class; None of others."""
    is_hashed = cast("type[Any]", type(key)).__hash__ is not None
    return parts_of(key) if is_hashed else None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key is in a dict: whether it `is_there`, and if so `at` which of the keys."""

    keys: tuple[Any, ...]
    """Those that it may be."""
    is_there: Any
    at: Any


def place_in(stager: Stager, keys: Iterable[Any], key: Any) -> Place:
    """The place of a key of numbers of the graph, and of ordinary values."""
    rows = [(other, row) for other in keys if (row := _needed(key, other)) is not None]
    found = tuple(other for other, _ in rows)
    if not rows:
        return Place((), False, None)
    b = stager.builder
    b.loc = user_location()
    asked = list(_numbers(key))
    columns = [list(column) for column in zip(*(row for _, row in rows), strict=True)]
    first, count = columns[0][0], len(rows)
    if len(asked) == 1 and asked[0].dtype.kind == "i" and columns[0] == [*range(first, first + count)]:
        at = asked[0] - first
        place = stager.lift_tensor(at)
        return Place(found, StagedNumber.of(b.logical_and(b.ge(place, 0), b.lt(place, count))), at)
    equal, *others = (
        b.eq(b.constant(np.asarray(column, number.dtype)), stager.lift_tensor(number))
        for number, column in zip(asked, columns, strict=True)
    )
    for same in others:
        equal = b.logical_and(equal, same)
    at = b.argmax(b.cast(equal, int64), axis=0, keepdims=False)
    return Place(found, StagedNumber.of(b.any(equal, axis=None, keepdims=False)), StagedNumber.of(at))


def _numbers(key: Any) -> Iterable[StagedNumber]:
    if isinstance(key, StagedNumber):
        yield key
    elif (parts := _parts(key)) is not None:
        for part in parts[1]:
            yield from _numbers(part)


def _needed(key: Any, other: Any) -> list[Any] | None:
    """What the numbers of the graph in a key are, each, where it is equal to another; None where it is not, whatever
    they are."""
    if isinstance(key, StagedNumber):
        value = _as_kind(key.dtype.kind, other)
        return None if value is None else [value]
    parts = _parts(key)
    if parts is None or not is_graph_key(key):
        return [] if key is other or (hash(key) == hash(other) and key == other) else None
    others = _parts(other)
    if others is None or others[0] is not parts[0] or len(others[1]) != len(parts[1]):
        return None
    needed: list[Any] = []
    for part, held in zip(parts[1], others[1], strict=True):
        found = _needed(part, held)
        if found is None:
            return None
        needed += found
    return needed


def _as_kind(kind: str, other: Any) -> Any:
    """The number of a kind that is equal to another key; None where none is.

    Raises: StagingError for an object of a class that says itself what it is equal to.
    """
    if isinstance(other, Tensor):
        return None
    if not isinstance(other, numbers.Number | np.generic):
        own: Any = cast("type[Any]", type(other)).__eq__
        if isinstance(own, FunctionType) and parts_of(other) is None:
            raise StagingError(
                f"a number that only the graph knows is compared with a key of class {type(other).__name__}, which "
                "says itself what it is equal to",
                next_step="use numbers, texts, tuples or members of an enum as keys.",
                loc=user_location(),
            )
        return None
    try:
        value: Any = cast(Any, PYTHON_NUMBERS[kind])(other)
    except (TypeError, ValueError, OverflowError):  # a complex number, infinity, what is too large
        return None
    is_equal = bool(value == other) and (kind != "i" or -(1 << 63) <= value < 1 << 63)
    return value if is_equal else None


def by_cases(key: Any, use: Callable[[Any], Any]) -> Any:
    """What `use` gives for a key: what the graph chooses among several, or may be None, is one in each branch.

    Raises: StagingError for a text with values of the graph in it.
    """
    if is_chosen(key):
        return each(key, lambda option: by_cases(option, use))
    if maybe_none(key) is not None:
        stager = the_stager()
        return stager.decide(
            is_none(key), lambda: use(None), lambda: by_cases(present(key, "TypeError", "this value is None"), use)
        )
    if isinstance(key, StagedText):
        raise unknown_text()
    parts = _parts(key) if is_graph_key(key) else None
    if parts is None:
        return use(key)
    held = parts[1]
    at = next((i for i, part in enumerate(held) if is_graph_key(part) and not _is_of_numbers(part)), None)
    if at is None:
        return use(key)
    return by_cases(held[at], lambda part: by_cases(_with_part(key, at, part), use))


def _is_of_numbers(key: Any) -> bool:
    """Whether all that the graph knows of a key are numbers."""
    parts = _parts(key)
    if parts is None:
        return maybe_none(key) is None and not is_chosen(key) and not isinstance(key, StagedText)
    return all(map(_is_of_numbers, parts[1]))


def _with_part(key: Any, at: int, part: Any) -> Any:
    """A tuple or dataclass with another part."""
    if isinstance(key, tuple):
        held = cast("tuple[Any, ...]", key)
        return (*held[:at], part, *held[at + 1 :])
    name = [field.name for field in fields(key) if field.compare][at]
    return replace(key, **{name: part})


def of_run(container: Any, key: Any) -> dict[Any, Any] | None:
    """The container, where it is a dict of Python's in which the graph looks for the key; None of others."""
    if not isinstance(container, dict) or not (isinstance(key, Tensor) or is_graph_key(key)):
        return None
    table = cast("dict[Any, Any]", container)
    return None if isinstance(cast("type[Any]", type(table)).__getitem__, FunctionType) else table


def missing(key: Any) -> NoReturn:
    """Ends the path with the `KeyError` of a key."""
    raise_error_in_graph(the_stager(), KeyError(key))


def read(stager: Stager, table: dict[Any, Any], key: Any, otherwise: Callable[[Any], Any] = missing) -> Any:
    """`table[key]`; what `otherwise` gives, or raises, of a key that is not there."""

    def found(key: Any) -> Any:
        if not is_graph_key(key):
            return table[key] if key in table else otherwise(key)
        place = place_in(stager, table, key)
        if not place.keys:
            return otherwise(key)
        values = [table[other] for other in place.keys]
        if otherwise is not missing:
            return stager.decide(place.is_there, lambda: taken(stager, values, place.at), lambda: otherwise(key))
        stager.decide(place.is_there, nothing, lambda: missing(key))
        return taken(stager, values, place.at)

    return by_cases(key, found)


def otherwise_in(stager: Stager, table: dict[Any, Any]) -> Callable[[Any], Any]:
    """What `table[key]` gives, or raises, of a key that is not there."""
    method: Any = getattr(cast("type[Any]", type(table)), "__missing__", None)
    if isinstance(method, FunctionType):
        return lambda key: stager.call(method, (table, key), {})
    return _new if isinstance(table, defaultdict) and table.default_factory is not None else missing


def _new(key: Any) -> NoReturn:
    if the_stager().rolled:
        raise StagingError(NEW, next_step=WAY_OUT, loc=user_location())
    raise_in_graph(the_stager(), RuntimeError, (NEW,))


def nothing() -> None:
    """Where there is nothing to do."""


def holds(stager: Stager, keys: Collection[Any], key: Any) -> Any:
    """`key in table`."""

    def found(key: Any) -> Any:
        return place_in(stager, keys, key).is_there if is_graph_key(key) else key in keys

    return by_cases(key, found)


def taken(stager: Stager, values: Sequence[Any], at: Any) -> Any:
    """The value at a place: from a table of numbers, or a list of what is of one type; else by a branch for each."""
    if len(values) == 1:
        return values[0]
    table = table_of(stager, values)
    if table is not None:
        return table(at)
    if (chosen := stager.choose(values, at)) is not None:
        return chosen
    with stager.trial() as trial:
        try:
            found = StageableList(map(_as_list, values)).as_staged()[at]
        except StagingError:
            pass
        else:
            trial.keep()
            return found
    return each_of(stager, values, at, _itself)


def _as_list(value: Any) -> Any:
    """A list from outside, with those in it, as one of converted code: to be read."""
    return StageableList(map(_as_list, cast("list[Any]", value))) if type(value) is list else value


def _itself(value: Any) -> Any:
    return value


def each_of(stager: Stager, values: Sequence[Any], at: Any, use: Callable[[Any], Any]) -> Any:
    """What `use` gives for the value at a place, in a branch for each."""
    if len(values) == 1:
        return use(values[0])
    half = len(values) // 2
    return stager.decide(
        at < half,
        lambda: each_of(stager, values[:half], at, use),
        lambda: each_of(stager, values[half:], at - half, use),
    )


def store(stager: Stager, table: dict[Any, Any], key: Any, value: Any) -> None:
    """`table[key] = value`. A run raises where the dict has no such key."""

    def put(key: Any) -> None:
        if not is_graph_key(key):
            stager.cells.put(stager.cells.item(table, key), value)
            return
        place = place_in(stager, table, key)
        if not place.keys or stager.rolled:  # a loop of Python that is unrolled knows its keys
            raise StagingError(NEW, next_step=WAY_OUT, loc=user_location())
        stager.builder.check(stager.predicate(place.is_there), error="RuntimeError", parts=(NEW,), forms=())
        _put(stager, table, place, value)

    by_cases(key, put)


def _put(stager: Stager, table: dict[Any, Any], place: Place, value: Any) -> None:
    for i, key in enumerate(place.keys):
        new = value if len(place.keys) == 1 else _either(stager, place.at == i, value, table[key])
        stager.cells.put(stager.cells.item(table, key), new)


def _either(stager: Stager, test: Any, value: Any, other: Any) -> Any:
    """The one of two values that a test chooses."""
    if not (is_number(value) and is_number(other)):
        return stager.decide(test, lambda: value, lambda: other)
    b = stager.builder
    b.loc = user_location()
    dtype = np.result_type(_dtype(value), _dtype(other))
    return StagedNumber.of(b.where(stager.predicate(test), stager.cast_to(value, dtype), stager.cast_to(other, dtype)))


def _dtype(number: Any) -> DType:
    return number.dtype if isinstance(number, StagedNumber) else of_scalar(number)


def update(stager: Stager, table: dict[Any, Any], key: Any, change: Callable[[Any], Any]) -> None:
    """`table[key] += x`, of what the change makes of the item: a number is replaced, another value changes itself in a
    branch for each that it may be."""

    def changed(key: Any) -> None:
        place = place_in(stager, table, key) if is_graph_key(key) else Place((key,), key in table, 0)
        if not place.keys or place.is_there is False:
            missing(key)
        if place.is_there is not True:
            stager.decide(place.is_there, nothing, lambda: missing(key))
        if not _replace(stager, table, place, change):
            each_of(stager, place.keys, place.at, lambda key: _change(stager, table, key, change))

    by_cases(key, changed)


def _replace(stager: Stager, table: dict[Any, Any], place: Place, change: Callable[[Any], Any]) -> bool:
    """The change of a number that is a number again; returns whether it is one."""
    values = [table[other] for other in place.keys]
    if not all(map(is_number, values)):
        return False
    with stager.trial() as trial:
        new = change(taken(stager, values, place.at))
        if is_number(new):
            trial.keep()
            _put(stager, table, place, new)
            return True
    return False


def _change(stager: Stager, table: dict[Any, Any], key: Any, change: Callable[[Any], Any]) -> None:
    stager.cells.put(stager.cells.item(table, key), change(table[key]))


def method_in_graph(stager: Stager, function: Any, args: Sequence[Any]) -> Callable[..., Any] | None:
    """What a method of a dict of Python's means for a key that only the graph knows; None of other calls."""
    owner: Any = getattr(function, "__self__", None)
    if not (isinstance(function, BuiltinMethodType | MethodWrapperType) and isinstance(owner, dict) and args):
        return None
    method = METHODS.get(function.__name__)
    if method is None or not is_graph_key(args[0]):
        return None
    return partial(method, stager, cast("dict[Any, Any]", owner))


def _get(stager: Stager, table: dict[Any, Any], key: Any, default: Any = None, /) -> Any:
    return read(stager, table, key, lambda _: default)


def _set_default(stager: Stager, table: dict[Any, Any], key: Any, default: Any = None, /) -> Any:
    return read(stager, table, key, _new)


def _pop(stager: Stager, table: dict[Any, Any], key: Any, /, *default: Any) -> NoReturn:
    raise StagingError(
        "a key that only the graph knows is taken from a dict: in a graph its keys are fixed",
        next_step="store None in its place, and test it with `is None`.",
        loc=user_location(),
    )


def _item(stager: Stager, table: dict[Any, Any], key: Any, /) -> Any:
    return read(stager, table, key, otherwise_in(stager, table))


METHODS: Final[dict[str, Callable[..., Any]]] = {
    "get": _get,
    "setdefault": _set_default,
    "pop": _pop,
    "__getitem__": _item,
    "__setitem__": store,
    "__delitem__": _pop,
    "__contains__": holds,
}
