"""Linear algebra: the array API's `linalg`, and products. Leading axes are batches."""

import builtins
from collections.abc import Sequence
from typing import Any, Final, Literal, NamedTuple

import numpy as np

from eager.creation import DTypeLike, asarray, astype, eye
from eager.dispatch import apply, dims_of
from eager.elementwise import conj, divide, greater, multiply, subtract, where
from eager.manipulation import broadcast_to, expand_dims, matrix_transpose, permute_dims, reshape
from eager.manipulation import diagonal as diagonal_of_axes
from eager.reductions import max, sum
from eager.tensor import Tensor
from graph.errors import ShapeError
from graph.ir.opdef import lookup

CHOLESKY: Final = lookup("cholesky")
DET: Final = lookup("det")
EIGH: Final = lookup("eigh")
EINSUM: Final = lookup("einsum")
INV: Final = lookup("inv")
MATMUL: Final = lookup("matmul")
MATRIX_NORM: Final = lookup("matrix_norm")
QR: Final = lookup("qr")
SLOGDET: Final = lookup("slogdet")
SOLVE: Final = lookup("solve")
SVD: Final = lookup("svd")
TRACE: Final = lookup("trace")
VECTOR_NORM: Final = lookup("vector_norm")

__all__ = [
    "cholesky",
    "cross",
    "det",
    "diagonal",
    "dot",
    "eigh",
    "eigvalsh",
    "einsum",
    "inner",
    "inv",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "norm",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
    "trace",
    "vecdot",
    "vector_norm",
]


# Products


def matmul(x1: Any, x2: Any, /) -> Tensor:
    """Matrix product; a vector on the left is a row, on the right a column, without that axis in the result."""
    return apply(MATMUL, asarray(x1), asarray(x2))


def dot(x1: Any, x2: Any, /) -> Tensor:
    """NumPy's: the product with a scalar, else the sum over the last axis of `x1` and the last but one of `x2`."""
    a, b = asarray(x1), asarray(x2)
    if not a.ndim or not b.ndim:
        return multiply(a, b)
    if (a.ndim <= 2 and b.ndim <= 2) or b.ndim == 1:
        return matmul(a, b)
    return tensordot(a, b, ([-1], [builtins.max(b.ndim - 2, 0)]))


def vecdot(x1: Any, x2: Any, /, axis: int = -1) -> Tensor:
    """Sum of conj(x1) * x2 along `axis`; the other axes broadcast."""
    return sum(multiply(conj(x1), asarray(x2)), axis)


def inner(x1: Any, x2: Any, /) -> Tensor:
    """NumPy's: the sum over the last axes of both."""
    a, b = asarray(x1), asarray(x2)
    return multiply(a, b) if not a.ndim or not b.ndim else tensordot(a, b, ([-1], [-1]))


def outer(x1: Any, x2: Any, /) -> Tensor:
    """Every product of an element of one vector with one of the other."""
    return multiply(expand_dims(reshape(x1, (-1,)), 1), reshape(x2, (-1,)))


def tensordot(x1: Any, x2: Any, /, axes: int | tuple[Sequence[int], Sequence[int]] = 2) -> Tensor:
    """Sum of products over pairs of axes: so many last and first ones, or those listed for each."""
    a, b = asarray(x1), asarray(x2)
    if isinstance(axes, int):
        left, right = list(range(a.ndim - axes, a.ndim)), list(range(axes))
    else:
        left, right = [i % a.ndim for i in axes[0]], [i % b.ndim for i in axes[1]]
    if len(left) != len(right) or len(left) > builtins.min(a.ndim, b.ndim):
        raise ShapeError(f"`tensordot`({a.aval}, {b.aval}): axes {axes} are not pairs")
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    first = list(letters[: a.ndim])
    second = list(letters[a.ndim : a.ndim + b.ndim])
    for i, k in zip(left, right, strict=True):
        second[k] = first[i]
    kept = [x for i, x in enumerate(first) if i not in left] + [x for i, x in enumerate(second) if i not in right]
    return einsum(f"{''.join(first)},{''.join(second)}->{''.join(kept)}", a, b)


def einsum(subscripts: str, /, *operands: Any) -> Tensor:
    """Einstein's sums, with NumPy's subscripts: letters shared by operands, and not in the result, are summed over."""
    return apply(EINSUM, *(asarray(x) for x in operands), subscripts=subscripts)


def cross(x1: Any, x2: Any, /, axis: int = -1) -> Tensor:
    """Cross product of vectors of three elements along `axis`."""
    a, b = asarray(x1), asarray(x2)
    if dims_of(a)[axis] != 3 or dims_of(b)[axis] != 3:
        raise ShapeError(f"`cross`({a.aval}, {b.aval}): axis {axis} must have 3 elements")
    forward, back = [1, 2, 0], [2, 0, 1]
    return subtract(
        multiply(a.take(forward, axis=axis), b.take(back, axis=axis)),
        multiply(a.take(back, axis=axis), b.take(forward, axis=axis)),
    )


# Square matrices


def inv(x: Any, /) -> Tensor:
    """The inverse. LinAlgError for a singular matrix."""
    return apply(INV, asarray(x))


def solve(x1: Any, x2: Any, /) -> Tensor:
    """The x with `x1 @ x = x2`. LinAlgError for a singular matrix."""
    return apply(SOLVE, asarray(x1), asarray(x2))


def det(x: Any, /) -> Tensor:
    """The determinant."""
    return apply(DET, asarray(x))


class SlogdetResult(NamedTuple):
    """Sign, and log of the absolute value, of a determinant."""

    sign: Tensor
    logabsdet: Tensor


def slogdet(x: Any, /) -> SlogdetResult:
    """The determinant by sign and logarithm, which does not overflow."""
    return SlogdetResult(*apply(SLOGDET, asarray(x)))


