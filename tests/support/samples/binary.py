"""Samples of `graph/ops/binary.py`, `compare.py` and `select.py`."""

import numpy as np

from graph.errors import DTypeError, ShapeError
from support.samples.sample import Bad, Sample, between, complex_normal, normal

x, y = normal(2, 3), normal(2, 3, seed=1)
row, column = normal(3, seed=2), normal(2, 1, seed=3)
positive, divisor = between(0.3, 2, 2, 3), between(0.4, 1.5, 3, seed=1)
ints, more_ints = np.array([[7, -7, 6], [0, 1, 4]]), np.array([2, 3, -4])
bits = np.array([6, 5, 12], np.int32)
truths = np.array([True, False, True])

ARITHMETIC = ("add", "sub", "mul", "div")
SMOOTH = (*ARITHMETIC, "mod", "atan2", "logaddexp", "hypot", "maximum", "minimum", "floor_div")
REAL = (*SMOOTH, "pow", "copysign", "nextafter")
OF_INTEGERS = ("add", "sub", "mul", "mod", "floor_div", "maximum", "minimum")
COMPARE = ("eq", "ne", "lt", "le", "gt", "ge")
LOGICAL = ("logical_and", "logical_or", "logical_xor")
BITWISE = ("bitwise_and", "bitwise_or", "bitwise_xor")

SAMPLES = [
    *(Sample(op, (x, y), grad=(0, 1)) for op in SMOOTH),
    *(Sample(op, (column, row), grad=(0, 1)) for op in SMOOTH),
    *(Sample(op, (x, normal()), grad=(0, 1)) for op in SMOOTH),
    *(Sample(op, (normal(seed=4), normal(seed=5)), grad=(0, 1)) for op in SMOOTH),
    *(Sample(op, (x[:0], row), grad=(0, 1)) for op in SMOOTH),
    *(Sample(op, (positive.astype(np.float32), divisor.astype(np.float32))) for op in REAL),
    *(Sample(op, (complex_normal(3), complex_normal(2, 1)), grad=(0, 1)) for op in ARITHMETIC),
    *(Sample(op, (ints, more_ints)) for op in (*OF_INTEGERS, *COMPARE, *LOGICAL, *BITWISE)),
    *(Sample(op, (x, row)) for op in (*COMPARE, *LOGICAL)),
    *(Sample(op, (np.float32(1), np.float32(1))) for op in (*COMPARE, *LOGICAL)),
    *(Sample(op, (truths, np.array([[True], [False]]))) for op in (*LOGICAL, *BITWISE, *COMPARE, "add", "mul")),
    *(Sample(op, (bits, np.int32(2))) for op in (*BITWISE, "shift_left", "shift_right")),
    Sample("pow", (positive, divisor), grad=(0, 1)),
    Sample("pow", (positive, normal()), grad=(0, 1)),
    Sample("pow", (x, np.float64(3)), grad=(0,)),
    Sample("pow", (np.array([0.0, -2.0, 2.0]), np.array([2.0, 3.0, 0.0])), grad=(0,), second=False),
    Sample("pow", (np.array([0.0, 0.0, -1.5]), np.float64(1)), grad=(0,)),
    Sample("pow", (np.array([2, -3]), np.array([3, 2]))),
    Sample("pow", (complex_normal(3), complex_normal(3, seed=1)), grad=(0, 1)),
    Sample("copysign", (x, y), grad=(0, 1)),
    Sample("nextafter", (row, row + 1)),
    # where, clip
    Sample("where", (truths, x, y), grad=(1, 2)),
    Sample("where", (np.array([[True], [False]]), row, np.float64(2)), grad=(1, 2)),
    Sample("where", (np.True_, np.float64(1), np.float64(2)), grad=(1, 2)),
    Sample("where", (truths, ints, more_ints)),
    Sample("where", (truths[:0], x[:, :0], np.float64(2)), grad=(1, 2)),
    Sample("clip", (x, np.float64(-0.5), np.float64(0.6)), grad=(0, 1, 2)),
    Sample("clip", (row, column - 1, column + 1), grad=(0, 1, 2)),
    Sample("clip", (row, np.float64(1), np.float64(0.5)), grad=(0, 1, 2)),
    Sample("clip", (ints, np.int64(0), np.int64(5))),
    Sample("clip", (np.float32(3), np.float32(0), np.float32(1))),
]

BAD = [
    Bad("add", ("f32[2,3]", "f32[4]"), {}, ShapeError,
        "`add`(f32[2,3], f32[4]): shapes (2, 3) and (4,) do not broadcast (axis -1: 3 against 4)\n"
        "  Next: make the sizes equal, or 1 where an axis is to be repeated."),
    Bad("where", ("bool[2]", "f32[2]", "f32[3]"), {}, ShapeError,
        "`where`(bool[2], f32[2], f32[3]): shapes (2,) and (2,) and (3,) do not broadcast (axis -1: 2 against 3)\n"
        "  Next: make the sizes equal, or 1 where an axis is to be repeated."),
    Bad("clip", ("c64[2]", 0, 1), {}, DTypeError, "`clip`(c64[2], c64[], c64[]): complex numbers have no order"),
]  # fmt: skip
