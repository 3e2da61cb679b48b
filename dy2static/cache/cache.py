"""The programs of one function: which one serves a call, and when a new one is made."""

# pyright: reportPrivateUsage=false

import threading
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from dy2static.cache.compiled import CompiledGraph, Executor
from dy2static.cache.program import Program
from dy2static.cache.signature import Call, Pattern, exact, signature, widened
from dy2static.cache.sources import Guard, GuardSet, Source, collect
from dy2static.input_spec import InputSpec, declared
from dy2static.runtime.calls import call as call_function
from dy2static.source.convert import convert_function
from dy2static.staging.cells import HandleCell
from dy2static.staging.stage import Staged, stage
from eager.grad_mode import is_grad_enabled
from graph.errors import GraphError

MOST_PROGRAMS: Final = 64
"""Programs of one function; the least recently used goes first."""
MAKING: Final = threading.RLock()
"""Held while any program is made: staging changes objects for real, and sets them back."""


@dataclass(slots=True)
class Family:
    """Calls of one structure with one dtype and rank per tensor."""

    programs: tuple[Program, ...] = ()
    """Latest used first. Replaced, never changed: other threads go through it."""
    widest: Pattern | None = None
    """The pattern of the latest program made."""
    dynamic: dict[tuple[str, int, Any], Source] = field(default_factory=dict[tuple[str, int, Any], Source])
    """Sources of numbers that were seen with two values."""
    has_fixed_sizes: bool = False
    """Whether a symbolic size could not be staged, so that every size gets a program of its own."""
    has_fixed_numbers: bool = False
    """The same for numbers."""


