"""What all optimizers share: groups of Parameters with their settings, state tensors, state dicts."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, cast

from eager.grad_mode import no_grad
from eager.parameter import Parameter
from eager.recorder import call, converts
from eager.tensor import Tensor
from graph.errors import GraphError

Group = dict[str, Any]
"""Settings by name, and under "params" the list of Parameters that they are for."""
State = dict[str, Tensor]


class OptimizerStateError(GraphError, ValueError):
    """A state dict is of another optimizer."""


class Optimizer(ABC):
    """Changes Parameters by their gradients: `backward()`, then `step()`, then `zero_grad()`.

    All that changes from step to step is in tensors, so that a step can be part of a static graph; a setting that is
    changed between the calls of a static function (a learning rate) becomes an input of its graph.
    """

    def __init__(self, params: Iterable[Parameter] | Iterable[Mapping[str, Any]], defaults: Mapping[str, Any]) -> None:
        """`params` are Parameters, or groups: mappings with "params" and the settings that differ from `defaults`."""
        entries = list(cast("Iterable[Any]", params))
        if not entries:
            raise ValueError("an optimizer needs Parameters, it was given none")
        if not isinstance(entries[0], Mapping):
            entries = [{"params": entries}]
        self.param_groups: list[Group] = [self._group(entry, defaults) for entry in entries]
        self._refuse_shared()
        self.state: list[State] = [
            self.first_state(parameter, group) for group in self.param_groups for parameter in group["params"]
        ]
        """By Parameter, in the order of the groups."""

    def _group(self, entry: Mapping[str, Any], defaults: Mapping[str, Any]) -> Group:
        unknown = [name for name in entry if name != "params" and name not in defaults]
        if unknown:
            raise ValueError(f"{type(self).__name__} has no setting {unknown[0]!r}; it has {', '.join(defaults)}")
        group: Group = {
            "params": list(entry["params"]),
            **defaults,
            **{n: v for n, v in entry.items() if n != "params"},
        }
        for parameter in group["params"]:
            if not isinstance(parameter, Parameter):
                raise TypeError(f"an optimizer changes Parameters, not {type(parameter).__name__}")
        self.check(group)
        return group

    def _refuse_shared(self) -> None:
        seen: set[int] = set()
        for group in self.param_groups:
            for parameter in group["params"]:
                if id(parameter) in seen:
                    named = f" {parameter.name!r}" if parameter.name else ""
                    raise ValueError(f"the Parameter{named} was given twice, it would be changed twice in a step")
                seen.add(id(parameter))

    # What an optimizer defines

    def check(self, group: Group) -> None:
        """Raise ValueError for settings out of range."""
        for name in ("lr", "momentum", "weight_decay", "eps"):
            if name in group and group[name] < 0:
                raise ValueError(f"`{name}` must not be negative, it is {group[name]}")

    @abstractmethod
    def first_state(self, parameter: Parameter, group: Group) -> State:
        """The state tensors of a Parameter before the first step."""

    @abstractmethod
    def update(self, parameter: Parameter, gradient: Tensor, state: State, group: Group) -> None:
        """Change a Parameter and its state in place."""

    # What users call

    @no_grad()
    def step(self) -> None:
        """Change every Parameter that has a gradient."""
        states = iter(self.state)
        for group in self.param_groups:
            for parameter in group["params"]:
                call(update_by, (self, parameter, parameter.grad, next(states), group), {})

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.grad = None

    def state_dict(self) -> dict[str, Any]:
        """Settings and state tensors as they are now, Parameters by number: later steps do not change them."""
        groups: list[Group] = []
        count = 0
        for group in self.param_groups:
            numbers = list(range(count, count + len(group["params"])))
            count += len(numbers)
            groups.append({**group, "params": numbers})
        state = {i: {name: x.detach().copy() for name, x in entry.items()} for i, entry in enumerate(self.state)}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Go on from a `state_dict` of an optimizer of this kind for Parameters of these shapes.

        Raises: OptimizerStateError, before anything is changed.
        """
        groups: list[Group] = saved["param_groups"]
        sizes = [len(group["params"]) for group in self.param_groups]
        found = [len(group["params"]) for group in groups]
        if sizes != found:
            raise OptimizerStateError(
                f"the groups of this {type(self).__name__} have {sizes} Parameters, those of the state dict {found}"
            )
        for i, state in enumerate(self.state):
            self._check_state(i, state, saved["state"][i])
        with no_grad():
            for i, state in enumerate(self.state):
                for name, x in state.items():
                    x.assign(saved["state"][i][name])
        for group, given in zip(self.param_groups, groups, strict=True):
            group.update({name: value for name, value in given.items() if name != "params"})

    def _check_state(self, i: int, own: State, saved: Mapping[str, Tensor]) -> None:
        def text(state: Mapping[str, Tensor]) -> str:
            return ", ".join(f"{name} {tuple(x.shape)}" for name, x in sorted(state.items())) or "nothing"

        if text(own) != text(saved):
            raise OptimizerStateError(
                f"Parameter {i}: this {type(self).__name__} keeps {text(own)}, the state dict has {text(saved)}"
            )

    def __repr__(self) -> str:
        lines = [
            ", ".join(f"{name}={value!r}" for name, value in group.items() if name != "params")
            for group in self.param_groups
        ]
        return f"{type(self).__name__}({'; '.join(lines)})"


@converts
def update_by(optimizer: Optimizer, parameter: Parameter, gradient: Tensor | None, state: State, group: Group) -> None:
    """Change a Parameter by the gradient that it has, if it has one: a graph may decide that."""
    if gradient is not None:
        optimizer.update(parameter, gradient, state, group)


def is_used(setting: Any) -> bool:
    """Whether a setting does anything. One that is known only when a graph runs may do something."""
    return isinstance(setting, Tensor) or setting != 0
