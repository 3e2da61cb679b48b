"""Questions about dtypes: the array API's data type functions and its inspection API."""

from dataclasses import dataclass
from typing import Any, Final, cast

import ml_dtypes
import numpy as np

from eager.creation import as_dtype
from eager.numpy_types import ARRAY_OR_SCALAR
from eager.tensor import Tensor
from graph.dtypes import (
    DType,
    bfloat16,
    bool_,
    complex64,
    complex128,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    real_of,
    uint8,
    uint16,
    uint32,
    uint64,
)
from graph.errors import DTypeError
from graph.ir.opdef import WEAK

KINDS: Final[dict[str, tuple[DType, ...]]] = {
    "bool": (bool_,),
    "signed integer": (int8, int16, int32, int64),
    "unsigned integer": (uint8, uint16, uint32, uint64),
    "integral": (int8, int16, int32, int64, uint8, uint16, uint32, uint64),
    "real floating": (float32, float64, float16, bfloat16),
    "complex floating": (complex64, complex128),
}
KINDS["numeric"] = KINDS["integral"] + KINDS["real floating"] + KINDS["complex floating"]


FINFO: Final[Any] = ml_dtypes.finfo


def _dtype_of(x: Any) -> DType:
    return x.dtype if isinstance(x, (Tensor, *ARRAY_OR_SCALAR)) else as_dtype(x)


@dataclass(frozen=True, slots=True)
class FInfo:
    """Limits of a floating dtype; of a complex one, those of its parts."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: DType


@dataclass(frozen=True, slots=True)
class IInfo:
    """Limits of an integer dtype."""

    bits: int
    max: int
    min: int
    dtype: DType


def finfo(type: Any, /) -> FInfo:
    """Limits of a floating or complex dtype, or of that of a tensor. DTypeError for others."""
    dtype = real_of(_dtype_of(type))
    if dtype not in KINDS["real floating"]:
        raise DTypeError(f"`finfo` is for floating dtypes, not {dtype}")
    info = FINFO(dtype)
    return FInfo(info.bits, float(info.eps), float(info.max), float(info.min), float(info.smallest_normal), dtype)


def iinfo(type: Any, /) -> IInfo:
    """Limits of an integer dtype, or of that of a tensor. DTypeError for others."""
    dtype = _dtype_of(type)
    if dtype not in KINDS["integral"]:
        raise DTypeError(f"`iinfo` is for integer dtypes, not {dtype}")
    info = np.iinfo(cast(Any, dtype))
    return IInfo(info.bits, int(info.max), int(info.min), dtype)


def can_cast(from_: Any, to: Any, /) -> bool:
    """Whether all values of one dtype have a place in the other."""
    return bool(np.can_cast(_dtype_of(from_), as_dtype(to)))


def result_type(*operands: Any) -> DType:
    """The dtype that tensors, dtypes and (weak) Python numbers promote to."""
    kinds = [x if type(x) in WEAK else _dtype_of(x) for x in operands]
    try:
        result = np.result_type(*kinds)
    except TypeError as error:
        raise DTypeError(f"no dtype holds all of {', '.join(map(str, kinds))}: {error}") from None
    return as_dtype(result)


promote_types = result_type


def isdtype(dtype: Any, kind: Any) -> bool:
    """Whether `dtype` is of a kind: a name such as "integral" or "real floating", a dtype, or a tuple of those."""
    if isinstance(kind, tuple):
        return any(isdtype(dtype, k) for k in cast("tuple[Any, ...]", kind))
    if isinstance(kind, str) and kind in KINDS:
        return as_dtype(dtype) in KINDS[kind]
    if isinstance(kind, str):
        raise ValueError(f"{kind!r} is no kind of dtypes; the kinds are {', '.join(KINDS)}")
    return as_dtype(dtype) == as_dtype(kind)


class NamespaceInfo:
    """What the array API's `__array_namespace_info__` tells of this namespace."""

    def capabilities(self) -> dict[str, Any]:
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> str:
        return "cpu"

    def devices(self) -> list[str]:
        return ["cpu"]

    def default_dtypes(self, *, device: Any = None) -> dict[str, DType]:
        return {
            "real floating": float64,
            "complex floating": complex128,
            "integral": int64,
            "indexing": int64,
        }

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, DType]:
        """The dtypes of the standard, by name."""
        named = [bool_, *KINDS["integral"], float32, float64, complex64, complex128]
        return {dtype.name: dtype for dtype in named if kind is None or isdtype(dtype, kind)}


def __array_namespace_info__() -> NamespaceInfo:  # noqa: N807 - the standard's name
    """The array API's inspection of this namespace."""
    return NamespaceInfo()
