"""Square matrices: `inv`, `solve`, `det`, `slogdet`, `cofactor`, `cholesky`. Leading axes are batches."""

from typing import Any, cast

import numpy as np

from graph.aval import Aval, Type
from graph.dtypes import is_complex, real_of
from graph.errors import DTypeError, ShapeError
from graph.ir.emitter import Emitter
from graph.ir.lowering import Choose, Decomposed, Loops, Lowering
from graph.ir.onnx_form import OnnxForm, OnnxOp
from graph.ir.opdef import Effect, OpDef, register
from graph.ops import linalg_lowering as lowering
from graph.ops import small_matrices
from graph.ops.cotangent_rules import conj
from graph.ops.matmul import adjoint, matrix_transpose
from graph.ops.matrices import (
    NO_NODE,
    as_columns,
    as_rows,
    as_scalars,
    hermitian,
    hermitian_part,
    matrices,
    over_right,
    to_lapack,
)
from graph.ops.running import products_before
from graph.ops.shape_rules import broadcast_shapes, quote, tensor, unify_dims


def infer_inv(x: Type) -> Aval:
    """Shape rule of `inv`: (*b, n, n) -> the same. Raises at run time: LinAlgError for a singular matrix."""
    return matrices("inv", x, square=True)


def inv_kernel(x: Any) -> Any:
    return cast(Any, np.linalg.inv(x))


def inv_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any) -> tuple[Any]:
    """-y^H ct y^H (Giles 2008, 2.2.3)."""
    y_h = adjoint(b, y)
    return (b.neg(b.matmul(b.matmul(y_h, ct), y_h)),)


def infer_solve(a: Type, y: Type) -> Aval:
    """Shape rule of `solve`: a (*b, n, n), y (n,) or (*b, n, k) -> x of y's shape with a x = y; `*b` broadcast.

    Raises at run time: LinAlgError for a singular matrix. Source: array API solve.
    """
    matrix, right = matrices("solve", a, square=True), tensor(y, "solve")
    described = quote("solve", matrix, right)
    if matrix.dtype != right.dtype:
        raise DTypeError(f"{described}: dtypes must agree in a graph", next_step="cast one with `astype`.")
    if not right.ndim:
        raise ShapeError(f"{described}: the right side must be a vector or matrices")
    rows = right.shape[-2:][0]
    if unify_dims(matrix.shape[-1], rows) is None:
        raise ShapeError(f"{described}: {matrix.shape[-1]} unknowns, {rows} rows on the right")
    batch = broadcast_shapes([matrix.shape[:-2], right.shape[:-2]], lambda: described)
    return Aval(matrix.dtype, (*batch, *right.shape[-2:]))


def solve_kernel(a: Any, y: Any) -> Any:
    return cast(Any, np.linalg.solve(a, y))


def solve_vjp(b: Emitter[Any], ct: Any, x: Any, a: Any, y: Any) -> tuple[Any, Any]:
    """By y: a^-H ct; by a: -(that) x^H (Giles 2008, 2.3.1)."""
    is_vector = y.ndim == 1
    by_columns = b.solve(adjoint(b, a), as_columns(b, ct) if is_vector else ct)
    by_a = by_y = None
    if b.wants(a):
        solution = as_columns(b, x) if is_vector else x
        by_a = b.unbroadcast(b.neg(b.matmul(by_columns, adjoint(b, solution))), a)
    if b.wants(y):
        by_y = b.unbroadcast(b.squeeze(by_columns, axis=(-1,)) if is_vector else by_columns, y)
    return by_a, by_y


def infer_det(x: Type) -> Aval:
    """Shape rule of `det`: (*b, n, n) -> (*b)."""
    aval = matrices("det", x, square=True)
    return Aval(aval.dtype, aval.shape[:-2])


def det_kernel(x: Any) -> Any:
    return np.linalg.det(x)


def det_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any) -> tuple[Any]:
    """ct times the conjugate cofactors (Jacobi's formula), which exist for singular matrices too."""
    return (b.mul(as_scalars(b, ct), conj(b, b.cofactor(x))),)


def infer_cofactor(x: Type) -> Aval:
    """Shape rule of `cofactor`: (*b, n, n) -> the same; each element's signed minor, det(x) inv(x)^T."""
    return matrices("cofactor", x, square=True)


def cofactor_kernel(x: Any) -> Any:
    """From x = u s v: det(u v) conj(u) adj(s) conj(v) (Stewart 1998, "On the adjugate matrix")."""
    u, s, v = np.linalg.svd(x)
    ones = np.ones((*s.shape[:-1], 1), s.dtype)
    before = np.concatenate([ones, np.cumprod(s[..., :-1], -1)], -1)[..., : s.shape[-1]]
    after = np.concatenate([ones, np.cumprod(s[..., :0:-1], -1)], -1)[..., : s.shape[-1]][..., ::-1]
    sign = np.linalg.det(u) * np.linalg.det(v)
    return sign[..., None, None] * np.matmul(u.conj() * (before * after)[..., None, :], v.conj())


