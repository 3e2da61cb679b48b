"""Which objects may be one: pairs of them, each with what the graph has to decide for that."""

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from typing import Any, Final

from dy2static.staging.objects.by_identity import ByIdentity
from dy2static.staging.regions.facts import Facts
from graph.ir.frozen import frozen

Ways = tuple[Facts, ...]
"""On which paths something is so: where all facts of one of these hold."""

ALWAYS: Final[Ways] = ((),)
MOST_WAYS: Final = 8
"""How many are told apart."""
MOST_FACTS: Final = 16
"""How many facts of one count: with fewer of them, it is possible more often."""


@frozen
class Alias:
    """What else an object may be, what that is called, and on which paths it is. Some have only parts in common."""

    object: Any
    label: str
    ways: Ways
    is_of_parts: bool


class Aliases:
    """The objects that may be one, in one staging; `may_hold` says whether facts may hold in the code being staged."""

    def __init__(self, may_hold: Callable[[Facts], bool]) -> None:
        self._may_hold = may_hold
        self._of = ByIdentity[ByIdentity[tuple[str, Ways, bool]]]()
        self._late: list[tuple[Any, Any, str, Ways, bool]] | None = None
        """Pairs that are to be noted together, when the last one is known."""

    @contextmanager
    def at_once(self) -> Generator[None]:
        """Within, pairs are noted that are so at one time: none of them follows from two others."""
        assert self._late is None
        self._late = []
        try:
            yield
        finally:
            late, self._late = self._late, None
            for pair in late:
                self.note(*pair)

    def note(self, a: Any, b: Any, label: str, ways: Ways = ALWAYS, is_of_parts: bool = False) -> None:
        """Note that two objects may be one, or parts of them; `label` is what one of them is called."""
        if self._late is not None:
            self._late.append((a, b, label, ways, is_of_parts))
            return
        for x, other in ((a, b), (b, a)):
            known = self._of.get(id(x))
            if known is None:
                self._of.note(x, known := ByIdentity())
            found = known.get(id(other))
            if found == (label, ALWAYS, False):
                continue  # the most frequent case: nothing can be added
            _, before, was_of_parts = found or (label, (), True)
            together = ALWAYS if before == ALWAYS or ways == ALWAYS else either((before, ways))
            known.note(other, (label, together, was_of_parts and is_of_parts))

    def of(self, identity: int) -> list[Alias]:
        """What else the object with this identity may be, on some paths."""
        known = self._of.get(identity)
        return [] if known is None else [Alias(other, *noted) for other, noted in known.items()]

    def are(self, a: Any, b: Any, given: Facts = (), as_wholes: bool = False) -> bool:
        """Whether two objects, or parts of them, may be one here, where the facts `given` hold too."""
        known = self._of.get(id(a))
        found = None if known is None else known.get(id(b))
        return found is not None and not (as_wholes and found[2]) and self.may_be(found[1], given)

    def are_told(self, a: Any, b: Any, known: Any) -> bool:
        """Whether `known` may be `b` wherever `a` may be."""
        found, told = (of.get(id(b)) if (of := self._of.get(id(x))) else None for x in (a, known))
        if found is None or told is None or (told[2] and not found[2]):
            return found is None
        return all(any(set(one) <= set(way) for one in told[1]) for way in found[1])

    def may_be(self, ways: Ways, given: Facts = ()) -> bool:
        """Whether one of the ways leads here, where the facts `given` hold too."""
        return any(self._may_hold((*way, *given)) for way in ways)


def either(several: Iterable[Ways]) -> Ways:
    """The paths of all."""
    together = tuple(dict.fromkeys(way for ways in several for way in ways))
    return together if () not in together and len(together) <= MOST_WAYS else ALWAYS


def both(ways: Ways, others: Ways) -> Ways:
    """The paths where one of the first is taken and one of the others."""
    if others == ALWAYS or ways == ALWAYS:  # the most frequent case
        return ways if others == ALWAYS else others
    together = tuple(dict.fromkeys(_last((*way, *other)) for way in ways for other in others))
    return together if len(together) <= MOST_WAYS else ALWAYS


def _last(facts: Facts) -> Facts:
    """The last of these, each once."""
    return tuple(dict.fromkeys(facts))[-MOST_FACTS:]
