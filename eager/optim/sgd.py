"""Stochastic gradient descent."""

from collections.abc import Iterable, Mapping
from typing import Any

from eager.creation import zeros_like
from eager.optim.optimizer import Group, Optimizer, State, is_used
from eager.parameter import Parameter
from eager.tensor import Tensor


class SGD(Optimizer):
    """p -= lr * g; with momentum p -= lr * v, where v = momentum * v + g (Nesterov: p -= lr * (g + momentum * v)).

    `weight_decay` adds weight_decay * p to the gradient.
    """

    def __init__(
        self,
        params: Iterable[Parameter] | Iterable[Mapping[str, Any]],
        lr: float = 1e-3,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        defaults = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay, "nesterov": nesterov}
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        super().check(group)
        if group["nesterov"] and not group["momentum"]:
            raise ValueError("Nesterov's method needs a momentum")

    def first_state(self, parameter: Parameter, group: Group) -> State:
        return {"momentum_buffer": zeros_like(parameter)} if group["momentum"] else {}

    def update(self, parameter: Parameter, gradient: Tensor, state: State, group: Group) -> None:
        if is_used(group["weight_decay"]):
            gradient = gradient + group["weight_decay"] * parameter
        if "momentum_buffer" in state:
            velocity = state["momentum_buffer"]
            velocity *= group["momentum"]
            velocity += gradient
            gradient = gradient + group["momentum"] * velocity if group["nesterov"] else velocity
        parameter -= group["lr"] * gradient
