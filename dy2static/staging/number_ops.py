"""Operators on Python numbers of which some are staged. They mean what Python means; ints have 64 bits."""

import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from dy2static.errors import StagingError
from dy2static.staging.staged import NUMBERS, StagedNumber
from graph.dtypes import DType, bool_, float64, int64, of_scalar
from graph.ir.value import Value

if TYPE_CHECKING:
    from dy2static.staging.stager import Stager

COMPARISONS: Final = frozenset({"lt", "le", "gt", "ge", "eq", "ne"})
ON_BITS: Final = frozenset({"bitwise_and", "bitwise_or", "bitwise_xor"})
SHIFTS: Final = frozenset({"shift_left", "shift_right", "bitwise_invert"})
DIVISIONS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    op: getattr(operator, name) for op, name in {"div": "truediv", "floor_div": "floordiv", "mod": "mod"}.items()
}


def number_op(stager: "Stager", op: str, operands: Sequence[Any]) -> StagedNumber:
    """Append the op of a Python operator.

    Raises at run time what Python raises: ZeroDivisionError with Python's text.
    """
    b = stager.builder
    values = [x.value if isinstance(x, StagedNumber) else b.constant(x, of_scalar(x)) for x in operands]
    dtype = _common(values)
    if op in COMPARISONS:
        return StagedNumber.of(getattr(b, op)(*values))
    if op in ON_BITS and dtype == bool_:
        return StagedNumber.of(getattr(b, op)(*values))
    if dtype == bool_:  # bools are ints to every other operator
        dtype = int64
    if op in ON_BITS | SHIFTS and dtype != int64:
        kind = {"f": "float", "c": "complex"}[dtype.kind]
        raise TypeError(f"unsupported operand type(s) for {op}: {kind!r}")
    values = [b.cast(v, dtype) for v in values]
    if op == "positive":
        return StagedNumber.of(values[0])
    if op in DIVISIONS:
        _check_divisor(stager, op, values[1])
        if op == "div" and dtype == int64:
            values = [b.cast(v, float64) for v in values]
    if op == "pow" and dtype == int64:
        _check_exponent(stager, operands[1], values[1])
    return StagedNumber.of(getattr(b, op)(*values))


def _common(values: Sequence[Value]) -> DType:
    """The widest kind among bool, int, float, complex."""
    order = "bifc"
    return max((v.dtype for v in values), key=lambda d: order.index(d.kind))


def _check_divisor(stager: "Stager", op: str, divisor: Value) -> None:
    one: Any = 1.0 if divisor.dtype == float64 else 1
    try:
        DIVISIONS[op](one, one - one)
    except ZeroDivisionError as error:
        text = str(error)
    else:
        return
    b = stager.builder
    b.check(b.ne(divisor, 0), error="ZeroDivisionError", parts=(text,), forms=())


def _check_exponent(stager: "Stager", exponent: Any, value: Value) -> None:
    """An int to a negative int is a float in Python; a graph value has one type, so that is refused."""
    if type(exponent) in NUMBERS:
        if exponent < 0:
            raise StagingError(
                "an int to a negative power is a float, to a positive one an int: a graph value has one type",
                next_step="make the base a float: `float(base) ** exponent`.",
                loc=stager.builder.loc,
            )
        return
    b = stager.builder
    text = "an int to a negative power is not an int; make the base a float"
    b.check(b.ge(value, 0), error="ValueError", parts=(text,), forms=())
