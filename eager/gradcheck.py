"""Gradients against central differences."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from eager.creation import asarray
from eager.functional_grad import vjp
from eager.pytree import flatten
from eager.tensor import Tensor


def gradcheck(
    f: Callable[..., Any],
    *args: Any,
    eps: float = 1e-6,
    atol: float = 1e-6,
    rtol: float = 1e-4,
    order: int = 1,
    seed: int = 0,
) -> None:
    """Compare the VJP of `f` at `args`, floating or complex tensors, with central differences; AssertionError when off.

    Along random directions, <ct, J v> from differences must equal <J^T ct, v> from the VJP; `order` 2 checks the
    gradient of that gradient as well, and so on. Meant for float64.
    """
    primals = [asarray(x) for x in args]
    rng = np.random.default_rng(seed)
    outputs = _tensors(f(*primals))
    cts = [asarray(_direction(rng, x)) for x in outputs]
    tangents = [_direction(rng, x) for x in primals]
    ahead, behind = (
        [asarray(_moved(x, step * t)) for x, t in zip(primals, tangents, strict=True)] for step in (eps, -eps)
    )
    difference = sum(
        _pairing(ct, (np.asarray(b) - np.asarray(a)) / (2 * eps))
        for ct, a, b in zip(cts, _tensors(f(*behind)), _tensors(f(*ahead)), strict=True)
    )

    def pulled(*xs: Any) -> list[Tensor]:
        def listed(*ys: Any) -> list[Tensor]:
            return _tensors(f(*ys))

        return list(vjp(listed, *xs)[1](cts))

    found = pulled(*primals)
    product = sum(_pairing(ct, t) for ct, t in zip(found, tangents, strict=True))
    if not np.allclose(product, difference, rtol=rtol, atol=atol):
        raise AssertionError(f"the VJP gives {product}, central differences {difference}")
    if order > 1:
        gradcheck(pulled, *primals, eps=eps, atol=atol, rtol=rtol, order=order - 1, seed=seed + 1)


def _tensors(result: Any) -> list[Tensor]:
    return [x for x in flatten(result)[0] if isinstance(x, Tensor) and x.dtype.kind in "fc"]


def _direction(rng: np.random.Generator, x: Tensor) -> np.ndarray:
    real = rng.standard_normal(x.shape)
    return np.asarray(real + 1j * rng.standard_normal(x.shape) if x.dtype.kind == "c" else real, x.dtype)


def _moved(x: Tensor, step: np.ndarray) -> np.ndarray:
    return np.asarray(x) + step


def _pairing(ct: Tensor, tangent: Sequence[Any] | np.ndarray) -> float:
    """Re <ct, tangent>."""
    return float(np.sum(np.conj(np.asarray(ct)) * np.asarray(tangent)).real)
