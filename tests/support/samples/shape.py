"""Samples of `graph/ops/shape.py`, `pad.py` and `join.py`."""

import numpy as np

from graph.aval import SymDim
from graph.errors import DTypeError, ShapeError
from support.samples.sample import Bad, Sample, normal

n, m = SymDim.named("n"), SymDim.named("m")
grid, cube = normal(2, 3), normal(2, 3, 4)
single = normal(1, 3, 1)
large = normal(100)
two, three = np.int64(2), np.int64(3)
scalar, empty = normal(), normal(0, 3)
ints = np.arange(6).reshape(2, 3)

SAMPLES = [
    Sample("compact", (cube,), grad=(0,)),
    Sample("compact", (scalar,), grad=(0,)),
    *(Sample("reshape", (grid,), {"shape": shape}, grad=(0,)) for shape in ((6,), (3, 2), (-1,), (1, -1, 2), (2, 3))),
    Sample("reshape", (scalar,), {"shape": (1, 1)}, grad=(0,)),
    Sample("reshape", (normal(1, 1),), {"shape": ()}, grad=(0,)),
    Sample("reshape", (empty,), {"shape": (3, -1)}, grad=(0,)),
    Sample("reshape", (grid, three, two), {"shape": (n, m)}, grad=(0,)),
    Sample("reshape", (cube, three), {"shape": (n, -1)}, grad=(0,)),
    Sample("reshape", (ints.T,), {"shape": (6,)}),
    *(Sample("transpose", (cube,), {"axes": axes}, grad=(0,)) for axes in ((0, 1, 2), (2, 0, 1), (0, -1, -2))),
    Sample("transpose", (scalar,), {"axes": ()}, grad=(0,)),
    Sample("transpose", (empty,), {"axes": (1, 0)}, grad=(0,)),
    Sample("broadcast_to", (single,), {"shape": (2, 3, 4)}, grad=(0,)),
    Sample("broadcast_to", (single,), {"shape": (5, 1, 3, 2)}, grad=(0,)),
    Sample("broadcast_to", (large,), {"shape": (50, 100)}, grad=(0,)),
    Sample("broadcast_to", (scalar, two), {"shape": (n, 3)}, grad=(0,)),
    Sample("broadcast_to", (scalar,), {"shape": ()}, grad=(0,)),
    Sample("broadcast_to", (normal(1, 3),), {"shape": (0, 3)}, grad=(0,)),
    Sample("broadcast_to", (normal(3), three), {"shape": (2, n)}, grad=(0,)),
    *(Sample("expand_dims", (grid,), {"axis": axis}, grad=(0,)) for axis in ((0,), (-1,), (0, -1), (1, 2), ())),
    Sample("expand_dims", (scalar,), {"axis": (0, 1)}, grad=(0,)),
    *(Sample("squeeze", (single,), {"axis": axis}, grad=(0,)) for axis in (0, -1, (0, 2), ())),
    Sample("squeeze", (normal(1, 1),), {"axis": (0, 1)}, grad=(0,)),
    *(Sample("flip", (cube,), {"axis": axis}, grad=(0,)) for axis in (0, -1, (0, 2), None)),
    Sample("flip", (ints,), {"axis": 1}),
    Sample("flip", (scalar,), {"axis": None}, grad=(0,)),
    *(Sample("roll", (grid,), {"shift": shift, "axis": axis}, grad=(0,)) for shift, axis in ((1, 1), (-4, 0))),
    Sample("roll", (cube,), {"shift": (1, 5), "axis": (0, -1)}, grad=(0,)),
    Sample("roll", (empty,), {"shift": 1, "axis": 0}, grad=(0,)),
    *(Sample("tile", (grid,), {"repeats": r}, grad=(0,)) for r in ((2,), (2, 3), (2, 1, 2), (1, 1), (0, 2), ())),
    Sample("tile", (scalar,), {"repeats": (3,)}, grad=(0,)),
    *(Sample("repeat", (grid,), {"repeats": r, "axis": axis}, grad=(0,)) for r, axis in ((2, 0), (3, -1), (0, 0))),
    # pad
    *(
        Sample("pad", (normal(3, 4),), {"widths": ((1, 2), (0, 3)), "mode": mode}, grad=(0,))
        for mode in ("constant", "edge", "reflect", "symmetric", "wrap")
    ),
    Sample("pad", (grid,), {"widths": ((5, 0), (0, 7)), "mode": "reflect"}, grad=(0,)),
    Sample("pad", (grid,), {"widths": ((0, 0), (1, 0)), "mode": "constant", "value": 2.5}, grad=(0,)),
    Sample("pad", (empty,), {"widths": ((1, 1), (0, 0))}, grad=(0,)),
    Sample("pad", (scalar,), {"widths": ()}, grad=(0,)),
    Sample("pad", (ints,), {"widths": ((1, 0), (0, 1)), "mode": "constant", "value": -1}),
    # join
    Sample("concat", (grid, normal(1, 3), normal(0, 3)), {"axis": 0}, grad=(0, 1, 2)),
    Sample("concat", (grid, grid), {"axis": -1}, grad=(0, 1)),
    Sample("concat", (ints,), {"axis": 1}),
    Sample("concat", (grid,), {"axis": 1}, grad=(0,)),
    Sample("stack", (grid, grid + 1, grid * 2), {"axis": 0}, grad=(0, 1, 2)),
    Sample("stack", (grid, grid), {"axis": -1}, grad=(0, 1)),
    Sample("stack", (scalar, scalar), {"axis": 0}, grad=(0, 1)),
    Sample("stack", (ints,), {"axis": 1}),
    *(Sample("unstack", (cube,), {"axis": axis}, grad=(0,)) for axis in (0, 1, -1)),
    Sample("unstack", (normal(3),), {"axis": 0}, grad=(0,)),
    Sample("unstack", (normal(1, 2),), {"axis": 0}, grad=(0,)),
    Sample("split", (cube,), {"sizes": (1, 3), "axis": 2}, grad=(0,)),
    Sample("split", (cube,), {"sizes": (2, 0, 1), "axis": -2}, grad=(0,)),
    Sample("split", (cube, two), {"sizes": (n, 2), "axis": 2}, grad=(0,)),
    Sample("split", (ints,), {"sizes": (3,), "axis": 1}),
]

