"""Frames: which places staged code has changed, and what they held before.

Changes are made for real while staging, and noted in frames: each branch or loop body has one, and the program. A frame
knows what each cell held when it began, so it can be undone, and merged with the frame of the other branch.
"""

import operator
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import CellType, FunctionType, ModuleType
from typing import Any, Final, cast

from dy2static.staging.containers.lists import StageableList
from dy2static.staging.locate import is_users, user_location
from dy2static.staging.objects.by_identity import ByIdentity
from dy2static.staging.objects.cells import (
    AttributeCell,
    Cell,
    ClosureCell,
    HandleCell,
    ItemCell,
    Key,
    ListCell,
    attribute_cell,
    is_made_in,
)
from dy2static.staging.objects.instances import Home, Instances
from dy2static.staging.objects.key_order import KeyOrders
from dy2static.staging.objects.stale import Stale, is_stale, made_stale, stale_kind
from dy2static.staging.objects.variables import Variables, set_back
from dy2static.staging.values.undefined import Undefined
from eager.tensor import Tensor
from graph.ir.builder import GraphBuilder

CHANGEABLE: Final = frozenset({"tensor", "list", "item", "attribute"})
"""The kinds of cells that belong to an object which other names may have."""
NOTE: Final = "note"
"""The kind of cells in which the runtime takes notes: the program does not see them."""


class Frame(dict[Key, tuple[Cell, Any]]):
    """The cells that were changed, each with what it held before."""

    def __init__(self) -> None:
        super().__init__()
        self.orders = KeyOrders()


class Trial:
    """Whether the changes of a trial stay."""

    def __init__(self, changes: Frame) -> None:
        self.changes = changes
        """Those so far."""
        self.is_kept = False

    def keep(self) -> None:
        """They do."""
        self.is_kept = True


@dataclass(frozen=True, slots=True, eq=False)
class _Repeated:
    """A block that runs more than once, and how many blocks there are with it."""

    frame: Frame
    builder: GraphBuilder
    depth: int
    is_trip: bool


