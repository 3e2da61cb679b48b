"""Factorisations of matrices: `qr`, `eigh`, `svd`. Batches of matrices on the last two axes.

Their VJPs hold where the factors are smooth: full rank for `qr`, distinct eigenvalues or singular values. Between equal
ones the cotangent is taken to be zero, which is right for whatever does not depend on the choice of vectors.
"""

from typing import Any

import numpy as np

from graph.aval import Aval, Dim, Type
from graph.dtypes import is_complex, real_of
from graph.errors import InternalError, NotDifferentiableError
from graph.ir.emitter import Emitter
from graph.ir.lowering import Loops
from graph.ir.opdef import Effect, OpDef, register
from graph.ops import factorize_lowering as lowering
from graph.ops.index_rules import DYNAMIC
from graph.ops.matmul import adjoint
from graph.ops.matrices import NO_NODE, as_columns, as_rows, hermitian, hermitian_part, matrices, over_right, to_lapack
from graph.ops.regions import number_unknown
from graph.ops.shape_rules import UNKNOWN_DIM, tensor


def smaller(m: Dim, n: Dim) -> Dim:
    """The smaller of two dims; a new size where that is not known."""
    if isinstance(m, int) and isinstance(n, int):
        return min(m, n)
    return m if m == n else UNKNOWN_DIM


def _numbered(*avals: Aval) -> tuple[Aval, ...]:
    """One new size where the same unknown stands in several results."""
    names = {str(d) for aval in avals for d in aval.shape if d == UNKNOWN_DIM}
    if not names:
        return avals
    (size,) = tensor(number_unknown((Aval(avals[0].dtype, (UNKNOWN_DIM,)),))[0], "qr").shape
    return tuple(Aval(a.dtype, tuple(size if d == UNKNOWN_DIM else d for d in a.shape)) for a in avals)


def infer_qr(x: Type, *, mode: str) -> tuple[Aval, ...]:
    """Shape rule of `qr`: (*b, m, n) -> q (*b, m, k), r (*b, k, n) with x = q r; k = min(m, n), or m for "complete"."""
    aval = matrices("qr", x)
    if mode not in ("reduced", "complete"):
        raise InternalError(f'`qr`: the mode is "reduced" or "complete", not {mode!r}')
    *batch, m, n = aval.shape
    k = m if mode == "complete" else smaller(m, n)
    return _numbered(Aval(aval.dtype, (*batch, m, k)), Aval(aval.dtype, (*batch, k, n)))


def qr_kernel(x: Any, *, mode: str) -> tuple[Any, Any]:
    q, r = np.linalg.qr(x, "complete" if mode == "complete" else "reduced")
    return q, r


def qr_vjp(b: Emitter[Any], cts: Any, results: Any, x: Any, *, mode: str) -> tuple[Any]:
    """(ct_q + q sym(triu(ct_r r^H - q^H ct_q))) r^-H; a wide matrix is [x1, x2] with x1 = q u, x2 = q v.

    Source: Walter and Lehmann 2012, "Algorithmic differentiation of linear algebra functions"; wide: Roberts and
    Roberts 2020, "QR and LQ decomposition matrix backpropagation algorithms for square, wide, and deep matrices".
    """
    q, r = results
    rows, columns = x.shape[-2:]
    by_q = b.zeros_like(q) if cts[0] is None else cts[0]
    by_r = b.zeros_like(r) if cts[1] is None else cts[1]
    is_known = isinstance(rows, int) and isinstance(columns, int)
    is_tall = is_known and rows > columns
    if mode == "complete" and rows != columns and (is_tall or not is_known):
        raise NotDifferentiableError(
            f"complete `qr` of {b.type_of(x)} has no gradient unless it is wide", next_step='use mode="reduced".'
        )
    if is_tall or rows == columns:
        return (_tall_qr_vjp(b, by_q, by_r, q, r),)
    # Where nothing is known, the wide rule serves: a tall matrix has no columns beyond those of q.
    count = b.shape_of(q)[-1]
    x2, by_v = _columns(b, x, count, None), _columns(b, by_r, count, None)
    by_q = b.add(by_q, b.matmul(x2, adjoint(b, by_v)))
    by_x1 = _tall_qr_vjp(b, by_q, _columns(b, by_r, None, count), q, _columns(b, r, None, count))
    return (b.concat(by_x1, b.matmul(q, by_v), axis=-1),)


