"""What Python's builtins mean for staged values."""

import sys
import warnings
from collections import deque
from collections.abc import Callable
from types import FunctionType
from typing import Any, Final, cast

import numpy as np

from dy2static.errors import StagingError
from dy2static.runtime.callables.clocks import READ_IN_GRAPH
from dy2static.runtime.callables.iterators import enumerate_, filter_, iter_, map_, reversed_, zip_
from dy2static.runtime.callables.math_written_out import MOST_TENS, power_modulo, round_to_tens
from dy2static.runtime.callables.pulled import Pulled
from dy2static.runtime.callables.rounding import MOST_DIGITS, round_to_digits
from dy2static.runtime.callables.sequences import all_, any_, list_, max_, min_, sorted_, sum_
from dy2static.runtime.callables.warning_calls import warn
from dy2static.runtime.f_strings import formatted, fstring
from dy2static.runtime.if_expr import if_expr
from dy2static.runtime.raise_stmt import raise_
from dy2static.source.load import has_source
from dy2static.staging.containers.iterables import StagedRange, staged_range
from dy2static.staging.containers.lists import StageableList
from dy2static.staging.containers.one_shot import OneShot
from dy2static.staging.containers.queues import QUEUE, Queue, queue_of
from dy2static.staging.failures.caught import Caught, CaughtClass
from dy2static.staging.locate import user_location
from dy2static.staging.objects.cells import attribute_cell, stores_itself
from dy2static.staging.objects.stale import check_usable
from dy2static.staging.stager import Stager, is_staged_value
from dy2static.staging.values.chosen import each, is_chosen
from dy2static.staging.values.optional import OptionalObject, changeable, is_none, kind_of, maybe_none, present
from dy2static.staging.values.powers import failure_of
from dy2static.staging.values.staged import PYTHON_NUMBERS, StagedNumber, StagedTensor, is_number
from dy2static.staging.values.text import StagedText
from eager.tensor import Tensor, wrap
from graph.dtypes import DType, complex128, float64, int64, of_scalar


def len_(stager: Stager, x: Any) -> Any:
    x = present(x, "TypeError", "object of type 'NoneType' has no len()")
    if isinstance(x, StageableList):
        return x.length()
    if isinstance(x, Tensor):
        if isinstance(x, StagedNumber):
            stager.raise_in_graph(TypeError, (f"object of type {kind_of(x)!r} has no len()",))
        if not x.ndim:
            raise TypeError("len() of unsized object")
        return x.shape[0]
    if isinstance(x, OneShot):
        raise TypeError(f"object of type {x.kind!r} has no len()")
    method = getattr(cast("type[Any]", type(x)), "__len__", None)
    return stager.call(method, (x,), {}) if isinstance(method, FunctionType) else len(x)


NOT_A_NUMBER: Final = "{}() argument must be {}, not 'NoneType'"


def whole(stager: Stager, x: StagedNumber) -> StagedNumber:
    """A staged number as a Python int, cut off at the point.

    Raises at run time what Python raises for NaN and infinity, and an OverflowError for what has no 64 bits.
    """
    b = stager.builder
    if x.dtype.kind == "f":
        b.loc = user_location()
        value = x.graph_value
        checks = (
            (b.logical_not(b.isnan(value)), "ValueError", "cannot convert float NaN to integer"),
            (b.isfinite(value), "OverflowError", "cannot convert float infinity to integer"),
            (b.lt(b.abs(value), 2.0**63), "OverflowError", "an int of the graph has 64 bits, this one needs more"),
        )
        for holds, error, text in checks:
            b.check(holds, error=error, parts=(text,), forms=())
    elif x.dtype.kind == "c":
        raise TypeError("int() argument must be a string, a bytes-like object or a real number, not 'complex'")
    return StagedNumber.of(b.cast(x.graph_value, int64))


def _number(stager: Stager, x: Tensor, dtype: DType) -> StagedNumber:
    """A 0-d (or one-element) tensor as a Python number, to which no gradient leads."""
    value = stager.lift_tensor(x)
    if value.ndim:
        raise TypeError("only 0-dimensional arrays can be converted to Python scalars")
    return StagedNumber.of(stager.stop(stager.builder.cast(stager.builder.lift(value), dtype)))


def int_(stager: Stager, *args: Any, **base: Any) -> Any:
    if len(args) != 1 or base or not isinstance(args[0], Tensor):
        return int(*args, **base)
    x = present(args[0], "TypeError", NOT_A_NUMBER.format("int", "a string, a bytes-like object or a real number"))
    return whole(stager, _number(stager, x, int64 if x.dtype.kind == "u" else x.dtype))


