"""What VJP rules share.

Complex values: the cotangent of `z` is the direction of steepest ascent, dL/dRe(z) + i dL/dIm(z) (PyTorch's
convention), so a holomorphic `f` pulls `ct` back to `ct * conj(f'(z))`, and the pairing that a VJP keeps is
`Re(sum(conj(ct) * tangent))`.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, cast

from graph.dtypes import int64, is_complex, real_of
from graph.ir.emitter import Emitter

Derivative = Callable[[Emitter[Any], Any, Any], Any]
"""`derivative(b, y, x)`: a factor of the derivative of `y = f(x)`, elementwise."""
UnaryVjp = Callable[[Emitter[Any], Any, Any, Any], tuple[Any]]


def conj(b: Emitter[Any], x: Any) -> Any:
    """The conjugate; `x` itself where it is real."""
    return b.conj(x) if is_complex(x.dtype) else x


def times(derivative: Derivative) -> UnaryVjp:
    """The VJP of an elementwise function with this derivative."""

    def vjp(b: Emitter[Any], ct: Any, y: Any, x: Any) -> tuple[Any]:
        return (b.mul(ct, conj(b, derivative(b, y, x))),)

    return vjp


def over(reciprocal: Derivative) -> UnaryVjp:
    """The VJP of an elementwise function whose derivative is one over this."""

    def vjp(b: Emitter[Any], ct: Any, y: Any, x: Any) -> tuple[Any]:
        return (b.div(ct, conj(b, reciprocal(b, y, x))),)

    return vjp


def flat_vjp(b: Emitter[Any], ct: Any, y: Any, *operands: Any) -> tuple[None, ...]:
    """The VJP of a piecewise constant function: zero wherever it is defined."""
    return (None,) * len(operands)


def count(b: Emitter[Any], x: Any, axes: Sequence[int]) -> Any:
    """How many elements lie along `axes`: an int, or a 0-d value in the real dtype of `x` when sizes are symbolic."""
    sizes = b.shape_of(x)
    known = 1
    symbolic: list[Any] = []
    for axis in axes:
        size = sizes[axis]
        if isinstance(size, int):
            known *= size
        else:
            symbolic.append(size)
    if not symbolic:
        return known
    total = functools.reduce(b.mul, symbolic)
    return b.cast(b.mul(total, known) if known != 1 else total, dtype=real_of(x.dtype))


def places(b: Emitter[Any], n: Any) -> Any:
    """0 .. n-1, as i64."""
    shape, sizes = b.split_shape((n,))
    return b.iota(*sizes, shape=shape, dtype=int64)


def as_tuple(ct: Any) -> tuple[Any, ...]:
    """Cotangents of all results, also of an op that happens to have one."""
    return cast("tuple[Any, ...]", ct) if isinstance(ct, tuple) else (ct,)
