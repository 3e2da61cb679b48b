"""What Python's builtins mean for staged values."""

import builtins
import sys
from collections.abc import Callable
from typing import Any, Final, cast

from dy2static.errors import StagingError
from dy2static.runtime.for_stmt import for_
from dy2static.runtime.if_expr import if_expr
from dy2static.staging.cells import AttributeCell
from dy2static.staging.iterables import (
    is_staged_iterable,
    staged_enumerate,
    staged_range,
    staged_reversed,
    staged_zip,
)
from dy2static.staging.lists import StageableList
from dy2static.staging.locate import user_location
from dy2static.staging.staged import StagedNumber
from dy2static.staging.stager import Stager, is_staged_value
from dy2static.staging.text import StagedText
from eager.tensor import Tensor
from graph.dtypes import DType, float64, int64


def len_(stager: Stager, x: Any) -> Any:
    if isinstance(x, StageableList):
        return x.length()
    if isinstance(x, Tensor):
        if not x.ndim:
            raise TypeError("len() of unsized object")
        return x.shape[0]
    return len(x)


def _number(stager: Stager, x: Tensor, dtype: DType) -> StagedNumber:
    """A 0-d (or one-element) tensor as a Python number."""
    value = stager.lift_tensor(x)
    if value.ndim:
        raise TypeError("only 0-dimensional arrays can be converted to Python scalars")
    return StagedNumber.of(stager.builder.cast(stager.builder.lift(value), dtype))


def int_(stager: Stager, *args: Any) -> Any:
    return _number(stager, args[0], int64) if len(args) == 1 and isinstance(args[0], Tensor) else int(*args)


def float_(stager: Stager, *args: Any) -> Any:
    return _number(stager, args[0], float64) if args and isinstance(args[0], Tensor) else float(*args)


def bool_(stager: Stager, *args: Any) -> Any:
    return StagedNumber.of(stager.truth(args[0])) if args and is_staged_value(args[0]) else bool(*args)


def range_(stager: Stager, *bounds: Any) -> Any:
    return staged_range(stager, *bounds) if any(isinstance(x, Tensor) for x in bounds) else range(*bounds)


def enumerate_(stager: Stager, over: Any, start: Any = 0) -> Any:
    if is_staged_iterable(over) or isinstance(start, Tensor):
        return staged_enumerate(stager, over, start)
    return enumerate(over, start)


def zip_(stager: Stager, *overs: Any, strict: bool = False) -> Any:
    if any(is_staged_iterable(x) for x in overs):
        return staged_zip(stager, *overs, strict=strict)
    return zip(*overs, strict=strict)


def reversed_(stager: Stager, over: Any) -> Any:
    return staged_reversed(stager, over) if is_staged_iterable(over) else reversed(over)


def min_(stager: Stager, *args: Any, **kwargs: Any) -> Any:
    return _extreme(stager, builtins.min, lambda a, b: a < b, args, kwargs)


def max_(stager: Stager, *args: Any, **kwargs: Any) -> Any:
    return _extreme(stager, builtins.max, lambda a, b: a > b, args, kwargs)


def _extreme(
    stager: Stager, python: Callable[..., Any], better: Callable[[Any, Any], Any], args: Any, kwargs: Any
) -> Any:
    items = args if len(args) > 1 else args[0]
    if is_staged_iterable(items):
        raise StagingError(
            f"`{python.__name__}` of Python cannot go over a tensor in a graph",
            next_step=f"use `x.{python.__name__}()`.",
            loc=user_location(),
        )
    if kwargs or not any(isinstance(x, Tensor) for x in items):
        return python(*args, **kwargs)
    best = items[0]
    for item in items[1:]:
        best = _better(better, item, best)
    return best


def _better(better: Callable[[Any, Any], Any], item: Any, best: Any) -> Any:
    return if_expr(better(item, best), lambda: item, lambda: best)


def sum_(stager: Stager, over: Any, start: Any = 0) -> Any:
    if not is_staged_iterable(over):
        total = start
        for item in over:
            total = total + item
        return total
    return for_(over, _added, (start,), ("the sum",))[0]


def _added(item: Any, total: Any) -> tuple[Any, ...]:
    return (total + item,)


def print_(
    stager: Stager,
    *args: Any,
    sep: str | None = None,
    end: str | None = None,
    file: Any = None,
    flush: bool = False,
) -> None:
    """Printed each time that the graph runs, in program order."""
    stream = _stream(file)
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


PYTHON_TYPES: Final[dict[str, type]] = {"b": bool, "i": int, "f": float, "c": complex}


def isinstance_(stager: Stager, x: Any, classes: Any) -> bool:
    if isinstance(x, StagedNumber):
        flat = cast("tuple[Any, ...]", classes if isinstance(classes, tuple) else (classes,))
        kind = PYTHON_TYPES[x.dtype.kind]
        return any(isinstance(c, type) and issubclass(kind, c) for c in flat)
    return isinstance(x, classes)


def type_(stager: Stager, *args: Any) -> Any:
    if len(args) == 1 and isinstance(args[0], StagedNumber):
        return PYTHON_TYPES[args[0].dtype.kind]
    if len(args) == 1 and isinstance(args[0], Tensor):
        return Tensor
    if len(args) == 1 and isinstance(args[0], StageableList):
        return list
    return type(*args)


def list_(stager: Stager, *args: Any) -> Any:
    if args and isinstance(args[0], StageableList):
        return args[0].copy()
    return stager.lists.display(list(*args))


def setattr_(stager: Stager, obj: Any, name: str, value: Any) -> None:
    stager.cells.put(AttributeCell(obj, name), value)


def str_(stager: Stager, *args: Any) -> Any:
    return StagedText.of(args[0]).plain() if len(args) == 1 else str(*args)


BUILTINS: Final[dict[Any, Callable[..., Any]]] = {
    len: len_,
    int: int_,
    float: float_,
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
    type: type_,
    list: list_,
    setattr: setattr_,
    str: str_,
}
"""Builtins that differ for staged values; all take the stager first."""
