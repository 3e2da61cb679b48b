"""What is in containers of Python's own other than lists and dicts: sets, queues, arrays of numbers."""

import array
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from dy2static.staging.cells import Key
from dy2static.staging.frames import Cells

SET: Final[Any] = set
QUEUE: Final[Any] = deque
KINDS: Final[tuple[Any, ...]] = (set, deque, bytearray, array.array)
CHANGES: Final = frozenset(
    (
        *("add", "append", "appendleft", "byteswap", "clear", "difference_update", "discard", "extend", "extendleft"),
        *("frombytes", "fromfile", "fromlist", "fromunicode", "insert", "intersection_update", "pop", "popleft"),
        *("remove", "reverse", "rotate", "symmetric_difference_update", "update"),
    )
)
"""Their methods that change them."""


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
        elif owner is not None:
            del owner[:]
            owner.extend(value)


def _is_same(a: Any, b: Any) -> bool:
    return a is b or (type(a) in (int, float) and type(a) is type(b) and a == b)


def touch_content(cells: Cells, owner: Any) -> None:
    """Note that `owner` is about to change, if it is such a container."""
    if isinstance(owner, KINDS):
        cells.touch(ContentCell.on(owner))