def _columns(b: Emitter[Any], x: Any, start: Any, stop: Any) -> Any:
    """x[..., start:stop]; a bound is an int, a 0-d operand, or None."""
    bounds = [DYNAMIC if bound is not None and not isinstance(bound, int) else bound for bound in (start, stop)]
    operands = [bound for bound in (start, stop) if bound is not None and not isinstance(bound, int)]
    return b.index(x, *operands, index=("...", slice(*bounds)))


def _tall_qr_vjp(b: Emitter[Any], by_q: Any, by_r: Any, q: Any, r: Any) -> Any:
    upper = b.triu(b.sub(b.matmul(by_r, adjoint(b, r)), b.matmul(adjoint(b, q), by_q)), k=0)
    strict = b.triu(upper, k=1)
    diagonal = hermitian_part(b, b.sub(upper, strict))
    inner = b.add(b.add(strict, adjoint(b, strict)), diagonal)
    return over_right(b, b.add(by_q, b.matmul(q, inner)), adjoint(b, r))


def reciprocal_or_zero(b: Emitter[Any], x: Any) -> Any:
    """1 / x; 0 where `x` is 0."""
    is_zero = b.eq(x, 0)
    return b.where(is_zero, 0, b.div(1.0, b.where(is_zero, 1, x)))


def differences(b: Emitter[Any], x: Any) -> Any:
    """[i, j] = x[j] - x[i], over the last axis."""
    return b.sub(as_rows(b, x), as_columns(b, x))


def infer_eigh(x: Type) -> tuple[Aval, Aval]:
    """Shape rule of `eigh`: (*b, n, n) Hermitian -> eigenvalues (*b, n), rising, real; eigenvectors (*b, n, n).

    The eigenvectors are the columns. The Hermitian part of `x` is decomposed.
    Raises at run time: LinAlgError where LAPACK finds no convergence.
    """
    aval = matrices("eigh", x, square=True)
    return Aval(real_of(aval.dtype), aval.shape[:-1]), aval


def eigh_kernel(x: Any) -> tuple[Any, Any]:
    w, v = np.linalg.eigh(hermitian(x))
    return w, v


def eigh_vjp(b: Emitter[Any], cts: Any, results: Any, x: Any) -> tuple[Any]:
    """v (diag(ct_w) + (v^H ct_v) / (w_j - w_i)) v^H, its Hermitian part (Giles 2008, 3.1)."""
    w, v = results
    by_w, by_v = cts
    inner: Any = None
    if by_v is not None:
        inner = b.mul(b.matmul(adjoint(b, v), by_v), reciprocal_or_zero(b, differences(b, w)))
    if by_w is not None:
        on_diagonal = b.cast(b.diag(by_w, k=0), dtype=x.dtype)
        inner = on_diagonal if inner is None else b.add(inner, on_diagonal)
    if inner is None:
        return (None,)
    return (hermitian_part(b, b.matmul(b.matmul(v, inner), adjoint(b, v))),)


def infer_svd(x: Type, *, full_matrices: bool) -> tuple[Aval, ...]:
    """Shape rule of `svd`: (*b, m, n) -> u (*b, m, k), s (*b, k), falling, real; v (*b, k, n) with x = u diag(s) v.

    k = min(m, n); with `full_matrices` u is (*b, m, m) and v (*b, n, n). Raises at run time: LinAlgError where LAPACK
    finds no convergence.
    """
    aval = matrices("svd", x)
    *batch, m, n = aval.shape
    k = smaller(m, n)
    u = Aval(aval.dtype, (*batch, m, m if full_matrices else k))
    v = Aval(aval.dtype, (*batch, n if full_matrices else k, n))
    return _numbered(u, Aval(real_of(aval.dtype), (*batch, k)), v)


