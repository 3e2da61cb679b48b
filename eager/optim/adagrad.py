"""Adagrad."""

from collections.abc import Iterable, Mapping
from typing import Any

from eager.creation import full_like, zeros
from eager.elementwise import sqrt, square
from eager.optim.optimizer import Group, Optimizer, State, is_used
from eager.parameter import Parameter
from eager.tensor import Tensor
from graph.dtypes import int64


class Adagrad(Optimizer):
    """p -= lr / (1 + t * lr_decay) * g / (sqrt(s) + eps), where s sums up g^2 and t counts the steps before this one.

    `weight_decay` adds weight_decay * p to the gradient. Source: Duchi et al. 2011.
    """

    def __init__(
        self,
        params: Iterable[Parameter] | Iterable[Mapping[str, Any]],
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
    ) -> None:
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "eps": eps,
        }
        super().__init__(params, defaults)

    def first_state(self, parameter: Parameter, group: Group) -> State:
        return {"step": zeros((), int64), "sum": full_like(parameter, group["initial_accumulator_value"])}

    def update(self, parameter: Parameter, gradient: Tensor, state: State, group: Group) -> None:
        if is_used(group["weight_decay"]):
            gradient = gradient + group["weight_decay"] * parameter
        step, total = state["step"], state["sum"]
        total += square(gradient)
        rate = (group["lr"] / (1 + step * group["lr_decay"])).astype(parameter.dtype)
        parameter -= rate * gradient / (sqrt(total) + group["eps"])
        step += 1
