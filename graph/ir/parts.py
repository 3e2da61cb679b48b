"""Which parts of its operands an op needs for a part of its results: what is known of work that can be shared out.

A `Part` of a value is a number, the axis that is cut, or an `Extent`. A list is cut in its elements. The rule of an op
says, for one part of all its results, which parts of the operands make it: `rule(part, result, *operands, **attrs)`,
with the types of the first result and of the operands, gives one or several ways, each with a `Part` for every operand;
() where there is none. It is asked for axes of more than one element, and for `TERM`.
"""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graph.aval import Aval, Dim, ListType, Type


class Extent(enum.Enum):
    """What is not cut along an axis."""

    WHOLE = enum.auto()
    """All of it."""
    TERM = enum.auto()
    """A tensor of the same shape: those of all parts add up to the value."""


WHOLE = Extent.WHOLE
TERM = Extent.TERM
Part = int | Extent
Ways = tuple[tuple[Part, ...], ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """The facet of an op. Attributes named `shape` and `element` are the result's, and are cut with it."""

    rule: Callable[..., Ways]
    fails_alike: bool = False
    """Whether the op, where it fails, fails for each part as for the whole: by what is whole for all parts."""


def size_along(t: Type, axis: int) -> Dim | None:
    """How many elements a value has along an axis; a list in its elements. What may be missing is never cut."""
    while isinstance(t, ListType):
        t = t.element
    return t.shape[axis] if isinstance(t, Aval) and axis < t.ndim else None


def cut_type(t: Type, part: Part, size: int) -> Type:
    """The type of a part of a value, which has `size` elements where the value is cut."""
    if not isinstance(part, int):
        return t
    if isinstance(t, ListType):
        return ListType(cut_type(t.element, part, size))
    assert isinstance(t, Aval)
    return Aval(t.dtype, (*t.shape[:part], size, *t.shape[part + 1 :]))


def cut_attrs(attrs: Mapping[str, Any], part: Part, size: int) -> dict[str, Any]:
    """The attributes of an op that makes a part of so many elements."""
    cut = dict(attrs)
    if isinstance(part, int):
        if "element" in cut:
            cut["element"] = cut_type(cut["element"], part, size)
        if "shape" in cut and cut["shape"][part] != -1:
            cut["shape"] = (*cut["shape"][:part], size, *cut["shape"][part + 1 :])
    return cut


def alike(part: Part, result: Type, *operands: Type, **attrs: Any) -> Ways:
    """Operands that are cut as the result is; those with no axes are whole."""
    if not isinstance(part, int):
        return ()
    return (tuple(WHOLE if isinstance(x, Aval) and not x.ndim else part for x in operands),)


def broadcasting(part: Part, result: Type, *operands: Type, **attrs: Any) -> Ways:
    """An element of the result from the elements of the operands, which broadcast."""
    if not isinstance(part, int) or not isinstance(result, Aval):
        return ()
    return (tuple(broadcast_part(part, result, x) for x in operands),)


def broadcast_part(axis: int, result: Aval, x: Type) -> Part:
    """The part of an operand that meets a part of what it is broadcast to."""
    if not isinstance(x, Aval):
        return WHOLE
    own = axis - result.ndim + x.ndim
    return own if own >= 0 and x.shape[own] == result.shape[axis] else WHOLE


def adding(part: Part, result: Type, *operands: Type, **attrs: Any) -> Ways:
    """As `broadcasting`; and a term from terms."""
    return ((part,) * len(operands),) if part is TERM else broadcasting(part, result, *operands)


def reduced(part: Part, result: Type, x: Type, *, axis: Any = None, keepdims: bool = False, **attrs: Any) -> Ways:
    """A reduction over axes: each place of the others by itself."""
    if not isinstance(part, int) or not isinstance(x, Aval):
        return ()
    axes = reduced_axes(x, axis)
    kept = [a for a in range(x.ndim) if keepdims or a not in axes]
    return () if kept[part] in axes else ((kept[part],),)


def reduced_axes(x: Aval, axis: Any) -> tuple[int, ...]:
    """The axes of a reduction, counted from 0."""
    if axis is None:
        return tuple(range(x.ndim))
    return tuple(a % x.ndim for a in ((axis,) if isinstance(axis, int) else axis)) if x.ndim else ()


def summed(part: Part, result: Type, x: Type, *, axis: Any = None, keepdims: bool = False, **attrs: Any) -> Ways:
    """As `reduced`; and a term of a sum is that of a part of an axis that goes, or of a term where nothing widens."""
    if part is not TERM or not isinstance(x, Aval) or not isinstance(result, Aval):
        return reduced(part, result, x, axis=axis, keepdims=keepdims)
    return (*((a,) for a in reduced_axes(x, axis)), *(((TERM,),) if x.dtype == result.dtype else ()))
