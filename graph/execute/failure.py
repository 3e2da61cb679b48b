"""What a failing op does to the exception of its kernel: the better words of its shape rule, and the user's line."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

import numpy as np

from graph.aval import Aval, Shape, SymDim
from graph.errors import GraphError
from graph.ir.op import Op
from graph.location import UNKNOWN, Loc
from graph.ops.index_rules import DYNAMIC

_ATTRIBUTE = "__graph_loc__"
_TYPES = "__graph_types__"
_ARRAYS: Final[Any] = (np.ndarray, np.generic)


def note_location(error: Exception, loc: Loc) -> None:
    """Add the excerpt of `loc` to `error` as a note, once: the innermost op whose place is known wins."""
    if loc == UNKNOWN or location_of(error) is not None:
        return
    setattr(error, _ATTRIBUTE, loc)
    error.add_note(loc.excerpt())


def location_of(error: BaseException) -> Loc | None:
    """Where the op is that raised `error`; None when no executor has said so."""
    return getattr(error, _ATTRIBUTE, None)


def types_of(error: BaseException) -> list[Aval] | None:
    """The types of the operands to which a shape rule objected in a run."""
    return getattr(error, _TYPES, None)


def better(error: Exception, op: Op, operands: Sequence[Any]) -> Exception:
    """What the shape rule of a failed op says of the operands that it was given, as eager code does; where it finds
    nothing wrong with them, the kernel's own error."""
    if isinstance(error, GraphError) or op.regions or not all(isinstance(x, _ARRAYS) for x in operands):
        return error
    try:
        taken, attrs = as_known(op, operands)
        types = [Aval(x.dtype, np.shape(x)) for x in taken]
        op.opdef.infer(*types, **attrs)
    except GraphError as found:
        setattr(found, _TYPES, [Aval(x.dtype, np.shape(x)) for x in operands])
        return found.with_traceback(error.__traceback__)
    except Exception:  # the attributes name sizes that only the graph knows
        return error
    return error


def as_known(op: Op, operands: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
    """The operands and attributes of an op as eager code gives them to its shape rule: sizes, and integers in an index,
    stand in the attributes."""
    taken, attrs = list(operands), dict(op.attrs)
    match attrs:
        case {"shape": tuple(shape)} if any(isinstance(d, SymDim) for d in cast("Shape", shape)):
            count = sum(isinstance(d, SymDim) for d in cast("Shape", shape))
            sizes = map(int, taken[-count:])
            attrs["shape"] = tuple(next(sizes) if isinstance(d, SymDim) else d for d in cast("Shape", shape))
            return taken[:-count], attrs
        case {"index": tuple(index)}:
            items = cast("tuple[Any, ...]", index)
            count = sum(bound == DYNAMIC for item in items for bound in _bounds(item))
            rest = iter(taken[len(taken) - count :])
            arrays: list[Any] = []
            attrs["index"] = tuple(_item(item, rest, arrays) for item in items)
            return [*taken[: len(taken) - count], *arrays], attrs
        case _:
            return taken, attrs


def _bounds(item: Any) -> tuple[Any, ...]:
    """Where an operand may stand in an item of an index."""
    if not isinstance(item, slice):
        return (item,)
    bounds = cast("slice[Any, Any, Any]", item)
    return bounds.start, bounds.stop, bounds.step


def _item(item: Any, rest: Iterator[Any], arrays: list[Any]) -> Any:
    if isinstance(item, slice):
        return slice(*(int(next(rest)) if bound == DYNAMIC else bound for bound in _bounds(item)))
    if item != DYNAMIC:
        return item
    operand = next(rest)
    if operand.ndim or operand.dtype.kind not in "iu":
        arrays.append(operand)
        return DYNAMIC
    return int(operand)
