"""Samples of more than 64 elements, which native code keeps in memory, and of what only such show."""

import math

import numpy as np

from support.samples.sample import Bad, Sample, between, complex_normal, normal

every = slice(None)
table, rows = normal(20, 10), np.array([3, -1, 0, 3, 19, 7, 7, -20])
block = normal(6, 5, 4)
places = np.arange(200).reshape(10, 20) % 37 - 18
vector = normal(130)
mask, mask2 = normal(20, seed=3) > 0, normal(20, 10, seed=4) > 0
backward, forward = np.int64(-3), np.int64(2)

READS = [
    (table, (rows,), ("$",)),
    (table, (rows % 10,), (every, "$")),
    (table, (rows, rows % 10), ("$", "$")),
    (table, (rows.astype(np.int8)[:, None], np.arange(10, dtype=np.uint16)), ("$", "$")),
    (block, (rows % 5,), (2, "$")),
    (vector, (places,), ("$",)),
    (vector, (mask2[0, :0].astype(np.int64),), ("$",)),
    (table, (mask,), ("$",)),
    (table, (mask2,), ("$",)),
    (table, (mask2[0],), (every, "$")),
    (table, (mask, np.arange(int(mask.sum())) % 10), ("$", "$")),
    (table, (mask2 & False,), ("$",)),
    (table, (mask,), ("$", None)),
    (block, (normal(6, 5) > 0,), ("$",)),
    (block, (normal(5, 4) > 0,), (every, "$")),
    (block, (normal(5) > 0, np.int64(2)), (every, "$", "$")),
    (table, (np.False_,), ("$",)),
    (table, (), (True, 3)),
    (vector, (backward,), (slice(None, None, "$"),)),
    (vector, (forward,), (slice(3, None, "$"),)),
    (vector, (np.int64(100), np.int64(-120), backward), (slice("$", "$", "$"),)),
    (vector, (np.int64(-7), np.int64(400), forward), (slice("$", "$", "$"),)),
    (vector[:0], (backward,), (slice(None, None, "$"),)),
]
WRITES = [read for read in READS if read[2] != (True, 3)]

EINSUMS = [
    ("ij,jk->ik", (12, 9), (9, 11)),
    ("ij,kj->ik", (12, 9), (11, 9)),
    ("bij,bjk->bki", (3, 5, 6), (3, 6, 7)),
    ("ij,ij->", (12, 9), (12, 9)),
    ("ij,ij->i", (12, 9), (12, 9)),
    ("ij,i->ij", (12, 9), (12,)),
    ("i,j->ji", (12,), (9,)),
    ("ii->i", (12, 12)),
    ("iji->j", (5, 14, 5)),
    ("ij->ji", (12, 9)),
    ("ijk->", (4, 5, 6)),
    ("ij,jk,kl->il", (4, 9), (9, 8), (8, 3)),
    ("abc,cd,ade->be", (3, 4, 5), (5, 6), (3, 6, 7)),
    ("...ij,...jk->...ik", (2, 3, 4, 5), (3, 5, 6)),
    ("ij,jk->ik", (12, 1), (9, 11)),
    ("bij,bjk->bik", (1, 5, 6), (4, 6, 7)),
    ("abij,abjk->abik", (2, 3, 4, 5), (2, 3, 5, 2)),
    ("ijab,abkl->ijkl", (2, 3, 4, 5), (4, 5, 2, 6)),
    ("ij,kl->", (12, 9), (3, 4)),
    ("iij,jk->k", (4, 4, 9), (9, 5)),
    ("i,i,i->", (90,), (90,), (90,)),
    ("ij,jk->ik", (0, 9), (9, 11)),
    ("ij,jk->ik", (12, 0), (0, 11)),
    ("ab,bc,cd,de->", (3, 4), (4, 5), (5, 6), (6, 2)),
]

