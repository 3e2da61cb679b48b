"""Samples of `graph/ops/matmul.py`, `einsum.py` and `triangular.py`."""

import numpy as np

from graph.errors import ShapeError
from support.samples.sample import Bad, Sample, complex_normal, normal

MATMUL = [
    ((3, 4), (4, 5)), ((4,), (4, 5)), ((3, 4), (4,)), ((4,), (4,)), ((2, 3, 4), (4, 5)), ((2, 3, 4), (4,)),
    ((4,), (2, 4, 5)), ((2, 3, 4), (2, 4, 5)), ((1, 3, 4), (6, 4, 5)), ((2, 1, 3, 4), (3, 4, 2)), ((3, 4), (2, 4, 5)),
    ((0, 4), (4, 3)), ((3, 0), (0, 2)), ((2, 0, 4), (4, 3)),
]  # fmt: skip
EINSUM = [
    ("ij,jk->ik", (2, 3), (3, 4)), ("bij,bjk->bik", (2, 2, 3), (2, 3, 4)), ("ij->ji", (2, 3)), ("ij->", (2, 3)),
    ("ii->i", (3, 3)), ("ii", (3, 3)), ("iij->j", (3, 3, 2)), ("iii->i", (2, 2, 2)), ("i,j->ij", (2,), (3,)),
    ("...ij,...jk->...ik", (5, 2, 3), (3, 4)), ("...ij,jk", (2, 2, 3), (3, 4)),
    ("ij,jk,kl->il", (2, 3), (3, 4), (4, 2)),
    ("ij,j->i", (2, 3), (3,)), ("i,i", (3,), (3,)), ("ij,kj->", (2, 3), (4, 3)), ("ij,jk->ik", (2, 1), (3, 4)),
    ("bi,bi->b", (2, 3), (2, 3)), ("bhqd,bhkd->bhqk", (2, 2, 3, 2), (2, 2, 4, 2)), ("a,b,c->abc", (2,), (3,), (2,)),
    (",ij->ij", (), (2, 3)), ("ij,jk->ik", (0, 3), (3, 4)), ("ij,jk->ik", (2, 0), (0, 4)), ("ab,ba", (2, 3), (3, 2)),
    ("ijk,jil->kl", (2, 3, 2), (3, 2, 2)), ("aij,ajj->i", (2, 2, 3), (2, 3, 3)),
]  # fmt: skip
cube = normal(3, 4, 2)
AXES = [(0, 1), (1, 0), (-1, -2), (0, 2)]


