"""Matrix products: `matmul` as NumPy has it, vectors and batches included. 16-bit floats are summed in float32."""

import functools
from typing import Any

import numpy as np

from graph.aval import Aval, Dim, Type
from graph.errors import DTypeError, ShapeError
from graph.ir.emitter import Emitter
from graph.ir.lowering import BuiltIn
from graph.ir.onnx_form import OnnxRule
from graph.ir.op import Op
from graph.ir.opdef import Effect, OpDef, register
from graph.ir.parts import TERM, WHOLE, Part, Parts, Ways, broadcast_part
from graph.ops.cotangent_rules import conj
from graph.ops.join_onnx import add_matmul_onnx, matmul_onnx
from graph.ops.promotion import common
from graph.ops.shape_rules import broadcast_shapes, quote, tensor, unify_dims


def matrix_operands(op: str, x: Type, y: Type) -> tuple[Aval, Aval]:
    """Two tensors of one dtype and at least one axis each."""
    a, b = tensor(x, op), tensor(y, op)
    if a.dtype != b.dtype:
        raise DTypeError(f"{quote(op, a, b)}: dtypes must agree in a graph", next_step="cast one with `astype`.")
    if not a.ndim or not b.ndim:
        raise ShapeError(f"{quote(op, a, b)}: 0-d tensors have no matrix product", next_step="use `*`.")
    return a, b


def infer_matmul(x: Type, y: Type) -> Aval:
    """Shape rule of `matmul`.

    Shapes: (*b, m, k), (*b, k, n) -> (*b, m, n), where `*b` broadcast; a vector (k,) is a row on the left and a column
    on the right, without that axis in the result. Dtypes: equal; the result has the same.
    Raises: ShapeError when the two k differ. Source: NumPy matmul; ONNX MatMul-13.
    """
    a, b = matrix_operands("matmul", x, y)
    inner = b.shape[-2:][0]
    if unify_dims(a.shape[-1], inner) is None:
        raise ShapeError(
            f"{quote('matmul', a, b)}: {a.shape[-1]} columns on the left, {inner} rows on the right; they must be equal"
        )
    batch = broadcast_shapes([a.shape[:-2], b.shape[:-2]], lambda: quote("matmul", a, b))
    return Aval(a.dtype, (*batch, *a.shape[-2:-1], *(b.shape[-1:] if b.ndim > 1 else ())))


def matmul_kernel(x: Any, y: Any) -> Any:
    if x.dtype.itemsize > 2 or x.dtype.kind in "iu":
        return np.matmul(x, y)
    dtype = np.result_type(x.dtype, y.dtype)
    if dtype.itemsize > 2 or dtype.kind in "biu":
        return np.matmul(x, y)
    return np.matmul(x.astype(np.float32), y.astype(np.float32)).astype(dtype)


