"""Running sums and products in ONNX."""

from graph.aval import Aval, SymDim
from graph.dtypes import int64
from graph.ir.onnx_form import Handle, OnnxEmitter


def cumsum_onnx(b: OnnxEmitter, x: Handle, *, axis: int, types: tuple[Aval]) -> Handle:
    return b.node("CumSum", b.convert(x, types[0].dtype), b.tensor(axis % x.ndim, int64))


def cumprod_onnx(b: OnnxEmitter, x: Handle, *, axis: int, types: tuple[Aval]) -> Handle:
    """Element by element: each trip joins the product so far, times the next element."""
    at, dtype = axis % x.ndim, types[0].dtype
    wide, axes = b.convert(x, dtype), b.tensor([at], int64)
    first = b.node("Slice", wide, b.tensor([0], int64), b.tensor([1], int64), axes)
    growing = Aval(dtype, tuple(SymDim.named("?") if i == at else d for i, d in enumerate(x.shape)))

    def step(i: Handle, done: Handle, last: Handle) -> tuple[Handle, Handle]:
        start = b.vector([b.add(i, 1)])
        product = b.mul(last, b.node("Slice", wide, start, b.add(start, 1), axes))
        return b.node("Concat", done, product, axis=at), product

    trips = b.sub(b.sizes(x)[at], 1)
    return b.loop(trips, (first, first), (growing, growing), step)[0]