def cholesky(x: Any, /, *, upper: bool = False) -> Tensor:
    """The lower triangular l with x = l l^H, or the upper u with x = u^H u. LinAlgError where there is none."""
    return apply(CHOLESKY, asarray(x), upper=upper)


class EighResult(NamedTuple):
    """Eigenvalues, rising, and eigenvectors, as columns."""

    eigenvalues: Tensor
    eigenvectors: Tensor


def eigh(x: Any, /) -> EighResult:
    """Eigenvalues and eigenvectors of a Hermitian matrix."""
    return EighResult(*apply(EIGH, asarray(x)))


def eigvalsh(x: Any, /) -> Tensor:
    """Eigenvalues of a Hermitian matrix, rising."""
    return eigh(x).eigenvalues


class QRResult(NamedTuple):
    """q with orthonormal columns, r upper triangular."""

    Q: Tensor
    R: Tensor


def qr(x: Any, /, *, mode: Literal["reduced", "complete"] = "reduced") -> QRResult:
    """x = q r."""
    if mode not in ("reduced", "complete"):
        raise ValueError(f"mode must be 'reduced' or 'complete', not {mode!r}")
    return QRResult(*apply(QR, asarray(x), mode=mode))


class SVDResult(NamedTuple):
    """x = U diag(S) Vh, with the singular values S falling."""

    U: Tensor
    S: Tensor
    Vh: Tensor


def svd(x: Any, /, *, full_matrices: bool = True) -> SVDResult:
    """Singular value decomposition."""
    return SVDResult(*apply(SVD, asarray(x), full_matrices=full_matrices))


def svdvals(x: Any, /) -> Tensor:
    """Singular values, falling."""
    return svd(x, full_matrices=False).S


def pinv(x: Any, /, *, rtol: float | Tensor | None = None) -> Tensor:
    """The Moore-Penrose inverse; singular values up to `rtol` of the largest count as zero."""
    x = asarray(x)
    u, s, vh = svd(x, full_matrices=False)
    tolerance = _tolerance(x, s.dtype) if rtol is None else rtol
    kept = greater(s, multiply(max(s, axis=-1, keepdims=True), tolerance))
    inverse = where(kept, divide(1.0, where(kept, s, 1.0)), 0.0)
    scaled = multiply(conj(matrix_transpose(vh)), expand_dims(inverse, -2))
    return matmul(scaled, conj(matrix_transpose(u)))


def matrix_rank(x: Any, /, *, rtol: float | None = None) -> Tensor:
    """How many singular values are more than `rtol` of the largest."""
    x = asarray(x)
    s = svdvals(x)
    tolerance = _tolerance(x, s.dtype) if rtol is None else rtol
    return sum(greater(s, multiply(max(s, axis=-1, keepdims=True), tolerance)), -1)


def _tolerance(x: Tensor, dtype: Any) -> float:
    return builtins.max(x.shape[-2:]) * float(np.finfo(dtype).eps)


def matrix_power(x: Any, n: int, /) -> Tensor:
    """The n-th power by repeated squaring; of the inverse where `n` is negative."""
    x = asarray(x)
    if x.ndim < 2 or dims_of(x)[-1] != dims_of(x)[-2]:
        raise ShapeError(f"`matrix_power`({x.aval}): square matrices are needed")
    base = inv(x) if n < 0 else x
    n = builtins.abs(n)
    result: Tensor | None = None
    while n:
        if n & 1:
            result = base if result is None else matmul(result, base)
        n >>= 1
        base = matmul(base, base) if n else base
    if result is None:
        return broadcast_to(eye(x.shape[-1], dtype=x.dtype), x.shape)
    return result.copy() if result is x else result


def trace(x: Any, /, *, offset: int = 0, dtype: DTypeLike = None) -> Tensor:
    """Sum of a diagonal of the last two axes."""
    x = asarray(x) if dtype is None else astype(x, dtype)
    total = apply(TRACE, x, offset=offset, axis1=-2, axis2=-1)
    return total if dtype is None else astype(total, dtype, copy=False)


def diagonal(x: Any, /, *, offset: int = 0) -> Tensor:
    """A diagonal of the last two axes."""
    return diagonal_of_axes(x, offset, -2, -1)


# Norms


def vector_norm(
    x: Any, /, *, axis: int | Sequence[int] | None = None, keepdims: bool = False, ord: float = 2
) -> Tensor:
    """(sum |x|**ord)**(1/ord) over `axis` (None: all)."""
    at = axis if axis is None or isinstance(axis, int) else tuple(axis)
    return apply(VECTOR_NORM, asarray(x), ord=ord, axis=at, keepdims=keepdims)


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: float | Literal["fro", "nuc"] | None = "fro") -> Tensor:
    """Norm of matrices, the last two axes."""
    return apply(MATRIX_NORM, asarray(x), ord="fro" if ord is None else ord, keepdims=keepdims)


def norm(x: Any, /, ord: Any = None, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
    """NumPy's: of all elements as one vector, of vectors along one axis, or of matrices in two."""
    x = asarray(x)
    if axis is None and ord is None:
        return vector_norm(x, keepdims=keepdims)
    if axis is None:
        axis = tuple(range(x.ndim))
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    if len(axes) == 1:
        return vector_norm(x, axis=axes[0], keepdims=keepdims, ord=2 if ord is None else ord)
    if len(axes) != 2:
        raise ValueError("Improper number of dimensions to norm.")
    first, second = (a % x.ndim for a in axes)
    rest = [i for i in range(x.ndim) if i not in (first, second)]
    result = matrix_norm(permute_dims(x, (*rest, first, second)), ord=ord)
    return expand_dims(result, tuple(sorted((first, second)))) if keepdims else result
