"""Samples of `graph/ops/indexing.py`."""

import numpy as np

from graph.errors import DTypeError, IndexRangeError, ShapeError
from graph.ops.index_rules import resolve_index
from support.samples.sample import Bad, Sample, normal

x, cube = normal(4, 5), normal(3, 4, 2)
deep = normal(2, 3, 4, 3)
vector = normal(6)
every = slice(None)
one, minus_two = np.int64(1), np.int64(-2)
rows, columns = np.array([0, 2, 2]), np.array([[1], [-1]])
mask = np.array([True, False, True, True])
mask2 = np.random.default_rng(0).random((4, 5)) > 0.5

STATIC = [
    (x, (1,)), (x, (-1, 2)), (x, (slice(1, 3),)), (x, (every, slice(None, -1))), (x, (slice(None, None, -1),)),
    (x, (slice(-3, None, 2), None)), (x, ("...", 0)), (cube, (0, "...", 1)), (x, (None, "...")), (x, ()),
    (x, (slice(3, 1),)), (vector, (slice(1, -1),)), (vector, (slice(-2, None),)), (vector, (slice(-2, None, -1),)),
    (np.float64(3), ("...",)), (np.float64(3), (None,)), (vector, (slice(10, 20),)), (vector, (slice(None, 2),)),
    (x, (True,)), (x, (False, 0)),
]  # fmt: skip
DYNAMIC = [
    (x, (one,), ("$",)), (x, (one, minus_two), ("$", "$")), (vector, (one, np.int64(4)), (slice("$", "$"),)),
    (vector, (minus_two,), (slice(None, None, "$"),)), (x, (rows,), ("$",)), (x, (rows,), (every, "$")),
    (x, (rows, columns), ("$", "$")), (x, (rows, one), ("$", "$")), (cube, (rows, one), ("$", every, "$")),
    (cube, (rows,), (0, "$")), (x, (mask,), ("$",)),
    (x, (mask2,), ("$",)), (x, (mask, one), ("$", "$")), (x, (rows[:0],), ("$",)), (cube, (rows,), ("$", None, "...")),
    (cube, (mask, np.int64(1)), (every, "$", slice("$", None))), (x, (np.zeros(4, bool),), ("$",)),
    (x, (np.array(1, np.int32)[()],), ("...", "$")), (cube, (np.array([1, 0]),), (every, every, "$")),
    (cube, (np.array([1, 0, 1]), np.array([0, 1, 1])), (0, "$", "$")), (x, (np.True_,), ("$",)),
    (deep, (rows, one), (every, "$", every, "$")), (deep, (rows, one), (every, "$", "$")),
    (deep, (rows,), (every, "$", None, 1)), (deep, (rows, mask), (every, "$", "$")),
    (deep, (one, rows), ("$", "...", "$")),
]  # fmt: skip
READS = [*((a, (), index) for a, index in STATIC), *DYNAMIC]


def _value(a: np.ndarray, dynamic: tuple, index: tuple) -> np.ndarray:
    return normal(*a[resolve_index(index, dynamic)].shape, seed=9)


WRITES = [(a, _value(a, dynamic, index), dynamic, index) for a, dynamic, index in READS]

