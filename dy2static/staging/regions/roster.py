"""Objects that change places: which of the tensors of before a loop each of its variables holds.

With `a, b = b, a` in a loop, as where two buffers are used by turns, each name stands for either object, and only the
run knows for which. So the graph counts it: the loop carries, for each such variable, the number of the object in it.
Where a trip leaves a known object in each of the variables, and never one in two, none is lost: behind the loop every
one of them is in one of the variables, and whoever has another name for it, such as the caller, is given what is there.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from dy2static.staging.failures.never import Never
from dy2static.staging.objects.by_identity import ByIdentity
from dy2static.staging.values.staged import StagedNumber
from eager.tensor import Tensor

Number = int | StagedNumber


class Roster:
    """The objects that some variables or cells of a loop hold before it, and who holds which."""

    def __init__(self, objects: dict[int, Tensor]) -> None:
        """`objects` has one for each variable or cell, by its position."""
        self.positions: Final = tuple(objects)
        self.objects: Final = tuple(objects.values())
        self.numbers: dict[int, Number] = {i: number for number, i in enumerate(objects)}
        """The number of the object in each of the variables, when a trip begins."""
        self.lost = set[int]()
        """The variables in which a trip has left what is not known to be one of the objects."""
        self._numbers = ByIdentity[Number]()

    def note(self, handle: Any, number: Any) -> None:
        """Note which of the objects it is that a handle stands for."""
        self._numbers.note(handle, number)

    def number_of(self, value: Any) -> Any:
        """Which of the objects a handle stands for; None where that is not known, or it is another. Behind an exception
        it is any of them."""
        return value if isinstance(value, Never) else self._numbers.get(id(value))

    def has(self, value: Any) -> bool:
        """Whether this is one of the objects, or stands for one of them by its number."""
        return id(value) in self._numbers or any(value is x for x in self.objects)

    def cells(self) -> "list[NumberCell]":
        """The places of the numbers, in the order of the positions."""
        return [NumberCell(self, i) for i in self.positions]


@dataclass(frozen=True, slots=True, eq=False)
class NumberCell:
    """The number of the object in one of the variables."""

    roster: Roster
    position: int

    @property
    def key(self) -> tuple[str, int, int]:
        return ("number", id(self.roster), self.position)

    @property
    def text(self) -> str:
        return "which of several tensors a variable holds"

    def load(self) -> Number:
        return self.roster.numbers[self.position]

    def of(self, owner: Roster) -> "NumberCell":
        """The same place in another one."""
        return NumberCell(owner, self.position)

    def store(self, value: Number) -> None:
        self.roster.numbers[self.position] = value


class Rosters:
    """Those of the loops that are being staged, innermost last: None for a loop that needs none."""

    def __init__(self) -> None:
        self._open: list[Roster | None] = []

    @contextmanager
    def of(self, roster: Roster | None) -> Generator[None]:
        """A trip of the loop with this one."""
        self._open.append(roster)
        try:
            yield
        finally:
            self._open.pop()

    @property
    def innermost(self) -> Roster | None:
        """That of the innermost loop."""
        return self._open[-1] if self._open else None

    def tell(self, handle: Any, number: Any) -> None:
        """Note which object of the innermost roster it is that a handle stands for, if that is news."""
        roster = self.innermost
        if roster is not None and roster.number_of(handle) is None:
            roster.note(handle, number)

    def has(self, value: Any) -> bool:
        """Whether an object is known to be in one of the variables of a loop that is being staged, or stands for one
        that is."""
        return any(roster is not None and roster.has(value) for roster in self._open)


def numbers_left(
    roster: Roster | None, paths: Sequence[Sequence[Any]]
) -> tuple[dict[int, Number], dict[int, list[Number]]]:
    """Of the objects that paths leave in one place, the numbers, by place, where they are known: of those that are one
    object on all paths, and of the others, on each."""
    one, several = dict[int, Number](), dict[int, list[Number]]()
    if roster is None:
        return one, several
    for i, left in enumerate(zip(*paths, strict=True)):
        numbers = [roster.number_of(x) for x in left]
        if all(n is not None for n in numbers):
            if all(x is left[0] for x in left):
                one[i] = numbers[0]
            else:
                several[i] = numbers
    return one, several
