"""All that staging can have read outside of the arguments, written down for another process, and looked at there.

The guards of a program are the places that it can have read, with objects of this process in them. Here each place is
named by the way that leads to it from the function, and what is there is in words (see `described`). Besides guards
there are builtins and what the code mentions of modules: within a process these stay what they are, between two
processes they may not.
"""

import builtins
import dis
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final, cast

from dy2static.cache.contents import content
from dy2static.cache.described import HOLDING, TENSORS, UnknownError, Words, described, items_described
from dy2static.cache.sources import MISSING, Guard, Source, load_from
from dy2static.converters.allow import is_library
from dy2static.source.changed import codes_within
from dy2static.source.convert import Converted
from eager.tensor import Tensor

NOT_KEPT: Final = frozenset(
    dis.opmap[name] for name in ("IMPORT_NAME", "LOAD_BUILD_CLASS", "BUILD_SET", "SET_ADD") if name in dis.opmap
)
"""Instructions that lead to what no guard names, or to what differs from process to process: the order of a set."""
FORMATTING: Final = frozenset({"format", "format_map"})
"""Methods of texts that read attributes by names in the text."""
GUARDED: Final = frozenset({"value", "identity", "tensor", "alias", "array"})
NOWHERE: Final = ("nothing",)
"""The words for a place where there is nothing."""


@dataclass(frozen=True, slots=True)
class Read:
    """One place: `owner` is the position of an object among those found so far. `kind` and `name` are those of a
    `Source`, or "builtin" and "mentioned", which have no guard."""

    owner: int
    kind: str
    name: str | int | None
    how: str
    text: str
    words: Words


@dataclass(frozen=True, slots=True)
class World:
    """The places in the order in which they are found, and which of the objects found are the same."""

    reads: tuple[Read, ...]
    same: tuple[int, ...]

    def plain(self) -> Any:
        """This in the values of `marshal`."""
        return [(r.owner, r.kind, r.name, r.how, r.text, r.words) for r in self.reads], self.same

    @classmethod
    def of(cls, plain: Any) -> "World":
        """What `plain` gave."""
        reads, same = plain
        return cls(tuple(Read(*read) for read in reads), tuple(same))


@dataclass(frozen=True, slots=True)
class Found:
    """A world that is as it was: its guards here, their places by the position of the read, and the users' functions in
    it, which are converted."""

    guards: list[Guard]
    sources: dict[int, Source]
    functions: list[Any]


class _Objects:
    """The objects that were found, by position. A function has its globals and its cells behind it."""

    def __init__(self) -> None:
        self.all: list[Any] = []
        self.at: dict[int, int] = {}

    def add(self, value: Any) -> None:
        parts = (value,)
        if type(value) is FunctionType:
            parts = (value, value.__globals__, *(value.__closure__ or ()))
        for part in parts:
            self.at.setdefault(id(part), len(self.all))
            self.all.append(part)

    def same(self) -> tuple[int, ...]:
        """For each object the first position at which it is."""
        return tuple(self.at[id(x)] for x in self.all)


def recorded(
    function: FunctionType, conversions: Iterable[tuple[Any, Converted]], guards: Sequence[Guard]
) -> tuple[World, dict[int, int]]:
    """What staging a function can have read, and the positions of reads by the identity of the tensors there.

    Raises: UnknownError where that cannot be said to another process.
    """
    made = [pair for pair in conversions if not _is_ours(pair[0])]
    names = frozenset(name for _, conversion in made for name in conversion.attribute_names)
    if any(name.startswith("__") for name in names) or not names.isdisjoint(FORMATTING):
        raise UnknownError
    recorder = _Recorder(names)
    recorder.add(function)
    recorder.guards(guards)
    for f, conversion in made:
        if type(f) is not FunctionType or id(f) not in recorder.objects.at or _has_unknown(f.__code__):
            raise UnknownError
        recorder.builtins(f, conversion.global_names)
    recorder.mentioned()
    known = {id(f) for f, _ in made}
    for f in (x for x in recorder.objects.all if type(x) is FunctionType and not _is_ours(x)):
        if id(f) not in known or not names.isdisjoint(f.__dict__):
            raise UnknownError  # nobody has looked at what it reads
    if _has_members_of_users():
        raise UnknownError
    return World(tuple(recorder.reads), recorder.objects.same()), recorder.tensors


def found_again(function: FunctionType, world: World) -> Found | None:
    """The guards of what staging has read, where all of it is as it was; else None."""
    objects, found = _Objects(), Found([], {}, [function])
    objects.add(function)
    try:
        if world.reads[0].words != described(function) or _has_members_of_users():
            return None
        for i, read in enumerate(world.reads[1:], 1):
            owner = objects.all[read.owner]
            value = _value(owner, read.kind, read.name)
            if _words(value, read.kind) != read.words:
                return None
            if _is_entered(value):
                objects.add(value)
            if type(value) is FunctionType and not _is_ours(value):
                found.functions.append(value)
            if read.how:
                source = found.sources[i] = Source(read.kind, owner, read.name, read.text)
                found.guards.append(_guard(source, value, read, found.sources))
    except (UnknownError, AttributeError, KeyError, IndexError, TypeError, ValueError):
        return None  # what is there now is of another kind
    return found if objects.same() == world.same else None


