"""The programs of one function: which one serves a call, and when a new one is made."""

# pyright: reportPrivateUsage=false

import threading
from collections import OrderedDict
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
from dy2static.staging.stage import stage
from eager.grad_mode import is_grad_enabled
from graph.errors import GraphError

MOST_PROGRAMS: Final = 64
"""Programs of one function; the least recently used goes first."""


@dataclass(slots=True)
class Family:
    """Calls of one structure with one dtype and rank per tensor."""

    programs: list[Program] = field(default_factory=list[Program])
    dynamic: dict[tuple[str, int, Any], Source] = field(default_factory=dict[tuple[str, int, Any], Source])
    """Sources of numbers that were seen with two values."""
    is_fixed: bool = False
    """Whether a symbolic size could not be staged, so that every size gets a program of its own."""


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
        self._lock = threading.RLock()
        self.misses: list[str] = []
        self.latest: Program | None = None

    def programs(self) -> list[Program]:
        """All programs, in no particular order."""
        return [program for family in self._families.values() for program in family.programs]

    def clear(self) -> None:
        """Forget all programs."""
        with self._lock:
            self._families.clear()
            self.latest = None
            self.misses.clear()

    def find(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Program, Call]:
        """The program that serves a call, made if there is none."""
        call = signature(args, kwargs)
        key = (call.family, is_grad_enabled())
        family = self._families.get(key)
        if family is not None:
            for program in family.programs:
                if program.serves(call):
                    self.latest = program
                    return program, call
        with self._lock:
            family = self._families.setdefault(key, Family())
            for program in family.programs:
                if program.serves(call):
                    return program, call
            program = self.latest = self._make(family, call, args, kwargs)
            family.programs.insert(0, program)
            self._families.move_to_end(key)
            self._shrink()
            return program, call

    def _shrink(self) -> None:
        while len(self.programs()) > MOST_PROGRAMS:
            oldest = next(iter(self._families.values()))
            if oldest.programs:
                oldest.programs.pop()
            if not oldest.programs:
                self._families.popitem(last=False)

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
        staged = stage(name if name.isidentifier() else "main", self._target, args, kwargs, leaves, call_function, dynamic)
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
        guards = [guard for guard in found if guard.source.key not in moving]
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