def float_(stager: Stager, *args: Any) -> Any:
    if not args or not isinstance(args[0], Tensor):
        return float(*args)
    x = present(args[0], "TypeError", NOT_A_NUMBER.format("float", "a string or a real number"))
    return _number(stager, x, float64)


def complex_(stager: Stager, *args: Any, **named: Any) -> Any:
    """`complex(x)` and `complex(real, imag)`."""
    given = dict(zip(("real", "imag"), args, strict=False)) | named
    if named and len(given) == len(args) + len(named) and given.keys() <= {"real", "imag"}:
        args = (given.get("real", 0), *([given["imag"]] if "imag" in given else []))
    elif named:
        return complex(*args, **named)
    if not any(isinstance(x, Tensor) for x in args) or len(args) > 2:
        return complex(*args)
    texts = ("first argument must be a string or a number", "second argument must be a number")
    parts = [
        _complex(stager, present(x, "TypeError", f"complex() {text}, not 'NoneType'"))
        for x, text in zip(args, texts, strict=False)
    ]
    return parts[0] if len(parts) == 1 else parts[0] + 1j * parts[1]


def _complex(stager: Stager, x: Any) -> Any:
    return _number(stager, x, complex128) if isinstance(x, Tensor) else complex(x)


def round_(stager: Stager, x: Any, ndigits: Any = None) -> Any:
    if not isinstance(x, Tensor) or (ndigits is not None and not isinstance(x, StagedNumber)):
        rounded: Any = round(cast(Any, x), ndigits)
        return rounded
    x = present(x, "TypeError", "type NoneType doesn't define __round__ method")
    if x.dtype.kind in "iub":
        if ndigits is None or (isinstance(ndigits, int) and ndigits >= 0):
            return _number(stager, x, int64)
        if isinstance(ndigits, int) and ndigits >= -MOST_TENS:
            return stager.call(round_to_tens, (_number(stager, x, int64), 10**-ndigits), {})
    elif x.dtype.kind == "f" and isinstance(ndigits, int) and 0 <= ndigits <= MOST_DIGITS:
        return round_to_digits(stager, _number(stager, x, float64), ndigits)
    elif ndigits is None:
        return whole(stager, StagedNumber.of(stager.builder.round(_number(stager, x, x.dtype).graph_value)))
    raise StagingError(
        f"`round` to {MOST_DIGITS} digits behind the point at most is available in a graph, and of ints to "
        f"{MOST_TENS} before it; how many is to be known before the run",
        next_step="round the result outside.",
        loc=user_location(),
    )


def _kind(x: Any) -> str:
    return (x.dtype if isinstance(x, StagedNumber) else of_scalar(x)).kind


def divmod_(stager: Stager, x: Any, y: Any) -> Any:
    if not (isinstance(x, StagedNumber) or isinstance(y, StagedNumber)):
        return divmod(x, y)
    if is_number(x) and is_number(y) and max(_kind(x), _kind(y), key="bifc".index) == "f":
        b = stager.builder
        text = failure_of(divmod, 1.0, 0.0)
        b.check(b.ne(stager.lift(y), 0), error="ZeroDivisionError", parts=(text,), forms=())
    return x // y, x % y


A_TENSOR: Final = wrap(np.zeros(()))
PYTHON_POW: Final[Callable[..., Any]] = pow


def pow_(stager: Stager, base: Any, exp: Any, mod: Any = None) -> Any:
    if mod is None:
        return base**exp
    numbers = (base, exp, mod)
    if not any(isinstance(x, StagedNumber) for x in numbers) or not all(map(is_number, numbers)):
        return PYTHON_POW(base, exp, mod)  # tensors have no such power
    if any(_kind(x) not in "bi" for x in numbers):
        raise TypeError("pow() 3rd argument not allowed unless all arguments are integers")
    return stager.call(power_modulo, numbers, {})


def getattr_(stager: Stager, obj: Any, name: str, *default: Any) -> Any:
    if default and maybe_none(obj) is not None:
        return if_expr(
            is_none(obj),
            lambda: getattr(None, name, *default),
            lambda: getattr_(stager, present(obj, "AttributeError", ""), name, *default),
        )
    obj = present(obj, "AttributeError", f"'NoneType' object has no attribute {name!r}")
    alike = _alike(obj, name)
    if alike is not None and not hasattr(alike, name):
        return getattr(alike, name, *default)  # which raises Python's error
    if name == "__dict__" and hasattr(obj, name):
        return vars_(stager, obj)
    stager.note_asked(obj, name)
    return getattr(obj, name, *default)


def vars_(stager: Stager, *args: Any) -> Any:
    found = cast("dict[str, Any]", vars(*args))
    stager.note_asked(args[0], None)
    stager.cells.note_namespace(args[0], found)
    return found