def svd_kernel(x: Any, *, full_matrices: bool) -> tuple[Any, Any, Any]:
    u, s, v = np.linalg.svd(x, full_matrices)
    return u, s, v


def svd_vjp(b: Emitter[Any], cts: Any, results: Any, x: Any, *, full_matrices: bool) -> tuple[Any]:
    """Townsend 2016, "Differentiating the singular value decomposition"; complex: Wan and Zhang 2019, "Automatic
    differentiation for complex valued SVD"."""
    u, s, v = results
    by_u, by_s, by_v = cts
    if full_matrices:
        if x.shape[-1] != x.shape[-2] and (by_u is not None or by_v is not None):
            raise NotDifferentiableError(
                "the full vectors of `svd` have no gradient", next_step="take full_matrices=False."
            )
        if x.shape[-1] != x.shape[-2]:
            u, s, v = b.svd(x, full_matrices=False)
    inner: Any = None if by_s is None else b.cast(b.diag(by_s, k=0), dtype=x.dtype)
    s_row, s_column = as_rows(b, s), as_columns(b, s)
    gaps = b.mul(differences(b, s), b.add(s_row, s_column))
    rest: Any = None
    if by_u is not None:
        skewed = _skew(b, b.matmul(adjoint(b, u), by_u))
        inner = _plus(b, inner, b.mul(b.mul(skewed, reciprocal_or_zero(b, gaps)), s_row))
        if is_complex(x.dtype):
            turned = b.div(b.sub(skewed, b.add(b.triu(skewed, k=1), b.tril(skewed, k=-1))), b.mul(s_row, 2.0))
            inner = b.add(inner, turned)
        if u.shape[-1] != u.shape[-2]:
            rest = b.matmul(_outside_columns(b, b.div(by_u, s_row), u), v)
    if by_v is not None:
        skewed = _skew(b, b.matmul(v, adjoint(b, by_v)))
        inner = _plus(b, inner, b.mul(s_column, b.mul(skewed, reciprocal_or_zero(b, gaps))))
        if v.shape[-1] != v.shape[-2]:
            rows = adjoint(b, _outside_columns(b, adjoint(b, b.div(by_v, s_column)), adjoint(b, v)))
            rest = _plus(b, rest, b.matmul(u, rows))
    if inner is None:
        return (None,)
    return (_plus(b, rest, b.matmul(b.matmul(u, inner), v)),)


def _plus(b: Emitter[Any], total: Any, x: Any) -> Any:
    return x if total is None else b.add(total, x)


def _skew(b: Emitter[Any], x: Any) -> Any:
    """x - x^H."""
    return b.sub(x, adjoint(b, x))


def _outside_columns(b: Emitter[Any], x: Any, basis: Any) -> Any:
    """The part of `x` that is orthogonal to the orthonormal columns of `basis`."""
    return b.sub(x, b.matmul(basis, b.matmul(adjoint(b, basis), x)))


def _factorization(name: str, infer: Any, kernel: Any, vjp: Any, lower: Any, effect: Effect) -> None:
    register(
        OpDef(
            name,
            infer=infer,
            kernel=kernel,
            vjp=vjp,
            promote=to_lapack,
            effect=effect,
            lower=Loops(lower),
            onnx=NO_NODE,
        )
    )


_factorization("qr", infer_qr, qr_kernel, qr_vjp, lowering.qr, Effect.PURE)
_factorization("eigh", infer_eigh, eigh_kernel, eigh_vjp, lowering.eigh, Effect.CAN_FAIL)
_factorization("svd", infer_svd, svd_kernel, svd_vjp, lowering.svd, Effect.CAN_FAIL)
