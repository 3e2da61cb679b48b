"""One of several ordinary values - texts, members of an enum, functions, layers - where the graph says which.

The graph holds a number, the place among the options. What is done with such a value is done with each option, in a
branch for it; where only a truth comes of it, as of `==`, no branch is needed.
"""

import functools
import operator
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any, Final, NoReturn, cast

import numpy as np

from dy2static.errors import StagingError
from dy2static.staging.locate import user_location
from dy2static.staging.values.shown import mark_of, reading, unknown_text
from dy2static.staging.values.staged import StagedNumber, StagedTensor, the_stager
from eager.operators import BINARY
from graph.ir.value import Value
from graph.ops.text_of import ONE_OF

MOST: Final = 16
"""How many options there may be: each is a branch wherever the value is used."""
ALIKE: Final[tuple[Any, ...]] = (str, bytes, Enum, np.dtype)
CONVERSIONS: Final[dict[str, Callable[[Any], str]]] = {"s": str, "r": repr, "a": ascii}
OWN: Final = frozenset({"__array__", "__class__", "_index", "_options"})


def is_choosable(a: Any, b: Any) -> bool:
    """Whether one of the two can be chosen by the graph: two of one kind, or two that are called, as functions, classes
    and layers are."""
    if callable(a) and callable(b):
        return not (_holds_values(a) or _holds_values(b))
    return isinstance(a, ALIKE) and (type(a) is type(b) or (isinstance(a, np.dtype) and isinstance(b, np.dtype)))


def _holds_values(function: Any) -> bool:
    """Whether a function has values of a branch that has ended."""
    cells = getattr(function, "__closure__", None) or ()
    held = [cell.cell_contents for cell in cells if cell != type(cell)()]
    held += getattr(function, "__defaults__", None) or ()
    if isinstance(function, functools.partial):
        partial = cast("functools.partial[Any]", function)
        held += [*partial.args, *partial.keywords.values()]
    return any(isinstance(x, StagedTensor) and not the_stager().is_known_here(x) for x in held)


class Chosen:
    """The value: its options, and the place among them."""

    __slots__ = ("__weakref__", "_index", "_options")

    def __init__(self, options: Sequence[Any], index: StagedNumber) -> None:
        object.__setattr__(self, "_options", tuple(options))
        object.__setattr__(self, "_index", index)


def is_chosen(value: Any) -> bool:
    """Whether the graph says which value it is."""
    return type(value) is Chosen


def options_of(value: Any) -> tuple[Any, ...]:
    """The values that a chosen one may be."""
    return object.__getattribute__(value, "_options")


def index_of(value: Any) -> StagedNumber:
    """The place of a chosen value among its options."""
    return object.__getattribute__(value, "_index")


def each(value: Any, use: Callable[[Any], Any]) -> Any:
    """What `use` gives for the option that is chosen: staged for each, in a branch."""
    options = options_of(value)
    return _way(index_of(value), options, 0, len(options), use)()


def _way(
    index: StagedNumber, options: Sequence[Any], first: int, last: int, use: Callable[[Any], Any]
) -> Callable[[], Any]:
    """What stages `use` for those of the options from `first` on before `last`. Where it fails for one, no frame of
    ours has the index: it is not what failed (`concerns`)."""
    if last - first == 1:
        return functools.partial(_used, use, options[first])
    middle = (first + last) // 2
    low, high = _way(index, options, first, middle, use), _way(index, options, middle, last, use)
    return lambda: the_stager().decide(index < middle, low, high)


def _used(use: Callable[[Any], Any], option: Any) -> Any:
    return use(option)


def compared(value: Any, other: Any, compare: Callable[[Any, Any], Any]) -> Any:
    """What a comparison, `==` or `is`, of the option that is chosen with another value gives."""
    if not is_chosen(other):
        found = [compare(option, other) for option in options_of(value)]
        if all(type(x) is bool for x in found):
            return where_is(index_of(value).graph_value, found)
    return each(value, lambda option: compared(other, option, compare) if is_chosen(other) else compare(option, other))


def truth_of(value: Any) -> Value:
    """The truth of the option that is chosen, as a bool of the graph."""
    stager, options = the_stager(), options_of(value)
    if isinstance(options[0], ALIKE):
        found = where_is(index_of(value).graph_value, [bool(option) for option in options])
        return stager.predicate(found)
    return stager.predicate(each(value, lambda option: StagedNumber.of(stager.predicate(option))))


