"""Arguments of a function to be staged: tensors and dynamic numbers become parameters of the graph."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dy2static.staging.containers.lists import StageableList
from dy2static.staging.objects.cells import Cell
from dy2static.staging.stager import Stager
from dy2static.staging.values.staged import staged
from eager.pytree import children, rebuild
from graph.aval import Aval


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf of the arguments: a parameter of type `aval` (a Python number when `weak`), or an ordinary value."""

    aval: Aval | None
    weak: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class ArgumentRef:
    """An object within the arguments, by the way to it: the positions of children, from `(args, kwargs)` down."""

    path: tuple[int, ...]

    def find(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """The object in these arguments."""
        found: Any = (tuple(args), dict(kwargs))
        for step in self.path:
            split = children(found)
            assert split is not None
            found = split[1][step]
        return found


@dataclass(frozen=True, slots=True)
class CapturedRef(ArgumentRef):
    """A tensor from outside, by its position among the captured ones: each call finds it anew."""

    index: int = 0


class Arguments:
    """Staged arguments, and which of the caller's objects each object in them stands for."""

    def __init__(self) -> None:
        self.args: tuple[Any, ...] = ()
        self.kwargs: dict[str, Any] = {}
        self.references: dict[int, ArgumentRef] = {}
        self._alive: list[Any] = []
        self.twins: dict[int, tuple[list[Any], StageableList]] = {}
        """Lists from outside that may change under control flow, by identity, with what stands for each."""
        self.grown: set[int] = set()
        """Those that are only added to: what stands for one begins empty."""
        self.left: dict[int, Any] | None = None
        """The objects that leave the function, by identity; None where it is not converted."""

    def note(self, made: Any, ref: ArgumentRef) -> None:
        """Remember that `made` stands for the object at `ref`."""
        self.references[id(made)] = ref
        self._alive.append(made)

    def original(self, identity: int) -> list[Any] | None:
        """The list from outside that the twin of this identity stands for."""
        return next((held for held, twin in self.twins.values() if id(twin) == identity), None)

    def owner_of(self, cell: Cell) -> ArgumentRef | None:
        """The argument that a cell belongs to."""
        return self.references.get(cell.key[1])


def place_arguments(
    stager: Stager, args: Sequence[Any], kwargs: Mapping[str, Any], leaves: Sequence[Leaf]
) -> Arguments:
    """Copies of the arguments' containers with parameters of the graph in place of tensors and dynamic numbers."""
    placed = Arguments()
    placed.left = {}
    rest = iter(leaves)
    handles: dict[int, Any] = {}
    containers: dict[int, Any] = {}

    def place(value: Any, path: tuple[int, ...]) -> Any:
        split = children(value)
        if split is None:
            return place_leaf(value, next(rest), path)
        node, items = split
        inner = [place(item, (*path, i)) for i, item in enumerate(items)]
        if value is None or node.kind is tuple:
            return rebuild(node, inner)
        if id(value) in containers:  # one list passed twice is one list
            return containers[id(value)]
        made = StageableList(inner) if issubclass(node.kind, list) else rebuild(node, inner)
        containers[id(value)] = made
        placed.note(made, ArgumentRef(path))
        stager.arguments[id(made)] = made
        return made

    def place_leaf(value: Any, leaf: Leaf, path: tuple[int, ...]) -> Any:
        if leaf.aval is None:
            return value
        param = stager.root.param(leaf.aval, leaf.name)
        if leaf.weak or isinstance(value, np.generic):
            return staged(param, leaf.weak)
        if id(value) in handles:  # one tensor passed twice is one handle
            return handles[id(value)]
        made = handles[id(value)] = staged(param)
        placed.note(made, ArgumentRef(path))
        stager.arguments[id(made)] = made
        return made

    placed.args = tuple(place(value, (0, i)) for i, value in enumerate(args))
    placed.kwargs = {name: place(value, (1, i)) for i, (name, value) in enumerate(kwargs.items())}
    return placed
