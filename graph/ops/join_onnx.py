"""Joining and taking apart in ONNX."""

from collections.abc import Callable
from typing import Any

from graph.aval import Shape
from graph.dtypes import int64
from graph.ir.onnx_form import Handle, OnnxEmitter


def concat_onnx(b: OnnxEmitter, *xs: Handle, axis: int) -> Handle:
    return b.node("Concat", *xs, axis=axis % xs[0].ndim)


def stack_onnx(b: OnnxEmitter, *xs: Handle, axis: int) -> Handle:
    at = axis % (xs[0].ndim + 1)
    axes = b.tensor([at], int64)
    return b.node("Concat", *(b.node("Unsqueeze", x, axes) for x in xs), axis=at)


def unstack_onnx(b: OnnxEmitter, x: Handle, *, axis: int) -> tuple[Handle, ...]:
    at = axis % x.ndim
    return tuple(b.node("Gather", x, b.tensor(i, int64), axis=at) for i in range(x.shape[at]))


def split_onnx(b: OnnxEmitter, x: Handle, *operands: Handle, sizes: Shape, axis: int) -> tuple[Handle, ...]:
    lengths = b.vector(b.resolved(sizes, operands))
    return b.nodes("Split", x, lengths, dtypes=[x.dtype] * len(sizes), axis=axis % x.ndim)


def matmul_onnx(b: OnnxEmitter, x: Handle, y: Handle) -> Handle:
    """Bools are summed as numbers."""
    if x.dtype.kind != "b":
        return b.node("MatMul", x, y)
    product = b.node("MatMul", b.convert(x, int64), b.convert(y, int64))
    return b.gt(product, 0)


def add_matmul_onnx(b: OnnxEmitter, total: Handle, x: Handle, y: Handle) -> Handle:
    return b.add(total, b.node("MatMul", x, y))


def einsum_onnx(expand: Callable[..., tuple[tuple[str, ...], str]]) -> Any:
    """With every axis named, as nodes broadcast axes under an ellipsis only where all operands have as many.
    `expand(subscripts, ranks)` names them."""

    def rule(b: OnnxEmitter, *xs: Handle, subscripts: str) -> Handle:
        terms, result = expand(subscripts, tuple(x.ndim for x in xs))
        return b.node("Einsum", *xs, equation=f"{','.join(terms)}->{result}")

    return rule
