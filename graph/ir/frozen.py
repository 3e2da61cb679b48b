"""Classes whose fields nobody assigns, as the type checker sees to it."""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, eq_default=False, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """A frozen dataclass with slots, equal to itself only. Frozen for the type checker: with Python's own `frozen=True`
    objects take four times as long to make, and a compiler makes little else than values, ops and graphs."""
    return dataclass(slots=True, eq=False)(cls)
