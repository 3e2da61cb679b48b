"""What a traced function changes outside of itself, seen by comparing before and after; and what must be as it was."""

import types
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from dy2static.cache.sources import BY_VALUE, MISSING, Guard, Source
from dy2static.errors import StagingError
from dy2static.staging.objects.cells import Cell, ClosureCell, ItemCell, ListCell, attribute_cell
from dy2static.staging.objects.frames import Frame
from dy2static.staging.objects.key_order import is_reordered, order_changes
from dy2static.staging.objects.made import fields_of
from dy2static.staging.values.spec import ConstantSpec, ContainerSpec, Spec
from dy2static.staging.values.staged import StagedTensor
from dy2static.staging.values.undefined import Undefined
from dy2static.tracing.reach import Reach
from eager.tensor import Tensor
from graph.aval import Aval


@dataclass(frozen=True, slots=True)
class _Snapshot:
    owner: Any
    held: Any
    """A copy of a list, set or dict; the attributes of another object."""


class State:
    """All that a function can read and change besides its arguments, as it was when this was made.

    `roots` are the function and the objects among its arguments, each with a name for people; `containers` are copies
    of the caller's containers, which are watched for changes only.
    """

    def __init__(self, roots: Iterable[tuple[str, Any]], containers: Iterable[Any]) -> None:
        reach = Reach(roots)
        self._places = list(reach.places.values())
        self._absent = list(reach.absent.values())
        watched = [value for value, _ in reach.objects.values()] + list(containers)
        self._snapshots = [_Snapshot(value, _held(value)) for value in watched if _is_changeable(value)]

    def note_changes(self, frame: Frame) -> None:
        """Add to the frame of a program each place that holds something else now."""
        for cell, before in self._changes():
            frame.setdefault(cell.key, (cell, before))

    def _changes(self) -> Iterator[tuple[Cell, Any]]:
        for snapshot in self._snapshots:
            owner, before = snapshot.owner, snapshot.held
            if isinstance(owner, set):
                elements = cast("set[Any]", owner)
                if elements != before:
                    elements.clear()
                    elements.update(before)
                    raise StagingError(
                        "a set from outside is changed, and a graph cannot do that", next_step="use a list or a dict."
                    )
                continue
            if isinstance(owner, list):
                items = cast("list[Any]", owner)
                if len(items) != len(before) or any(a is not b for a, b in zip(items, before, strict=True)):
                    yield ListCell(items), before
                continue
            now: dict[Any, Any] = _held(owner)
            if isinstance(owner, dict) and is_reordered(list(before), list(now)):
                items = cast("dict[Any, Any]", owner)
                items.clear()
                items.update(before)
                raise order_changes()
            for key in [*before, *(key for key in now if key not in before)]:
                if now.get(key, _GONE) is not before.get(key, _GONE):
                    cell = ItemCell(owner, key) if isinstance(owner, dict) else attribute_cell(owner, key)
                    yield cell, before.get(key, Undefined(str(key)))
        for source, before in self._places:
            if source.kind == "cell" and source.load() is not before:
                yield ClosureCell(source.owner), before
            elif source.kind == "item" and "__builtins__" in source.owner and source.load() is not before:
                yield ItemCell(source.owner, source.name), before

    def sources_of(self, captured: Collection[int]) -> dict[int, Source]:
        """Where tensors were found, by identity; those that were found in two places are left out."""
        found: dict[int, list[Source]] = {}
        for source, value in self._places:
            if id(value) in captured:
                found.setdefault(id(value), []).append(source)
        return {key: sources[0] for key, sources in found.items() if len(sources) == 1}

    def guards(self, loaded: Collection[int], captured: Collection[int]) -> list[Guard]:
        """What must hold for the program: Python values are the same, tensors in `loaded` have the same type, others
        that are `captured` are the same objects."""
        guards = [Guard(source, MISSING, "identity") for source in self._absent]
        for source, value in self._places:
            if isinstance(value, Tensor):
                if id(value) in loaded:
                    guards.append(Guard(source, Aval(value.dtype, value.shape), "tensor"))
                elif id(value) in captured:
                    guards.append(Guard(source, value, "identity"))
            elif isinstance(value, BY_VALUE) or source.kind == "items":
                guards.append(Guard(source, value, "value"))
            else:
                guards.append(Guard(source, value, "identity"))
        return guards


_GONE = object()


def _is_changeable(value: Any) -> bool:
    if isinstance(value, list | dict):
        return "__builtins__" not in value
    if isinstance(value, tuple | frozenset | type | np.ndarray):
        return False
    return not isinstance(value, types.FunctionType | types.MethodType | types.ModuleType | types.BuiltinFunctionType)


def _held(value: Any) -> Any:
    if isinstance(value, list | set):
        return cast("list[Any]", value).copy()
    return dict(cast("dict[Any, Any]", value)) if isinstance(value, dict) else fields_of(value)


def references(spec: Spec) -> Iterator[Any]:
    """The ordinary values in a description."""
    match spec:
        case ConstantSpec(value):
            yield value
        case ContainerSpec(_, parts):
            for part in parts:
                yield from references(part)
        case _:
            return


def refuse_leaks(spec: Spec, what: str) -> None:
    """StagingError where an object that leaves the trace holds values of the graph that no description names."""
    for value in references(spec):
        if _holds_traced(value, set()):
            raise StagingError(
                f"{what} is a {type(value).__name__} that holds tensors, and a trace does not know how to make one",
                next_step="return tensors in tuples, lists, dicts or dataclasses, or register the class: "
                "`eager.register_pytree`.",
            )


def _holds_traced(value: Any, seen: set[int]) -> bool:
    if isinstance(value, StagedTensor):
        return True
    if isinstance(value, (*BY_VALUE, Tensor, np.ndarray)) or id(value) in seen or len(seen) > 1000:
        return False
    seen.add(id(value))
    if isinstance(value, types.FunctionType):
        inner: Iterable[Any] = [cell.cell_contents for cell in value.__closure__ or ()]
    elif isinstance(value, dict):
        inner = cast("dict[Any, Any]", value).values()
    elif isinstance(value, list | tuple | set | frozenset):
        inner = cast("Iterable[Any]", value)
    elif isinstance(value, type | types.ModuleType):
        return False
    else:
        inner = fields_of(value).values()
    return any(_holds_traced(item, seen) for item in list(inner))
