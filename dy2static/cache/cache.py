"""The programs of one function: which one serves a call, and when a new one is made."""

# pyright: reportPrivateUsage=false

import functools
import itertools
import weakref
from collections import deque
from collections.abc import Callable, Container, Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, cast

from dy2static.cache.compiled import Compile, CompiledGraph, Executor
from dy2static.cache.counting import note_program
from dy2static.cache.family import Family
from dy2static.cache.foresight import Foresight, outcome
from dy2static.cache.frames import in_one_chunk
from dy2static.cache.garbage import set_aside
from dy2static.cache.guard_set import GuardSet
from dy2static.cache.kept_programs import Kept, Place, place_of
from dy2static.cache.making import MAKING
from dy2static.cache.moving import moving
from dy2static.cache.program import Program, second_name
from dy2static.cache.reasons import of_first, of_sizes, of_tied_objects
from dy2static.cache.shortcut import MISS, MOST_SHORTCUTS, Shortcut, shortcut
from dy2static.cache.signature import Call, Pattern, exact, is_input_number, signature, widened, with_sizes_of
from dy2static.cache.size import size_in_bytes
from dy2static.cache.sources import Guard, Source
from dy2static.cache.trials import Trials, plain
from dy2static.input_spec import InputSpec, declared
from dy2static.runtime.calls import call as call_function
from dy2static.source.convert import Converted
from dy2static.staging.arguments import Leaf
from dy2static.staging.objects.cells import HandleCell
from dy2static.staging.objects.contents import ArrayCell, ContentCell
from dy2static.staging.objects.made import MadeSpec, known_outside, parts_of
from dy2static.staging.regions.rounds import Foreseen
from dy2static.staging.stage import Staged, Write, can_be_put, stage
from dy2static.staging.values.spec import types
from eager.grad_mode import is_grad_enabled
from eager.tensor import Tensor
from graph.errors import GraphError, InternalError
from graph.execute.native import AS_USUAL, NativeOptions

MOST_PROGRAMS: Final = 64
"""Programs of one function; the least recently used goes first."""
MOST_BYTES: Final = 1 << 28
"""The memory that they take: constants count, see `size_in_bytes`. The latest program is kept whatever its size."""
_CACHES: Final["weakref.WeakSet[ProgramCache]"] = weakref.WeakSet()
"""The caches that are in use."""


