"""Samples of `graph/ops/linalg.py`, `factorize.py` and `norm.py`."""

import math
from typing import Any

import numpy as np

from graph.errors import DTypeError, ShapeError
from support.samples.sample import Bad, Sample, complex_normal, normal


def positive(x: Any) -> Any:
    """A Hermitian positive definite matrix with distinct eigenvalues."""
    return x @ x.conj().swapaxes(-1, -2) + np.diag(np.arange(1.0, x.shape[-1] + 1))


SQUARE = [normal(3, 3), normal(2, 2, 2, seed=1), normal(1, 1), normal(0, 3, 3), normal(2, 0, 0)]
complex_square = complex_normal(3, 3)
LARGER = [
    normal(5, 5),
    normal(2, 9, 9),
    complex_normal(5, 5),
    complex_normal(2, 2, seed=3).astype(np.complex64),
]
"""Of these only the last is small in native code."""
OUT_OF_RANGE = np.diag([1e200, -1e200, 1e-300])
"""The determinant fits a float64, the product of its first factors does not."""
singular = np.array([[1.0, 2.0], [2.0, 4.0]])
TALL_AND_WIDE = [normal(4, 3), normal(3, 3), normal(2, 4, 2), normal(2, 4), normal(2, 2, 3)]
ORDERS = (0, 1, 2, 3, 2.5, -1, math.inf, -math.inf)
MATRIX_ORDERS = ("fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf)

SAMPLES = [
    *(Sample(op, (x,), grad=(0,)) for op in ("inv", "det", "slogdet", "cofactor") for x in SQUARE),
    *(Sample(op, (complex_square,), grad=(0,)) for op in ("inv", "det", "slogdet", "cofactor")),
    *(Sample(op, (normal(2, 2).astype(np.float32),)) for op in ("inv", "det", "slogdet", "cofactor")),
    *(Sample(op, (x,)) for op in ("inv", "det", "slogdet", "cofactor") for x in LARGER),
    Sample("det", (singular,), grad=(0,), second=False),
    *(Sample(op, (x,)) for op in ("det", "slogdet") for x in (np.ones((5, 5)), np.ones((2, 2, 2)), OUT_OF_RANGE)),
    *(Sample("cholesky", (positive(x),), {"upper": upper}) for x in LARGER for upper in (False, True)),
    *(Sample("solve", (x, x[..., 0, :])) for x in LARGER if x.ndim == 2),
    Sample("solve", (LARGER[0], normal(3, 5, 2))),
    Sample("solve", (normal(2, 1, 6, 6), normal(3, 6, 4))),
    Sample("solve", (normal(2, 1, 2, 2), normal(3, 2, 4))),
    *(Sample("cholesky", (positive(x),), {"upper": upper}, grad=(0,)) for x in SQUARE for upper in (False, True)),
    *(Sample("cholesky", (positive(complex_square),), {"upper": upper}, grad=(0,)) for upper in (False, True)),
    *(Sample("solve", (SQUARE[0], y), grad=(0, 1)) for y in (normal(3), normal(3, 2), normal(2, 3, 1), normal(3, 0))),
    Sample("solve", (normal(2, 3, 3), normal(3)), grad=(0, 1)),
    Sample("solve", (normal(2, 3, 3), normal(1, 3, 2)), grad=(0, 1)),
    Sample("solve", (complex_square, complex_normal(3)), grad=(0, 1)),
    *(Sample("eigh", (positive(x),), grad=(0,)) for x in SQUARE),
    Sample("eigh", (positive(complex_square),)),
    *(Sample("qr", (x,), {"mode": "reduced"}, grad=(0,)) for x in TALL_AND_WIDE),
    *(Sample("qr", (x,), {"mode": "complete"}) for x in TALL_AND_WIDE),
    *(Sample("qr", (x,), {"mode": "reduced"}, grad=(0,)) for x in (complex_square, complex_normal(2, 3))),
    *(
        Sample("qr", (np.ones(shape),), {"mode": mode})
        for shape in ((3, 0), (0, 3))
        for mode in ("reduced", "complete")
    ),
    *(Sample("svd", (x,), {"full_matrices": False}, grad=(0,)) for x in TALL_AND_WIDE),
    *(Sample("svd", (x,), {"full_matrices": True}) for x in TALL_AND_WIDE),
    Sample("svd", (complex_normal(2, 3),), {"full_matrices": False}),
    *(Sample("svd", (np.ones(shape),), {"full_matrices": False}, grad=(0,)) for shape in ((3, 0), (2, 0, 3))),
    *(Sample("svd", (np.ones(shape),), {"full_matrices": True}) for shape in ((3, 0), (2, 0, 3))),
    *(
        Sample("vector_norm", (normal(2, 3, 4),), {"ord": order, "axis": axis, "keepdims": keepdims}, grad=(0,))
        for order in ORDERS
        for axis, keepdims in ((None, False), (0, True), ((0, -1), False), ((), False))
    ),
    *(
        Sample("vector_norm", (complex_normal(2, 3),), {"ord": order, "axis": 1, "keepdims": False}, grad=(0,))
        for order in ORDERS
    ),
    Sample("vector_norm", (normal(0),), {"ord": 2, "axis": None, "keepdims": False}, grad=(0,)),
    Sample("vector_norm", (np.full(3000, 2, np.float16),), {"ord": 1, "axis": None, "keepdims": False}),
    *(
        Sample("matrix_norm", (x,), {"ord": order, "keepdims": keepdims}, grad=(0,))
        for order in MATRIX_ORDERS
        for x, keepdims in ((normal(3, 3), False), (normal(2, 3, 2), True), (normal(2, 4), False))
    ),
    *(
        Sample("matrix_norm", (complex_normal(2, 3),), {"ord": order, "keepdims": False}, grad=(0,), second=False)
        for order in MATRIX_ORDERS
    ),
    Sample("matrix_norm", (np.ones((0, 3)),), {"ord": "fro", "keepdims": False}, grad=(0,)),
]

BAD = [
    Bad("inv", ("f32[2,3]",), {}, ShapeError, "`inv`(f32[2,3]): the matrices must be square"),
    Bad("det", ("f32[3]",), {}, ShapeError, "`det`(f32[3]): a matrix, or a batch of them, is needed"),
    Bad("slogdet", ("f16[3,3]",), {}, DTypeError,
        "`slogdet` does not take (float16): linear algebra is not defined in float16; cast with `astype` to float32"),
    Bad("cofactor", ("f32[2,3]",), {}, ShapeError, "`cofactor`(f32[2,3]): the matrices must be square"),
    Bad("solve", ("f32[3,3]", "f32[2]"), {}, ShapeError, "`solve`(f32[3,3], f32[2]): 3 unknowns, 2 rows on the right"),
    Bad("solve", ("f32[3,3]", "f32[]"), {}, ShapeError,
        "`solve`(f32[3,3], f32[]): the right side must be a vector or matrices"),
    Bad("cholesky", ("f32[n,2,3]",), {"upper": False}, ShapeError,
        "`cholesky`(f32[n,2,3]): the matrices must be square"),
    Bad("eigh", ("f32[2,3]",), {}, ShapeError, "`eigh`(f32[2,3]): the matrices must be square"),
    Bad("qr", ("f32[3]",), {"mode": "reduced"}, ShapeError, "`qr`(f32[3]): a matrix, or a batch of them, is needed"),
    Bad("svd", ("f32[]",), {"full_matrices": False}, ShapeError,
        "`svd`(f32[]): a matrix, or a batch of them, is needed"),
    Bad("vector_norm", ("f32[0]",), {"ord": math.inf, "axis": None, "keepdims": False}, ShapeError,
        "`vector_norm`(f32[0]): no elements along axis 0, and `vector_norm` of nothing is undefined"),
    Bad("matrix_norm", ("f32[2,3]",), {"ord": 3, "keepdims": False}, ShapeError,
        "`matrix_norm`: the order is one of ('fro', 'nuc', 1, -1, 2, -2, inf, -inf), not 3"),
]  # fmt: skip
