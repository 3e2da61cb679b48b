"""Samples of `graph/ops/softmax.py`, `sort.py` and `random.py`."""

import numpy as np

from graph.dtypes import bfloat16, float16, float32, float64, int64, uint8
from graph.errors import DTypeError, ShapeError
from support.samples.sample import Bad, Sample, normal

x = normal(3, 4)
state = np.array([2**63 + 5, 17], np.uint64)
ties = np.array([3, 1, 3, 1, 2])
with_nan = np.array([1.0, np.nan, -1.0, np.nan])
SOFTMAX = ("softmax", "log_softmax")
ORDER = ("sort", "argsort")
zeros = np.array([0.0, 1.0, -0.0, np.nan, 0.0, -np.nan, -0.0, -np.inf, 1.0, -1.0, np.inf, 0.0])
"""With ties, zeros of both signs, and NaN of both."""
OF_ALL_DTYPES = [
    *(np.nan_to_num(zeros * 3, posinf=7, neginf=0).astype(dtype) for dtype in (bool, np.int8, np.uint16, np.int64)),
    *(zeros.astype(dtype) for dtype in (float16, bfloat16, float32, float64)),
]
rng = np.random.default_rng(0)
LONG = [
    rng.integers(0, 99, 40000),  # more than one part, see `graph/ops/sorted_rows.py`
    np.where(rng.random(600) < 0.1, np.nan, rng.integers(-3, 3, 600) * 0.5).astype(float32),
    rng.integers(-128, 128, 300).astype(np.int8),
]

SAMPLES = [
    *(Sample(op, (x,), {"axis": axis}, grad=(0,)) for op in SOFTMAX for axis in (0, -1, (0, 1), None)),
    *(Sample(op, (normal(),), {"axis": None}, grad=(0,)) for op in SOFTMAX),
    *(Sample(op, (np.ones(shape),), {"axis": 0}, grad=(0,)) for op in SOFTMAX for shape in ((0, 3), (2, 0))),
    *(Sample(op, (np.array([1e4, 0.0, -1e4]),), {"axis": 0}) for op in SOFTMAX),
    *(Sample(op, (np.ones(5000, np.float16),), {"axis": 0}) for op in SOFTMAX),
    *(
        Sample(op, (x,), {"axis": axis, "descending": down}, grad=(0,) if op == "sort" else ())
        for op in ORDER
        for axis in (0, -1)
        for down in (False, True)
    ),
    *(
        Sample(op, (values,), {"axis": 0, "descending": down})
        for op in ORDER
        for values in (ties, with_nan, np.ones((0, 3)), np.array([True, False]), x.astype(np.float32))
        for down in (False, True)
    ),
    Sample("sort", (np.ones((2, 0)),), {"axis": 1, "descending": True}, grad=(0,)),
    *(Sample("sort", (values,), {"axis": 0, "descending": False}) for values in OF_ALL_DTYPES),
    *(Sample("argsort", (values,), {"axis": 0, "descending": True}) for values in OF_ALL_DTYPES),
    *(Sample(op, (normal(2, 20, 3),), {"axis": 1, "descending": True}) for op in ORDER),
    *(Sample("sort", (values,), {"axis": 0, "descending": False}) for values in LONG),
    *(Sample("argsort", (values,), {"axis": 0, "descending": True}) for values in LONG),
    *(
        Sample("topk", (x,), {"shape": (k,), "axis": axis, "largest": largest}, grad=(0,))
        for k, axis in ((2, 0), (3, -1), (0, 1))
        for largest in (False, True)
    ),
    Sample("topk", (ties,), {"shape": (5,), "axis": 0, "largest": True}),
    Sample("topk", (with_nan,), {"shape": (3,), "axis": 0, "largest": True}),
    Sample("topk", (zeros.astype(bfloat16),), {"shape": (7,), "axis": 0, "largest": True}),
    Sample("topk", (rng.integers(0, 9, (2, 90)),), {"shape": (80,), "axis": 1, "largest": False}),
    *(
        Sample("searchsorted", (np.array([1.0, 2.0, 2.0, 4.0]), values), {"side": side})
        for values in (np.float64(2), np.array([[0.0, 2.0], [3.0, 5.0]]), np.ones((0, 2)))
        for side in ("left", "right")
    ),
    *(
        Sample("searchsorted", (np.sort(values)[:n], values), {"side": side})
        for values, n in ((with_nan, 4), (ties, 5), (ties > 2, 1), (with_nan, 0))
        for side in ("left", "right")
    ),
    *(
        Sample(op, (values,))
        for op in ("unique_values", "unique_all")
        for values in (np.array([True, False, True]), zeros.astype(bfloat16), rng.integers(0, 9, (20, 30)))
    ),
    *(
        Sample(op, (values,))
        for op in ("unique_values", "unique_all")
        for values in (ties, with_nan, np.array([[2, 1], [1, 2]]), np.ones((0, 3)), np.float64(3))
    ),
    Sample("random_state", (np.int64(-5),)),
    Sample("random_split", (state,), {"count": 3}),
    Sample("random_split", (state,), {"count": 0}),
    Sample("random_fold_in", (state, np.int64(-1))),
    *(Sample("random_bits", (state,), {"shape": shape}) for shape in ((), (5,), (2, 0), (2, 3))),
    *(
        Sample(op, (state,), {"shape": shape, "dtype": dtype})
        for op in ("random_uniform", "random_normal")
        for shape in ((), (5,), (2, 0), (2, 3))
        for dtype in (float32, float64)
    ),
    *(
        Sample("random_integers", (state, np.int64(-3), np.int64(4)), {"shape": shape, "dtype": int64})
        for shape in ((), (7,), (0, 2))
    ),
    Sample("random_integers", (state, np.int64(0), np.int64(256)), {"shape": (9,), "dtype": uint8}),
    Sample("random_integers", (state, np.int64(-(2**63)), np.int64(2**63 - 1)), {"shape": (80,), "dtype": int64}),
    *(Sample("random_uniform", (state,), {"shape": (n,), "dtype": float32}) for n in (8, 15, 83)),
    *(Sample("random_normal", (state,), {"shape": (n,), "dtype": float64}) for n in (1, 82, 83)),
    *(Sample("random_permutation", (state,), {"shape": (n,)}) for n in (0, 1, 6, 700)),
]