def cofactor_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any) -> tuple[Any]:
    """Of y = det(x) inv(x)^T, by the rules of both factors; exact where x is invertible."""
    inverse = b.inv(x)
    y_conj = conj(b, y)
    by_det = b.sum(b.mul(conj(b, matrix_transpose(b, inverse)), ct), axis=(-2, -1), keepdims=True)
    inverse_h = adjoint(b, inverse)
    scaled = b.matmul(b.matmul(y_conj, matrix_transpose(b, ct)), inverse_h)
    return (b.sub(b.mul(by_det, y_conj), scaled),)


def infer_slogdet(x: Type) -> tuple[Aval, Aval]:
    """Shape rule of `slogdet`: (*b, n, n) -> sign (*b), log of the determinant's size (*b), which is real."""
    aval = matrices("slogdet", x, square=True)
    return Aval(aval.dtype, aval.shape[:-2]), Aval(real_of(aval.dtype), aval.shape[:-2])


def slogdet_kernel(x: Any) -> tuple[Any, Any]:
    return tuple(np.linalg.slogdet(x))


def slogdet_vjp(b: Emitter[Any], cts: Any, results: Any, x: Any) -> tuple[Any]:
    """ct inv(x)^H, as d(log det x) = tr(inv(x) dx) (Giles 2008, 2.2.4). A complex sign is exp(i Im(log det x))."""
    by_sign, by_log = cts
    total = None if by_log is None else b.cast(by_log, dtype=x.dtype)
    if by_sign is not None and is_complex(x.dtype):
        turned = b.mul(b.cast(b.imag(b.mul(conj(b, results[0]), by_sign)), dtype=x.dtype), 1j)
        total = turned if total is None else b.add(total, turned)
    if total is None:
        return (None,)
    return (b.mul(as_scalars(b, total), adjoint(b, b.inv(x))),)


def infer_cholesky(x: Type, *, upper: bool) -> Aval:
    """Shape rule of `cholesky`: (*b, n, n) Hermitian -> lower triangular l with x = l l^H, or upper u with x = u^H u.

    The Hermitian part of `x` is factorised. Raises at run time: LinAlgError where it is not positive definite.
    """
    return matrices("cholesky", x, square=True)


def cholesky_kernel(x: Any, *, upper: bool) -> Any:
    lower = cast(Any, np.linalg.cholesky(hermitian(x)))
    return lower.swapaxes(-1, -2).conj() if upper else lower


def cholesky_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *, upper: bool) -> tuple[Any]:
    """The Hermitian part of l^-H phi(l^H ct) l^-1; phi keeps the lower triangle and half the diagonal.

    Source: Murray 2016, "Differentiation of the Cholesky decomposition".
    """
    lower, ct = (adjoint(b, y), adjoint(b, ct)) if upper else (y, ct)
    product = b.matmul(adjoint(b, lower), ct)
    phi = b.mul(b.add(b.tril(product, k=0), b.tril(product, k=-1)), 0.5)
    return (hermitian_part(b, over_right(b, b.solve(adjoint(b, lower), phi), lower)),)


def cofactor_parts(b: Emitter[Any], x: Any) -> Any:
    """As the kernel has it."""
    u, s, v = b.svd(x, full_matrices=False)
    after = b.flip(products_before(b, b.flip(s, axis=s.ndim - 1)), axis=s.ndim - 1)
    scaled = b.mul(conj(b, u), as_rows(b, b.cast(b.mul(products_before(b, s), after), dtype=x.dtype)))
    return b.mul(as_scalars(b, b.mul(b.det(u), b.det(v))), b.matmul(scaled, conj(b, v)))


def lower_cofactor(x: Aval) -> Lowering:
    """Minors of small matrices, singular values of others."""
    n = x.shape[-1]
    return Loops(small_matrices.cofactor) if n == x.shape[-2] and n in (1, 2, 3) else Decomposed(cofactor_parts)


def _linalg(
    name: str,
    infer: Any,
    kernel: Any,
    vjp: Any,
    lower: Lowering,
    effect: Effect = Effect.PURE,
    onnx: OnnxForm = NO_NODE,
) -> None:
    register(OpDef(name, infer=infer, kernel=kernel, vjp=vjp, promote=to_lapack, effect=effect, lower=lower, onnx=onnx))


_linalg("inv", infer_inv, inv_kernel, inv_vjp, Loops(lowering.inv), Effect.CAN_FAIL)
_linalg("solve", infer_solve, solve_kernel, solve_vjp, Loops(lowering.solve), Effect.CAN_FAIL)
_linalg("det", infer_det, det_kernel, det_vjp, Loops(lowering.det), onnx=OnnxOp("Det"))
_linalg("cofactor", infer_cofactor, cofactor_kernel, cofactor_vjp, Choose(lower_cofactor), Effect.CAN_FAIL)
_linalg("slogdet", infer_slogdet, slogdet_kernel, slogdet_vjp, Loops(lowering.slogdet))
_linalg("cholesky", infer_cholesky, cholesky_kernel, cholesky_vjp, Loops(lowering.cholesky), Effect.CAN_FAIL)