class ProgramCache:
    """Programs by family, bounded; one thread at a time makes one."""

    def __init__(
        self,
        function: Callable[..., Any],
        target: Callable[..., Any],
        names: Sequence[str],
        specs: Mapping[str, InputSpec],
        executor: Executor,
    ) -> None:
        self._function = function
        self._target = target
        self._names = names
        self._specs = specs
        self._executor: Executor = executor
        self._families: OrderedDict[Hashable, Family] = OrderedDict()
        self.misses: deque[str] = deque(maxlen=MOST_PROGRAMS)
        """Why the latest programs were made."""
        self.made = 0
        """How many programs were made so far."""
        self.latest: Program | None = None
        _CACHES.add(self)

    def programs(self) -> list[Program]:
        """All programs, in no particular order."""
        return [program for family in list(self._families.values()) for program in family.programs]

    def clear(self) -> None:
        """Forget all programs."""
        with MAKING:
            self._families.clear()
            self.latest = None
            self.misses.clear()
            self.made = 0

    def find(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Program, Call]:
        """The program that serves a call, made if there is none."""
        call = signature(args, kwargs)
        key = (call.family, is_grad_enabled())
        family = self._families.get(key)
        if family is not None and self._recent is family:
            programs = family.programs
            if programs and programs[0].serves(call):
                self.latest = programs[0]
                return programs[0], call
        with MAKING:
            family = self._families.get(key) or Family()
            program = next((program for program in family.programs if program.serves(call)), None)
            if program is None:
                program = self._make(family, call, args, kwargs)
                self._families[key] = family  # not before: a call that cannot be staged leaves nothing behind
            family.programs = (program, *(other for other in family.programs if other is not program))
            self.latest, self._recent = program, family
            self._families.move_to_end(key)
            self._shrink()
            return program, call

    def _shrink(self) -> None:
        excess = len(self.programs()) - MOST_PROGRAMS
        for key, family in list(self._families.items()):
            if excess <= 0:
                return
            dropped = min(excess, len(family.programs))
            family.programs = family.programs[: len(family.programs) - dropped]
            excess -= dropped
            if not family.programs:
                del self._families[key]

    def _make(self, family: Family, call: Call, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Program:
        pattern, reason = self._plan(family, call, args, kwargs)
        try:
            program = self._stage(family, pattern, reason, call, args, kwargs)
        except (GraphError, RecursionError):  # a function that calls itself until a number is 0 never ends on any number
            if pattern == exact(call) or self._specs:
                raise
            program = self._stage(
                family, exact(call), f"{reason}, which cannot be staged: sizes stay fixed", call, args, kwargs
            )
            family.is_fixed = True
        self.misses.append(program.reason)
        return program

    def _plan(self, family: Family, call: Call, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Pattern, str]:
        """What the new program is to serve, and why it is made."""
        if self._specs:
            return declared(exact(call), self._specs, self._leaf_names(args, kwargs)), "declared sizes"
        if not family.programs:
            return exact(call), "the first call with these types"
        last = family.programs[0]
        if not last.pattern.fits(call):
            if family.is_fixed:
                return exact(call), "other sizes or numbers"
            wider = widened(last.pattern, call)
            return (
                wider,
                f"sizes or numbers differ: {_differences(last.pattern, wider, self._leaf_names(args, kwargs))}",
            )
        failed = [guard for program in family.programs for guard in program.guards.all if not guard.holds()]
        for guard in failed:
            if (
                guard.how == "value"
                and guard.source.kind != "length"
                and type(guard.expected) in (int, float)
                and type(guard.source.load()) is type(guard.expected)
            ):
                family.dynamic[guard.source.key] = guard.source
        return last.pattern, "; ".join(dict.fromkeys(guard.explain() for guard in failed[:3])) or "a changed value"

    def _stage(
        self,
        family: Family,
        pattern: Pattern,
        reason: str,
        call: Call,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
    ) -> Program:
        leaves = pattern.leaves(call, self._leaf_names(args, kwargs))
        dynamic = tuple(family.dynamic.values())
        name = getattr(self._function, "__name__", "main")
        name = name if name.isidentifier() else "main"
        staged = stage(name, self._target, args, kwargs, leaves, call_function, dynamic)
        used = list(staged.conversions)
        if self._target is not self._function:
            used.insert(0, (self._function, convert_function(_plain(self._function))))
        owner = getattr(self._function, "__self__", None)
        objects = [("self", owner)] if owner is not None else []
        objects += [
            (self._leaf_names(args, kwargs)[i], leaf) for i, leaf in enumerate(call.leaves) if leaves[i].aval is None
        ]
        moving = {source.key for source in dynamic}
        found = collect([(_plain(f), made) for f, made in used], objects, staged.gradients)
        guards = [_pinned(guard, staged) for guard in found if guard.source.key not in moving]
        return Program(
            staged=staged,
            compiled=CompiledGraph(staged.graph, self._executor),
            pattern=pattern,
            guards=GuardSet(guards),
            staged_leaves=tuple(i for i, leaf in enumerate(leaves) if leaf.aval is not None),
            dynamic=dynamic,
            captured=tuple(_loader(held, guards) for held in staged.captured),
            reason=reason,
        )

    def _leaf_names(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[str]:
        """A name for each leaf: the parameter's, which graphs and messages show."""
        named: list[str] = []
        for i, value in enumerate(args):
            name = self._names[i] if i < len(self._names) else f"arg{i}"
            named += [name] * len(signature((value,), {}).leaves)
        for name, value in kwargs.items():
            named += [name] * len(signature((value,), {}).leaves)
        return named


def _plain(function: Any) -> Any:
    return getattr(function, "__func__", function)


def _pinned(guard: Guard, staged: Staged) -> Guard:
    """The guard, made one of identity where the program changes the tensor: it would change that very one again."""
    if guard.how != "tensor":
        return guard
    held = guard.source.load()
    changed = any(isinstance(w.cell, HandleCell) and w.owner is None and w.cell.handle is held for w in staged.writes)
    if changed or any(leaf is held._link for leaf in staged.gradients):
        return Guard(guard.source, held, "identity")
    return guard


def _loader(held: Any, guards: Sequence[Guard]) -> Callable[[], Any]:
    """How to find a captured tensor in a later call: where it was read from, else the very object."""
    for guard in guards:
        if guard.how == "tensor" and guard.source.load() is held:
            return guard.source.load
    return lambda: held


def _differences(old: Pattern, new: Pattern, names: Sequence[str]) -> str:
    found: list[str] = []
    for name, a, b in zip(names, old.entries, new.entries, strict=True):
        if a != b:
            was = "(" + ", ".join(map(str, a)) + ")" if isinstance(a, tuple) else repr(a)
            now = "(" + ", ".join(map(str, b)) + ")" if isinstance(b, tuple) else "any"
            found.append(f"`{name}` {was} -> {now}")
    return ", ".join(found)