def _of_maybe(stager: Stager, x: Any, of_none: bool, question: Callable[[Any], bool]) -> Any:
    """The answer for a value that is None on some paths: for its kind, which is known, and for None."""
    maybe = maybe_none(x)
    assert maybe is not None
    with stager.region("trial"):
        stager.assume(((maybe.flag, True),))
        of_value = question(present(x, "TypeError", ""))
    return of_none if of_none == of_value else is_none(x, negated=of_value)


def _kind_of_stand_in(x: StagedNumber | StagedText) -> type:
    return str if isinstance(x, StagedText) else PYTHON_NUMBERS[x.dtype.kind]


def _alike(x: Any, name: str) -> Any:
    """For what stands for an object of another class while staging, one of that class: it tells whether there is an
    attribute of this name. None for other values, and for tensors that have it."""
    check_usable(x)
    if isinstance(x, StagedNumber | StagedText):
        return _kind_of_stand_in(x)()
    if isinstance(x, StagedTensor):
        return None if hasattr(Tensor, name) else A_TENSOR
    return [] if isinstance(x, StageableList) else QUEUE() if isinstance(x, Queue) else None


def hasattr_(stager: Stager, obj: Any, name: str) -> Any:
    maybe = maybe_none(obj)
    if maybe is None:
        alike = _alike(obj, name)
        if alike is not None:
            return hasattr(alike, name)
        stager.note_asked(obj, name)
        held = maybe_none(getattr(obj, name, None))
        if held is not None and held.attribute is not None:
            return StagedNumber.of(stager.builder.lift(held.flag))
        return hasattr(obj, name)
    return _of_maybe(stager, obj, hasattr(None, name), lambda there: hasattr_(stager, there, name))


def bool_(stager: Stager, *args: Any) -> Any:
    if len(args) != 1:
        return bool(*args)
    test = stager.test_of(args[0])
    return StagedNumber.of(stager.truth(test)) if is_staged_value(test) else bool(test)


def range_(stager: Stager, *bounds: Any) -> Any:
    return staged_range(stager, *bounds) if any(isinstance(x, Tensor) for x in bounds) else range(*bounds)


def print_(
    stager: Stager,
    *args: Any,
    sep: str | None = None,
    end: str | None = None,
    file: Any = None,
    flush: bool = False,
) -> None:
    """Printed each time that the graph runs, in program order."""
    unsure = next((i for i, arg in enumerate(args) if type(arg) is OptionalObject), None)
    if unsure is not None:
        options: dict[str, Any] = {"sep": sep, "end": end, "file": file, "flush": flush}
        before, arg, after = args[:unsure], args[unsure], args[unsure + 1 :]
        if_expr(
            is_none(arg),
            lambda: print_(stager, *before, None, *after, **options),
            lambda: print_(stager, *before, present(arg, "TypeError", ""), *after, **options),
        )
        return
    for name, between in cast("tuple[tuple[str, Any], ...]", (("sep", sep), ("end", end))):
        if between is not None and not isinstance(between, str | StagedText):
            raise TypeError(f"{name} must be None or a string, not {kind_of(between)}")
    stream = _stream(file)
    stager.world.check_stream(stream)
    text = StagedText()
    for i, arg in enumerate(args):
        text.add("" if i == 0 else " " if sep is None else sep)
        text.add_any(arg)
    text.add("\n" if end is None else end)
    stager.builder.loc = user_location()
    stager.builder.print(*text.values, parts=tuple(text.parts), forms=tuple(text.forms), stream=stream)


def _stream(file: Any) -> str:
    if file is None or file is sys.stdout:
        return "stdout"
    if file is sys.stderr:
        return "stderr"
    raise StagingError(
        "a graph can print to standard output and standard error only",
        next_step="return the values and print them outside.",
        loc=user_location(),
    )


NO_ITEMS: Final = cast(
    "tuple[Any, ...]",
    ((x for x in ()), map(int, ()), filter(None, ()), zip(), enumerate(()), iter([]), reversed([])),
)
ITERATORS: Final[dict[str, Any]] = {type(made).__name__: made for made in NO_ITEMS}
"""Iterators of Python's, by the names of their classes."""


def _iterator_like(x: OneShot | Pulled) -> Any:
    """An iterator of Python's of the class that this one stands for."""
    return x.iterator if isinstance(x, Pulled) else ITERATORS.get(x.kind, x)


def isinstance_(stager: Stager, x: Any, classes: Any) -> Any:
    check_usable(x)
    if maybe_none(x) is not None:
        return _of_maybe(stager, x, isinstance(None, classes), lambda there: isinstance_(stager, there, classes))
    if isinstance(x, Caught):
        return x.is_a(classes)
    if isinstance(x, StagedRange):
        return isinstance(range(0), classes)
    if isinstance(x, Queue):
        return isinstance(QUEUE(), classes)
    if isinstance(x, OneShot | Pulled):
        return isinstance(_iterator_like(x), classes)
    if isinstance(x, StagedNumber | StagedText):
        return isinstance(_kind_of_stand_in(x)(), classes)
    return isinstance(x, classes)


