"""Programs for fresh objects: one made for an object of a plain class serves calls with others of the class.

What a function reads of such an object is known from the guards of its program. Where the same ways lead from another
object to the same values, types and structure, the program is the one that would be made for it: its inputs come from
there, and its changes go there.
"""

# pyright: reportPrivateUsage=false

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any, Final, cast

import numpy as np

from dy2static.cache.guard_set import GuardSet
from dy2static.cache.sources import BY_VALUE, MISSING, MOST_ITEMS, Guard, Source, load_from
from dy2static.staging.arguments import ArgumentRef
from dy2static.staging.objects.cells import (
    AttributeCell,
    Cell,
    ClosureCell,
    EndCell,
    GradientCell,
    HandleCell,
    ItemCell,
    ListCell,
)
from dy2static.staging.objects.contents import ContentCell
from dy2static.staging.objects.made import MadeSpec, changed, is_plain, parts_of
from dy2static.staging.stage import Staged, Write
from dy2static.staging.values.spec import ConstantSpec, Spec
from eager.tensor import Tensor
from graph.ir.op import Graph
from graph.ir.walk import walk

CONTAINERS: Final = (list, dict, tuple, set, frozenset, deque)
BY_IDENTITY: Final = frozenset({"id", "hash"})
"""What tells objects apart that are alike."""
ITSELF: Final[tuple[Any, ...]] = (*BY_VALUE, type, ModuleType, BuiltinFunctionType)
"""What is the same in each run."""


@dataclass(slots=True)
class Fit:
    """How far the objects of another call stand for those that a program was made for."""

    now: dict[int, Any] = field(default_factory=dict[int, Any])
    """What stands for an object, by identity."""
    failed: list[Guard] = field(default_factory=list[Guard])
    """What differs: guards of the other objects."""
    _taken: dict[int, int] = field(default_factory=dict[int, int])

    def pair(self, old: Any, new: Any) -> bool:
        """Have one object stand for another; False where one of them is in another pair."""
        if id(old) in self.now or id(new) in self._taken:
            return self.now.get(id(old), MISSING) is new
        self.now[id(old)] = new
        self._taken[id(new)] = id(old)
        own, other = _attributes(old), _attributes(new)
        return own is None or other is None or self.pair(own, other)

    def copy(self) -> "Fit":
        """Another one with the same pairs."""
        return Fit(self.now.copy(), [], self._taken.copy())

    def of(self, x: Any) -> Any:
        """What stands for `x`."""
        return self.now.get(id(x), x)

    def source(self, source: Source) -> Source:
        """The place that stands for a place."""
        return Source(source.kind, self.of(source.owner), source.name, source.text)

    def guard(self, guard: Guard) -> Guard:
        """The same of the other objects."""
        expected = guard.expected
        if guard.how == "alias":
            expected = self.source(expected)
        elif guard.how == "identity":
            expected = self.of(expected)
        return Guard(self.source(guard.source), expected, guard.how)


