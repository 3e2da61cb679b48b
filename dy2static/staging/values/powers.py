"""`x ** y` on Python numbers of which some are staged.

Python decides on the type of a power by the values; a value of the graph has one type, so where Python has another one,
the run fails, and says how to go on.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from dy2static.errors import StagingError
from dy2static.staging.values.staged import NUMBERS
from graph.ir.value import Value

if TYPE_CHECKING:
    from dy2static.staging.stager import Stager


def failure_of(failing: Callable[..., Any], *args: Any) -> str:
    """Python's text where a function fails on these numbers; empty where it does not."""
    try:
        failing(*args)
    except (ArithmeticError, ValueError) as error:
        return str(error)
    return ""


OVERFLOW: Final = failure_of(pow, 1e200, 2.0)


def power(stager: "Stager", operands: Sequence[Any], values: Sequence[Value]) -> Value:
    """The power of two values of one kind, int, float or complex; `operands` are what they were made of.

    Raises: StagingError for an int to a negative power that is known. In a run, ZeroDivisionError and OverflowError as
    Python, ValueError where Python has a value of another type.
    """
    base, exponent = values
    known = operands[1] if type(operands[1]) in NUMBERS else None
    match base.dtype.kind:
        case "i":
            _check_int(stager, known, base, exponent)
            return stager.builder.pow(base, exponent)
        case "f":
            return _of_floats(stager, operands[0], known, base, exponent)
        case _:
            b = stager.builder
            at_pole = b.logical_or(b.ne(b.imag(exponent), 0.0), b.lt(b.real(exponent), 0.0))
            _refuse(stager, [b.eq(base, 0), at_pole], "ZeroDivisionError", failure_of(pow, 0j, -1))
            return b.pow(base, exponent)


def _check_int(stager: "Stager", known: Any, base: Value, exponent: Value) -> None:
    if known is not None and known < 0:
        raise StagingError(
            "an int to a negative power is a float, to a positive one an int: a graph value has one type",
            next_step="make the base a float: `float(base) ** exponent`.",
            loc=stager.builder.loc,
        )
    if known is not None:
        return
    b = stager.builder
    is_negative = b.lt(exponent, 0)
    _refuse(stager, [b.eq(base, 0), is_negative], "ZeroDivisionError", failure_of(pow, 0, -1))
    text = "an int to a negative power is not an int; make the base a float"
    _refuse(stager, [is_negative], "ValueError", text)


def _of_floats(stager: "Stager", known_base: Any, known: Any, base: Value, exponent: Value) -> Value:
    b = stager.builder
    if known is None or known < 0:
        at_pole = [b.eq(base, 0.0), b.lt(exponent, 0.0)]
        _refuse(stager, at_pole, "ZeroDivisionError", failure_of(pow, 0.0, -1.0))
    is_whole = known is not None and float(known).is_integer()
    if not is_whole and not (type(known_base) in NUMBERS and known_base >= 0):
        is_complex = [b.lt(base, 0.0), b.isfinite(exponent), b.ne(b.floor(exponent), exponent)]
        text = "a negative float to a fractional power is not a float; make the base complex"
        _refuse(stager, is_complex, "ValueError", text)
    result = b.pow(base, exponent)
    if known is None or not 0 <= known <= 1:
        _refuse(stager, [b.isinf(result), b.isfinite(base), b.isfinite(exponent)], "OverflowError", OVERFLOW)
    return result


def _refuse(stager: "Stager", conditions: Sequence[Value], error: str, text: str) -> None:
    """The run fails where all of these hold."""
    b = stager.builder
    holds = conditions[0]
    for condition in conditions[1:]:
        holds = b.logical_and(holds, condition)
    b.check(b.logical_not(holds), error=error, parts=(text,), forms=())
