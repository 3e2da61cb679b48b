"""Samples of `graph/ops/conv.py` and `pool.py`."""

from typing import Any

import numpy as np

from graph.dtypes import bfloat16
from graph.errors import DTypeError, ShapeError
from graph.ir.opdef import lookup
from support.samples.sample import Bad, Sample, complex_normal, normal


def windows(stride: Any, padding: Any = None, dilation: Any = None, groups: int = 1) -> dict[str, Any]:
    none, ones = tuple((0, 0) for _ in stride), (1,) * len(stride)
    return {"stride": stride, "padding": padding or none, "dilation": dilation or ones, "groups": groups}


CONV: list[tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]]] = [
    ((2, 3, 7), (4, 3, 3), windows((1,))),
    ((2, 4, 7, 6), (6, 2, 3, 2), windows((2, 1), ((1, 2), (0, 1)), (1, 2), 2)),
    ((2, 3, 5, 5), (3, 1, 3, 3), windows((1, 1), ((1, 1), (1, 1)), None, 3)),
    ((0, 2, 4, 4), (2, 2, 3, 3), windows((1, 1))),
    ((1, 2, 3, 4, 3), (2, 2, 2, 2, 2), windows((1, 2, 1))),
    ((2, 3, 6, 6), (4, 3, 2, 2), windows((3, 4))),
    ((1, 1, 5, 5), (1, 1, 1, 1), windows((2, 2))),
]


def _conv_samples(make: Any) -> list[Sample]:
    samples: list[Sample] = []
    for x_shape, w_shape, attrs in CONV:
        x, w = make(*x_shape), make(*w_shape, seed=1)
        ct = make(*lookup("conv").kernel(x, w, **attrs).shape, seed=2)
        samples += [
            Sample("conv", (x, w), attrs, grad=(0, 1)),
            Sample("conv_input_grad", (ct, w), {"shape": x_shape, **attrs}, grad=(0, 1)),
            Sample("conv_weight_grad", (ct, x), {"shape": w_shape, **attrs}, grad=(0, 1)),
        ]
    return samples


BLOCKS: list[tuple[Any, tuple[int, ...], tuple[int, ...], dict[str, Any]]] = [
    (np.float32, (2, 16, 19, 17), (9, 16, 3, 3), windows((1, 1), ((1, 1), (1, 1)))),
    (np.float64, (3, 4, 20, 23), (6, 2, 3, 4), windows((2, 3), ((1, 2), (0, 3)), (2, 1), 2)),
    (np.float32, (2, 8, 50), (5, 8, 3), windows((1,))),
    (np.float32, (3, 5, 70), (7, 5, 4), windows((3,), ((2, 1),))),
    (np.float64, (2, 20, 9, 9), (12, 20, 1, 1), windows((1, 1))),
    (np.float32, (2, 4, 12, 9), (5, 4, 3, 1), windows((1, 1))),
    (np.float32, (2, 8, 10, 10), (16, 1, 3, 3), windows((1, 1), ((1, 1), (1, 1)), None, 8)),
    (np.float64, (1, 3, 6, 7, 8), (4, 3, 2, 3, 2), windows((1, 1, 2), ((1, 0), (1, 1), (0, 1)))),
    (np.float64, (2, 4, 100, 99), (3, 4, 3, 3), windows((1, 1))),
    (np.float32, (40, 3, 12, 12), (5, 3, 3, 3), windows((1, 1))),
    (np.float32, (2, 0, 5, 5), (3, 0, 2, 2), windows((1, 1))),
    (np.float32, (2, 3, 5, 5), (0, 3, 2, 2), windows((1, 1))),
    (np.float16, (2, 4, 9, 9), (6, 2, 3, 3), windows((1, 2), ((1, 1), (1, 1)), None, 2)),
    (bfloat16, (2, 3, 9, 9), (4, 3, 3, 3), windows((1, 1))),
    (np.complex64, (2, 4, 9, 9), (6, 2, 3, 3), windows((1, 2), ((1, 1), (1, 1)), None, 2)),
    (np.int8, (2, 3, 9, 9), (4, 3, 3, 3), windows((1, 1), ((1, 1), (1, 1)))),
    (np.uint16, (2, 3, 40), (4, 3, 3), windows((2,))),
    (np.float64, (5, 40, 7, 6), (48, 40, 3, 3), windows((2, 1), ((1, 1), (0, 1)))),
    (np.float32, (3, 64, 6, 6), (64, 32, 3, 3), windows((1, 1), None, None, 2)),
    (np.float32, (2, 160, 5, 5), (128, 160, 1, 1), windows((1, 1))),
    (np.complex128, (2, 16, 5, 5), (40, 16, 3, 3), windows((1, 1))),
]
"""Of several tiles, pieces and images, with something left over; and of each dtype."""


def _block_samples() -> list[Sample]:
    samples: list[Sample] = []
    for dtype, x_shape, w_shape, attrs in BLOCKS:
        x, w = _numbers(dtype, x_shape), _numbers(dtype, w_shape)
        ct = _numbers(dtype, lookup("conv").kernel(x, w, **attrs).shape)
        samples += [
            Sample("conv", (x, w), attrs),
            Sample("conv_input_grad", (ct, w), {"shape": x_shape, **attrs}),
            Sample("conv_weight_grad", (ct, x), {"shape": w_shape, **attrs}),
        ]
    return samples


