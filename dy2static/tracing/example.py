"""The arguments of one call, as a value: several of them are traced into one graph."""

from collections.abc import Mapping
from typing import Any


class Example:
    """Arguments to trace a function on: `trace(f, Example(x), Example(y, flag=True))`."""

    __slots__ = ("args", "kwargs")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args: tuple[Any, ...] = args
        self.kwargs: Mapping[str, Any] = kwargs

    def __repr__(self) -> str:
        parts = [*map(repr, self.args), *(f"{name}={value!r}" for name, value in self.kwargs.items())]
        return f"Example({', '.join(parts)})"