class ProgramCache:
    """Programs by family, bounded; one thread at a time makes one."""

    def __init__(
        self,
        function: Callable[..., Any],
        target: Callable[..., Any],
        names: Sequence[str],
        specs: Mapping[str, InputSpec],
        executor: Executor,
        results: Sequence[InputSpec] | None = None,
        compile: Compile | None = None,
        options: NativeOptions = AS_USUAL,
    ) -> None:
        self._function: Any = function
        self._trials = Trials(function, target)
        self._names = names
        self._specs = specs
        self._executor: Executor = executor
        self._compile: Compile | None = compile
        self._options = options
        self._results = None if results is None else tuple(spec.shape for spec in results)
        self._families: dict[tuple[Hashable, bool], Family] = {}
        self.misses: deque[str] = deque(maxlen=MOST_PROGRAMS)
        """Why the latest programs were made."""
        self.made = 0
        """How many programs were made so far."""
        self.latest: Program | None = None
        self._touches = False
        """Whether programs read or write objects that staging, in another thread, may change for a while."""
        self._shortcuts: tuple[tuple[Shortcut, Program, Family], ...] = ()
        """Those of programs that were used a second time, latest first."""
        self._with_shortcut: weakref.WeakSet[Program] = weakref.WeakSet()
        _CACHES.add(self)

    def programs(self) -> list[Program]:
        """All programs, in no particular order."""
        return [program for family in list(self._families.values()) for program in family.programs]

    def clear(self) -> None:
        """Forget all programs."""
        with MAKING:
            self._families.clear()
            self._shortcuts = ()
            self.latest = None
            self.misses.clear()
            self.made = 0

    def run(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """A call of the function, by the program that serves it."""
        if self._touches and MAKING.owner is not None:
            MAKING.wait()
        if not kwargs:
            for way, program, family in self._shortcuts:
                result = way(args)
                if result is not MISS:
                    self.latest = program
                    family.used = next(_CLOCK)
                    return result
        made = self.made
        program, call = self.find(args, kwargs)
        is_first = not kwargs and self.made == made and program not in self._with_shortcut
        family = self._families.get((call.kind, is_grad_enabled())) if is_first else None
        way = None if family is None else shortcut(program, call, args)  # before the run changes what it reads
        result = program.run(call, args, kwargs)
        if is_first:
            self._with_shortcut.add(program)
        if family is not None and way is not None and program in (*family.programs, *family.moved):
            self._shortcuts = ((way, program, family), *self._shortcuts)[:MOST_SHORTCUTS]
        return result

    def find(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Program, Call]:
        """The program that serves a call, made if there is none."""
        if self._touches and MAKING.owner is not None:
            MAKING.wait()
        call = signature(args, kwargs)
        key = (call.kind, is_grad_enabled())
        family = self._families.get(key)
        if family is not None and (program := family.find(call)) is not None:
            family.used = next(_CLOCK)
            self.latest = program
            return program, call
        with MAKING, set_aside():
            family = self._families.get(key) or Family()
            if (program := family.find(call)) is not None:  # another thread may have made it
                self.latest = program
                return program, call
            program = self.latest = self._make(family, call, args, kwargs)
            family.programs = (program, *family.programs)
            family.used = next(_CLOCK)
            self._families[key] = family  # not before: a call that cannot be staged leaves nothing behind
            self._touches = self._touches or bool(program.captured or program.staged.writes)
            self._shrink()
            return program, call

    def _shrink(self) -> None:
        """Drop the oldest program of the family that was not used for longest, while there are too many."""
        while self._is_too_large():
            key, family = min(self._families.items(), key=_last_use)
            family.programs = family.programs[:-1]
            family.moved = ()
            self._shortcuts = ()
            if not family.programs:
                del self._families[key]

    def _is_too_large(self) -> bool:
        programs = self.programs()
        return len(programs) > MOST_PROGRAMS or (len(programs) > 1 and sum(p.bytes for p in programs) > MOST_BYTES)

    @in_one_chunk
    def _make(self, family: Family, call: Call, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Program:
        """The program for a call that none serves: as general as can be staged.

        Sizes that differ from the last program's become symbolic, numbers inputs; what cannot be staged so stays fixed.
        Raises: what staging the call with its own sizes and numbers raises.
        """
        attempts, reason = self._plan(family, call, args, kwargs)
        for i, (pattern, dynamic, note) in enumerate(attempts):
            try:
                program = self._stage(pattern, dynamic, reason + note, call, args, kwargs)
            # Python's own code takes no numbers of the graph; what calls itself until a number is 0 never ends on any
            except (GraphError, RecursionError, TypeError):
                if i == len(attempts) - 1:
                    raise
                continue
            family.has_fixed_sizes |= i > 0
            family.has_fixed_numbers |= i > 1
            family.widest = pattern
            self.misses.append(program.reason)
            self.made += 1
            note_program(str(getattr(self._function, "__qualname__", self._function)), program.reason)
            return program
        raise InternalError("there is always one way to stage a call")

    def _plan(
        self, family: Family, call: Call, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> tuple[list[tuple[Pattern, tuple[Source, ...], str]], str]:
        """What the new program may serve, best first (patterns, numbers read elsewhere that become inputs, a note),
        and why it is made."""
        names = self._leaf_names(args, kwargs)
        last = family.widest
        failed = family.differences(call)
        if last is None:
            wide = own = declared(exact(call), call, self._specs, names)
            reason = of_first(call, (kind for kind, _ in self._families), names)
        else:
            own = declared(exact(call), call, self._specs, names)
            wide = declared(widened(last, call), call, self._specs, names)
            reason = of_sizes(last, wide, names)
            if last.fits(call):
                wide = last
                reason = self._changes(family, failed, call, names)
        dynamic = tuple(source for source in family.dynamic.values() if is_input_number(source.load()))
        attempts: list[tuple[Pattern, tuple[Source, ...], str]] = []
        if not family.has_fixed_sizes:
            attempts.append((wide, dynamic, ""))
        if not family.has_fixed_numbers:
            attempts.append((with_sizes_of(wide, own), dynamic, "; the sizes cannot be symbolic here"))
        attempts.append((own, (), "; sizes and numbers cannot be symbolic here"))
        distinct = [x for i, x in enumerate(attempts) if not any(x[:2] == y[:2] for y in attempts[:i])]
        return distinct, reason

    def _changes(self, family: Family, failed: Sequence[Guard], call: Call, names: Sequence[str]) -> str:
        """What changed outside of the arguments since programs of the family were made; its numbers become inputs."""
        for guard in failed:
            source = guard.source
            found = source.load()
            is_number = is_input_number(found) and type(found) is type(guard.expected)
            if guard.how == "value" and is_number and can_be_put(source):
                family.dynamic[source.key] = source
        for program in family.programs:
            if program.moving is not None and program.moving.refusal is not None:
                return of_tied_objects(call, names, program.moving.refusal)
        return "; ".join(dict.fromkeys(guard.explain() for guard in failed[:3])) or "its program was dropped"

    def _stage(
        self,
        pattern: Pattern,
        dynamic: tuple[Source, ...],
        reason: str,
        call: Call,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
    ) -> Program:
        """A program for a call: found on disk, else staged; see `foresight` for how often."""
        leaves = pattern.leaves(call, self._leaf_names(args, kwargs))
        place = self._place(pattern, dynamic, call)
        kept = None if place is None else place.find()
        if kept is not None:
            return self._of_kept(kept, pattern, leaves, reason)
        foresight = Foresight(plain(self._function), leaves, is_kept=self._executor == "native")
        make = functools.partial(self._program, pattern, leaves, dynamic, reason, call, args, kwargs, foresight.loops)
        made, came_to, conversions, found = foresight.used_for(make, lambda made: (made[0].staged.settled, made[1]))
        if place is None or not self._trials.is_usual or not place.keep(made, conversions, found):
            foresight.note(made.staged.settled, came_to)
        return made

    def _place(self, pattern: Pattern, dynamic: tuple[Source, ...], call: Call) -> Place | None:
        """Where the program is kept; None where it is not."""
        if self._executor != "native" or dynamic or call.objects:
            return None
        return place_of(self._function, call, pattern, self._options, self._results)

    def _of_kept(self, kept: Kept, pattern: Pattern, leaves: Sequence[Leaf], reason: str) -> Program:
        """The program of what was kept."""
        staged = kept.staged()
        return Program(
            staged=staged,
            compiled=CompiledGraph(staged.form, self._executor, self._compile, self._options),
            pattern=pattern,
            guards=GuardSet(kept.found.guards),
            staged_leaves=_staged_leaves(leaves),
            dynamic=(),
            captured=tuple(kept.found.sources[i].load for i in kept.captured),
            reason=reason,
            bytes=kept.bytes,
        )

    def _program(
        self,
        pattern: Pattern,
        leaves: Sequence[Leaf],
        dynamic: tuple[Source, ...],
        reason: str,
        call: Call,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        foresee: Callable[[], Sequence[Foreseen]],
    ) -> tuple[Program, Callable[[], str], list[tuple[Any, Converted]], list[Guard]]:
        """A program, what staging it came to, the functions that were converted, and all that they can have read."""
        name = getattr(self._function, "__name__", "main")
        name = name if name.isidentifier() else "main"
        objects = self._objects(call, leaves, self._leaf_names(args, kwargs))
        staging = functools.partial(
            stage,
            name,
            args=args,
            kwargs=kwargs,
            leaves=leaves,
            call=call_function,
            dynamic=dynamic,
            shapes=self._results,
            foresee=foresee,
        )
        staged, conversions, found = self._trials.staged(staging, objects, (*args, *kwargs.values()))
        inputs = {source.key for source in dynamic}
        _refuse_second_names(found, staged, args, kwargs)
        staged = _with_known(staged, found, [value for _, value in objects])
        changed = _changed_tensors(staged, args, kwargs)
        guards = [_pinned(guard, staged) for guard in found if guard.source.key not in inputs]
        guards += [Guard(source, type(source.load()), "number") for source in dynamic]
        made = Program(
            staged=staged,
            compiled=CompiledGraph(staged.graph, self._executor, self._compile, self._options),
            pattern=pattern,
            guards=GuardSet(guards),
            staged_leaves=_staged_leaves(leaves),
            dynamic=dynamic,
            captured=tuple(_loader(held, guards) for held in staged.captured),
            reason=reason,
            bytes=size_in_bytes(staged.graph),
            changed_leaves=tuple(i for i, leaf in enumerate(call.leaves) if id(leaf) in changed),
            changed_outside=changed.intersection(map(id, staged.captured)),
            objects=tuple(call.objects),
            moving=moving(staged, guards, call.objects, [plain(f) for f, _ in conversions], [x for _, x in objects]),
        )
        if made.has_second_names(call):
            raise second_name("it comes in by a second way")
        came_to = functools.partial(_outcome, made, conversions, found)
        return made, came_to, conversions, found

    def _objects(self, call: Call, leaves: Sequence[Leaf], names: Sequence[str]) -> list[tuple[str, Any]]:
        """What the function is given besides tensors and numbers, with names for people."""
        owner = getattr(self._function, "__self__", None)
        objects = [("self", owner)] if owner is not None else []
        objects += [(names[i], leaf) for i, leaf in enumerate(call.leaves) if leaves[i].aval is None]
        if isinstance(self._function, functools.partial):
            partial = cast("functools.partial[Any]", self._function)  # pyright: ignore[reportUnknownMemberType]
            objects += [(f"argument {i} of the partial", value) for i, value in enumerate(partial.args)]
            objects += [(f"`{key}` of the partial", value) for key, value in partial.keywords.items()]
        return objects

    def _leaf_names(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[str]:
        """A name for each leaf: the parameter's, which graphs and messages show."""
        named: list[str] = []
        for i, value in enumerate(args):
            name = self._names[i] if i < len(self._names) else f"arg{i}"
            named += [name] * len(signature((value,), {}).leaves)
        for name, value in kwargs.items():
            named += [name] * len(signature((value,), {}).leaves)
        return named


def clear_caches() -> None:
    """Drop the programs of all static functions; the next call of each makes a new one."""
    for cache in list(_CACHES):
        cache.clear()


_CLOCK: Final = itertools.count()


def _outcome(made: Program, conversions: Sequence[tuple[Any, Converted]], found: Sequence[Guard]) -> str:
    return outcome(made.compiled.plan.text, conversions, found, made.staged.captured)


def _staged_leaves(leaves: Sequence[Leaf]) -> tuple[int, ...]:
    return tuple(i for i, leaf in enumerate(leaves) if leaf.aval is not None)


def _last_use(item: tuple[tuple[Hashable, bool], Family]) -> int:
    return item[1].used


def _refuse_second_names(
    guards: Sequence[Guard], staged: Staged, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> None:
    """Raises: StagingError where the function changes an argument in place which it also reaches by another way: the
    graph has a value for each."""
    for write in staged.writes:
        changed = write.owner.find(args, kwargs) if write.owner is not None else getattr(write.cell, "handle", None)
        for guard in guards:
            is_argument = write.owner is not None or any(changed is x for x in args)
            if changed is not None and is_argument and guard.source.load() is changed:
                raise second_name(f"it is also {guard.source.text}")


def _with_known(staged: Staged, guards: Sequence[Guard], objects: Sequence[Any]) -> Staged:
    """What was staged; objects from outside that leave the function are themselves."""
    kinds = ("identity", "array")
    outside = {id(x) for x in objects} | {id(g.source.load()) for g in guards if g.how in kinds}
    result = known_outside(staged.result, outside)
    writes = [replace(write, spec=known_outside(write.spec, outside)) for write in staged.writes]
    specs = [part for spec in (result, *(write.spec for write in writes)) for part in parts_of(spec)]
    made = {id(part.original) for part in specs if isinstance(part, MadeSpec) and not part.is_outside}
    return replace(staged, result=result, writes=tuple(w for w in writes if not _is_of_made(w, made)))


def _is_of_made(write: Write, made: Container[int]) -> bool:
    """Whether a change is one of the content of what each run makes anew, which nobody else sees."""
    if not isinstance(write.cell, ArrayCell | ContentCell) or types(write.spec):
        return False
    owner = write.cell.find()
    return owner is None or id(owner) in made


def _changed_tensors(staged: Staged, args: Sequence[Any], kwargs: Mapping[str, Any]) -> frozenset[int]:
    """The identities of the tensors that the function changes in place, in this call."""
    changed = [
        write.cell.handle if write.owner is None else write.owner.find(args, kwargs)
        for write in staged.writes
        if isinstance(write.cell, HandleCell)
    ]
    return frozenset(id(x) for x in changed if isinstance(x, Tensor))


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
