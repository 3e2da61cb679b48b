"""What a failing op does to the exception of its kernel: the better words of its shape rule, and the user's line."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from graph.aval import Aval
from graph.errors import GraphError
from graph.ir.op import Op
from graph.location import UNKNOWN, Loc

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
    types = [Aval(x.dtype, np.shape(x)) for x in operands]
    try:
        op.opdef.infer(*types, **op.attrs)
    except GraphError as found:
        setattr(found, _TYPES, types)
        return found.with_traceback(None)
    except Exception:  # the attributes name sizes that only the graph knows
        return error
    return error
