"""Calls that may share programs, and which of these serves a call."""

import contextlib
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from dy2static.cache.program import Program
from dy2static.cache.signature import Call, Pattern
from dy2static.cache.sources import Guard, Source

MOST_MOVED: Final = 16
"""Programs of a family that are kept for other objects than those that they were made for."""


@dataclass(slots=True)
class Family:
    """Calls of one structure with one dtype and rank per tensor."""

    programs: tuple[Program, ...] = ()
    """Latest first. Replaced, never changed: other threads go through it."""
    used: int = 0
    """When it was last used."""
    widest: Pattern | None = None
    """The pattern of the latest program made."""
    dynamic: dict[tuple[str, int, Any], Source] = field(default_factory=dict[tuple[str, int, Any], Source])
    """Sources of numbers that were seen with two values."""
    has_fixed_sizes: bool = False
    """Whether a symbolic size could not be staged, so that every size gets a program of its own."""
    has_fixed_numbers: bool = False
    """The same for numbers."""
    moved: tuple[Program, ...] = ()
    """Programs moved to objects that came a second time, latest first."""
    _recent: dict[int, tuple[Any, ...]] = field(default_factory=dict[int, tuple[Any, ...]])
    """Weak references to the objects of the latest calls that a program was moved to, by identity of the first."""

    def find(self, call: Call) -> Program | None:
        """The program that serves a call; None where there is none."""
        for program in (*self.programs, *self.moved):
            if program.serves(call):
                return program
        if not call.objects:
            return None
        is_kept = self._is_recent(call.objects)
        for program in self.programs:
            if (made := program.moved(call, is_kept=is_kept)) is not None:
                if is_kept:
                    self.moved = (made, *self.moved)[:MOST_MOVED]
                return made
        return None

    def _is_recent(self, objects: Sequence[Any]) -> bool:
        """Whether these objects came in one of the latest calls."""
        recent = self._recent
        refs = recent.pop(id(objects[0]), ())
        if len(refs) == len(objects) and all(ref() is x for ref, x in zip(refs, objects, strict=True)):
            return True
        with contextlib.suppress(TypeError, RuntimeError):  # no weak references to one; another thread does the same
            if len(recent) >= MOST_MOVED:
                recent.pop(next(iter(recent)), None)
            recent[id(objects[0])] = tuple(map(weakref.ref, objects))
        return False

    def differences(self, call: Call) -> list[Guard]:
        """What differs for this call outside of sizes and numbers of the arguments, by program. Places that became
        inputs are found anew for the objects of the call."""
        failed: list[Guard] = []
        for i, program in enumerate(self.programs):
            fit = None if program.moving is None else program.moving.fit(call.objects)
            if fit is not None and i == 0:
                self.dynamic = {source.key: source for source in map(fit.source, self.dynamic.values())}
            if program.pattern.fits(call):
                failed += [g for g in program.guards.all if not g.holds()] if fit is None else fit.failed
        return failed