def issubclass_(_: Stager, cls: Any, classes: Any) -> Any:
    return cls.caught.is_a(classes) if isinstance(cls, CaughtClass) else issubclass(cls, classes)


def type_(stager: Stager, *args: Any) -> Any:
    if len(args) == 1 and maybe_none(args[0]) is not None:
        raise StagingError(
            "the type of a value that is None on some paths is known only when the graph runs",
            next_step="test it with `is None` first.",
            loc=user_location(),
        )
    if len(args) == 1:
        check_usable(args[0])
    if len(args) == 1 and isinstance(args[0], Caught):
        return args[0].kind
    if len(args) == 1 and isinstance(args[0], StagedNumber):
        return PYTHON_NUMBERS[args[0].dtype.kind]
    if len(args) == 1 and isinstance(args[0], StagedText):
        return str
    if len(args) == 1 and isinstance(args[0], StagedRange):
        return range
    if len(args) == 1 and isinstance(args[0], OneShot | Pulled):
        return cast("type[Any]", type(_iterator_like(args[0])))
    if len(args) == 1 and isinstance(args[0], Tensor):
        return Tensor
    if len(args) == 1 and isinstance(args[0], StageableList):
        return list
    if len(args) == 1 and isinstance(args[0], Queue):
        return deque
    return type(*args)


def deque_(stager: Stager, iterable: Any = (), maxlen: Any = None) -> Queue:
    return queue_of(list_(stager, iterable), maxlen)


def setattr_(stager: Stager, obj: Any, name: str, value: Any) -> None:
    """Users' classes store by their own functions, converted: a property, a descriptor or `__setattr__`."""
    if is_chosen(obj):
        each(obj, lambda option: setattr_(stager, option, name, value))
        return
    obj = changeable(obj, "AttributeError", f"'NoneType' object has no attribute {name!r}")
    if isinstance(obj, Tensor):
        setattr(obj, name, value)
        return
    if isinstance(obj, StagedText):
        raise AttributeError(f"'str' object has no attribute {name!r}")
    cls = cast("type[Any]", type(obj))
    if stores_itself(cls):
        own: Any = cls.__setattr__
        if has_source(own):
            stager.call(own, (obj, name, value), {})
        else:  # of a frozen dataclass: it refuses
            own(obj, name, value)
        return
    member: Any = next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)
    store: Any = getattr(cast("type[Any]", type(member)), "__set__", None)
    if isinstance(member, property) and member.fset is not None:
        stager.call(member.fset, (obj, value), {})
    elif isinstance(store, FunctionType):
        stager.call(store, (member, obj, value), {})
    else:
        stager.cells.put(attribute_cell(obj, name), value)


def exit_(_: Stager, *args: Any) -> None:
    raise_(SystemExit(*args))


def str_(stager: Stager, *args: Any, **named: Any) -> Any:
    if named and (args or named.keys() != {"object"}):
        return str(*args, **named)
    args = (*args, *named.values())
    if len(args) == 1 and type(args[0]) is OptionalObject:
        return fstring(formatted(args[0], "s"))
    return StagedText.of(args[0]).plain() if len(args) == 1 else str(*args)


def repr_(stager: Stager, value: Any) -> Any:
    if type(value) is OptionalObject:
        return fstring(formatted(value, "r"))
    text = StagedText()
    text.add_any(value, quoted=True)
    return text.plain()


def format_(_: Stager, value: Any, spec: Any = "") -> Any:
    return fstring(formatted(value, "", spec))


BUILTINS: Final[dict[Any, Callable[..., Any]]] = {
    len: len_,
    int: int_,
    float: float_,
    complex: complex_,
    bool: bool_,
    range: range_,
    enumerate: enumerate_,
    zip: zip_,
    reversed: reversed_,
    min: min_,
    max: max_,
    sum: sum_,
    print: print_,
    isinstance: isinstance_,
    issubclass: issubclass_,
    type: type_,
    list: list_,
    deque: deque_,
    setattr: setattr_,
    str: str_,
    repr: repr_,
    format: format_,
    round: round_,
    divmod: divmod_,
    pow: pow_,
    any: any_,
    all: all_,
    sorted: sorted_,
    map: map_,
    filter: filter_,
    iter: iter_,
    hasattr: hasattr_,
    getattr: getattr_,
    vars: vars_,
    sys.exit: exit_,
    warnings.warn: warn,
    **READ_IN_GRAPH,
}
"""Builtins, and functions of Python's modules, that differ for staged values; all take the stager first."""
