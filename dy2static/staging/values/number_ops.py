"""Operators on Python numbers of which some are staged. They mean what Python means; ints have 64 bits."""

import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from dy2static.staging.values.comparisons import COMPARISONS, no_order
from dy2static.staging.values.powers import failure_of, power
from dy2static.staging.values.staged import PYTHON_NUMBERS, StagedNumber
from graph.dtypes import DType, bool_, float64, int64, of_scalar
from graph.ir.value import Value

if TYPE_CHECKING:
    from dy2static.staging.stager import Stager

BITS: Final = {
    "bitwise_and": "&",
    "bitwise_or": "|",
    "bitwise_xor": "^",
    "shift_left": "<<",
    "shift_right": ">>",
    "bitwise_invert": "~",
}
"""Operators of ints alone, and their symbols."""
ON_BITS: Final = frozenset({"bitwise_and", "bitwise_or", "bitwise_xor"})
DIVISIONS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    op: getattr(operator, name) for op, name in {"div": "truediv", "floor_div": "floordiv", "mod": "mod"}.items()
}


def _shifted(count: int) -> int:
    return 1 << count


NEGATIVE_SHIFT: Final = failure_of(_shifted, -1)


def number_op(stager: "Stager", op: str, operands: Sequence[Any]) -> StagedNumber:
    """Append the op of a Python operator.

    Raises what Python raises, with its text, at run time where it depends on values: TypeError, ZeroDivisionError,
    OverflowError, ValueError. A power that Python has in another type than these numbers usually give is a ValueError.
    """
    b = stager.builder
    values = [x.graph_value if isinstance(x, StagedNumber) else b.constant(x, of_scalar(x)) for x in operands]
    dtype = _common(values)
    if op in COMPARISONS and dtype.kind == "c":
        raise TypeError(no_order(op, *_kinds(values)))
    if op in COMPARISONS or op in ("eq", "ne") or (op in ON_BITS and dtype == bool_):
        return StagedNumber.of(b.apply(op, values, {})[0])
    if dtype == bool_:  # bools are ints to every other operator
        dtype = int64
    if op in BITS and dtype != int64:
        raise TypeError(_unsupported(BITS[op], values))
    if op in ("floor_div", "mod") and dtype.kind == "c":
        raise TypeError(_unsupported({"floor_div": "//", "mod": "%"}[op], values))
    values = [b.cast(v, dtype) for v in values]
    if op == "positive":
        return StagedNumber.of(values[0])
    if op in DIVISIONS:
        if isinstance(operands[1], StagedNumber) or not operands[1]:
            _check_divisor(stager, op, values[1])
        if op == "div" and dtype == int64:
            values = [b.cast(v, float64) for v in values]
    if op in ("shift_left", "shift_right"):
        b.check(b.ge(values[1], 0), error="ValueError", parts=(NEGATIVE_SHIFT,), forms=())
    if op == "pow":
        return StagedNumber.of(power(stager, operands, values))
    return StagedNumber.of(b.apply(op, values, {})[0])


def _kinds(values: Sequence[Value]) -> list[str]:
    return [PYTHON_NUMBERS[v.dtype.kind].__name__ for v in values]


def _unsupported(symbol: str, values: Sequence[Value]) -> str:
    kinds = " and ".join(map(repr, _kinds(values)))
    if len(values) == 1:
        return f"bad operand type for unary {symbol}: {kinds}"
    return f"unsupported operand type(s) for {symbol}: {kinds}"


def _common(values: Sequence[Value]) -> DType:
    """The widest kind among bool, int, float, complex."""
    order = "bifc"
    return max((v.dtype for v in values), key=lambda d: order.index(d.kind))


def _check_divisor(stager: "Stager", op: str, divisor: Value) -> None:
    one = divisor.dtype.type(1).item()
    b = stager.builder
    text = failure_of(DIVISIONS[op], one, one - one)
    b.check(b.ne(divisor, 0), error="ZeroDivisionError", parts=(text,), forms=())