class Cells:
    """The frames of one staging, innermost last."""

    def __init__(
        self, check: Callable[[Cell], Sequence[tuple[Cell, str]]], check_changed: Callable[[int, bool], None]
    ) -> None:
        self._check = check
        """Called with a cell that is about to change; says which others this makes stale."""
        self._check_changed = check_changed
        """Called with the identity of one that a block has changed; whether it may be in a list by now."""
        self._frames = [Frame()]
        self._born: list[Home] = [ByIdentity()]
        self._standing_in: Home = ByIdentity()
        """Objects in a trip of a loop for those that the loop carries."""
        self._given: dict[int, Home] = {}
        """These in the trips that are being staged, by how many blocks there are with it."""
        self._ended = ByIdentity[bool]()
        """Objects, other than tensors, of blocks that have ended; whether that was the trip of a loop."""
        self._loops: list[_Repeated] = []
        self._namespaces = ByIdentity[Any]()
        """Objects, by the dicts of their attributes."""
        self.instances = Instances()
        self.variables = Variables()

    def note_namespace(self, owner: Any, attributes: Any) -> None:
        """Note the `__dict__` of an object: an item of it is the attribute, as one place has one cell. Of a module it
        is the attribute that is the item."""
        if isinstance(attributes, dict) and not isinstance(owner, ModuleType):
            self._namespaces.note(attributes, owner)

    def item(self, container: Any, key: Any) -> AttributeCell | ItemCell:
        """The cell of an item."""
        owner = self._namespaces.get(id(container))
        return attribute_cell(owner, key) if owner is not None and isinstance(key, str) else ItemCell(container, key)

    @contextmanager
    def frame(self, loop: GraphBuilder | None = None, *, is_trip: bool = True) -> Generator[Frame]:
        """A block whose changes are to be merged or dropped: they are undone when it ends. `loop` builds it where it is
        the body of a loop (`is_trip`) or of a function of the graph, which runs more than once."""
        frame = Frame()
        born: Home = ByIdentity()
        held = self.variables.held()
        self._frames.append(frame)
        self._born.append(born)
        if loop is not None:
            self._loops.append(_Repeated(frame, loop, len(self._frames), is_trip))
        try:
            yield frame
        finally:
            if loop is not None:
                self._loops.pop()
            self._end(born, is_trip=loop is not None)
            self._frames.pop()
            self._born.pop()
            undo(frame)
            set_back(held)

    def _end(self, born: Home, *, is_trip: bool) -> None:
        """A block is over that made these objects."""
        given = self._given.pop(len(self._born), None)
        for home, is_of_trip in ((born, is_trip), (given, True)):
            for x, _ in () if home is None else home.items():
                if not isinstance(x, Tensor | CellType):
                    self._ended.note(x, is_of_trip)

    @contextmanager
    def trial(self) -> Generator["Trial"]:
        """A block whose changes stay if it says so, by `keep`, and are undone otherwise."""
        frame = Frame()
        born: Home = ByIdentity()
        held = self.variables.held()
        self._frames.append(frame)
        self._born.append(born)
        trial = Trial(frame)
        try:
            yield trial
        finally:
            if not trial.is_kept:
                self._end(born, is_trip=False)
            self._frames.pop()
            self._born.pop()
            if trial.is_kept:
                self._merge(frame, born)
            else:
                undo(frame)
                set_back(held)

    def _merge(self, frame: Frame, born: Home) -> None:
        """Add the changes of a frame that has ended to the one around it."""
        outer = self._frames[-1]
        outer.orders.take_over(frame.orders)
        for key, entry in frame.items():
            if key[1] not in self._born[-1]:
                outer.setdefault(key, entry)
        for value, _ in born.items():
            self.born(value)
            self.instances.move(value, born, self._born[-1])

    @property
    def depth(self) -> int:
        """How many blocks are being staged in one another."""
        return len(self._frames)

    def changed_since(self, depth: int, builder: GraphBuilder) -> list[Cell]:
        """The cells changed in the blocks from `depth` on, but for those made there. `builder` builds the first one."""
        made = {identity for born in self._born[depth - 1 :] for identity in born}
        first: dict[Key, tuple[Cell, Any]] = {}
        for frame in self._frames[depth - 1 :]:
            first = {**frame, **first}
        return [
            cell
            for key, (cell, before) in first.items()
            if key[1] not in made and key[0] != NOTE and not is_made_in(cell, before, builder)
            if not _is_same(before, cell.load())
        ]

    def notes_at(self, depth: int) -> list[tuple[Cell, Any]]:
        """The notes made so far in the block at `depth`, whatever blocks stand in it, with what they say."""
        return [(cell, cell.load()) for key, (cell, _) in self._frames[depth - 1].items() if key[0] == NOTE]

    @property
    def outermost(self) -> Frame:
        """The frame of the whole program."""
        return self._frames[0]

    @property
    def is_outermost(self) -> bool:
        """Whether no branch, loop or trial is being staged."""
        return len(self._frames) == 1

    def born(self, value: Any) -> None:
        """Note an object as made in the innermost frame: outside of it nobody knows it, so its changes stay there."""
        self._born[-1].note(value, None)

    def made(self, instance: Any) -> None:
        """Note an object as made in the innermost frame, and by each run, wherever in it."""
        self.born(instance)
        self.instances.note(instance, self._born[-1])

    def is_made(self, value: Any) -> bool:
        """Whether it is an object of a plain class that each run makes."""
        return value in self.instances

    def there(self, value: Any) -> Any:
        """The object of a plain class that a value is, or that it is a copy of, where it was made in a block that is
        being staged; else None: it was made in one that has ended, or by others."""
        return self.instances.there(value, self._born)

    def own(self, block: Any, names: Sequence[str], values: Sequence[Any] = ()) -> None:
        """Note the variables of these names in which a block keeps its state: what it leaves in them is given back with
        the state, so that it is nothing that the innermost frame has to know. They hold `values`, where
        these are given: what is called before the block is entered sees them."""
        is_wrapper = not is_users(block.__code__.co_filename)
        for name, cell in zip(block.__code__.co_freevars, block.__closure__ or (), strict=True):
            if not is_wrapper and name in names:
                self.born(cell)
                if values:
                    cell.cell_contents = values[names.index(name)]
            elif is_wrapper and isinstance(inner := cast(object, cell.cell_contents), FunctionType):
                self.own(inner, names, values)

    def is_born(self, value: Any) -> bool:
        """Whether the staged code itself made the object."""
        return any(id(value) in born for born in self._born)

    def is_born_here(self, value: Any) -> bool:
        """Whether the block that is being staged made it."""
        return id(value) in self._born[-1]

    def has_ended(self, value: Any) -> bool:
        """Whether this is an object of a trip that is over, which only staging may still have. Of a tensor its value
        says that."""
        return self._ended.get(id(value)) is True

    def is_there(self, value: Any) -> bool:
        """Whether a block that is being staged has made this object, or was given it."""
        return self.is_born(value) or any(id(value) in given for given in self._given.values())

    def stand_in(self, value: Any) -> None:
        """The opposite of `born`: the object stands for one outside of the frame."""
        self._born[-1].forget(id(value))
        self._standing_in.note(value, None)
        self._given.setdefault(len(self._born), ByIdentity()).note(value, None)

    def is_ours(self, value: Any) -> bool:
        """Whether staging made the object, be it for one from outside."""
        return self.is_born(value) or id(value) in self._standing_in

    def changes_in_loop(self, value: Any, builder: GraphBuilder) -> bool:
        """Whether a trip of a loop that is being staged, by now with `builder`, changes an object that is older than
        the trip."""
        return any(
            key[1] == id(value) and key[0] in CHANGEABLE and not _is_made_since(loop.builder, *entry, builder)
            for loop in self._loops
            for frame in self._frames[loop.depth - 1 :]
            for key, entry in frame.items()
        )

    def is_of_trip(self, value: Any, builder: GraphBuilder) -> bool | None:
        """Whether an object is another one in each trip of the innermost loop: made there, or given to it. Of no loop
        where there is none; None where what is older is in a function of the graph. What is being staged is staged with
        `builder`."""
        if not self._loops:
            return True
        innermost = self._loops[-1]
        is_its = any(id(value) in born for born in self._born[innermost.depth - 1 :])
        if isinstance(value, Tensor):
            is_its = _is_made_since(innermost.builder, HandleCell(value), value, builder)
        is_given = id(value) in self._given.get(innermost.depth, ())
        return is_its or is_given or (False if innermost.is_trip else None)

    def noted(self, key: Key) -> Cell | None:
        """The cell of this key, if it was noted in a block that is being staged."""
        return next((frame[key][0] for frame in reversed(self._frames) if key in frame), None)

    def touch(self, cell: Cell) -> None:
        """Note that `cell` is about to change.

        Raises: StagingError for an object that must not change (see `Sharing`).
        """
        key = cell.key
        stale = self._check(cell) if key[0] in CHANGEABLE else ()
        self.note(cell)
        self.make_stale(stale)

    def make_stale(self, cells: Sequence[tuple[Cell, str]]) -> None:
        """Note that what these hold can no longer be used, for a change in place here; each with a label."""
        for cell, label in cells:
            if cell.key[1] not in self._ended:  # else no block has to know
                self.note(cell)
            cell.store(made_stale(stale_kind(cell.load()), Stale(label, user_location())))

    def note(self, cell: Cell) -> None:
        """Note what a cell holds, to be set back when the block ends."""
        frame = self._frames[-1]
        if cell.key not in frame and cell.key[1] not in self._born[-1]:
            frame[cell.key] = (cell, cell.load())
            if isinstance(cell, ItemCell) and isinstance(owner := cast(object, cell.owner), dict):
                self.note_order(cast("dict[Any, Any]", owner))

    def note_order(self, items: dict[Any, Any]) -> None:
        """Note the order of the keys of a dict, which is about to change; that of global variables is nobody's."""
        if "__builtins__" not in items and id(items) not in self._born[-1]:
            self._frames[-1].orders.note(items)

    @contextmanager
    def noting(self, variables: Sequence[ClosureCell]) -> Generator[None]:
        """A part that binds these variables as its own. When it has ended, those that hold another object are noted."""
        frame, born = self._frames[-1], self._born[-1]
        new = [v for v in variables if v.key not in frame and v.key[1] not in born]
        before = [v.load() for v in new]
        for v in new:
            born.note(v.cell, None)
        try:
            yield
        finally:
            for v, held in zip(new, before, strict=True):
                born.forget(v.key[1])
                if v.load() is not held:
                    frame[v.key] = (v, held)

    def touch_tensor(self, handle: Tensor) -> None:
        self.touch(HandleCell(handle))

    def touch_list(self, items: list[Any]) -> None:
        self.touch(ListCell(items))

    def put(self, cell: Cell, value: Any) -> None:
        """Change a cell: noted, then stored."""
        self.touch(cell)
        _store(cell, value)

    def take(self, cell: Cell, value: Any, *, is_of_branch: bool = False) -> None:
        """Store what blocks left in a cell: what else sees the change was asked where they made it. A branch may have
        put into a list what it has changed, as it is now. Where that is stale, it was another object that has changed.

        Raises: StagingError for an object that must not change.
        """
        if cell.key[0] in CHANGEABLE and not is_stale(value):
            self._check_changed(cell.key[1], is_of_branch)
        self.give(cell, value)

    def give(self, cell: Cell, value: Any) -> None:
        """Store what the trip of a loop begins with. Whether it may change is asked where the loop is over."""
        self.note(cell)
        _store(cell, value)


