"""What ONNX Runtime's CPU kernels compute in, where that is not every dtype, and what to compute in instead.

The table is of facts about onnxruntime 1.23 and later at the opset that we write; a test makes a session of each.
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

_TABLE: Final = {
    _SINGLE: "Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Erf Softplus Det Conv ConvTranspose AveragePool",
    _FLOATS: "Floor Ceil Round Sqrt Reciprocal Exp Log Sin Tanh Sigmoid Softmax LogSoftmax IsNaN IsInf",
    _NUMBERS: "Abs Sign Add Sub Mul Div Mod Less LessOrEqual Greater GreaterOrEqual",
    f"bool {_NUMBERS}": "Equal Expand Tile Size SequenceConstruct",
    _INTS: "BitwiseAnd BitwiseOr BitwiseXor BitwiseNot",
    _WIDE: "ReduceSum ReduceProd ReduceLogSumExp CumSum Pow Einsum TopK",
    f"i32 i64 u32 u64 {_FLOATS}": "Max Min MatMul",
    f"i8 i32 i64 u8 u32 u64 {_FLOATS}": "Clip Pad",
    f"i8 i16 i32 i64 {_FLOATS}": "Neg",
    f"bool i8 i32 i64 u8 {_FLOATS}": "ReduceMax ReduceMin",
    f"i8 i32 i64 u8 {_FLOATS}": "ArgMax ArgMin",
    f"i32 i64 u8 {_FLOATS}": "Where",
    f"i8 i64 {_FLOATS}": "Unique",
    f"i8 u8 {_FLOATS}": "MaxPool",
    f"bool {_INTS} f32 f64": "ScatterElements",
    f"bool i64 {_FLOATS}": "Trilu",
    f"bool i32 i64 {_FLOATS}": "SplitToSequence ConcatFromSequence",
    "bool i32 i64 u8 f16 f32": "NonZero",
    "i16 i32 i64 f32 f64": "Range",
    "u8 u32 u64": "BitShift",
    "bool": "Not And Or Xor",
}
_ORDERING: Final = frozenset({"TopK", "ReduceMax", "ReduceMin", "ArgMax", "ArgMin", "Unique", "MaxPool", "Pow", "Neg"})
"""Nodes to which the sign of a number matters."""

KERNELS: Final[dict[str, frozenset[DType]]] = {
    op: frozenset(FROM_SHORT[short] for short in dtypes.split()) for dtypes, ops in _TABLE.items() for op in ops.split()
}
"""The dtypes that a kind of node computes in, where these are not all."""


def has_kernel(op_type: str, dtype: DType) -> bool:
    """Whether the node computes in the dtype itself."""
    return op_type not in KERNELS or dtype in KERNELS[op_type]


def computes_in(op_type: str, dtype: DType) -> DType | None:
    """The dtype to compute in: the dtype itself, else the narrowest that holds all its values; None where there is
    none. For uint64 int64 has the same bits, which will do where no order is asked for."""
    if has_kernel(op_type, dtype):
        return dtype
    wider = [d for d in KERNELS[op_type] if is_float(d) == is_float(dtype) and np.can_cast(dtype, d, "safe")]
    if wider:
        return min(wider, key=lambda d: (d.itemsize, d.kind != dtype.kind))
    return int64 if dtype == uint64 and int64 in KERNELS[op_type] and op_type not in _ORDERING else None
