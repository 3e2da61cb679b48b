"""Tensors from Python values, NumPy arrays and nothing."""

from collections.abc import Sequence
from typing import Any, Final, cast

import numpy as np

from eager.dispatch import apply, data_of, shaped
from eager.numpy_types import ARRAY_OR_SCALAR, SCALAR, SEQUENCE
from eager.recorder import RECORDER
from eager.sequence import GatheredSequence, TensorSequence
from eager.tensor import Tensor, wrap
from graph.dtypes import SHORT_NAMES, DType, bool_, float64, int64, is_integer, of_scalar
from graph.errors import DTypeError
from graph.ir.opdef import WEAK, lookup

ARANGE: Final = lookup("arange")
CAST: Final = lookup("cast")
CONSTANT: Final = lookup("constant")
EYE: Final = lookup("eye")
FULL: Final = lookup("full")
IOTA: Final = lookup("iota")
LINSPACE: Final = lookup("linspace")
STACK: Final = lookup("stack")

DTypeLike = Any
"""A dtype, or what NumPy makes one of: `float32`, `np.float32`, "float32", `float`."""
Number = bool | int | float | complex | Tensor


def as_dtype(dtype: DTypeLike) -> DType:
    """The dtype that `dtype` names; DTypeError when tensors have no such dtype."""
    try:
        result = np.dtype(dtype)
    except TypeError:
        raise DTypeError(f"{dtype!r} is not a dtype") from None
    if result not in SHORT_NAMES:
        raise DTypeError(f"there are no tensors of dtype {result}")
    return cast(DType, result)


def check_device(device: Any) -> None:
    """ValueError unless it is the one device, or none was asked for."""
    if device not in (None, "cpu"):
        raise ValueError(f"unknown device {device!r}; there is only 'cpu'")


def constant(array: Any) -> Tensor:
    """A tensor of an array that nobody else will write to; where a recorder runs, a constant of what it records."""
    if RECORDER.get() is None:
        return wrap(array[()])
    kept = np.asarray(array)
    kept.setflags(write=False)
    return apply(CONSTANT, value=kept)


