"""Element types: NumPy dtypes, plus bfloat16 from `ml_dtypes`, and their short names in printed graphs."""

from typing import Final

import ml_dtypes
import numpy as np

DType = np.dtype[np.generic]

bool_: Final[DType] = np.dtype(np.bool_)
int8: Final[DType] = np.dtype(np.int8)
int16: Final[DType] = np.dtype(np.int16)
int32: Final[DType] = np.dtype(np.int32)
int64: Final[DType] = np.dtype(np.int64)
uint8: Final[DType] = np.dtype(np.uint8)
uint16: Final[DType] = np.dtype(np.uint16)
uint32: Final[DType] = np.dtype(np.uint32)
uint64: Final[DType] = np.dtype(np.uint64)
float16: Final[DType] = np.dtype(np.float16)
bfloat16: Final[DType] = np.dtype(ml_dtypes.bfloat16)
float32: Final[DType] = np.dtype(np.float32)
float64: Final[DType] = np.dtype(np.float64)
complex64: Final[DType] = np.dtype(np.complex64)
complex128: Final[DType] = np.dtype(np.complex128)

SHORT_NAMES: Final[dict[DType, str]] = {
    bool_: "bool",
    int8: "i8",
    int16: "i16",
    int32: "i32",
    int64: "i64",
    uint8: "u8",
    uint16: "u16",
    uint32: "u32",
    uint64: "u64",
    float16: "f16",
    bfloat16: "bf16",
    float32: "f32",
    float64: "f64",
    complex64: "c64",
    complex128: "c128",
}
FROM_SHORT: Final[dict[str, DType]] = {short: dtype for dtype, short in SHORT_NAMES.items()}


def is_float(dtype: DType) -> bool:
    """Real floating point, bfloat16 included."""
    return dtype.kind == "f" or dtype == bfloat16


def is_complex(dtype: DType) -> bool:
    return dtype.kind == "c"


def is_integer(dtype: DType) -> bool:
    """Signed or unsigned integer; bool is not one."""
    return dtype.kind in "iu"


def is_bool(dtype: DType) -> bool:
    return dtype.kind == "b"


def is_differentiable(dtype: DType) -> bool:
    """Only real and complex floating values carry cotangents."""
    return is_float(dtype) or is_complex(dtype)


def of_scalar(value: bool | int | float | complex) -> DType:
    """The dtype that a Python scalar has when nothing else decides (NEP 50: the default of its kind)."""
    match value:
        case bool():
            return bool_
        case int():
            return int64
        case float():
            return float64
        case complex():
            return complex128


def real_of(dtype: DType) -> DType:
    """The dtype of the real part: complex64 -> float32; real dtypes are their own."""
    if dtype == complex64:
        return float32
    return float64 if dtype == complex128 else dtype