def _guard(source: Source, value: Any, read: Read, sources: dict[int, Source]) -> Guard:
    match read.how:
        case "tensor":
            return Guard(source, value.aval, "tensor")
        case "alias":
            first = next(x for x in sources.values() if x.load() is value)
            return Guard(source, first, "alias")
        case "array":
            held = content(value)
            return Guard(source, None if held is None else held.kept(), "array")
        case how:
            return Guard(source, value, how)


class _Recorder:
    def __init__(self, names: frozenset[str]) -> None:
        self.objects = _Objects()
        self.reads: list[Read] = []
        self.tensors: dict[int, int] = {}
        self._names = names

    def add(self, function: FunctionType) -> None:
        """Begin with a function."""
        self.reads.append(Read(0, "function", None, "", "", described(function)))
        self.objects.add(function)

    def guards(self, guards: Sequence[Guard]) -> None:
        """The places of guards. One that is found before its owner waits for it."""
        waiting = list(guards)
        while waiting:
            later = [guard for guard in waiting if not self._guard(guard)]
            if len(later) == len(waiting):
                raise UnknownError
            waiting = later

    def _guard(self, guard: Guard) -> bool:
        source = guard.source
        owner = self.objects.at.get(id(source.owner))
        if owner is None:
            return False
        if guard.how not in GUARDED or guard.expected is MISSING or source.kind in ("class", "own"):
            raise UnknownError
        self._read(owner, source.kind, source.name, guard.how, source.text)
        return True

    def _read(self, owner: int, kind: str, name: Any, how: str, text: str) -> None:
        if type(name) not in (str, int, type(None)):
            raise UnknownError
        value = _value(self.objects.all[owner], kind, name)
        if type(value) in TENSORS:
            self.tensors.setdefault(id(value), len(self.reads))
        self.reads.append(Read(owner, kind, name, how, text, _words(value, kind)))
        if _is_entered(value):
            self.objects.add(value)

    def builtins(self, function: FunctionType, names: Iterable[str]) -> None:
        """The names that are no globals of a function."""
        at = self.objects.at[id(function)]
        for name in sorted(names):
            if name not in function.__globals__:
                self._read(at, "builtin", name, "", "")

    def mentioned(self) -> None:
        """What the code may mean by the names of attributes in modules."""
        seen: set[int] = set()
        while True:
            modules = [x for x in self.objects.all if type(x) is ModuleType and id(x) not in seen]
            if not modules:
                return
            for module in modules:
                if id(module) in seen:
                    continue
                seen.add(id(module))
                for name in sorted(self._names):
                    if is_library(module.__name__) or name not in vars(module):
                        self._read(self.objects.at[id(module)], "mentioned", name, "", "")


def _value(owner: Any, kind: str, name: Any) -> Any:
    """What is in a place. Raises: UnknownError where that cannot be said."""
    match kind:
        case "builtin":
            if name in owner.__globals__ or not hasattr(builtins, name):
                raise UnknownError
            return getattr(builtins, name)
        case "mentioned":
            if "__getattr__" in vars(owner) and not is_library(owner.__name__):
                raise UnknownError
            return getattr(owner, "__dict__", {}).get(name, MISSING)
        case _:
            value = load_from(kind, owner, name)
            if value is MISSING:
                raise UnknownError
            return value


def _words(value: Any, kind: str) -> Words:
    if value is MISSING:
        return NOWHERE
    if kind == "items":
        return items_described(value)
    if kind == "mentioned" and type(value) in HOLDING:
        raise UnknownError  # nobody has looked into it
    return described(value)


def _is_entered(value: Any) -> bool:
    """Whether what is in a value is read for itself, or which object it is counts."""
    return type(value) in (ModuleType, FunctionType, *HOLDING)


def _is_ours(function: Any) -> bool:
    """Whether a function is one of the libraries' that stands for another, such as a comprehension's."""
    return type(function) is FunctionType and is_library(function.__globals__.get("__name__") or "")


def _has_members_of_users() -> bool:
    """Whether somebody has given tensors methods or properties."""
    members = [getattr(member, "fget", member) for member in vars(Tensor).values()]
    return any(type(member) is FunctionType and not _is_ours(member) for member in members)


def _has_unknown(code: CodeType) -> bool:
    return any(_is_unknown(part) for part in (code, *codes_within(code)))


def _is_unknown(code: CodeType) -> bool:
    sets = [cast("frozenset[Any]", x) for x in code.co_consts if type(x) is frozenset]
    return not NOT_KEPT.isdisjoint(code.co_code[::2]) or any(type(item) is not int for held in sets for item in held)