def asarray(obj: Any, /, dtype: DTypeLike = None, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A tensor of the values of `obj`: a tensor, NumPy array, number, nested sequence (tensors within are stacked), or
    what speaks the array, buffer or DLPack protocol.

    A tensor of the right dtype is returned as it is, unless `copy` asks for a handle of its own; all else is copied.
    Raises: ValueError for ragged sequences, or when `copy=False` and a copy is needed; DTypeError.
    """
    check_device(device)
    wanted = None if dtype is None else as_dtype(dtype)
    if isinstance(obj, Tensor):
        if obj.stands_for_number:
            return apply(CAST, obj, dtype=wanted or obj.dtype)
        if wanted is None or obj.dtype == wanted:
            return obj.__copy__() if copy else obj
        if copy is False:
            raise ValueError(f"a tensor of dtype {obj.dtype} needs a copy to become {wanted}")
        return astype(obj, wanted)
    if copy is False:
        raise ValueError("tensors are immutable: the values of other objects are always copied")
    if isinstance(obj, GatheredSequence):
        return obj.__gather__(wanted)
    if isinstance(obj, TensorSequence):
        return asarray(obj.__stack__(0), dtype=wanted)
    if isinstance(obj, SEQUENCE) and holds_tensor(cast("Sequence[Any]", obj)):
        return asarray(apply(STACK, *_alike(cast("Sequence[Any]", obj)), axis=0), dtype=wanted)
    if wanted is not None:
        return constant(_array(obj, wanted))
    if isinstance(obj, ARRAY_OR_SCALAR) or type(obj) in WEAK:
        data = data_of(obj, "asarray")
        return constant(data if isinstance(data, ARRAY_OR_SCALAR) else of_scalar(data).type(data))
    return constant(_array(obj, None))


class NoTensorError(DTypeError):
    """An object that no tensor can be made of, such as None."""


def _array(obj: Any, dtype: DType | None) -> np.ndarray:
    array = np.array(np.from_dlpack(obj) if hasattr(obj, "__dlpack__") and not hasattr(obj, "__array__") else obj)
    if array.dtype not in SHORT_NAMES and array.size:
        raise NoTensorError(
            f"{type(obj).__name__} of {array.dtype} cannot become a tensor",
            next_step="give nested sequences of numbers, all of one length in each dimension.",
        )
    if dtype is None:
        return array
    if array.dtype.kind == "c" and dtype.kind not in "cb":
        raise DTypeError(f"complex values cannot become {dtype}", next_step="take `real` first.")
    with np.errstate(all="ignore"):
        return np.array(obj, dtype) if type(obj) in WEAK else array.astype(dtype)


def holds_tensor(obj: Any) -> bool:
    """Whether it is a tensor, or a nested sequence with one in it."""
    if isinstance(obj, SEQUENCE):
        return any(map(holds_tensor, cast("Sequence[Any]", obj)))
    return isinstance(obj, Tensor | TensorSequence)


def _alike(items: Sequence[Any]) -> list[Tensor]:
    """The items as tensors of one dtype; Python numbers take that of the tensors."""
    tensors = [x if type(x) in WEAK else asarray(x) for x in items]
    strong = [x.dtype for x in tensors if isinstance(x, Tensor)]
    dtype = cast(DType, np.result_type(*strong, *(x for x in tensors if not isinstance(x, Tensor))))
    return [asarray(x, dtype=dtype) for x in tensors]


array = asarray


def astype(x: Any, dtype: DTypeLike, /, *, copy: bool = True, device: Any = None) -> Tensor:
    """`x` cast to `dtype`. A handle of its own, unless `copy=False` and it has that dtype.

    Raises: DTypeError for complex to real.
    """
    check_device(device)
    x, wanted = asarray(x), as_dtype(dtype)
    if x.dtype == wanted:
        return x.__copy__() if copy else x
    if x.dtype.kind == "c":
        CAST.infer(x.aval, dtype=wanted)  # NumPy's cast would drop the imaginary part with a warning
    return apply(CAST, x, dtype=wanted)


def copy(x: Any, /) -> Tensor:
    """A handle of its own of the same value."""
    return asarray(x, copy=True)


# Filled


def full(shape: Any, fill_value: Number, dtype: DTypeLike = None, *, device: Any = None) -> Tensor:
    """A tensor of one value, a Python number or 0-d tensor; sizes may be 0-d integer tensors."""
    check_device(device)
    if isinstance(fill_value, Tensor) or type(fill_value) not in WEAK:
        value = asarray(fill_value, dtype=dtype)
        return shaped(BROADCAST_TO, (value,), shape)
    wanted = of_scalar(fill_value) if dtype is None else as_dtype(dtype)
    return shaped(FULL, (), shape, value=fill_value, dtype=wanted)


def zeros(shape: Any, dtype: DTypeLike = float64, *, device: Any = None) -> Tensor:
    check_device(device)
    return shaped(FULL, (), shape, value=0, dtype=as_dtype(float64 if dtype is None else dtype))


def ones(shape: Any, dtype: DTypeLike = float64, *, device: Any = None) -> Tensor:
    check_device(device)
    return shaped(FULL, (), shape, value=1, dtype=as_dtype(float64 if dtype is None else dtype))


def empty(shape: Any, dtype: DTypeLike = float64, *, device: Any = None) -> Tensor:
    """Zeros: a tensor has a value."""
    return zeros(shape, dtype, device=device)


def full_like(x: Any, fill_value: Number, dtype: DTypeLike = None, *, device: Any = None) -> Tensor:
    x = asarray(x)
    return full(x.shape, fill_value, x.dtype if dtype is None else dtype, device=device)


def zeros_like(x: Any, dtype: DTypeLike = None, *, device: Any = None) -> Tensor:
    return full_like(x, 0, dtype, device=device)


def ones_like(x: Any, dtype: DTypeLike = None, *, device: Any = None) -> Tensor:
    return full_like(x, 1, dtype, device=device)


def empty_like(x: Any, dtype: DTypeLike = None, *, device: Any = None) -> Tensor:
    return zeros_like(x, dtype, device=device)


# Ranges


def arange(
    start: Number, /, stop: Number | None = None, step: Number = 1, dtype: DTypeLike = None, *, device: Any = None
) -> Tensor:
    """`start`, `start + step`, ... up to, and without, `stop`; `arange(n)` counts from 0. Bounds may be 0-d tensors."""
    check_device(device)
    if stop is None:
        start, stop = 0, start
    bounds = [_bound(x) for x in (start, stop, step)]
    wanted = _range_dtype(bounds) if dtype is None else as_dtype(dtype)
    start, stop, step = bounds
    if isinstance(stop, Tensor) and is_integer(stop.dtype) and _is(start, 0) and _is(step, 1):
        return shaped(IOTA, (), (stop,), dtype=wanted)
    dynamic = [x for x in bounds if isinstance(x, Tensor)]
    marks = ["$" if isinstance(x, Tensor) else x for x in bounds]
    return apply(ARANGE, *dynamic, start=marks[0], stop=marks[1], step=marks[2], dtype=wanted)


def _is(x: Any, number: int) -> bool:
    return not isinstance(x, Tensor) and x == number


def _bound(x: Any) -> Any:
    if isinstance(x, SCALAR):
        return x.item()
    if isinstance(x, Tensor) and RECORDER.get() is None:
        return x.item()
    return x


def _range_dtype(bounds: Sequence[Any]) -> DType:
    kinds = [x.dtype if isinstance(x, Tensor) else of_scalar(x) for x in bounds]
    result = cast(DType, np.result_type(*kinds))
    return int64 if result == bool_ else result


def linspace(
    start: Number,
    stop: Number,
    /,
    num: int | Tensor = 50,
    *,
    dtype: DTypeLike = None,
    device: Any = None,
    endpoint: bool = True,
) -> Tensor:
    """`num` evenly spaced numbers from `start` to `stop`, which is the last one where `endpoint` is set."""
    check_device(device)
    result = shaped(LINSPACE, (asarray(start), asarray(stop)), (num,), endpoint=endpoint)
    return result if dtype is None else astype(result, dtype, copy=False)


def eye(
    n_rows: int, n_cols: int | None = None, /, *, k: int = 0, dtype: DTypeLike = float64, device: Any = None
) -> Tensor:
    """A matrix with ones on diagonal `k`, zeros elsewhere."""
    check_device(device)
    columns = n_rows if n_cols is None else n_cols
    return shaped(EYE, (), (n_rows, columns), k=k, dtype=as_dtype(float64 if dtype is None else dtype))


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A copy of what another library exports through DLPack; its owner may write to it, so `copy=False` is an error."""
    check_device(device)
    if copy is False:
        raise ValueError("tensors are immutable: the values of other objects are always copied")
    return constant(data_of(np.from_dlpack(x), "from_dlpack"))


BROADCAST_TO: Final = lookup("broadcast_to")
