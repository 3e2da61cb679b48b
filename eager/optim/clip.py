"""Gradients kept within bounds, between `backward()` and `step()`."""

from collections.abc import Iterable

from eager.elementwise import minimum, sqrt, square
from eager.grad_mode import no_grad
from eager.manipulation import stack
from eager.parameter import Parameter
from eager.reductions import sum
from eager.tensor import Tensor


@no_grad()
def clip_grad_norm(parameters: Iterable[Parameter], max_norm: float) -> Tensor:
    """Scale all gradients by one factor so that their common 2-norm is at most `max_norm`; returns the norm before.

    ValueError when no Parameter has a gradient.
    """
    found = [(p, g) for p in parameters if (g := p.grad) is not None]
    if not found:
        raise ValueError("there are no gradients to clip\n  Next: call `backward()` first.")
    norm = sqrt(sum(stack([sum(square(g)) for _, g in found])))
    scale = minimum(max_norm / (norm + 1e-6), 1.0)
    for parameter, gradient in found:
        parameter.grad = gradient * scale.astype(gradient.dtype)
    return norm
