"""What ONNX Runtime's CPU kernels compute in, where that is not every dtype, and what to compute in instead.

The table is of facts about onnxruntime 1.20 and later at the opset that we write; a test makes a session of each.
"""

from typing import Final

import numpy as np

from graph.dtypes import FROM_SHORT, DType, int64, is_float, uint64

OPSET: Final = 21
IR_VERSION: Final = 10

_INTS = "i8 i16 i32 i64 u8 u16 u32 u64"
_FLOATS = "f16 f32 f64"
_NUMBERS = f"{_INTS} {_FLOATS}"
_SINGLE = "f16 f32"
_WIDE = f"i32 i64 {_FLOATS}"
_EXTREMES = f"i8 i32 i64 u8 u32 u64 {_FLOATS}"
_NOT_BRAIN = f"bool {_NUMBERS}"

_TABLE: Final = {
    _SINGLE: "Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Erf Softplus Det Conv ConvTranspose AveragePool",
    _FLOATS: "Floor Ceil Round Sqrt Reciprocal Exp Log Sin Cos Tanh Sigmoid Softmax LogSoftmax IsNaN IsInf",
    _NUMBERS: "Abs Sign Add Sub Mul Div Mod Less LessOrEqual Greater GreaterOrEqual",
    _NOT_BRAIN: "Equal Expand Tile Size SequenceConstruct",
    _INTS: "BitwiseAnd BitwiseOr BitwiseXor BitwiseNot",
    _WIDE: "ReduceSum ReduceProd ReduceLogSumExp CumSum Pow Einsum",
    _EXTREMES: "Max Min Clip",
    f"i8 i16 i32 i64 {_FLOATS}": "Neg",
    f"bool i8 i32 i64 u8 {_FLOATS}": "ReduceMax ReduceMin",
    f"i8 i32 i64 u8 {_FLOATS}": "ArgMax ArgMin",
    f"i8 i16 i32 i64 u8 {_FLOATS}": "TopK",
    f"i8 i32 i64 u8 u32 {_FLOATS}": "Where",
    f"i32 i64 u32 u64 {_FLOATS}": "MatMul",
    f"i8 i64 {_FLOATS}": "Unique",
    f"i8 u8 {_FLOATS}": "MaxPool",
    f"i8 i32 i64 u8 u32 u64 {_FLOATS} ": "Pad",
    f"bool {_INTS} f32 f64": "ScatterElements",
    f"bool i32 i64 {_FLOATS}": "Trilu SplitToSequence ConcatFromSequence",
    "bool i32 i64 u8 f16 f32": "NonZero",
    "i16 i32 i64 f32 f64": "Range",
    "u8 u32 u64": "BitShift",
    "bool": "Not And Or Xor",
}

KERNELS: Final[dict[str, frozenset[DType]]] = {
    op: frozenset(FROM_SHORT[short] for short in dtypes.split()) for dtypes, ops in _TABLE.items() for op in ops.split()
}
"""The dtypes that a kind of node computes in, where these are not all."""


def has_kernel(op_type: str, dtype: DType) -> bool:
    """Whether the node computes in the dtype itself."""
    return op_type not in KERNELS or dtype in KERNELS[op_type]


def computes_in(op_type: str, dtype: DType) -> DType | None:
    """The dtype to compute in: the dtype itself, else the narrowest that holds all its values (for uint64, int64 has
    the same bits); None where there is none."""
    if has_kernel(op_type, dtype):
        return dtype
    wider = [d for d in KERNELS[op_type] if is_float(d) == is_float(dtype) and np.can_cast(dtype, d, "safe")]
    if wider:
        return min(wider, key=lambda d: (d.itemsize, d.kind != dtype.kind))
    return int64 if dtype == uint64 and int64 in KERNELS[op_type] else None
