"""`Parameter`: a tensor that models learn."""

from typing import Any

from eager.creation import DTypeLike, asarray, holds_tensor
from eager.recorder import active, recording
from eager.tensor import Tensor
from graph.errors import UnsupportedError


class Parameter(Tensor):
    """A handle that gradients are asked of: `backward` adds them up in `.grad`. It changes under `no_grad()` only."""

    __slots__ = ()

    def __init__(self, data: Any, dtype: DTypeLike = None, *, name: str = "", requires_grad: bool = True) -> None:
        if active() is not None and holds_tensor(data):
            raise UnsupportedError(
                "a Parameter cannot be made from a value of a graph under construction",
                next_step="make it before, and `assign` to it.",
            )
        with recording(None):
            value = asarray(data, dtype=dtype)
        self._data = value._data
        self._link = None
        if name:
            self.name = name
        self.requires_grad = requires_grad

    def _alias(self, link: Any) -> Tensor:
        """What shares the value of a Parameter is a plain tensor."""
        alias = Tensor.__new__(Tensor)
        alias._data = self._data
        alias._link = link
        return alias

    def _take_class(self, cls: type[Tensor]) -> None:
        if cls is not Tensor:
            super()._take_class(cls)

    def __copy__(self) -> "Parameter":
        return Parameter(self.detach(), name=self.name, requires_grad=self.requires_grad)

    def __repr__(self) -> str:
        return f"Parameter({super().__repr__()})"
