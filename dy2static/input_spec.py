"""Declared sizes: which dims of an argument are free."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dy2static.cache.signature import Call, Pattern, Size
from graph.aval import Dim, SymDim


@dataclass(frozen=True, slots=True)
class InputSpec:
    """The shape of an argument: an int is fixed, a name is any size (one name, one size), None any size of its own.

    to_static(f, input_spec={"x": InputSpec("batch", 64)})

    Raises: TypeError for a dim that is neither, ValueError for a negative size or a name that is no identifier.
    """

    shape: tuple[int | str | None, ...]

    def __init__(self, *shape: int | str | None) -> None:
        for dim in shape:
            _check(dim)
        object.__setattr__(self, "shape", shape)

    @staticmethod
    def of(text: str) -> "InputSpec":
        """The shape written as a text: "b t 64" has the names b and t and the size 64, "_" is any size of its own."""
        return InputSpec(*(_written(dim, text) for dim in text.split()))


InputSpecs = Mapping[str, InputSpec | str] | Sequence[InputSpec | str] | str
"""Shapes by parameter or in order; or all in one text, "b t 64, 64 h -> b t h", with those of the results."""


def _check(dim: Any) -> None:
    if isinstance(dim, bool) or not isinstance(dim, int | str | None):
        raise TypeError(
            f"InputSpec: {dim!r} is neither a size, a name nor None. The dims are given one by one, without dtype: "
            'InputSpec("batch", 64).'
        )
    if (isinstance(dim, int) and dim < 0) or (isinstance(dim, str) and not dim.isidentifier()):
        raise ValueError(f"InputSpec: {dim!r} is neither a size nor a name.")


def _written(dim: str, text: str) -> int | str | None:
    if dim == "_":
        return None
    if dim.isdigit():
        return int(dim)
    if not dim.isidentifier():
        raise ValueError(f"{dim!r} in the declared shape {text.strip()!r} is neither a name nor a size nor `_`")
    return dim


def by_parameter(
    specs: InputSpecs | None, parameters: Sequence[str]
) -> tuple[dict[str, InputSpec], tuple[InputSpec, ...] | None]:
    """Declared shapes by parameter, and those of the results where they are declared too.

    `parameters` are the names that shapes in order belong to. Raises: ValueError for more shapes than parameters.
    """
    results: tuple[InputSpec, ...] | None = None
    if isinstance(specs, str):
        inputs, arrow, outputs = specs.partition("->")
        results = tuple(map(InputSpec.of, outputs.split(","))) if arrow else None
        specs = inputs.split(",")
    if specs is None:
        return {}, None
    if not isinstance(specs, Mapping):
        if len(specs) > len(parameters):
            raise ValueError(f"{len(specs)} shapes are declared for {len(parameters)} parameters")
        specs = dict(zip(parameters, specs, strict=False))
    return {name: InputSpec.of(spec) if isinstance(spec, str) else spec for name, spec in specs.items()}, results


def declared(pattern: Pattern, call: Call, specs: Mapping[str, InputSpec], names: Sequence[str]) -> Pattern:
    """The pattern of a call with the declared dims free.

    `names` has the parameter of each leaf. Raises: ValueError when the call is not as declared.
    """
    if not specs:
        return pattern
    bound: dict[str, tuple[int, str]] = {}
    taken = {dim for spec in specs.values() for dim in spec.shape if isinstance(dim, str)}
    entries: list[tuple[Dim, ...] | Size] = []
    for leaf, (name, entry, size) in enumerate(zip(names, pattern.entries, call.sizes, strict=True)):
        spec = specs.get(name)
        if not isinstance(size, tuple):
            entries.append(entry)
        elif spec is None:
            assert isinstance(entry, tuple)
            entries.append(tuple(_apart(dim, taken) for dim in entry))
        else:
            if len(spec.shape) != len(size):
                raise ValueError(f"`{name}` is declared with {len(spec.shape)} dimensions, this one has {len(size)}")
            pairs = enumerate(zip(spec.shape, size, strict=True))
            entries.append(tuple(_dim(name, f"{leaf}_{axis}", axis, want, n, bound) for axis, (want, n) in pairs))
    return Pattern(tuple(entries))


def _dim(name: str, own: str, axis: int, want: int | str | None, size: int, bound: dict[str, tuple[int, str]]) -> Dim:
    """The declared dim `want` of an argument, where a call has `size`; `bound` has the sizes of the names so far."""
    if isinstance(want, int):
        if want != size:
            raise ValueError(f"axis {axis} of `{name}` is declared as {want}, it is {size}")
        return want
    if want is None:
        return SymDim.named(f"{name}_{own}")
    known, where = bound.setdefault(want, (size, name))
    if known != size:
        raise ValueError(f"the declared size `{want}` is {known} in `{where}` and {size} in `{name}`")
    return SymDim.named(want)


def _apart(dim: Dim, taken: set[str]) -> Dim:
    """A free dim under a name that no declared one has."""
    if isinstance(dim, int):
        return dim
    name = str(dim)
    while name in taken:
        name += "_"
    return SymDim.named(name)