SAMPLES = [
    *(Sample("index", (x, *dynamic), {"index": index}) for x, dynamic, index in READS),
    *(
        Sample(op, (x, np.float64(1.5), *dynamic), {"index": index})
        for op in ("index_set", "index_add")
        for x, dynamic, index in WRITES
    ),
    *(
        Sample(op, (table, v, mask), {"index": ("$",)})
        for op in ("index_set", "index_add")
        for v in (normal(10), normal(1, 10), normal(int(mask.sum()), 10), normal(int(mask.sum()), 1))
    ),
    *(
        Sample(op, (np.float64(3), v, np.bool_(truth)), {"index": ("$",)})
        for op in ("index_set", "index_add")
        for v in (np.float64(2), np.array([2.0]))
        for truth in (False, True)
    ),
    *(Sample("take", (table, indices), {"axis": axis}) for axis in (0, -1) for indices in (rows % 10, places % 10)),
    Sample("take", (vector, np.int64(-5)), {"axis": 0}),
    Sample("take_along_axis", (table, places.T % 10), {"axis": 1}),
    Sample("take_along_axis", (table, places[:, :10] % 20), {"axis": 0}),
    Sample("take_along_axis", (table[:1], places.T % 10), {"axis": 1}),
    *(Sample("nonzero", (x,)) for x in (mask2, table * mask2, mask2 & False, complex_normal(80), np.arange(100) % 3)),
    Sample("nonzero", (np.ones((3, 0)),)),
    *(Sample(op, (normal(2, 9, 11),), {"k": k}) for op in ("tril", "triu") for k in (-10, -2, 0, 3, 20)),
    *(Sample(op, (mask2,), {"k": 1}) for op in ("tril", "triu")),
    *(
        Sample(op, (normal(3, 9, 11),), {"offset": offset, "axis1": a, "axis2": b})
        for op in ("diagonal", "trace")
        for offset, a, b in ((0, 1, 2), (3, -1, 0), (-4, 1, -1), (30, 0, 1))
    ),
    Sample("diagonal", (normal(90, 95),), {"offset": 2, "axis1": 0, "axis2": 1}),
    Sample("diagonal_add", (normal(9, 11), normal(9)), {"offset": 2, "axis1": 0, "axis2": 1}),
    Sample("diagonal_add", (normal(3, 9, 11), normal(3, 1)), {"offset": -2, "axis1": 1, "axis2": 2}),
    Sample("diagonal_add", (normal(9, 3, 11), np.float64(2)), {"offset": 0, "axis1": 2, "axis2": 0}),
    *(Sample("diag", (normal(12),), {"k": k}) for k in (-2, 0, 3)),
    Sample("diag", (complex_normal(2, 6),), {"k": 1}),
    *(
        Sample("einsum", tuple(normal(*s, seed=k) for k, s in enumerate(shapes)), {"subscripts": text})
        for text, *shapes in EINSUMS
    ),
    Sample("einsum", (complex_normal(12, 9), complex_normal(9, 11)), {"subscripts": "ij,jk->ik"}),
    Sample("einsum", (mask2, mask2[0]), {"subscripts": "ij,j->i"}),
    Sample("einsum", (places.astype(np.int8), places.astype(np.int8)), {"subscripts": "ij,ij->j"}),
    Sample("einsum", (np.ones((40, 90), np.float16), np.ones((90, 2), np.float16)), {"subscripts": "ij,jk->ki"}),
    *(
        Sample("vector_norm", (between(0.2, 1.0, 12, 9),), {"ord": order, "axis": axis, "keepdims": keepdims})
        for order in (0, 1, 2, 2.5, -1, math.inf, -math.inf)
        for axis, keepdims in ((None, False), (0, True), ((0, 1), False), (-1, False))
    ),
    *(
        Sample("matrix_norm", (normal(2, 9, 8),), {"ord": order, "keepdims": False})
        for order in ("fro", 1, -1, math.inf)
    ),
    Sample("matrix_norm", (complex_normal(9, 8),), {"ord": -math.inf, "keepdims": True}),
    *(
        Sample("sum_to", (normal(4, 9, 8), x))
        for x in (normal(9, 8), normal(4, 1, 8), normal(1, 9, 1), normal(8), normal(4, 9, 8), normal(1))
    ),
    *(Sample("sum", (normal(9, 8),), {"axis": (), "keepdims": keepdims}) for keepdims in (False, True)),
    Sample("sum_to", (np.ones((300, 4), np.float16), np.ones((1, 4), np.float16))),
]
BAD: list[Bad] = []
