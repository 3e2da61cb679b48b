"""`and`, `or`, `not`, chained comparisons, `in`: each operand is evaluated only when Python would."""

import operator
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

from dy2static.runtime.if_stmt import if_
from dy2static.staging.staged import StagedNumber, current
from dy2static.staging.stager import Stager, is_staged_value
from eager.tensor import Tensor
from graph.errors import BranchTypeError
from graph.ir.opdef import lookup


def _in(item: Any, container: Any) -> Any:
    return item in container


def _not_in(item: Any, container: Any) -> Any:
    return item not in container


COMPARISONS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "is": operator.is_,
    "is not": operator.is_not,
    "in": _in,
    "not in": _not_in,
}


def and_(*operands: Callable[[], Any]) -> Any:
    """`a and b and ...`. A staged operand that decides makes a `cond`; its value is that of the operands where they
    are of one type, else the truth."""
    value = operands[0]()
    if len(operands) == 1:
        return value
    stager = current()
    if stager is not None and is_staged_value(value):
        return _either(stager, value, lambda: and_(*operands[1:]), lambda: value)
    return and_(*operands[1:]) if value else value


def or_(*operands: Callable[[], Any]) -> Any:
    """`a or b or ...`, as `and_`."""
    value = operands[0]()
    if len(operands) == 1:
        return value
    stager = current()
    if stager is not None and is_staged_value(value):
        return _either(stager, value, lambda: value, lambda: or_(*operands[1:]))
    return value if value else or_(*operands[1:])


def _either(stager: Stager, test: Any, then: Callable[[], Any], orelse: Callable[[], Any]) -> Any:
    mark = len(stager.builder.ops)
    try:
        return if_(test, lambda: (then(),), lambda: (orelse(),), (), ("the result",))[0]
    except BranchTypeError:
        stager.builder.truncate(mark)
    truths = (lambda: (_truth(stager, then()),), lambda: (_truth(stager, orelse()),))
    return if_(test, *truths, (), ("the truth",))[0]


def _truth(stager: Stager, value: Any) -> Any:
    return StagedNumber.of(stager.truth(value)) if is_staged_value(value) else bool(value)


def not_(value: Any) -> Any:
    """`not value`."""
    stager = current()
    if stager is not None and is_staged_value(value):
        return StagedNumber.of(stager.builder.logical_not(stager.truth(value)))
    return not value


def compare_chain(first: Any, *links: tuple[str, Callable[[], Any]]) -> Any:
    """`first < b() < c()`; links are operator and the right side, evaluated once and only when needed."""
    symbol, operand = links[0]
    right = operand()
    result = in_(first, right, symbol) if symbol in ("in", "not in") else COMPARISONS[symbol](first, right)
    if len(links) == 1:
        return result
    return and_(lambda: result, lambda: compare_chain(right, *links[1:]))


def in_(item: Any, container: Any, symbol: str = "in") -> Any:
    """`item in container`."""
    stager = current()
    if stager is None:
        return COMPARISONS[symbol](item, container)
    found = _contains(stager, item, container)
    return not_(found) if symbol == "not in" else found


def _contains(stager: Stager, item: Any, container: Any) -> Any:
    if isinstance(container, Tensor):
        equal = stager.apply(lookup("eq"), (container, item), {})
        return StagedNumber.of(stager.builder.any(equal.value, axis=None, keepdims=False))
    if isinstance(item, Tensor) and isinstance(container, (list, tuple)):
        candidates = cast("Sequence[Any]", container)
        return or_(*(_equals(item, other) for other in candidates)) if len(candidates) else False
    return item in container


def _equals(item: Any, other: Any) -> Callable[[], Any]:
    return lambda: item is other or item == other
