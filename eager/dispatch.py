"""The one door: every op that eager code does passes `apply`, which runs its kernel or hands it to the recorder.

Kernels run in a context of their own whose NumPy error state is silent (overflow and invalid values give inf and nan
without a warning, as users of tensors expect): entering it costs 0.1 µs, `np.errstate` five times that.
"""

# pyright: reportPrivateUsage=false
# Beside the tensor itself, this is the one place that looks at data.

import operator
import threading
from collections.abc import Mapping, Sequence
from contextvars import copy_context
from typing import Any, Final, NoReturn, cast

import numpy as np

from eager.grad_mode import GRAD_MODE
from eager.numpy_types import ARRAY, ARRAY_OR_SCALAR, INTEGER, SEQUENCE, TUPLE
from eager.recorder import RECORDER, Recorder, active, held, recording
from eager.tape import is_tracked, record_op
from eager.tensor import Tensor, wrap
from graph.aval import Aval, Dim
from graph.dtypes import SHORT_NAMES
from graph.errors import DTypeError, GraphError
from graph.ir.opdef import WEAK, OpDef, Operand

__all__ = ["RECORDER", "Recorder", "active", "apply", "apply_all", "data_of", "recording", "shaped", "split_shape"]

Scalar = bool | int | float | complex


class _Silent(threading.local):
    """Runs a kernel without NumPy's floating point warnings. One context per thread, as each runs once at a time."""

    def __init__(self) -> None:
        context = copy_context()
        context.run(_ignore_floating_point)
        self.run = context.run


def _ignore_floating_point() -> None:
    np.seterr(all="ignore")


_SILENT: Final = _Silent()
_new: Final = Tensor.__new__


def apply(opdef: OpDef, *operands: Any, **attrs: Any) -> Any:
    """Do one op: the result, or a tuple of several; fresh handles.

    Operands are tensors, Python scalars (weak), NumPy arrays and scalars. Raises what the op's shape rule says
    (`ShapeError`, `DTypeError`) where operands do not fit, else what its kernel raises.
    """
    recorder = RECORDER.get()
    if recorder is not None:
        return _record(recorder, opdef, operands, attrs)
    data: list[Any] = []
    tracked = False
    for x in operands:
        if isinstance(x, Tensor):
            data.append(x._data)
            if x._link is not None:
                tracked = True
        elif type(x) in WEAK:
            data.append(x)
        else:
            data.append(data_of(x, opdef.name))
    try:
        result = _SILENT.run(opdef.kernel, *data, **attrs)
    except Exception as error:
        result = _recover(opdef, data, attrs, error)
    if type(result) is tuple:
        results = cast("tuple[Any, ...]", result)
        tensors: list[Tensor] = []
        for item in results:
            tensor = _new(Tensor)
            tensor._data = item
            tensor._link = None
            tensors.append(tensor)
        if tracked:
            _track(opdef, operands, data, attrs, tensors)
        return tuple(tensors)
    tensor = _new(Tensor)
    tensor._data = result
    tensor._link = None
    if tracked:
        _track(opdef, operands, data, attrs, (tensor,))
    return tensor


def apply_all(opdef: OpDef, *operands: Any, **attrs: Any) -> tuple[Tensor, ...]:
    """`apply` of an op with any number of results: a tuple, of one too."""
    result = apply(opdef, *operands, **attrs)
    return result if isinstance(result, TUPLE) else (result,)


def _track(
    opdef: OpDef, operands: Sequence[Any], data: Sequence[Any], attrs: Mapping[str, Any], results: Sequence[Tensor]
) -> None:
    """Put an op on the tape if one of its operands is tracked; the tape keeps the values that the operands have now."""
    if not GRAD_MODE.get():
        return
    tracked = False
    kept: list[Any] = []
    for x, value in zip(operands, data, strict=True):
        if not isinstance(x, Tensor):
            kept.append(value if type(value) in WEAK else wrap(value))
            continue
        link = x._link
        if link is not None and link.alive:
            tracked = True
        kept.append(x._alias(link))
    if tracked:
        record_op(opdef, kept, attrs, results)


def may_overwrite(operands: Sequence[Any]) -> bool:
    """Whether the value of the first operand, which the caller owns, may be overwritten: nothing else keeps it."""
    return (
        RECORDER.get() is None
        and all(isinstance(x, Tensor) for x in operands)
        and isinstance(operands[0]._data, ARRAY)
        and operands[0]._data.flags.writeable
        and not (GRAD_MODE.get() and any(is_tracked(x) for x in operands))
    )


def apply_in_place(opdef: OpDef, operands: Sequence[Tensor], attrs: Mapping[str, Any]) -> Tensor:
    """Apply an op that overwrites its first operand, where `may_overwrite` allows it and the op has such a kernel."""
    assert opdef.inplace is not None
    return wrap(_SILENT.run(opdef.inplace, *(x._data for x in operands), **attrs))


