"""What the linear algebra families share: checks of matrix operands, and pieces of their VJP rules.

References of the rules: Giles 2008, "An extended collection of matrix derivative results for forward and reverse mode
algorithmic differentiation"; others are named at the rule. `ct` of a complex matrix is as in `cotangent_rules`.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from graph.aval import Aval, Type
from graph.dtypes import DType, complex64, complex128, float32, float64
from graph.errors import DTypeError, ShapeError
from graph.ir.emitter import Emitter
from graph.ir.onnx_form import NoOnnx
from graph.ir.opdef import Operand
from graph.ops.matmul import adjoint
from graph.ops.promotion import common
from graph.ops.shape_rules import quote, tensor, unify_dims

LAPACK_DTYPES = (float32, float64, complex64, complex128)


NO_NODE: Final = NoOnnx("there is no such node", "compute it outside of the model, and pass the result in.")


def to_lapack(operands: Sequence[Operand]) -> tuple[DType, ...]:
    """The common dtype of all operands, of which integers and bools count as float64, as in `np.linalg`."""
    for x in operands:
        if isinstance(x, np.dtype) and x.itemsize == 2 and x.kind not in "iu":
            raise TypeError(f"linear algebra is not defined in {x}; cast with `astype` to float32")
    return common()([float64 if isinstance(x, np.dtype) and x.kind in "biu" else x for x in operands])


def matrices(op: str, x: Type, *, square: bool = False) -> Aval:
    """`x` as (*b, m, n) of a dtype that LAPACK has; with `square`, m and n must be equal."""
    aval = tensor(x, op)
    if aval.dtype not in LAPACK_DTYPES:
        raise DTypeError(
            f"{quote(op, aval)}: float32, float64, complex64 or complex128 is needed", next_step="cast with `astype`."
        )
    if aval.ndim < 2:
        raise ShapeError(f"{quote(op, aval)}: a matrix, or a batch of them, is needed")
    if square and unify_dims(*aval.shape[-2:]) is None:
        raise ShapeError(f"{quote(op, aval)}: the matrices must be square")
    return aval


def hermitian_part(b: Emitter[Any], x: Any) -> Any:
    """(x + x^H) / 2."""
    return b.mul(b.add(x, adjoint(b, x)), 0.5)


def hermitian(x: Any) -> Any:
    """(x + x^H) / 2 at run time: `cholesky` and `eigh` read both triangles, so that their gradients are symmetric."""
    other = x.swapaxes(-1, -2)
    return (x + (other.conj() if x.dtype.kind == "c" else other)) / 2


def over_right(b: Emitter[Any], x: Any, y: Any) -> Any:
    """x y^-1."""
    return adjoint(b, b.solve(adjoint(b, y), adjoint(b, x)))


def as_columns(b: Emitter[Any], x: Any) -> Any:
    """(*b, n) -> (*b, n, 1)."""
    return b.expand_dims(x, axis=(x.ndim,))


def as_rows(b: Emitter[Any], x: Any) -> Any:
    """(*b, n) -> (*b, 1, n)."""
    return b.expand_dims(x, axis=(x.ndim - 1,))


def as_scalars(b: Emitter[Any], x: Any) -> Any:
    """(*b) -> (*b, 1, 1)."""
    return b.expand_dims(x, axis=(x.ndim, x.ndim + 1))
