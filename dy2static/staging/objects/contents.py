"""What is in containers of Python's own other than lists and dicts: sets, queues, arrays of numbers."""

import array
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from dy2static.staging.objects.cells import Key
from dy2static.staging.objects.frames import Cells

SET: Final[Any] = set
QUEUE: Final[Any] = deque
KINDS: Final[tuple[type[Any], ...]] = (set, deque, bytearray, array.array)
CHANGES: Final = frozenset(
    (
        *("add", "append", "appendleft", "byteswap", "clear", "difference_update", "discard", "extend", "extendleft"),
        *("frombytes", "fromfile", "fromlist", "fromunicode", "insert", "intersection_update", "pop", "popleft"),
        *("remove", "reverse", "rotate", "symmetric_difference_update", "update"),
    )
)
"""Their methods that change them."""
OF_ARRAYS: Final = frozenset({"byteswap", "fill", "partition", "put", "resize", "setfield", "sort"})
"""Methods that change a NumPy array."""


@dataclass(frozen=True, slots=True, eq=False)
class ContentCell:
    """The items of such a container, as a tuple: what paths leave is merged item by item, and another number of items
    is refused as for tuples. A container that is gone has none: it was made and dropped in the block."""

    find: Callable[[], Any]
    identity: int
    kind: str

    @classmethod
    def on(cls, owner: Any) -> "ContentCell":
        """The cell of a container, which it does not keep alive where Python can refer to it weakly."""
        find = (lambda: owner) if isinstance(owner, bytearray) else weakref.ref(owner)
        return cls(find, id(owner), type(owner).__name__)

    @property
    def key(self) -> Key:
        return ("content", self.identity, None)

    @property
    def text(self) -> str:
        return f"the content of this {self.kind}"

    def load(self) -> tuple[Any, ...]:
        owner = self.find()
        return () if owner is None else tuple(owner)

    def of(self, owner: Any) -> "ContentCell":
        """The same of another container."""
        return ContentCell.on(owner)

    def holds(self, items: tuple[Any, ...]) -> bool:
        """Whether these are its items still, or nobody can tell."""
        if self.find() is None:
            return True
        now = self.load()
        return len(now) == len(items) and all(map(_is_same, now, items))

    def store(self, value: tuple[Any, ...]) -> None:
        owner: Any = self.find()
        if isinstance(owner, set):
            SET.clear(owner)
            SET.update(owner, value)
        elif isinstance(owner, deque):
            QUEUE.clear(owner)
            QUEUE.extend(owner, value)
        elif isinstance(owner, array.array):
            owner[:] = array.array(owner.typecode, value)  # of one length: views of its memory may be there
        elif owner is not None:
            owner[:] = bytes(value)


@dataclass(frozen=True, slots=True, eq=False)
class ArrayCell:
    """The numbers in a NumPy array. There is no merging them: what only some paths change is refused."""

    find: Callable[[], Any]
    identity: int

    @classmethod
    def on(cls, owner: Any) -> "ArrayCell":
        """The cell of an array, which it does not keep alive."""
        return cls(weakref.ref(owner), id(owner))

    @property
    def key(self) -> Key:
        return ("content", self.identity, None)

    @property
    def text(self) -> str:
        return "the content of this NumPy array"

    def load(self) -> Any:
        owner = self.find()
        return None if owner is None else owner.copy()

    def of(self, owner: Any) -> "ArrayCell":
        """The same of another array."""
        return ArrayCell.on(owner)

    def holds(self, items: Any) -> bool:
        """Whether these are its numbers still, or nobody can tell."""
        owner = self.find()
        return owner is None or owner.tobytes() == items.tobytes()

    def store(self, value: Any) -> None:
        owner: Any = self.find()
        if owner is not None:
            np.copyto(owner, value)


def _is_same(a: Any, b: Any) -> bool:
    return a is b or (type(a) in (int, float) and type(a) is type(b) and a == b)


def touch_content(cells: Cells, owner: Any) -> None:
    """Note that `owner` is about to change, if it is such a container, an array, or a view of the memory of one."""
    if isinstance(owner, memoryview):
        owner = owner.obj
    while isinstance(owner, np.ndarray) and isinstance(owner.base, np.ndarray):
        owner = owner.base
    if isinstance(owner, KINDS):
        cells.touch(ContentCell.on(owner))
    elif isinstance(owner, np.ndarray):
        cells.touch(ArrayCell.on(owner))
