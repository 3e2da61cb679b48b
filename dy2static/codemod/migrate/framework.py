"""What `migrate` has to know of a framework: one table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from dy2static.codemod.migrate.entries import Entry

Form = Literal["while", "fori", "scan", "fold", "running", "map", "cond", "switch", "case"]


@dataclass(frozen=True, slots=True)
class Primitive:
    """A function of a framework that stands for a statement of Python.

    `parameters`: their names in order. `state`: whether functions take the state of a loop as several arguments, or as
    one. `clamps`: whether a branch index that is out of range means the nearest branch; otherwise it means the last.
    """

    form: Form
    parameters: tuple[str, ...]
    state: Literal["several", "one"] = "several"
    clamps: bool = False
    spread: bool = False
    """Of a `cond`: whether the operands are one tuple, instead of arguments of their own."""


@dataclass(frozen=True, slots=True)
class Framework:
    """`functions` and `names` are by full name; methods by their name on any object.

    `same`: packages whose names are ours, with the package of ours; only what ours has is taken over.
    `decorators`: those that compile. `advice`: what to write for what is left, by full name or the beginning of one.
    """

    name: str
    packages: tuple[str, ...]
    functions: Mapping[str, Entry]
    methods: Mapping[str, Entry]
    names: Mapping[str, str]
    same: tuple[tuple[str, str], ...]
    decorators: frozenset[str]
    primitives: Mapping[str, Primitive]
    advice: Mapping[str, str]
    keywords: Mapping[str, str] = field(default_factory=dict[str, str])
    """Keywords that are called otherwise with us, in calls whose arguments stay."""
    dropped: frozenset[str] = frozenset()
    """Keywords that have no meaning with us, in calls whose arguments stay."""
    definitions: Mapping[str, str] = field(default_factory=dict[str, str])
    """Methods that users define under another name with us."""
    tracers: frozenset[str] = frozenset()
    """Functions that record one execution."""
    immutable: bool = True
    """Whether `x += v` gives `x` a new tensor. With PyTorch, as with us, it changes the tensor."""


def same_names(names: str, target: str = "$", signature: str | None = None) -> dict[str, Entry]:
    """Entries for several functions; `$` in `target` is the name."""
    return {name: Entry(target.replace("$", name), signature) for name in names.split()}


def below(package: str, entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """Entries by their full names."""
    return {f"{package}.{name}": entry for name, entry in entries.items()}