def _tensors(*shapes: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    return tuple(normal(*shape, seed=i) for i, shape in enumerate(shapes))


def _complex(*shapes: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    return tuple(complex_normal(*shape, seed=i) for i, shape in enumerate(shapes))


SAMPLES = [
    *(Sample("matmul", _tensors(*shapes), grad=(0, 1)) for shapes in MATMUL),
    *(Sample("matmul", _complex(*shapes), grad=(0, 1)) for shapes in MATMUL[:4]),
    Sample("matmul", (np.arange(6).reshape(2, 3), np.arange(3))),
    Sample("matmul", (np.arange(6, dtype=np.float32).reshape(2, 3), np.ones((3, 2), np.float32))),
    Sample("matmul", (np.full((2, 3000), 1, np.float16), np.ones(3000, np.float16))),
    *(
        Sample("add_matmul", tensors((m, n), (m, k), (k, n)), grad=(0, 1, 2))
        for tensors in (_tensors, _complex)
        for m, k, n in ((3, 4, 5), (20, 3, 20), (0, 4, 3), (3, 0, 2), (1, 4, 80), (80, 4, 1))
    ),
    Sample("add_matmul", tuple(np.arange(9).reshape(3, 3) for _ in range(3))),
    *(
        Sample("einsum", _tensors(*shapes), {"subscripts": text}, grad=tuple(range(len(shapes))))
        for text, *shapes in EINSUM
    ),
    *(
        Sample("einsum", _complex(*shapes), {"subscripts": text}, grad=tuple(range(len(shapes))))
        for text, *shapes in EINSUM[:6]
    ),
    Sample("einsum", (np.arange(6).reshape(2, 3), np.arange(3)), {"subscripts": "ij,j"}),
    Sample("einsum", (np.arange(6).reshape(2, 3),), {"subscripts": "ij->"}),
    Sample("einsum", (np.ones((2, 3), np.float16), np.ones(3, np.float16)), {"subscripts": "ij,j"}),
    *(Sample(op, (cube,), {"k": k}, grad=(0,)) for op in ("tril", "triu") for k in (-1, 0, 2)),
    *(Sample(op, (complex_normal(4, 3),), {"k": 1}, grad=(0,)) for op in ("tril", "triu")),
    *(Sample(op, (np.ones((0, 3)),), {"k": 0}, grad=(0,)) for op in ("tril", "triu")),
    *(
        Sample(op, (cube,), {"offset": offset, "axis1": a, "axis2": b}, grad=(0,))
        for op in ("diagonal", "trace")
        for offset in (-1, 0, 2)
        for a, b in AXES
    ),
    *(Sample(op, (cube[:, :0],), {"offset": 0, "axis1": 0, "axis2": 1}, grad=(0,)) for op in ("diagonal", "trace")),
    *(
        Sample(op, (np.arange(9, dtype=np.int32).reshape(3, 3),), {"offset": 1, "axis1": 0, "axis2": 1})
        for op in ("diagonal", "trace")
    ),
    *(
        Sample("diagonal_add", (cube, normal()), {"offset": offset, "axis1": a, "axis2": b}, grad=(0, 1))
        for offset in (-1, 0, 2)
        for a, b in AXES
    ),
    Sample("diagonal_add", (cube, normal(2, 3)), {"offset": 0, "axis1": 0, "axis2": 1}, grad=(0, 1)),
    Sample("diagonal_add", (cube, normal(2, 1)), {"offset": 0, "axis1": 0, "axis2": 1}, grad=(0, 1)),
    *(Sample("diag", (normal(2, 3),), {"k": k}, grad=(0,)) for k in (-1, 0, 2)),
    Sample("diag", (np.arange(3),), {"k": 0}),
    Sample("diag", (normal(0),), {"k": 1}, grad=(0,)),
]

BAD = [
    Bad("matmul", ("f32[2,3]", "f32[4,5]"), {}, ShapeError,
        "`matmul`(f32[2,3], f32[4,5]): 3 columns on the left, 4 rows on the right; they must be equal"),
    Bad("add_matmul", ("f32[2,4]", "f32[2,3]", "f32[3,5]"), {}, ShapeError,
        "`add_matmul`(f32[2,4], f32[2,5]): a product is added to a matrix of its own shape"),
    Bad("matmul", ("f32[n,3]", "f32[2]"), {}, ShapeError,
        "`matmul`(f32[n,3], f32[2]): 3 columns on the left, 2 rows on the right; they must be equal"),
    Bad("matmul", ("f32[]", "f32[2]"), {}, ShapeError,
        "`matmul`(f32[], f32[2]): 0-d tensors have no matrix product\n  Next: use `*`."),
    Bad("matmul", ("f32[2,3,4]", "f32[3,4,5]"), {}, ShapeError,
        "`matmul`(f32[2,3,4], f32[3,4,5]): shapes (2,) and (3,) do not broadcast (axis -1: 2 against 3)\n"
        "  Next: make the sizes equal, or 1 where an axis is to be repeated."),
    Bad("einsum", ("f32[2,3]", "f32[4]"), {"subscripts": "ij,j"}, ShapeError,
        "`einsum`(f32[2,3], f32[4]) 'ij,j': 'j' is 3 and 4; one letter has one size"),
    Bad("einsum", ("f32[2,3]",), {"subscripts": "ij,j"}, ShapeError,
        "`einsum` 'ij,j' names 2 operands, 1 are given"),
    Bad("einsum", ("f32[2,3]",), {"subscripts": "ijk"}, ShapeError,
        "`einsum` 'ijk': 'ijk' does not fit an operand of 2 dimensions"),
    Bad("einsum", ("f32[2,3]",), {"subscripts": "ij->k"}, ShapeError,
        "`einsum` 'ij->k': the result's letters must be distinct letters of the operands"),
    Bad("einsum", ("f32[2,3]",), {"subscripts": "i1->i"}, ShapeError,
        "`einsum` 'i1->i': 'i1' may have letters and one ellipsis only"),
    Bad("tril", ("f32[3]",), {"k": 0}, ShapeError, "`tril`(f32[3]): a matrix, or a batch of them, is needed"),
    Bad("diagonal", ("f32[3,3]",), {"offset": 0, "axis1": 0, "axis2": -2}, ShapeError,
        "`diagonal`: axis1 and axis2 are both 0"),
    Bad("diagonal_add", ("f32[3,3]", "f32[2]"), {"offset": 0, "axis1": 0, "axis2": 1}, ShapeError,
        "`diagonal_add`(f32[3,3], f32[2]): shapes (3,) and (2,) do not broadcast (axis -1: 3 against 2)\n"
        "  Next: make the sizes equal, or 1 where an axis is to be repeated."),
    Bad("trace", ("f32[3]",), {"offset": 0, "axis1": 0, "axis2": 1}, ShapeError,
        "`trace`(f32[3]): a matrix, or a batch of them, is needed"),
    Bad("diag", ("f32[]",), {"k": 0}, ShapeError, "`diag`(f32[]): a vector, or a batch of them, is needed"),
]  # fmt: skip
