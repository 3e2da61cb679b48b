"""What is known of objects, each by its identity and for as long as it lives."""

import functools
import gc
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any, Final, Generic, TypeVar

from dy2static.errors import StagingError

T = TypeVar("T")


class Kept:
    """An object to which Python has no weak references. There is one of these for each, so that it can be seen when
    nothing else refers to the object."""

    __slots__ = ("__weakref__", "held")

    def __init__(self, held: Any) -> None:
        self.held = held


class _Local(threading.local):
    """The `Kept` of each thread, by the identity of the object."""

    def __init__(self) -> None:
        self.kept = weakref.WeakValueDictionary[int, Kept]()
        self.room = ROOM
        """How many there are, at most, before those are let go of that are of no use any more."""


ROOM: Final = 32
"""How many entries a table has at least, before it looks for those that are of no use any more."""
LOCAL: Final = _Local()
GONE: Final = object()
"""In the place of an object that was let go of."""
OURS: Final = 2
"""How many references to an object are counted that only a `Kept` holds: its own, and that of the count."""


def reference_to(x: Any) -> Any:
    """A weak reference; a `Kept` where Python has none."""
    try:
        return weakref.ref(x)
    except TypeError:
        found = LOCAL.kept.get(id(x))
        if found is None:
            if len(LOCAL.kept) >= LOCAL.room:
                let_go()
                LOCAL.room = max(ROOM, 2 * len(LOCAL.kept))
            found = LOCAL.kept[id(x)] = Kept(x)
        return found


def of_reference(held: Any) -> Any:
    """What such a reference refers to; None where that is no more."""
    if isinstance(held, Kept):
        return None if _is_gone(held) or sys.getrefcount(held.held) <= OURS else held.held
    return held()


def let_go() -> None:
    """Let go of the objects without weak references that nothing else refers to, and so of what only these hold."""
    is_done = False
    while not is_done:
        is_done = True
        for identity, kept in list(LOCAL.kept.items()):
            if sys.getrefcount(kept.held) <= OURS:
                kept.held, is_done = GONE, False
                del LOCAL.kept[identity]


def without_garbage(check: Callable[[], T]) -> T:
    """What `check` gives. Where it refuses, once more without the objects that only garbage refers to, such as the
    frames of an exception: whether they are there yet must not matter."""
    try:
        return check()
    except StagingError:
        gc.collect()
        let_go()
    return check()


def _is_gone(held: Any) -> bool:
    return held.held is GONE if type(held) is Kept else held() is None


class ByIdentity(Generic[T]):
    """A table by the identities of objects. It keeps no object alive and forgets those that are gone; those to which
    Python has no weak references, such as dicts, stay, and count as gone when nothing else refers to them."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[Any, T]] = {}
        """By identity, a reference to the object and what is known. Where the object is gone, it counts for nothing: a
        callback for each would cost more than to drop them together, when there are many."""
        self._room = ROOM

    def note(self, x: Any, known: T) -> None:
        """Set what is known of an object, which is the latest now."""
        identity = id(x)
        self._held.pop(identity, None)
        if len(self._held) >= self._room:
            self._drop_gone()
        self._held[identity] = reference_to(x), known

    def _drop_gone(self) -> None:
        for identity, (held, _) in self._held.copy().items():
            if _is_gone(held):
                self._held.pop(identity, None)
        self._room = max(ROOM, 2 * len(self._held))

    def get(self, identity: int) -> T | None:
        """What is known of the object."""
        found = self._held.get(identity)
        return None if found is None or _is_gone(found[0]) else found[1]

    def forget(self, identity: int) -> None:
        """Nothing is known of it from now on."""
        self._held.pop(identity, None)

    def __contains__(self, identity: int) -> bool:
        found = self._held.get(identity)
        return found is not None and not _is_gone(found[0])

    def __iter__(self) -> Iterator[int]:
        return iter([identity for identity, (held, _) in self._held.items() if not _is_gone(held)])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def items(self) -> list[tuple[Any, T]]:
        """The objects, the latest last, each with what is known of it."""
        there = [(of_reference(x), known) for x, known in list(self._held.values())]
        return [(x, known) for x, known in there if x is not None]


def of_class(find: Callable[[type], T]) -> Callable[[type], T]:
    """`find`, whose answer is kept for as long as the class lives, to which the answer may not refer: in a notebook the
    same class is defined again and again."""
    known = ByIdentity[T]()

    @functools.wraps(find)
    def kept(cls: type) -> T:
        found = known.get(id(cls))
        if found is None:
            found = find(cls)
            known.note(cls, found)
        return found

    return kept