def where_is(index: Value, found: Sequence[bool]) -> Any:
    """The bool at a place that the graph knows."""
    if len(set(found)) == 1:
        return found[0]
    b = the_stager().builder
    b.loc = user_location()
    rarer = found.count(True) <= found.count(False)
    is_it, *others = (b.eq(index, place) for place, x in enumerate(found) if x is rarer)
    for other in others:
        is_it = b.logical_or(is_it, other)
    return StagedNumber.of(is_it if rarer else b.logical_not(is_it))


def form_of(value: Any, conversion: str, spec: str) -> str:
    """How a text shows it: with the text of each option.

    Raises: StagingError where one has values of the graph in it.
    """
    convert: Callable[[Any], Any] = CONVERSIONS.get(conversion, lambda option: option)
    with reading() as marks:
        texts = tuple(format(convert(option), spec) for option in options_of(value))
    if marks.are_any:
        raise unknown_text()
    return f"{ONE_OF}{texts!r}"


def _refused(*_: Any, **__: Any) -> NoReturn:
    raise _refusal()


def _not_hashed(_: Any) -> NoReturn:
    raise _refusal(is_of_index=True)


def _refusal(is_of_index: bool = False) -> StagingError:
    error = StagingError(
        "a value that the graph chooses among several is known only when the graph runs; here Python needs it before",
        next_step="compare it, call it, print it or return it, or decide with an `if` on it.",
        loc=user_location(),
    )
    error.is_of_index = is_of_index
    return error


def _binary(apply: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda self, other: each(self, lambda option: apply(option, other))


def _unary(apply: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda self: each(self, apply)


def _comparison(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda self, other: compared(self, other, compare)


def _reflected(apply: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda self, other: each(self, lambda option: apply(other, option))


def _attribute(self: Any, name: str) -> Any:
    if name in OWN:
        return object.__getattribute__(self, name)
    options = object.__getattribute__(self, "_options")
    if not any(hasattr(option, name) for option in options):  # whoever asks whether it is there asks all
        raise AttributeError(f"{type(options[0]).__name__!r} object has no attribute {name!r}")
    if all(_holds(option, name) for option in options):
        chosen = the_stager().choose([vars(option)[name] for option in options], index_of(self))
        if chosen is not None:
            return chosen
    return each(self, lambda option: getattr(option, name))


def _holds(option: Any, name: str) -> bool:
    """Whether an attribute is what the object itself has by this name, and no code of its class gives it."""
    cls = cast("type[Any]", type(option))
    is_own = name in getattr(option, "__dict__", ()) and not hasattr(cls, name)
    return is_own and cls.__getattribute__ is object.__getattribute__


def _item(self: Any, key: Any) -> Any:
    options = options_of(self)
    if type(key) in (int, str) and all(type(option) is dict and key in option for option in options):
        chosen = the_stager().choose([option[key] for option in options], index_of(self))
        if chosen is not None:
            return chosen
    return each(self, lambda option: option[key])


def _called(self: Any, *args: Any, **kwargs: Any) -> Any:
    return each(self, lambda option: the_stager().call(option, args, kwargs))


def _formatted(self: Any, spec: str = "") -> str:
    return _text(self, "", spec, "")


def _shown(self: Any) -> str:
    return _text(self, "r", "", "<one of several>")


def _text(value: Any, conversion: str, spec: str, shown: str) -> str:
    try:
        return mark_of(value, conversion, spec, shown=shown)
    except StagingError:  # a library function shows what it does not take
        raise _refusal() from None


def _bind(cls: Any) -> None:
    for name in BINARY:
        apply = cast("Callable[[Any, Any], Any]", getattr(operator, f"{name}_" if name in ("or", "and") else name))
        setattr(cls, f"__{name}__", _binary(apply))
        setattr(cls, f"__r{name}__", _reflected(apply))
    cls.__getitem__ = _item
    for name in ("lt", "le", "gt", "ge"):
        setattr(cls, f"__{name}__", _binary(getattr(operator, name)))
    for name in ("neg", "pos", "invert", "abs"):
        setattr(cls, f"__{name}__", _unary(getattr(operator, name)))
    cls.__eq__, cls.__ne__ = _comparison(operator.eq), _comparison(operator.ne)
    cls.__hash__ = _not_hashed
    # `array` too: NumPy would make an array of one object, which no library function takes
    for name in ("array", "bool", "contains", "index", "int", "iter", "len", "setattr"):
        setattr(cls, f"__{name}__", _refused)
    cls.__call__ = _called
    cls.__getattribute__ = _attribute
    cls.__str__ = _formatted
    cls.__repr__ = _shown
    cls.__format__ = _formatted


_bind(Chosen)
