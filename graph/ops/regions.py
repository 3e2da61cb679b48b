"""Shape rules that the ops with regions share: how the types of operands, region parameters and yields must fit."""

import itertools
from collections.abc import Iterator, Sequence

from graph.aval import Aval, ListType, Type
from graph.errors import InternalError
from graph.ir.op import Graph
from graph.ops.shape_rules import UNKNOWN_DIM


def join_types(a: Type, b: Type) -> Type | None:
    """The type that covers both: dims that differ become unknown; None where dtype, rank or kind differ."""
    if a is b or a == b:
        return a
    if isinstance(a, Aval) and isinstance(b, Aval):
        if a.dtype != b.dtype or a.ndim != b.ndim:
            return None
        return Aval(a.dtype, tuple(m if m == n else UNKNOWN_DIM for m, n in zip(a.shape, b.shape, strict=True)))
    if type(a) is not type(b) or isinstance(a, Aval) or isinstance(b, Aval):
        return None
    element = join_types(a.element, b.element)
    return None if element is None else type(a)(element)


def number_unknown(types: Sequence[Type]) -> tuple[Type, ...]:
    """Distinct unknown dims '?0', '?1', ... in place of '?', so that each becomes a size of its own."""
    numbers = itertools.count()
    return tuple([_numbered(t, numbers) for t in types])


def _numbered(t: Type, numbers: Iterator[int]) -> Type:
    if isinstance(t, ListType):
        return t  # each element has sizes of its own: they stay unknown
    if not isinstance(t, Aval):
        return type(t)(_numbered(t.element, numbers))
    if UNKNOWN_DIM not in t.shape:
        return t
    dims = [type(UNKNOWN_DIM).named(f"?{next(numbers)}") if dim == UNKNOWN_DIM else dim for dim in t.shape]
    return Aval(t.dtype, tuple(dims))


def is_covered(outer: Type, param: Type) -> bool:
    """Whether a value of type `outer` may enter as a parameter of type `param` (symbolic dims take any size)."""
    if outer is param:
        return True
    if isinstance(outer, Aval) and isinstance(param, Aval):
        return (
            outer.dtype == param.dtype
            and outer.ndim == param.ndim
            and all(a == b or not isinstance(b, int) for a, b in zip(outer.shape, param.shape, strict=True))
        )
    if type(outer) is not type(param) or isinstance(outer, Aval) or isinstance(param, Aval):
        return False
    return is_covered(outer.element, param.element)


def check_params(op: str, region: Graph, types: Sequence[Type]) -> None:
    """Region parameters must take the operands."""
    if len(region.params) != len(types):
        raise InternalError(f"`{op}`: region {region.name} takes {len(region.params)} parameters, given {len(types)}")
    for i, (param, t) in enumerate(zip(region.params, types, strict=True)):
        if not is_covered(t, param.type):
            raise InternalError(f"`{op}`: parameter {i} of region {region.name} is {param.type}, its operand {t}")


def loop_results(op: str, body: Graph, initial: Sequence[Type], params: Sequence[Type]) -> tuple[Type, ...]:
    """Types of a loop's results: the carried types; a dim that changes over iterations is unknown after the loop."""
    if len(body.results) != len(initial):
        raise InternalError(f"`{op}`: the body yields {len(body.results)} values, {len(initial)} are carried")
    for i, (param, value) in enumerate(zip(params, body.results, strict=True)):
        if not is_covered(value.type, param):
            raise InternalError(f"`{op}`: carried value {i} is {param}, the body yields {value.type}")
    joined = [_after(t, p) for t, p in zip(initial, params, strict=True)]
    return number_unknown(joined)


def _after(initial: Type, param: Type) -> Type:
    joined = join_types(initial, param)
    if joined is None:
        raise InternalError(f"carried {param} does not cover its initial {initial}")
    return joined