def _numbers(dtype: Any, shape: tuple[int, ...]) -> Any:
    """Of any dtype, small enough for 16-bit sums."""
    real = normal(*shape)
    if np.dtype(dtype).kind == "c":
        return (real + 1j * normal(*shape, seed=1)).astype(dtype)
    return (np.rint(8 * real) / (1 if np.dtype(dtype).kind in "iu" else 16)).astype(dtype)


def pooling(kernel: Any, stride: Any, padding: Any = None) -> dict[str, Any]:
    return {"kernel": kernel, "stride": stride, "padding": padding or tuple((0, 0) for _ in kernel)}


POOL: list[tuple[tuple[int, ...], dict[str, Any]]] = [
    ((2, 3, 6), pooling((2,), (2,))),
    ((2, 7, 6), pooling((3, 2), (2, 1), ((1, 1), (0, 1)))),
    ((2, 1, 5, 5), pooling((3, 3), (1, 1), ((1, 1), (1, 1)))),
    ((0, 3, 4, 4), pooling((2, 2), (2, 2))),
    ((1, 2, 4, 4, 4), pooling((2, 2, 2), (2, 2, 2))),
    ((4,), pooling((2,), (1,))),
]
ROWS: list[tuple[Any, tuple[int, ...], dict[str, Any]]] = [
    (np.float32, (2, 3, 28, 28), pooling((2, 2), (2, 2))),
    (np.float64, (2, 3, 17, 15), pooling((3, 3), (2, 2), ((1, 1), (1, 1)))),
    (np.float32, (2, 3, 9, 14), pooling((3, 3), (1, 1), ((1, 1), (1, 1)))),
    (np.float32, (2, 2, 7, 7), pooling((7, 7), (7, 7))),
    (np.float64, (1, 2, 9, 9), pooling((7, 7), (1, 1), ((3, 3), (3, 3)))),
    (np.float32, (200,), pooling((3,), (2,), ((1, 2),))),
    (np.float64, (1, 2, 6, 7, 6), pooling((3, 3, 2), (2, 2, 2), ((1, 1), (0, 1), (1, 0)))),
    (np.float32, (2, 3, 20, 21), pooling((2, 2), (3, 4))),
    (np.float16, (2, 3, 14, 14), pooling((3, 3), (2, 2), ((1, 1), (1, 1)))),
    (bfloat16, (2, 3, 14, 14), pooling((3, 3), (2, 2), ((1, 1), (1, 1)))),
    (np.int8, (2, 3, 14, 14), pooling((3, 3), (2, 2), ((1, 1), (1, 1)))),
]
"""Rows of all lengths, with ties; larger windows; each dtype."""


def _row_samples() -> list[Sample]:
    samples: list[Sample] = []
    for dtype, shape, attrs in ROWS:
        x, spatial = _numbers(dtype, shape), len(attrs["kernel"])
        positions = lookup("max_pool_positions").kernel(x, **attrs)
        ct = _numbers(dtype, positions.shape)
        samples += [Sample("max_pool", (x,), attrs), Sample("max_pool_positions", (x,), attrs)]
        samples.append(Sample("pool_take", (x, positions), {"spatial": spatial}))
        if np.dtype(dtype).kind in "iu":
            continue
        means = {**attrs, "include_pad": False}
        samples += [
            Sample("pool_add", (ct, positions), {"shape": shape, "spatial": spatial}),
            Sample("avg_pool", (x,), means),
            Sample("avg_pool_grad", (ct,), {"shape": shape, **means}),
        ]
    return samples


def _pool_samples() -> list[Sample]:
    samples: list[Sample] = []
    for shape, attrs in POOL:
        x, spatial = normal(*shape), len(attrs["kernel"])
        positions = lookup("max_pool_positions").kernel(x, **attrs)
        ct = normal(*positions.shape, seed=1)
        samples += [
            Sample("max_pool", (x,), attrs, grad=(0,)),
            Sample("max_pool", (np.arange(x.size).reshape(shape),), attrs),
            Sample("max_pool_positions", (x,), attrs),
            Sample("pool_take", (x, positions), {"spatial": spatial}, grad=(0,)),
            Sample("pool_add", (ct, positions), {"shape": shape, "spatial": spatial}, grad=(0,)),
        ]
        for include_pad in (True, False):
            means = {**attrs, "include_pad": include_pad}
            samples.append(Sample("avg_pool", (x,), means, grad=(0,)))
            samples.append(Sample("avg_pool_grad", (ct,), {"shape": shape, **means}, grad=(0,)))
    return samples


