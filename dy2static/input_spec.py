"""Declared sizes: which dims of an argument are free."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dy2static.cache.signature import Pattern
from graph.aval import Dim, SymDim


@dataclass(frozen=True, slots=True)
class InputSpec:
    """The shape of an argument: an int is fixed, a name is any size (one name, one size), None any size of its own.

    to_static(f, input_spec={"x": InputSpec("batch", 64)})
    """

    shape: tuple[int | str | None, ...]

    def __init__(self, *shape: int | str | None) -> None:
        object.__setattr__(self, "shape", shape)


def declared(pattern: Pattern, specs: Mapping[str, InputSpec], names: Sequence[str]) -> Pattern:
    """A pattern with the declared dims free. ValueError for a rank that is not the declared one."""
    entries: list[object] = []
    for name, entry in zip(names, pattern.entries, strict=True):
        spec = specs.get(name)
        if spec is None or not isinstance(entry, tuple):
            entries.append(entry)
            continue
        if len(spec.shape) != len(entry):
            raise ValueError(f"`{name}` is declared with {len(spec.shape)} dimensions, this one has {len(entry)}")
        entries.append(
            tuple(_dim(name, axis, want, have) for axis, (want, have) in enumerate(zip(spec.shape, entry, strict=True)))
        )
    return Pattern(tuple(entries))  # pyright: ignore[reportArgumentType]


def _dim(name: str, axis: int, want: int | str | None, have: Dim) -> Dim:
    if isinstance(want, int):
        if want != have:
            raise ValueError(f"axis {axis} of `{name}` is declared as {want}, it is {have}")
        return want
    return SymDim.named(want or f"{name}_{axis}")
