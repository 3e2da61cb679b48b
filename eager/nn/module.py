"""`Module`: a model, or a part of one. What it learns, keeps and is made of are its attributes."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Self, cast

import numpy as np

from eager.grad_mode import no_grad
from eager.nn.state_dict import StateDict, fit
from eager.parameter import Parameter
from eager.recorder import call
from eager.tensor import Tensor

CONTAINERS = (list, tuple, dict)


class Mismatch(NamedTuple):
    """Names that a model and a state dict do not share."""

    missing: list[str]
    unexpected: list[str]


class Module:
    """A callable with state. Subclasses set attributes in `__init__` and define `forward`.

    Parameters, Modules, and lists, tuples and dicts of these belong to the model as soon as they are attributes; a
    buffer, a tensor that is kept but not learned, is one by `register_buffer`. Names are the ways to them:
    `layers.0.weight`. `super().__init__()` need not be called.
    """

    training: bool = True
    _parameters: frozenset[str] = frozenset()
    """Names of attributes that hold a Parameter. Names, as a Parameter that staged code has changed is not one while
    the graph is built."""
    _buffers: frozenset[str] = frozenset()

    def _no_forward(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define `forward`")

    forward: Callable[..., Any] = _no_forward

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """`forward`, which a recorder may run in its own way: staging converts it when it is a user's."""
        return call(self.forward, args, kwargs)

    # Attributes

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter):
            if name not in self._parameters:
                self.__dict__["_parameters"] = self._parameters | {name}
        elif type(value) is Tensor and name in self._parameters:
            raise TypeError(
                f"`{name}` of {type(self).__name__} is a Parameter, it cannot become a plain tensor\n"
                f"  Next: give it another value with `{name}.assign(...)` under `no_grad()`, or store a Parameter."
            )
        super().__setattr__(name, value)

    def register_buffer(self, name: str, value: Tensor) -> None:
        """Keep a tensor that is saved with the model but not learned."""
        self.__dict__["_buffers"] = self._buffers | {name}
        setattr(self, name, value)

    def members(self) -> Iterator[tuple[str, Any]]:
        """What may belong to the model, by name; containers are taken apart."""
        for name, value in vars(self).items():
            yield from _taken_apart(name, value)

    # Parts

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, "Module"]]:
        """This module, named `prefix`, and all in it; each once, by its first name."""
        yield from self._walk(prefix, set())

    def _walk(self, prefix: str, seen: set[int]) -> Iterator[tuple[str, "Module"]]:
        if id(self) in seen:
            return
        seen.add(id(self))
        yield prefix, self
        for name, value in self.members():
            if isinstance(value, Module):
                yield from value._walk(_joined(prefix, name), seen)

    def modules(self) -> Iterator["Module"]:
        """This module and all in it."""
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, "Module"]]:
        """The modules that are attributes of this one, each once."""
        seen: set[int] = set()
        for name, value in self.members():
            if isinstance(value, Module) and id(value) not in seen:
                seen.add(id(value))
                yield name, value

    def children(self) -> Iterator["Module"]:
        """The modules that are attributes of this one."""
        return (module for _, module in self.named_children())

    def apply(self, function: Callable[["Module"], Any]) -> Self:
        """Call `function` with every module, parts first."""
        for child in self.children():
            child.apply(function)
        function(self)
        return self

    # State

    def _own_state(self, *, buffers: bool) -> Iterator[tuple[str, Tensor]]:
        for name, value in self.members():
            if buffers:
                wanted = name in self._buffers
            else:
                wanted = name in self._parameters or (isinstance(value, Parameter) and name not in self._buffers)
            if wanted and isinstance(value, Tensor):
                yield name, value

    def _named_state(self, prefix: str, *, buffers: bool) -> Iterator[tuple[str, Tensor]]:
        for path, module in self.named_modules(prefix):
            for name, value in module._own_state(buffers=buffers):
                yield _joined(path, name), value

    def named_parameters(self, prefix: str = "") -> Iterator[tuple[str, Parameter]]:
        """All Parameters in the model; one that is shared comes once, by its first name."""
        seen: set[int] = set()
        for name, value in self._named_state(prefix, buffers=False):
            if id(value) not in seen:
                seen.add(id(value))
                yield name, cast(Parameter, value)

    def parameters(self) -> Iterator[Parameter]:
        """All Parameters in the model, each once."""
        return (value for _, value in self.named_parameters())

    def named_buffers(self, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
        """All buffers in the model."""
        return self._named_state(prefix, buffers=True)

    def buffers(self) -> Iterator[Tensor]:
        """All buffers in the model."""
        return (value for _, value in self.named_buffers())

    def _whole_state(self) -> Iterator[tuple[str, Tensor]]:
        """Parameters and buffers, module by module; shared ones by all their names."""
        for path, module in self.named_modules():
            for buffers in (False, True):
                for name, value in module._own_state(buffers=buffers):
                    yield _joined(path, name), value

    def state_dict(self) -> StateDict:
        """The values of Parameters and buffers by name, as they are now: later training does not change them."""
        return {name: value.detach().copy() for name, value in self._whole_state()}

    def load_state_dict(self, state: Mapping[str, Tensor | np.ndarray], strict: bool = True) -> Mismatch:
        """Give Parameters and buffers the values of `state`, cast to their dtypes.

        With `strict`, names must be the same on both sides; without, those that differ are returned. Raises
        StateDictError, before anything is changed, for names, shapes and dtypes that do not fit.
        """
        own = dict(self._whole_state())
        mismatch = Mismatch([n for n in own if n not in state], [n for n in state if n not in own])
        values = fit(type(self).__name__, own, state, mismatch if strict else Mismatch([], []))
        with no_grad():
            for name, value in values.items():
                own[name].assign(value)
        return mismatch

    # Modes

    def train(self, mode: bool = True) -> Self:
        """Set `training` in the whole model: what dropout and batch normalisation ask."""
        for module in self.modules():
            call(setattr, (module, "training", mode), {})
        return self

    def eval(self) -> Self:
        """`train(False)`."""
        return self.train(False)

    def zero_grad(self) -> None:
        """Forget the gradients of all Parameters."""
        for parameter in self.parameters():
            parameter.grad = None

    def requires_grad_(self, wanted: bool = True) -> Self:
        """Learn all Parameters of the model, or none."""
        for parameter in self.parameters():
            parameter.requires_grad = wanted
        return self

    # Text

    def extra_repr(self) -> str:
        """What stands between the parentheses in the text of a module without parts."""
        return ""

    def __repr__(self) -> str:
        lines = [f"({name}): {child!r}".replace("\n", "\n  ") for name, child in self.named_children()]
        extra = self.extra_repr()
        if not lines:
            return f"{type(self).__name__}({extra})"
        return f"{type(self).__name__}({extra}\n  " + "\n  ".join(lines) + "\n)"


def _joined(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _taken_apart(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, CONTAINERS):
        yield name, value
        return
    container = cast("list[Any] | tuple[Any, ...] | dict[Any, Any]", value)
    items = container.items() if isinstance(container, dict) else enumerate(container)
    for key, item in items:
        yield from _taken_apart(f"{name}.{key}", item)
