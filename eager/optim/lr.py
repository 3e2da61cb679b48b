"""Learning rates that change from epoch to epoch (or from step to step: whenever `step()` is called).

Each schedule is a function of the count of its steps, so its rates do not drift, and it can be set to any epoch.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from eager.optim.optimizer import Optimizer
from eager.recorder import active
from graph.errors import UnsupportedError


class Schedule(ABC):
    """Sets the `lr` of each group of an optimizer: when made, for epoch 0, and with every `step()`."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.base_lrs: list[float] = [group["lr"] for group in optimizer.param_groups]
        self.epoch = 0

    @abstractmethod
    def lr_at(self, epoch: int, base: float) -> float:
        """The rate in an epoch, for a group that began with `base`."""

    def step(self) -> None:
        """Go on to the next epoch.

        Raises: UnsupportedError in a function that is being staged: a schedule counts in Python.
        """
        if active() is not None:
            raise UnsupportedError(
                "a learning rate schedule counts in Python, a graph would not see it go on",
                next_step="call its `step()` outside of the static function; the new rate is used in the next call.",
            )
        self.epoch += 1
        self._set()

    def _set(self) -> None:
        for group, base in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
            group["lr"] = self.lr_at(self.epoch, base)

    def last_lr(self) -> list[float]:
        """The rates that are set now, by group."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """Where the schedule stands."""
        return {"epoch": self.epoch, "base_lrs": list(self.base_lrs)}

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`, and set its rates. ValueError when it is for another number of groups."""
        if len(saved["base_lrs"]) != len(self.base_lrs):
            raise ValueError(
                f"the optimizer has {len(self.base_lrs)} groups, the state dict is for {len(saved['base_lrs'])}"
            )
        self.epoch, self.base_lrs = saved["epoch"], list(saved["base_lrs"])
        self._set()


class LambdaLR(Schedule):
    """base * factor(epoch)."""

    def __init__(self, optimizer: Optimizer, factor: Callable[[int], float]) -> None:
        super().__init__(optimizer)
        self.factor = factor
        self._set()

    def lr_at(self, epoch: int, base: float) -> float:
        return base * self.factor(epoch)


class StepLR(Schedule):
    """base * gamma^(epoch // step_size)."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        super().__init__(optimizer)
        self.step_size, self.gamma = step_size, gamma
        self._set()

    def lr_at(self, epoch: int, base: float) -> float:
        return base * self.gamma ** (epoch // self.step_size)


class MultiStepLR(Schedule):
    """base * gamma^(how many of the `milestones` the epoch has reached)."""

    def __init__(self, optimizer: Optimizer, milestones: Sequence[int], gamma: float = 0.1) -> None:
        super().__init__(optimizer)
        self.milestones, self.gamma = sorted(milestones), gamma
        self._set()

    def lr_at(self, epoch: int, base: float) -> float:
        return base * self.gamma ** sum(epoch >= milestone for milestone in self.milestones)


class ExponentialLR(Schedule):
    """base * gamma^epoch."""

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        super().__init__(optimizer)
        self.gamma = gamma
        self._set()

    def lr_at(self, epoch: int, base: float) -> float:
        return base * self.gamma**epoch


class CosineAnnealingLR(Schedule):
    """From base to `eta_min` along half a cosine in `T_max` epochs, and back again. Source: Loshchilov, Hutter 2017."""

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        super().__init__(optimizer)
        self.T_max, self.eta_min = T_max, eta_min
        self._set()

    def lr_at(self, epoch: int, base: float) -> float:
        return self.eta_min + (base - self.eta_min) * (1 + math.cos(math.pi * epoch / self.T_max)) / 2


class WarmupLR(Schedule):
    """Up to base in `warmup` equal parts, base / warmup first; then `after`, which counts from there, else constant."""

    def __init__(self, optimizer: Optimizer, warmup: int, after: Schedule | None = None) -> None:
        super().__init__(optimizer)
        if after is not None:
            if after.optimizer is not optimizer or after.epoch:
                raise ValueError("the schedule after the warm-up must be a new one of the same optimizer")
            self.base_lrs = list(after.base_lrs)
        self.warmup, self.after = warmup, after
        self._set()

    def lr_at(self, epoch: int, base: float) -> float:
        if epoch < self.warmup:
            return base * (epoch + 1) / self.warmup
        return base if self.after is None else self.after.lr_at(epoch - self.warmup, base)