def _record(recorder: Recorder, opdef: OpDef, operands: Sequence[Any], attrs: Mapping[str, Any]) -> Any:
    given = [held(x) if isinstance(x, Tensor) else x if type(x) in WEAK else data_of(x, opdef.name) for x in operands]
    result: Any = recorder.apply(opdef, given, attrs)
    for x in given:
        if isinstance(x, Tensor) and x._link is not None:
            _track(opdef, given, given, attrs, result if isinstance(result, TUPLE) else (result,))
            break
    return result


def data_of(x: Any, op: str) -> Any:
    """A NumPy array (a copy, as its owner may write to it), NumPy scalar or Python scalar, from what is no tensor.

    Raises: DTypeError for other types, and for dtypes that tensors do not have.
    """
    if isinstance(x, ARRAY_OR_SCALAR):
        dtype = x.dtype if x.dtype.isnative else x.dtype.newbyteorder("=")
        if dtype not in SHORT_NAMES:
            raise DTypeError(f"`{op}`: there are no tensors of dtype {x.dtype}")
        return np.array(x, dtype, order="C") if isinstance(x, ARRAY) else x
    for kind in WEAK:  # subclasses of Python's numbers, such as the members of an IntEnum
        if isinstance(x, kind):
            return kind(x)  # pyright: ignore[reportArgumentType]
    raise NotAnOperandError(
        f"`{op}` takes tensors, NumPy arrays and Python numbers, not {type(x).__name__}",
        next_step="make it a tensor with `asarray`.",
    )


class NotAnOperandError(DTypeError):
    """An operand is of a type that no op takes; Python's operators then ask the other operand."""


def _recover(opdef: OpDef, data: Sequence[Any], attrs: Mapping[str, Any], error: Exception) -> Any:
    """After a failed kernel: run it again where only the silent context was in use, else raise the better error."""
    if isinstance(error, RuntimeError) and "cannot enter context" in str(error):
        with np.errstate(all="ignore"):  # eager code called from within a kernel, by a signal handler or a finaliser
            return opdef.kernel(*data, **attrs)
    _fail(opdef, data, attrs, error)


def _fail(opdef: OpDef, data: Sequence[Any], attrs: Mapping[str, Any], error: Exception) -> NoReturn:
    """Raise what the shape rule says of the operand types; where it finds nothing wrong, the kernel's own error."""
    kinds: list[Operand] = [type(x) if type(x) in WEAK else x.dtype for x in data]
    targets = [x.dtype if isinstance(x, ARRAY_OR_SCALAR) else np.asarray(x).dtype for x in data]
    if opdef.promote is not None:
        try:
            targets = list(opdef.promote(kinds))
        except TypeError as why:
            names = ", ".join(k.__name__ if isinstance(k, type) else str(k) for k in kinds)
            raise DTypeError(f"`{opdef.name}` does not take ({names}): {why}") from None
    types = [Aval(dtype, np.shape(x)) for dtype, x in zip(targets, data, strict=True)]
    try:
        opdef.infer(*types, **attrs)
    except GraphError as better:
        raise better from None
    raise error


def split_shape(shape: Any) -> tuple[tuple[Dim, ...], tuple[Tensor, ...]]:
    """The `shape` attribute and the size operands that stand for a user's shape.

    Entries of `shape` (or `shape` itself) are integers or 0-d integer tensors; the latter stay dynamic where a recorder
    runs: one operand for each symbolic dim, in order.
    """
    entries = shape if isinstance(shape, SEQUENCE) else (shape,) if _is_size(shape) else tuple(shape)
    recorder = RECORDER.get()
    dims: list[Dim] = []
    sizes: list[Tensor] = []
    for entry in cast("Sequence[Any]", entries):
        if recorder is None or not isinstance(entry, Tensor):
            dims.append(operator.index(entry))
            continue
        dim = recorder.dim_of(entry)
        dims.append(dim)
        if not isinstance(dim, int):
            sizes.append(entry)
    return tuple(dims), tuple(sizes)


def _is_size(shape: Any) -> bool:
    return isinstance(shape, (int, INTEGER)) or (isinstance(shape, Tensor) and shape.ndim == 0)


def shaped(opdef: OpDef, operands: Sequence[Any], shape: Any, **attrs: Any) -> Any:
    """Apply an op that takes a shape whose entries may be staged sizes (see `split_shape`)."""
    pattern, sizes = split_shape(shape)
    return apply(opdef, *operands, *sizes, shape=pattern, **attrs)


def dims_of(x: Tensor) -> tuple[Dim, ...]:
    """The shape of `x` as the compiler sees it; dims compare without asking for data."""
    recorder = RECORDER.get()
    if recorder is None:
        return x.shape
    return tuple(recorder.dim_of(cast(Tensor, d)) if isinstance(cast(Any, d), Tensor) else d for d in x.shape)
