"""Samples of `graph/ops/reduce.py` and `running.py`."""

import numpy as np

from graph.errors import DTypeError, ShapeError
from support.samples.sample import Bad, Sample, complex_normal, normal

cube = normal(2, 3, 4)
with_zeros = np.array([[2.0, 0.0, 3.0], [1.0, 4.0, -2.0], [0.0, 5.0, 0.0]])
ties = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
small = np.array([[100, 100, 100], [1, 0, -3]], np.int8)
truths = np.array([[True, False], [True, True]])
AXES = ({}, {"axis": 1}, {"axis": -1, "keepdims": True}, {"axis": (0, 2)}, {"axis": (0, -1), "keepdims": True})

SMOOTH = ("sum", "mean", "var", "std", "prod", "max", "min", "logsumexp")
TRUTH = ("any", "all", "count_nonzero")

SAMPLES = [
    *(Sample(op, (cube,), attrs, grad=(0,)) for op in SMOOTH for attrs in AXES),
    *(Sample(op, (normal(),), {"axis": ()}, grad=(0,)) for op in ("sum", "mean", "prod", "max")),
    *(Sample(op, (normal(),), grad=(0,)) for op in ("sum", "mean", "prod", "max", "logsumexp")),
    *(Sample(op, (cube[:, :0],), {"axis": 0}, grad=(0,)) for op in SMOOTH),
    *(Sample(op, (cube[:, :0],), {"axis": 1}, grad=(0,)) for op in ("sum", "prod")),
    *(Sample(op, (cube.astype(np.float32),), {"axis": 1}) for op in SMOOTH),
    *(Sample(op, (complex_normal(2, 3),), {"axis": 1}, grad=(0,)) for op in ("sum", "mean", "prod")),
    *(Sample(op, (x,), attrs) for op in (*TRUTH, "sum", "prod", "mean", "max")
      for x in (small, truths, small.astype(np.uint16)) for attrs in ({}, {"axis": 0, "keepdims": True})),
    *(Sample(op, (with_zeros,), attrs) for op in TRUTH for attrs in AXES[:3]),
    *(Sample(op, (x,), attrs) for op in ("argmax", "argmin") for x in (cube, ties, small, truths)
      for attrs in ({}, {"axis": 0}, {"axis": -1, "keepdims": True})),
    *(Sample(op, (np.float32(2),)) for op in ("argmax", "any", "count_nonzero")),
    *(Sample(op, (cube,), {"axis": (0, 1), "correction": 1}, grad=(0,)) for op in ("var", "std")),
    Sample("prod", (with_zeros,), {"axis": 1}, grad=(0,)),
    Sample("prod", (with_zeros,), {"axis": 0, "keepdims": True}, grad=(0,)),
    Sample("logsumexp", (np.array([1000.0, 999.0]),), grad=(0,)),
    Sample("logsumexp", (np.array([-np.inf, 2.0]),)),
    Sample("sum_to", (cube, normal(3, 1)), grad=(0,)),
    Sample("sum_to", (cube, cube), grad=(0,)),
    Sample("sum_to", (cube, normal()), grad=(0,)),
    Sample("sum_to", (small, small[:1])),
    # running
    *(Sample(op, (cube,), {"axis": axis}, grad=(0,)) for op in ("cumsum", "cumprod") for axis in (0, 1, -1)),
    *(Sample(op, (cube[:, :0],), {"axis": 1}, grad=(0,)) for op in ("cumsum", "cumprod")),
    *(Sample(op, (small,), {"axis": 1}) for op in ("cumsum", "cumprod")),
    *(Sample(op, (truths,), {"axis": 0}) for op in ("cumsum", "cumprod")),
    Sample("cumprod", (with_zeros,), {"axis": 1}, grad=(0,)),
    Sample("cumprod", (complex_normal(4),), {"axis": 0}, grad=(0,)),
]  # fmt: skip

BAD = [
    Bad("sum", ("f32[2,3]",), {"axis": 2}, ShapeError,
        "`sum`: axis 2 is out of bounds for a tensor of 2 dimensions"),
    Bad("mean", ("f32[2,3]",), {"axis": (0, -2)}, ShapeError, "`mean`: axes (0, 0) repeat"),
    Bad("max", ("f32[2,0]",), {"axis": 1}, ShapeError,
        "`max`(f32[2,0]): no elements along axis 1, and `max` of nothing is undefined"),
    Bad("argmin", ("f32[0]",), {}, ShapeError,
        "`argmin`(f32[0]): no elements along axis 0, and `argmin` of nothing is undefined"),
    Bad("logsumexp", ("c64[2]",), {}, DTypeError,
        "`logsumexp` does not take (complex64): it is not defined for complex numbers"),
    Bad("cumsum", ("f32[]",), {"axis": 0}, ShapeError,
        "`cumsum`: axis 0 is out of bounds for a tensor of 0 dimensions"),
]  # fmt: skip
