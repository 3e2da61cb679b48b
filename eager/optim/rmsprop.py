"""RMSprop."""

from collections.abc import Iterable, Mapping
from typing import Any

from eager.creation import zeros_like
from eager.elementwise import sqrt, square
from eager.optim.optimizer import Group, Optimizer, State, is_used
from eager.parameter import Parameter
from eager.tensor import Tensor


class RMSprop(Optimizer):
    """p -= lr * g / (sqrt(v) + eps), where v is a running mean of g^2 (`centered`: of the variance of g).

    With momentum, steps are summed up: u = momentum * u + g / (...), p -= lr * u. `weight_decay` adds weight_decay * p
    to the gradient. Source: Hinton's lecture 6e; Graves 2013 for `centered`.
    """

    def __init__(
        self,
        params: Iterable[Parameter] | Iterable[Mapping[str, Any]],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "alpha": alpha,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "centered": centered,
        }
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        super().check(group)
        if not 0 <= group["alpha"] < 1:
            raise ValueError(f"`alpha` must lie in [0, 1), it is {group['alpha']}")

    def first_state(self, parameter: Parameter, group: Group) -> State:
        names = ["square_avg"]
        if group["centered"]:
            names.append("grad_avg")
        if group["momentum"]:
            names.append("momentum_buffer")
        return {name: zeros_like(parameter) for name in names}

    def update(self, parameter: Parameter, gradient: Tensor, state: State, group: Group) -> None:
        if is_used(group["weight_decay"]):
            gradient = gradient + group["weight_decay"] * parameter
        alpha = group["alpha"]
        square_mean = state["square_avg"]
        square_mean *= alpha
        square_mean += (1 - alpha) * square(gradient)
        spread = square_mean
        if "grad_avg" in state:
            mean = state["grad_avg"]
            mean *= alpha
            mean += (1 - alpha) * gradient
            spread = square_mean - square(mean)
        change = gradient / (sqrt(spread) + group["eps"])
        if "momentum_buffer" in state:
            velocity = state["momentum_buffer"]
            velocity *= group["momentum"]
            velocity += change
            change = velocity
        parameter -= group["lr"] * change
