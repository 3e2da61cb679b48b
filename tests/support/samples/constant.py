"""Samples of `graph/ops/constant.py`."""

import numpy as np

from graph.aval import SymDim
from graph.errors import DTypeError, ShapeError
from support.samples.sample import Bad, Sample, complex_normal, normal

n = SymDim.named("n")
i64, f32, f64, b1 = (np.dtype(d) for d in (np.int64, np.float32, np.float64, np.bool_))

SAMPLES = [
    Sample("constant", (), {"value": np.array([1.5, 2.5])}),
    Sample("constant", (), {"value": np.array(True)}),
    Sample("full", (), {"shape": (2, 3), "value": 1.5, "dtype": f32}),
    Sample("full", (np.int64(2),), {"shape": (n, 3), "value": True, "dtype": b1}),
    Sample("full", (), {"shape": (), "value": 7, "dtype": i64}),
    Sample("dim", (normal(2, 3),), {"axis": -1}),
    Sample("cast", (normal(2, 3),), {"dtype": f32}),
    Sample("cast", (normal(2, 3),), {"dtype": f64}, grad=(0,)),
    Sample("cast", (normal(),), {"dtype": np.dtype(np.complex128)}, grad=(0,)),
    Sample("cast", (complex_normal(2),), {"dtype": np.dtype(np.complex128)}, grad=(0,)),
    Sample("cast", (np.array([0, 3]),), {"dtype": b1}),
    Sample("iota", (), {"shape": (5,), "dtype": i64}),
    Sample("iota", (np.int64(3),), {"shape": (n,), "dtype": f32}),
    Sample("arange", (), {"start": 0, "stop": 10, "step": 3, "dtype": i64}),
    Sample("arange", (), {"start": 1.0, "stop": 0.0, "step": -0.25, "dtype": f32}),
    Sample("arange", (np.int64(4),), {"start": 0, "stop": "$", "step": 1, "dtype": i64}),
    Sample("arange", (np.int64(9), np.int64(-2)), {"start": "$", "stop": 0, "step": "$", "dtype": i64}),
    Sample("linspace", (normal(), normal(seed=1)), {"shape": (5,), "endpoint": True}, grad=(0, 1)),
    Sample("linspace", (normal(), normal(seed=1)), {"shape": (4,), "endpoint": False}, grad=(0, 1)),
    Sample("linspace", (normal(), normal(seed=1), np.int64(3)), {"shape": (n,), "endpoint": True}, grad=(0, 1)),
    Sample("linspace", (np.float32(0), np.float32(1)), {"shape": (0,), "endpoint": True}),
    Sample("eye", (), {"shape": (2, 3), "k": 0, "dtype": f64}),
    Sample("eye", (np.int64(3),), {"shape": (n, 2), "k": -1, "dtype": i64}),
]

BAD = [
    Bad("full", (), {"shape": (n,), "value": 0, "dtype": f32}, ShapeError,
        "`full`: shape (n,) needs 1 size operands, got 0"),
    Bad("full", ("f32[]",), {"shape": (n,), "value": 0, "dtype": f32}, DTypeError,
        "`full`: a size must be a 0-d integer, not f32[]"),
    Bad("cast", ("c64[2]",), {"dtype": f32}, DTypeError,
        "`cast` of c64[2] to float32 would lose the imaginary part\n  Next: use `real(x)`."),
    Bad("arange", (), {"start": 0, "stop": 3, "step": 0, "dtype": i64}, ShapeError,
        "`arange`: the step must not be zero"),
    Bad("arange", ("i64[2]",), {"start": 0, "stop": "$", "step": 1, "dtype": i64}, DTypeError,
        "`arange`: a bound must be a 0-d real number, not i64[2]"),
    Bad("linspace", (0, 1), {"shape": (-1,), "endpoint": True}, ShapeError,
        "`linspace`: the number of samples, -1, must not be negative"),
    Bad("linspace", ("f64[2]", 1), {"shape": (3,), "endpoint": True}, DTypeError,
        "`linspace`: both ends must be 0-d and of one floating dtype, not f64[2] and f64[]"),
    Bad("dim", ("f32[2]",), {"axis": 1}, ShapeError, "`dim`: axis 1 is out of bounds for a tensor of 1 dimensions"),
]  # fmt: skip