half = np.ones((1, 2, 40, 40), np.float16)
with_nan = normal(1, 2, 12, 12)
with_nan[0, 0, 3:6, 2:9] = np.nan
with_nan[0, 1] = -np.inf
padded = pooling((3, 3), (1, 1), ((1, 1), (1, 1)))
SAMPLES = [
    *_conv_samples(normal),
    *_conv_samples(complex_normal)[:6],
    Sample("conv", (half, half), windows((1, 1))),
    Sample("conv", (np.arange(18).reshape(1, 2, 9), np.ones((1, 2, 3), np.int64)), windows((2,))),
    *_block_samples(),
    *_pool_samples(),
    *_row_samples(),
    Sample("max_pool", (with_nan,), padded),
    Sample("max_pool_positions", (with_nan,), padded),
    Sample("avg_pool", (with_nan,), {**padded, "include_pad": True}),
    Sample("conv", (with_nan, normal(2, 2, 3, 3)), windows((1, 1), ((1, 1), (1, 1)))),
    Sample(
        "conv_weight_grad",
        (normal(1, 2, 12, 12), with_nan),
        {"shape": (2, 2, 3, 3), **windows((1, 1), ((1, 1), (1, 1)))},
    ),
    Sample("conv_input_grad", (with_nan, normal(2, 3, 3, 3)), {"shape": (1, 3, 14, 14), **windows((1, 1))}),
    Sample("max_pool_positions", (np.full((1, 3, 3), -np.inf),), pooling((2, 2), (2, 2), ((1, 0), (1, 0)))),
    Sample("max_pool_positions", (np.array([1.0, np.nan, 3.0, np.nan]),), pooling((2,), (1,))),
]

BAD = [
    Bad("conv", ("f32[1,3,8,8]", "f32[4,2,3,3]"), windows((1, 1)), ShapeError,
        "`conv`(f32[1,3,8,8], f32[4,2,3,3]): 3 channels against 2 in the weights x 1 groups"),
    Bad("conv", ("f32[1,4,8]", "f32[3,2,3]"), windows((1,), groups=2), ShapeError,
        "`conv`(f32[1,4,8], f32[3,2,3]): 3 output channels do not divide into 2 groups"),
    Bad("conv", ("f32[1,3,2,8]", "f32[4,3,3,3]"), windows((1, 1)), ShapeError,
        "`conv`: a window of 3 does not fit on an axis of 2 padded by (0, 0)"),
    Bad("conv", ("f32[3,8,8]", "f32[4,3,3,3]"), windows((1, 1)), ShapeError,
        "`conv`(f32[3,8,8], f32[4,3,3,3]): both need a batch or output axis, a channel axis and the same spatial axes"),
    Bad("conv", ("f32[1,3,8]", "f32[4,3,3]"), windows((1, 1)), ShapeError,
        "`conv`: stride (1, 1) must have 1 entries, one for each spatial axis"),
    Bad("conv", ("f32[1,3,8]", "f32[4,3,3]"), windows((0,)), ShapeError,
        "`conv`: stride (0,) and dilation (1,) must be at least 1"),
    Bad("conv", ("f32[1,3,8]", "f32[4,3,3]"), windows((1,), ((-1, 0),)), ShapeError,
        "`conv`: padding ((-1, 0),) must not be negative\n  Next: slice the tensor instead."),
    Bad("conv", ("bool[1,3,8]", "bool[4,3,3]"), windows((1,)), DTypeError,
        "`conv`(bool[1,3,8], bool[4,3,3]): operands must have one numeric dtype\n  Next: cast with `astype`."),
    Bad("conv_input_grad", ("f32[1,4,6]", "f32[4,3,3]"), {"shape": (1, 3, 9), **windows((1,))}, ShapeError,
        "`conv_input_grad`(f32[1,4,6], f32[4,3,3]): the convolution gives spatial sizes (7,), not (6,)"),
    Bad("conv_weight_grad", ("f32[1,4,6]", "f32[2,3,8]"), {"shape": (4, 3, 3), **windows((1,))}, ShapeError,
        "`conv_weight_grad`(f32[1,4,6], f32[2,3,8]): "
        "the operands do not fit each other or the result f32[4,3,3]"),
    Bad("max_pool", ("f32[4]",), pooling((2, 2), (2, 2)), ShapeError,
        "`max_pool`(f32[4]): a kernel of 2 axes needs a tensor of as many or more"),
    Bad("max_pool", ("c64[4]",), pooling((2,), (2,)), DTypeError, "`max_pool`(c64[4]): real numbers are needed"),
    Bad("max_pool_positions", ("f32[4]",), pooling((2,), (2,), ((2, 0),)), ShapeError,
        "`max_pool_positions`(f32[4]): padding ((2, 0),) must be smaller than the kernel (2,)"),
    Bad("pool_take", ("f32[2,4]", "i64[3,2]"), {"spatial": 1}, ShapeError,
        "`pool_take`: positions i64[3,2] do not fit leading axes (2,)"),
    Bad("pool_add", ("f32[2,3]", "i32[2,3]"), {"shape": (2, 4), "spatial": 1}, DTypeError,
        "`pool_add`: positions must be i64, not i32[2,3]"),
    Bad("avg_pool_grad", ("f32[2,3]",), {"shape": (2, 4), "include_pad": True, **pooling((2,), (2,))}, ShapeError,
        "`avg_pool_grad`(f32[2,3]): `avg_pool` gives f32[2,2] here"),
]  # fmt: skip
