"""Element types: how a dtype lies in registers and in memory.

A bool is `i1` in registers and a byte in memory. A bfloat16 is 16 bits in memory, and in registers a `float` that is
rounded to bfloat16. A complex number is two registers.
"""

from typing import Final

from graph.dtypes import DType, bfloat16, bool_, complex64, complex128, float16, float32, float64
from graph.llvm import ir
from graph.llvm.ir import make

I1: Final = make.IntType(1)
I8: Final = make.IntType(8)
I16: Final = make.IntType(16)
I32: Final = make.IntType(32)
I64: Final = make.IntType(64)
FLOAT: Final = make.FloatType()
DOUBLE: Final = make.DoubleType()
PTR: Final = make.PointerType()
VOID: Final = make.VoidType()
NULL: Final = make.Constant(PTR, None)

_FLOATS: Final[dict[DType, ir.Type]] = {float16: make.HalfType(), bfloat16: FLOAT, float32: FLOAT, float64: DOUBLE}
_INTS: Final[dict[int, ir.Type]] = {1: I8, 2: I16, 4: I32, 8: I64}


def register_type(dtype: DType) -> ir.Type:
    """The type of a register; of a complex dtype, that of each of the two."""
    if dtype == bool_:
        return I1
    if dtype in _FLOATS:
        return _FLOATS[dtype]
    if dtype.kind == "c":
        return FLOAT if dtype == complex64 else DOUBLE
    return _INTS[dtype.itemsize]


def memory_type(dtype: DType) -> ir.Type:
    """The type in memory; of a complex dtype, that of each of its two parts."""
    if dtype == bool_:
        return I8
    return I16 if dtype == bfloat16 else register_type(dtype)


def register_count(dtype: DType) -> int:
    """How many registers an element takes."""
    return 2 if dtype.kind == "c" else 1


def part_of(dtype: DType) -> DType:
    """The dtype of a part of a complex number."""
    return {complex64: float32, complex128: float64}[dtype]


def is_signed(dtype: DType) -> bool:
    """Whether integers of this dtype have a sign."""
    return dtype.kind == "i"
