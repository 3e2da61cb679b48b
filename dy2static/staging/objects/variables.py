"""Variables of functions of the user that blocks of converted code bind as Python does, with `nonlocal`.

A block gives the values of its variables back, and they are merged and bound again behind it. Where an exception leaves
a block that is none of Python's flow, or where the block was a trial, nothing does that: so whoever undoes a block sets
back its variables too.
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from types import CellType, FunctionType
from typing import Any, cast

from dy2static.staging.locate import is_users

Held = list[tuple[CellType, bool, Any]]
"""Variables, each with whether it is bound and to what."""


class Variables:
    """Those that the blocks under way may bind."""

    def __init__(self) -> None:
        self._bound: dict[int, CellType] = {}

    @contextmanager
    def of(self, *blocks: Any) -> Generator[None]:
        """These blocks run within: whatever is undone there sets back what they bind."""
        before = self._bound
        new = {id(cell): cell for cell in variables_of(blocks) if id(cell) not in before}
        self._bound = {**before, **new} if new else before
        try:
            yield
        finally:
            self._bound = before

    def held(self) -> Held:
        """What they hold now."""
        return [(cell, *content_of(cell)) for cell in self._bound.values()]


def set_back(held: Held) -> None:
    """Give variables what they held."""
    for cell, is_bound, value in held:
        now_bound, now = content_of(cell)
        if is_bound and now is not value:
            cell.cell_contents = value
        elif now_bound and not is_bound:
            del cell.cell_contents


def variables_of(blocks: Sequence[Any]) -> list[CellType]:
    """The variables of enclosing functions that these blocks of the user's code have, inside wrappers of ours too."""
    return [cell for block in _of_users(blocks) for cell in block.__closure__ or ()]


def named_variables(blocks: Sequence[Any]) -> dict[str, CellType]:
    """The same by their names; of two with one name, that of the block which is found first."""
    found: dict[str, CellType] = {}
    for block in _of_users(blocks):
        for name, cell in zip(block.__code__.co_freevars, block.__closure__ or (), strict=True):
            found.setdefault(name, cell)
    return found


def _of_users(blocks: Sequence[Any]) -> Iterator[FunctionType]:
    waiting, seen = [*blocks], set[int]()
    while waiting:
        block = waiting.pop()
        if isinstance(block, tuple):
            waiting += cast("tuple[Any, ...]", block)
        elif isinstance(block, FunctionType) and id(block) not in seen:
            seen.add(id(block))
            if is_users(block.__code__.co_filename):
                yield block
            else:
                waiting += [value for is_bound, value in map(content_of, block.__closure__ or ()) if is_bound]


def content_of(cell: CellType) -> tuple[bool, Any]:
    """Whether a variable is bound, and to what."""
    try:
        return True, cell.cell_contents
    except ValueError:
        return False, None