def matrix_transpose(b: Emitter[Any], x: Any) -> Any:
    """`x` with its last two axes exchanged."""
    return b.transpose(x, axes=(*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def adjoint(b: Emitter[Any], x: Any) -> Any:
    """The conjugate transpose of the last two axes."""
    return conj(b, matrix_transpose(b, x))


def matmul_vjp(b: Emitter[Any], ct: Any, z: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """ct y^H and x^H ct; vectors are taken as the row or column that they stand for."""
    rows = b.expand_dims(x, axis=(0,)) if x.ndim == 1 else x
    columns = b.expand_dims(y, axis=(1,)) if y.ndim == 1 else y
    if x.ndim == 1:
        ct = b.expand_dims(ct, axis=(ct.ndim - (y.ndim > 1),))
    if y.ndim == 1:
        ct = b.expand_dims(ct, axis=(ct.ndim,))
    by_x = by_y = None
    if b.wants(x):
        by_rows = b.unbroadcast(b.matmul(ct, adjoint(b, columns)), rows)
        by_x = b.squeeze(by_rows, axis=(0,)) if x.ndim == 1 else by_rows
    if b.wants(y):
        by_columns = _by_right(b, ct, rows, columns)
        by_y = b.squeeze(by_columns, axis=(1,)) if y.ndim == 1 else by_columns
    return by_x, by_y


def _by_right(b: Emitter[Any], ct: Any, x: Any, y: Any) -> Any:
    """x^H ct, summed over the batch; one product of tall matrices where only `x` has a batch."""
    if y.ndim > 2 or x.ndim == 2:
        return b.unbroadcast(b.matmul(adjoint(b, x), ct), y)
    *batch, k = b.shape_of(x)
    n = b.shape_of(ct)[-1]
    length = functools.reduce(lambda p, q: p * q if isinstance(p, int) and isinstance(q, int) else b.mul(q, p), batch)
    return b.matmul(adjoint(b, b.reshape(x, (length, k))), b.reshape(ct, (length, n)))


def matmul_effect(op: Op) -> Effect:
    """CAN_FAIL where sizes that must fit are not known to."""
    x, y = (v.shape for v in op.operands)
    pairs: list[tuple[Dim, Dim]] = [(x[-1], y[-2:][0]), *zip(reversed(x[:-2]), reversed(y[:-2]), strict=False)]
    return (
        Effect.PURE
        if pairs[0][0] == pairs[0][1] and all(p == q or 1 in (p, q) for p, q in pairs[1:])
        else Effect.CAN_FAIL
    )


def matmul_parts(part: Part, z: Aval, x: Aval, y: Aval) -> Ways:
    """Rows of `x`, columns of `y`, or places of the batch; a part of the inner axis gives a term of the sums."""
    if part is TERM:
        return ((x.ndim - 1, max(y.ndim - 2, 0)),)
    if not isinstance(part, int):
        return ()
    columns = z.ndim - 1 if y.ndim > 1 else None
    rows = z.ndim - 1 - (y.ndim > 1) if x.ndim > 1 else None
    if part == columns:
        return ((WHOLE, y.ndim - 1),)
    if part == rows:
        return ((x.ndim - 2, WHOLE),)
    batch = Aval(z.dtype, z.shape[: z.ndim - (x.ndim > 1) - (y.ndim > 1)])
    return (tuple(broadcast_part(part, batch, Aval(v.dtype, v.shape[:-2])) for v in (x, y)),)


def add_matmul_parts(part: Part, z: Aval, total: Aval, x: Aval, y: Aval) -> Ways:
    return tuple((part, *way) for way in matmul_parts(part, z, x, y))


def infer_add_matmul(total: Type, x: Type, y: Type) -> Aval:
    """Shape rule of `add_matmul(total, x, y)`: `total + x @ y`, all matrices, of one dtype; nothing broadcasts.

    Raises: as `matmul`; ShapeError when `total` has another shape than the product.
    """
    product, aval = infer_matmul(x, y), tensor(total, "add_matmul")
    if aval.dtype != product.dtype:
        raise DTypeError(f"{quote('add_matmul', aval, product)}: dtypes must agree in a graph")
    pairs = zip(aval.shape, product.shape, strict=False)
    if aval.ndim != 2 or product.ndim != 2 or any(unify_dims(p, q) is None for p, q in pairs):
        raise ShapeError(f"{quote('add_matmul', aval, product)}: a product is added to a matrix of its own shape")
    return aval


def add_matmul_kernel(total: Any, x: Any, y: Any) -> Any:
    return total + matmul_kernel(x, y)


def add_matmul_vjp(b: Emitter[Any], ct: Any, z: Any, total: Any, x: Any, y: Any) -> tuple[Any, Any, Any]:
    return ct, *matmul_vjp(b, ct, z, x, y)


def add_matmul_effect(op: Op) -> Effect:
    """CAN_FAIL where sizes that must fit are not known to."""
    total, x, y = (v.shape for v in op.operands)
    fits = x[1] == y[0] and total == (x[0], y[1])
    return Effect.PURE if fits else Effect.CAN_FAIL


register(
    OpDef(
        "matmul",
        infer=infer_matmul,
        kernel=matmul_kernel,
        vjp=matmul_vjp,
        promote=common(),
        effect=matmul_effect,
        symbol="@",
        lower=BuiltIn(),
        parts=Parts(matmul_parts),
        onnx=OnnxRule(matmul_onnx),
    )
)
register(
    OpDef(
        "add_matmul",
        infer=infer_add_matmul,
        kernel=add_matmul_kernel,
        vjp=add_matmul_vjp,
        promote=None,
        effect=add_matmul_effect,
        lower=BuiltIn(),
        parts=Parts(add_matmul_parts),
        onnx=OnnxRule(add_matmul_onnx),
    )
)
