"""Rearranged elements in ONNX. Nodes check by themselves what only a run can know."""

from typing import Any, Final

from graph.aval import Shape
from graph.dtypes import int64
from graph.ir.onnx_form import Handle, OnnxEmitter
from graph.ops.shape_rules import normalize_axes

FAR: Final = 2**63 - 1
"""Beyond every end."""
Axes = int | tuple[int, ...] | None


def reshape_onnx(b: OnnxEmitter, x: Handle, *sizes: Handle, shape: Shape) -> Handle:
    return b.reshape(x, b.resolved(shape, sizes))


def transpose_onnx(b: OnnxEmitter, x: Handle, *, axes: tuple[int, ...]) -> Handle:
    return b.node("Transpose", x, perm=[a % x.ndim for a in axes]) if axes else x


def broadcast_to_onnx(b: OnnxEmitter, x: Handle, *sizes: Handle, shape: Shape) -> Handle:
    return b.node("Expand", x, b.vector(b.resolved(shape, sizes)))


def expand_dims_onnx(b: OnnxEmitter, x: Handle, *, axis: tuple[int, ...]) -> Handle:
    return b.node("Unsqueeze", x, b.tensor(normalize_axes("expand_dims", axis, x.ndim + len(axis)), int64))


def squeeze_onnx(b: OnnxEmitter, x: Handle, *, axis: Axes) -> Handle:
    axes = normalize_axes("squeeze", axis, x.ndim)
    return b.node("Squeeze", x, b.tensor(axes, int64)) if axes else x


def flip_onnx(b: OnnxEmitter, x: Handle, *, axis: Axes) -> Handle:
    axes = normalize_axes("flip", axis, x.ndim)
    if not axes:
        return x
    bounds: list[Any] = [b.tensor([bound] * len(axes), int64) for bound in (-1, -FAR, -1)]
    return b.node("Slice", x, *bounds[:2], b.tensor(axes, int64), bounds[2])


def tile_onnx(b: OnnxEmitter, x: Handle, *, repeats: tuple[int, ...]) -> Handle:
    lead = max(len(repeats) - x.ndim, 0)
    whole = b.node("Unsqueeze", x, b.tensor(range(lead), int64)) if lead else x
    return b.node("Tile", whole, b.tensor((1,) * (x.ndim - len(repeats)) + repeats, int64))


def trilu_onnx(upper: bool) -> Any:
    def rule(b: OnnxEmitter, x: Handle, *, k: int) -> Handle:
        return b.node("Trilu", x, b.tensor(k, int64), upper=int(upper))

    return rule


def diag_onnx(b: OnnxEmitter, x: Handle, *, k: int) -> Handle:
    """Vectors (..., n) on a diagonal of matrices: on the main one, and then moved."""
    n = b.sizes(x)[-1]
    places = b.node("Range", b.tensor(0, int64), b.convert(n, int64), b.tensor(1, int64))
    same = b.eq(places, b.node("Unsqueeze", places, b.tensor([1], int64)))
    square = b.select(same, b.node("Unsqueeze", x, b.tensor([x.ndim], int64)), b.tensor(0, x.dtype))
    lead = [0] * (x.ndim - 1)
    widths = [*lead, max(-k, 0), max(k, 0), *lead, max(k, 0), max(-k, 0)]
    return b.node("Pad", square, b.tensor(widths, int64), b.tensor(0, x.dtype)) if k else square