SAMPLES = [
    *(Sample("index", (a, *dynamic), {"index": index}, grad=(0,)) for a, dynamic, index in READS),
    *(
        Sample(op, (a, v, *dynamic), {"index": index}, grad=(0, 1))
        for op in ("index_set", "index_add")
        for a, v, dynamic, index in WRITES
    ),
    *(Sample(op, (x, np.float64(2)), {"index": (1,)}, grad=(0, 1)) for op in ("index_set", "index_add")),
    *(Sample(op, (x, normal(5), rows), {"index": ("$",)}, grad=(0, 1)) for op in ("index_set", "index_add")),
    Sample("index_set", (x, normal(1, 1, 5)), {"index": (slice(2),)}, grad=(0, 1)),
    *(
        Sample(op, (np.arange(4), np.array([7, 8]), np.array([3, 3])), {"index": ("$",)})
        for op in ("index_set", "index_add")
    ),
    Sample("index", (np.arange(4), mask), {"index": ("$",)}),
    *(Sample("take", (cube, rows), {"axis": axis}, grad=(0,)) for axis in (0,)),
    Sample("take", (cube, np.array([[0, -1], [1, 1]])), {"axis": -1}, grad=(0,)),
    Sample("take", (cube, one), {"axis": 1}, grad=(0,)),
    Sample("take", (vector, one), {"axis": 0}, grad=(0,)),
    Sample("take", (np.arange(3), rows.astype(np.int8)), {"axis": 0}),
    Sample("take", (vector, rows[:0]), {"axis": 0}, grad=(0,)),
    Sample("take_along_axis", (x, np.array([[0, 1, 1], [2, 0, 4], [-1, 3, 3], [0, 0, 0]])), {"axis": 1}, grad=(0,)),
    Sample("take_along_axis", (x, np.array([[0], [2], [-1], [0]])), {"axis": -1}, grad=(0,)),
    Sample("take_along_axis", (x, np.array([[3, 1, 0, 2, 2]])), {"axis": 0}, grad=(0,)),
    Sample("take_along_axis", (normal(1, 3), np.zeros((2, 2), np.int64)), {"axis": 1}, grad=(0,)),
    Sample("take_along_axis", (vector, np.array([5, 0])), {"axis": 0}, grad=(0,)),
    Sample("nonzero", (mask2,)),
    Sample("nonzero", (np.array([0, 3, 0, -1]),)),
]

BAD = [
    Bad("index", ("f32[2,3]",), {"index": (0, 0, 0)}, IndexRangeError,
        "`index`: too many indices for f32[2,3]: it has 2 axes, 3 were indexed"),
    Bad("index", ("f32[2,3]",), {"index": ("...", -4)}, IndexRangeError,
        "index -4 is out of bounds for axis 1 with size 3\n  Next: use an index from -3 to 2; the operand is f32[2,3]."),  # noqa: E501
    Bad("index", ("f32[2,3]",), {"index": ("...", "...")}, IndexRangeError,
        "`index`: an index can only have a single ellipsis ('...')"),
    Bad("index", ("f32[2,3]", "f32[2]"), {"index": ("$",)}, DTypeError,
        "`index`: an index must be integers or a bool mask, not f32[2]\n  Next: cast it with `astype`."),
    Bad("index", ("f32[2,3]", "bool[2,4]"), {"index": ("$",)}, IndexRangeError,
        "`index`: the mask bool[2,4] does not match f32[2,3]: axis 1 has size 3, not 4"),
    Bad("index", ("f32[2,3]", "i64[2]", "i64[3]"), {"index": ("$", "$")}, ShapeError,
        "`index`: index arrays: shapes (2,) and (3,) do not broadcast (axis -1: 2 against 3)\n"
        "  Next: make the sizes equal, or 1 where an axis is to be repeated."),
    Bad("index", ("f32[2]", "i64[2]"), {"index": (slice("$", None),)}, DTypeError,
        "`index`: a bound of a slice must be a 0-d integer, not i64[2]"),
    Bad("index", ("f32[2]",), {"index": (slice(None, None, 0),)}, ShapeError,
        "`index`: the step of a slice must not be zero"),
    Bad("index_set", ("f32[4]", "f32[3]"), {"index": (slice(2),)}, ShapeError,
        "`index_set`(f32[4], f32[3]): a value of shape (3,) does not broadcast to the (2,) that the index names"),
    Bad("index_set", ("f32[4]", "c64[]"), {"index": (0,)}, DTypeError,
        "`index_set` does not take (float32, complex64): complex values do not fit into float32; take `real` first"),
    Bad("index_add", ("f32[4]", "f32[2,1]"), {"index": (slice(2),)}, ShapeError,
        "`index_add`(f32[4], f32[2,1]): a value of shape (2, 1) does not broadcast to the (2,) that the index names"),
    Bad("take", ("f32[4]", "f32[2]"), {"axis": 0}, DTypeError, "`take`(f32[4], f32[2]): indices must be integers"),
    Bad("take", ("f32[0]", "i64[2]"), {"axis": 0}, IndexRangeError,
        "`take`(f32[0], i64[2]): nothing can be taken from the empty axis 0"),
    Bad("take_along_axis", ("f32[4,2]", "i64[2]"), {"axis": 0}, ShapeError,
        "`take_along_axis`(f32[4,2], i64[2]): both must have as many axes"),
    Bad("nonzero", ("f32[]",), {}, ShapeError, "`nonzero`(f32[]): a tensor of no axes has no indices"),
]  # fmt: skip
