"""Adam, and Adam with decoupled weight decay."""

from collections.abc import Iterable, Mapping
from typing import Any

from eager.creation import zeros, zeros_like
from eager.elementwise import maximum, sqrt, square
from eager.optim.optimizer import Group, Optimizer, State, is_used
from eager.parameter import Parameter
from eager.tensor import Tensor
from graph.dtypes import int64


class Adam(Optimizer):
    """p -= lr * m' / (sqrt(v') + eps): m' and v' are running means of g and g^2, corrected for their start at zero.

    `weight_decay` adds weight_decay * p to the gradient; `amsgrad` uses the largest v so far.
    Source: Kingma and Ba 2015; Reddi et al. 2018.
    """

    def __init__(
        self,
        params: Iterable[Parameter] | Iterable[Mapping[str, Any]],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
    ) -> None:
        defaults = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad}
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        super().check(group)
        if not all(0 <= beta < 1 for beta in group["betas"]):
            raise ValueError(f"`betas` must lie in [0, 1), they are {group['betas']}")

    def first_state(self, parameter: Parameter, group: Group) -> State:
        names = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq") if group["amsgrad"] else ("exp_avg", "exp_avg_sq")
        return {"step": zeros((), int64), **{name: zeros_like(parameter) for name in names}}

    def decayed(self, parameter: Parameter, gradient: Tensor, group: Group) -> Tensor:
        """Apply weight decay; the gradient to go on with."""
        return gradient + group["weight_decay"] * parameter if is_used(group["weight_decay"]) else gradient

    def update(self, parameter: Parameter, gradient: Tensor, state: State, group: Group) -> None:
        gradient = self.decayed(parameter, gradient, group)
        first, second = group["betas"]
        step, mean, square_mean = state["step"], state["exp_avg"], state["exp_avg_sq"]
        step += 1
        mean *= first
        mean += (1 - first) * gradient
        square_mean *= second
        square_mean += (1 - second) * square(gradient)
        if "max_exp_avg_sq" in state:
            state["max_exp_avg_sq"].assign(maximum(state["max_exp_avg_sq"], square_mean))
            square_mean = state["max_exp_avg_sq"]
        rate = (group["lr"] / (1 - first**step)).astype(parameter.dtype)
        spread = sqrt(1 - second**step).astype(parameter.dtype)
        parameter -= rate * mean / (sqrt(square_mean) / spread + group["eps"])


class AdamW(Adam):
    """Adam whose weight decay shrinks Parameters by lr * weight_decay instead of changing the gradient.

    Source: Loshchilov and Hutter 2019.
    """

    def __init__(
        self,
        params: Iterable[Parameter] | Iterable[Mapping[str, Any]],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad)

    def decayed(self, parameter: Parameter, gradient: Tensor, group: Group) -> Tensor:
        if is_used(group["weight_decay"]):
            parameter *= 1 - group["lr"] * group["weight_decay"]
        return gradient