def _is_made_since(first: GraphBuilder, cell: Cell, before: Any, builder: GraphBuilder) -> bool:
    """Whether the handle of a changed cell was made in the block of `first` or in one inside of it, up to `builder`."""
    blocks = [first]
    while builder is not first and builder.parent is not None:
        blocks.append(builder)
        builder = builder.parent
    return any(is_made_in(cell, before, block) for block in blocks)


def _store(cell: Cell, value: Any) -> None:
    """Store in a cell what is its own from now on."""
    if isinstance(cell, HandleCell):
        cell.merge(value)
    else:
        cell.store(value)


def _is_same(before: Any, now: Any) -> bool:
    """Whether a value is what it was, of a tensor or list by what is in it."""
    if isinstance(before, Undefined) and isinstance(now, Undefined):
        return True
    if before is now or (type(before) in (bool, int, str) and type(now) is type(before) and before == now):
        return True
    if isinstance(before, Tensor) and isinstance(now, Tensor):
        return before._data is now._data  # pyright: ignore[reportPrivateUsage]
    if type(before) is tuple and type(now) is tuple:
        items, others = cast("tuple[Any, ...]", before), cast("tuple[Any, ...]", now)
        return len(items) == len(others) and all(map(operator.is_, items, others))
    if isinstance(before, StageableList) and isinstance(now, StageableList):
        items, others = before.ordinary(), now.ordinary()
        same = len(items) == len(others) and all(a is b for a, b in zip(items, others, strict=True))
        return same and before.staged is now.staged
    return False


def undo(frame: Frame) -> None:
    """Give every cell what it held before, latest change first."""
    for cell, before in reversed(list(frame.values())):
        set_back_to(cell, before)
    frame.orders.set_back()


def set_back_to(cell: Cell, before: Any) -> None:
    """Give a cell what it held before."""
    if isinstance(cell, AttributeCell) and cell.is_inherited:
        # the class has it: the object did not
        if not isinstance(cell.owner, type):
            cast("dict[str, Any]", vars(cell.owner)).pop(cell.name, None)
        elif cell.name in vars(cell.owner):
            delattr(cell.owner, cell.name)
    else:
        cell.store(before)