class Moving:
    """What of a program depends on the objects that it was made for.

    `objects` are those, of plain classes; `roots` are others that the converted `functions` are given.
    `refusal` says why other objects cannot take their places; None where they can.
    """

    def __init__(
        self,
        staged: Staged,
        guards: Sequence[Guard],
        objects: Sequence[Any],
        functions: Sequence[Any],
        roots: Iterable[Any],
    ) -> None:
        self._staged = staged
        self._objects = tuple(objects)
        self._reached = _reached(guards, objects)
        inside = [g for g in guards if id(g.source.owner) in self._reached]
        self._inside = tuple(inside)
        self._outside = tuple(g for g in guards if id(g.source.owner) not in self._reached)
        self._rest = GuardSet(self._outside)
        self._held = [g.expected for g in self._outside if g.how == "identity" and g.expected is not MISSING]
        fixed = Fit()
        owners = [g.source.owner for g in self._outside]
        for x in (*self._held, *owners, *_in_sets(self._outside), *_defaults(functions), *roots):
            fixed.pair(x, x)  # reached from elsewhere: nothing else can stand for it, nor it for anything else
        self._fixed = fixed
        self._known = {id(x) for g in self._outside for x in (g.expected, g.source.owner)}
        self._captured = tuple(_source_of(x, guards) for x in staged.captured)
        self.refusal = next(self._obstacles(functions), None)

    def fit(self, objects: Sequence[Any]) -> Fit:
        """How far these objects stand for those of the program."""
        fit = self._fixed.copy()
        for i, (old, new) in enumerate(zip(self._objects, objects, strict=True)):
            if not fit.pair(old, new):
                source = Source("item", list(objects), i, "an object among the arguments")
                fit.failed.append(Guard(source, old, "identity"))
        for guard in self._inside:
            source = guard.source
            owner = fit.now.get(id(source.owner), MISSING)
            if owner is MISSING or not self._is_met(guard, load_from(source.kind, owner, source.name), fit):
                fit.failed.append(Guard(fit.source(source), guard.expected, guard.how))
        if not fit.failed and not self._rest.hold():
            fit.failed += [guard for guard in self._outside if not guard.holds()]
        return fit

    def _is_met(self, guard: Guard, found: Any, fit: Fit) -> bool:
        expected = guard.expected
        if guard.how == "alias":
            return found is fit.source(expected).load()
        if guard.how != "identity":
            return guard.is_met_by(found)
        if id(expected) not in self._reached:
            return found is expected
        if type(found) is not type(expected):
            return False
        if isinstance(found, Tensor) and (found.dtype, found.shape) != (expected.dtype, expected.shape):
            return False
        return fit.pair(expected, found)

    def guards(self, fit: Fit) -> list[Guard]:
        """The guards of a program for the other objects."""
        return [*map(fit.guard, self._inside), *self._outside]

    def loaders(self, fit: Fit, own: Sequence[Callable[[], Any]]) -> tuple[Callable[[], Any], ...]:
        """Where the captured tensors come from: `own` says it for the objects of the program."""
        found: list[Callable[[], Any]] = []
        for source, load in zip(self._captured, own, strict=True):
            is_inside = source is not None and id(source.owner) in self._reached
            found.append(fit.source(source).load if source is not None and is_inside else load)
        return tuple(found)

    def staged(self, fit: Fit) -> Staged:
        """What was staged, with the other objects in its results and changes."""
        writes = tuple(
            Write(write.cell if write.owner else _cell(write.cell, fit), write.owner, _spec(write.spec, fit))
            for write in self._staged.writes
        )
        return replace(self._staged, result=_spec(self._staged.result, fit), writes=writes)

    def _obstacles(self, functions: Iterable[Any]) -> Iterator[str]:
        """What ties the program to its objects."""
        if self._staged.gradients:
            yield "it reads or changes gradients of Parameters"
        if any(source is None for source in self._captured):
            yield "it reads a tensor in a way that cannot be followed"
        found = self._reached.keys() | self._known
        for _, owner, _ in self._staged.asked:
            if id(owner) not in found and is_plain(cast("type[Any]", type(owner))):
                yield f"it cannot be followed how it gets to the {type(owner).__name__} that it reads by name"
        for write in self._staged.writes:
            owner = None if write.owner else _owner(write.cell)
            if isinstance(write.cell, GradientCell):
                yield "it changes the gradients of Parameters"
            elif owner is not None and id(owner) not in found:
                yield f"it cannot be followed how it gets to {write.cell.text}"
        if any(map(_holds_unknown, self._held)):
            yield f"it reads a container of more than {MOST_ITEMS} items, with objects in it"
        for spec in (self._staged.result, *(write.spec for write in self._staged.writes)):
            yield from map(_of_object, self._tied(spec))
        held = [*_attributes_of_ops(self._staged.graph), *_constants(self._staged)]
        if any(id(x) in self._reached for x in held):
            yield "what it raises or prints holds an object of the call"
        addresses = tuple(f"{identity:x}" for identity in self._reached)
        if any(address in x for x in held if isinstance(x, str) for address in addresses):
            yield "a text has the address of an object in it: give its class a `__repr__`"
        names = {name for function in functions for name in _names(getattr(function, "__code__", None))}
        if names & BY_IDENTITY:
            yield "it asks for the `id` or the `hash` of something"

    def _tied(self, spec: Spec) -> Iterator[Any]:
        """Objects that leave a run, and that may hold objects of the call for which the program was made."""
        for part in parts_of(spec):
            if isinstance(part, ConstantSpec):
                x = part.value
                is_fixed = isinstance(x, FunctionType) and not x.__closure__
                is_known = id(x) in self._reached or id(x) in self._known
                if not (is_known or is_fixed or isinstance(x, (ArgumentRef, *ITSELF))):
                    yield x
            elif isinstance(part, MadeSpec) and part.content is not None and not part.is_outside:
                x = part.content
                is_raw = isinstance(x, np.ndarray | bytearray)
                if not (is_raw or all(isinstance(item, BY_VALUE) for item in _items(x))):
                    yield x


def _of_object(x: Any) -> str:
    return f"a {type(x).__name__} that it does not make anew in each run leaves it"


def _items(x: Any) -> Iterable[Any]:
    if isinstance(x, dict):
        return [*cast("dict[Any, Any]", x), *cast("dict[Any, Any]", x).values()]
    try:
        return list(x)
    except TypeError:
        return [x]


def _attributes(x: Any) -> dict[str, Any] | None:
    own: Any = getattr(x, "__dict__", None)
    return cast("dict[str, Any]", own) if type(own) is dict and not isinstance(x, Tensor) else None