BAD = [
    Bad("softmax", ("i64[2]",), {"axis": 1}, ShapeError,
        "`softmax`: axis 1 is out of bounds for a tensor of 1 dimensions"),
    Bad("log_softmax", ("c64[2]",), {"axis": 0}, DTypeError,
        "`log_softmax` does not take (complex64): it is not defined for complex numbers"),
    Bad("sort", ("c64[2]",), {"axis": 0, "descending": False}, DTypeError,
        "`sort`(c64[2]): complex numbers have no order"),
    Bad("argsort", ("f32[]",), {"axis": 0, "descending": False}, ShapeError,
        "`argsort`: axis 0 is out of bounds for a tensor of 0 dimensions"),
    Bad("topk", ("f32[2,3]",), {"shape": (4,), "axis": 1, "largest": True}, ShapeError,
        "`topk`(f32[2,3]): axis 1 has 3 elements, 4 are asked for"),
    Bad("searchsorted", ("f32[2,3]", "f32[2]"), {"side": "left"}, ShapeError,
        "`searchsorted`(f32[2,3], f32[2]): the sorted values must be a vector"),
    Bad("random_bits", ("u64[3]",), {"shape": ()}, DTypeError,
        "`random_bits`: a random state is u64[2], not u64[3]\n  Next: make one with `random_state`."),
    Bad("random_uniform", ("u64[2]",), {"shape": (2,), "dtype": float16}, DTypeError,
        "`random_uniform` makes float32 or float64, not float16\n  Next: cast the result with `astype`."),
    Bad("random_integers", ("u64[2]", "f64[]", "i64[]"), {"shape": (), "dtype": int64}, DTypeError,
        "`random_integers`: a bound must be i64[], not f64[]"),
    Bad("random_state", ("f64[]",), {}, DTypeError, "a seed must be i64[], not f64[]"),
]  # fmt: skip