BAD = [
    Bad("reshape", ("f32[2,3]",), {"shape": (4,)}, ShapeError,
        "`reshape`: f32[2,3] does not have as many elements as the shape (4,)"),
    Bad("reshape", ("f32[2,n]",), {"shape": (-1, -1)}, ShapeError, "`reshape` to (-1, -1): only one size may be -1"),
    Bad("reshape", ("f32[5]",), {"shape": (2, -1)}, ShapeError,
        "`reshape`: f32[5] does not have as many elements as the shape (2, -1)"),
    Bad("reshape", ("f32[0]",), {"shape": (0, -1)}, ShapeError,
        "`reshape`: f32[0] does not have as many elements as the shape (0, -1)"),
    Bad("reshape", ("f32[4]",), {"shape": (-2, -2)}, ShapeError,
        "`reshape` to (-2, -2): sizes must not be negative"),
    Bad("transpose", ("f32[2,3]",), {"axes": (0, 0)}, ShapeError,
        "`transpose`(f32[2,3]): axes (0, 0) are not a permutation of its 2 axes"),
    Bad("broadcast_to", ("f32[2,3]",), {"shape": (3,)}, ShapeError,
        "`broadcast_to`(f32[2,3]): its shape does not broadcast to (3,)"),
    Bad("broadcast_to", ("f32[2]",), {"shape": (3,)}, ShapeError,
        "`broadcast_to`(f32[2]): its shape does not broadcast to (3,)"),
    Bad("expand_dims", ("f32[2]",), {"axis": (2,)}, ShapeError,
        "`expand_dims`: axis 2 is out of bounds for a tensor of 2 dimensions"),
    Bad("squeeze", ("f32[2,1]",), {"axis": 0}, ShapeError, "`squeeze`(f32[2,1]): axis 0 has size 2, not 1"),
    Bad("roll", ("f32[2]",), {"shift": (1, 2), "axis": 0}, ShapeError, "`roll`: shifts (1, 2) do not match axes 0"),
    Bad("tile", ("f32[2]",), {"repeats": (-1,)}, ShapeError, "`tile`: repeats (-1,) must not be negative"),
    Bad("repeat", ("f32[2]",), {"repeats": -1, "axis": 0}, ShapeError,
        "`repeat`: -1 repeats; the number must not be negative"),
    Bad("pad", ("f32[2]",), {"widths": ((1, -1),)}, ShapeError,
        "`pad`(f32[2]): widths ((1, -1),) must be a pair of sizes for each of 1 axes"),
    Bad("pad", ("f32[2]",), {"widths": ((1, 1),), "mode": "mirror"}, ShapeError,
        "`pad`: there is no mode 'mirror'\n  Next: take one of constant, edge, reflect, symmetric, wrap."),
    Bad("pad", ("f32[0]",), {"widths": ((1, 1),), "mode": "edge"}, ShapeError,
        "`pad`(f32[0]): an empty axis has nothing to pad with in mode 'edge'"),
    Bad("pad", ("i64[2]",), {"widths": ((1, 1),), "value": 0.5}, DTypeError,
        "`pad`(i64[2]): the value 0.5 does not fit the dtype"),
    Bad("concat", ("f32[2,3]", "f32[2,4]"), {"axis": 0}, ShapeError,
        "`concat`(f32[2,3], f32[2,4]): sizes along axis 1 differ (3 and 4)"),
    Bad("concat", ("f32[]", "f32[]"), {"axis": 0}, ShapeError,
        "`concat`: axis 0 is out of bounds for a tensor of 0 dimensions"),
    Bad("stack", ("f32[2]", "f32[2,1]"), {"axis": 0}, ShapeError,
        "`stack`(f32[2], f32[2,1]): the numbers of axes differ"),
    Bad("unstack", ("f32[n]",), {"axis": 0}, ShapeError,
        "`unstack`(f32[n]): axis 0 has a size that is known at run time only\n  Next: loop over the axis instead."),
    Bad("split", ("f32[4]",), {"sizes": (1, 2), "axis": 0}, ShapeError,
        "`split`(f32[4]): sizes (1, 2) do not add up to axis 0, 4"),
]  # fmt: skip
