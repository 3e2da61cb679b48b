"""Variables of functions of the user that blocks of converted code bind as Python does, with `nonlocal`.

A block gives the values of its variables back, and they are merged and bound again behind it. Where an exception leaves
a block that is none of Python's flow, or where the block was a trial, nothing does that: so whoever undoes a block sets
back its variables too.
"""

from collections.abc import Generator, Sequence
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
        return [(cell, *_content(cell)) for cell in self._bound.values()]


def set_back(held: Held) -> None:
    """Give variables what they held."""
    for cell, is_bound, value in held:
        now_bound, now = _content(cell)
        if is_bound and now is not value:
            cell.cell_contents = value
        elif now_bound and not is_bound:
            del cell.cell_contents


def variables_of(blocks: Sequence[Any]) -> list[CellType]:
    """The variables of enclosing functions that these blocks of the user's code have, inside wrappers of ours too."""
    waiting, seen, found = [*blocks], set[int](), list[CellType]()
    while waiting:
        block = waiting.pop()
        if isinstance(block, tuple):
            waiting += cast("tuple[Any, ...]", block)
        elif isinstance(block, FunctionType) and id(block) not in seen:
            seen.add(id(block))
            cells = block.__closure__ or ()
            if is_users(block.__code__.co_filename):
                found += cells
            else:
                waiting += [value for is_bound, value in map(_content, cells) if is_bound]
    return found


def _content(cell: CellType) -> tuple[bool, Any]:
    try:
        return True, cell.cell_contents
    except ValueError:
        return False, None