def _can_move(x: Any) -> bool:
    """Whether another object can stand for `x`, if what is read of it is alike."""
    cls = cast("type[Any]", type(x))
    return isinstance(x, Tensor) or (cls in CONTAINERS and len(x) <= MOST_ITEMS) or is_plain(cls)


def _reached(guards: Sequence[Guard], objects: Sequence[Any]) -> dict[int, Any]:
    """The objects that can be moved, found from those of the call, by identity."""
    found: dict[int, Any] = {}

    def enter(x: Any) -> None:
        found[id(x)] = x
        if (own := _attributes(x)) is not None:
            found[id(own)] = own

    for x in objects:
        enter(x)
    count = 0
    while count != len(found):
        count = len(found)
        for guard in guards:
            held = guard.expected
            is_new = guard.how == "identity" and held is not MISSING and id(held) not in found
            if is_new and id(guard.source.owner) in found and _can_move(held):
                enter(held)
    return found


def _defaults(functions: Iterable[Any]) -> Iterator[Any]:
    """The defaults of parameters."""
    for function in functions:
        named: Mapping[str, Any] = getattr(function, "__kwdefaults__", None) or {}
        defaults: tuple[Any, ...] = getattr(function, "__defaults__", None) or ()
        yield from (x for x in (*defaults, *named.values()) if not isinstance(x, BY_VALUE))


def _in_sets(guards: Iterable[Guard]) -> Iterator[Any]:
    """Objects that sets and the keys of dicts hold."""
    for guard in guards:
        if guard.source.kind == "items":
            yield from (x for x in guard.expected if not isinstance(x, BY_VALUE))


def _holds_unknown(x: Any) -> bool:
    """Whether a container has more items than are looked at, and others than numbers and texts."""
    is_large = isinstance(x, CONTAINERS) and len(cast("list[Any]", x)) > MOST_ITEMS
    return is_large and not all(isinstance(item, (*BY_VALUE, Tensor)) for item in _items(x))


def _source_of(held: Any, guards: Sequence[Guard]) -> Source | None:
    """Where a captured tensor was read from."""
    for guard in guards:
        if guard.how in ("tensor", "identity") and guard.source.load() is held:
            return guard.source
    return None


def _owner(cell: Cell) -> Any:
    """The object that a cell is part of."""
    match cell:
        case AttributeCell() | ItemCell():
            return cell.owner
        case HandleCell():
            return cell.handle
        case ListCell() | EndCell():
            return cell.items
        case ContentCell():
            return cell.find()
        case ClosureCell():
            return cell.cell
        case _:
            return cell


def _cell(cell: Cell, fit: Fit) -> Cell:
    owner = _owner(cell)
    found = fit.of(owner)
    return cell if found is owner else cell.of(found)


def _spec(spec: Spec, fit: Fit) -> Spec:
    """The description with the other objects in place of those of the program."""

    def change(part: Spec) -> Spec:
        if isinstance(part, ConstantSpec):
            return part if isinstance(part.value, ArgumentRef) else ConstantSpec(fit.of(part.value))
        if isinstance(part, MadeSpec) and part.is_outside:
            return replace(part, original=fit.of(part.original))
        return part

    return changed(spec, change)


def _attributes_of_ops(graph: Graph) -> Iterator[Any]:
    """All Python values in the attributes of a graph's ops."""
    for part in (graph, *graph.functions.values()):
        for op in walk(part):
            yield from _leaves(op.attrs)


def _leaves(x: Any) -> Iterator[Any]:
    if isinstance(x, Mapping):
        for item in cast("Mapping[Any, Any]", x).values():
            yield from _leaves(item)
    elif isinstance(x, tuple | list):
        for item in cast("list[Any]", x):
            yield from _leaves(item)
    elif is_dataclass(x) and not isinstance(x, type):
        for part in fields(x):
            yield from _leaves(getattr(x, part.name))
    else:
        yield x


def _constants(staged: Staged) -> Iterator[Any]:
    """All texts that leave a run."""
    for spec in (staged.result, *(write.spec for write in staged.writes)):
        for part in parts_of(spec):
            if isinstance(part, ConstantSpec) and isinstance(part.value, str):
                yield part.value


def _names(code: CodeType | None) -> Iterator[str]:
    if code is None:
        return
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def moving(
    staged: Staged, guards: Sequence[Guard], objects: Sequence[Any], functions: Sequence[Any], given: Sequence[Any]
) -> Moving | None:
    """How a program that was made for these objects among the arguments is moved to others. `given` are all that it was
    given."""
    if not objects:
        return None
    passed = set(map(id, objects))
    return Moving(staged, guards, objects, functions, [x for x in given if id(x) not in passed])
