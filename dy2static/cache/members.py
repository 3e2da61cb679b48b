"""Members of users' classes that Python itself calls: properties, operators, what reads attributes. They run as they
are, unless staging meets a value of the graph in them that Python must decide on, or they change something, which is to
be noted; then they are converted, for as long as staging takes."""

import contextlib
import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from inspect import CO_GENERATOR
from types import CodeType, FunctionType, TracebackType
from typing import Any, Final, cast

from dy2static.converters.allow import is_library
from dy2static.runtime.callables.asked import STEP, for_python, watched
from dy2static.runtime.callables.changing import changes
from dy2static.source.convert import Converted, convert_function
from dy2static.source.load import has_source
from dy2static.staging.objects.kept_property import KeptProperty
from dy2static.staging.values.text import as_text
from graph.errors import GraphError

BINARY: Final = (
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "divmod", "pow", "matmul"),
    *("and", "or", "xor", "lshift", "rshift"),
)
OPERATORS: Final = frozenset(
    (
        *(f"__{side}{name}__" for name in BINARY for side in ("", "r", "i")),
        *("__neg__", "__pos__", "__abs__", "__invert__", "__round__", "__getitem__", "__iter__", "__next__"),
    )
)
"""The methods that Python calls and that may make objects."""
TEXTS: Final = frozenset({"__str__", "__repr__", "__format__"})
"""The methods whose result Python wants to be a text."""
COMPARISONS: Final = frozenset(f"__{name}__" for name in ("eq", "ne", "lt", "le", "gt", "ge"))
ITERATION: Final = frozenset({"__iter__", "__reversed__"})
"""The methods that give an iterator: a generator is gone over by a loop."""
ASKED: Final = frozenset(
    f"__{name}__"
    for name in (
        *("bool", "complex", "contains", "float", "get", "getattr", "index", "int", "len", "length_hint", "reversed"),
        *("dir", "instancecheck", "subclasscheck", "copy", "deepcopy", "post_init"),
    )
)
"""The methods that Python calls to read something, `__get__` those of descriptors."""
NOTED: Final = (OPERATORS | TEXTS | COMPARISONS | ASKED) - {STEP}
"""The methods whose changes are noted: not those that Python goes on calling, as they decide how far a loop goes."""


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """A member of a class and its converted form, with the conversions that this took."""

    owner: type
    name: str
    converted: Any
    conversions: tuple[tuple[Any, Converted], ...]

    @property
    def key(self) -> tuple[int, str]:
        return id(self.owner), self.name


def members_in(traceback: TracebackType | None) -> Iterator[Member]:
    """The members of classes whose functions an exception has passed through, converted."""
    while traceback is not None:
        frame = traceback.tb_frame
        code = frame.f_code
        traceback = traceback.tb_next
        if not code.co_argcount or is_library(frame.f_globals.get("__name__") or ""):
            continue
        found = _member_of(cast(type, type(frame.f_locals.get(code.co_varnames[0]))), code)
        if found is not None:
            yield found


def members_of(kinds: Sequence[type]) -> Iterator[Member]:
    """The properties and operators of these classes of users, converted: what they make is made by converted code."""
    for base in {base: None for kind in kinds for base in kind.__mro__ if not is_library(base.__module__)}:
        for name, member in tuple(vars(base).items()):
            if isinstance(member, property) or (name in OPERATORS and isinstance(member, FunctionType)):
                with contextlib.suppress(GraphError):  # it stays as it is
                    yield _converted(base, name, member)


def changing_members_of(kinds: Iterable[type]) -> Iterator[Member]:
    """The members of these classes of users that Python calls and that change something, converted."""
    for kind in kinds:
        for base in kind.__mro__:
            if is_library(base.__module__):
                continue
            for name, member in tuple(vars(base).items()):
                is_noted = name in NOTED or isinstance(member, property)
                read = _functions(member)[:1]
                if name in ITERATION:
                    read = [function for function in read if not function.__code__.co_flags & CO_GENERATOR]
                is_kept = isinstance(member, functools.cached_property) and bool(read)
                if is_kept or (is_noted and any(_is_noted(function, kind) for function in read)):
                    with contextlib.suppress(GraphError):  # it stays as it is
                        yield _converted(base, name, member)
                elif _is_descriptor(member):
                    yield from _changing_reads(member, kind)


def _is_descriptor(member: Any) -> bool:
    cls = cast("type[Any]", type(member))
    return not is_library(cls.__module__) and isinstance(getattr(cls, "__get__", None), FunctionType)


def _changing_reads(descriptor: Any, owner: type) -> Iterator[Member]:
    """What runs when a descriptor of a user's class is read, converted, if this, or a function that it holds, changes
    something."""
    cls = cast("type[Any]", type(descriptor))
    base = next(base for base in cls.__mro__ if "__get__" in vars(base))
    read: Any = vars(base)["__get__"]
    held = [function for function in getattr(descriptor, "__dict__", {}).values() if isinstance(function, FunctionType)]
    if has_source(read) and (changes(read, cls) or any(changes(function, owner) for function in held)):
        with contextlib.suppress(GraphError):
            yield _converted(base, "__get__", read)


def steps_of(kinds: Iterable[type]) -> Iterator[Member]:
    """Each `__next__` of these classes of users, watched."""
    for owner, step in _steps(kinds):
        yield Member(owner, STEP, watched(step), ())


def converted_steps_of(kinds: Iterable[type]) -> Iterator[Member]:
    """Each `__next__` of these classes of users, converted."""
    for owner, step in _steps(kinds):
        if has_source(step):
            with contextlib.suppress(GraphError):  # it stays as it is
                yield _converted(owner, STEP, step)


def _steps(kinds: Iterable[type]) -> Iterator[tuple[type, FunctionType]]:
    for base in {base: None for kind in kinds for base in kind.__mro__ if not is_library(base.__module__)}:
        step = vars(base).get(STEP)
        if isinstance(step, FunctionType):
            yield base, step


def _is_noted(function: FunctionType, cls: type) -> bool:
    """Whether a call changes something, or gives a generator, which changes when it is asked for items."""
    return bool(function.__code__.co_flags & CO_GENERATOR) or changes(function, cls)


def _converted(owner: type, name: str, member: Any) -> Member:
    made = [(function, convert_function(function)) for function in _functions(member)]
    converted = _with(owner, member, dict(made))
    wrap = as_text if name in TEXTS else for_python if name == STEP else None
    return Member(owner, name, wrap(converted) if wrap else converted, tuple(made))


def _member_of(cls: type, code: CodeType) -> Member | None:
    for base in cls.__mro__:
        for name, member in vars(base).items():
            if code in [function.__code__ for function in _functions(member)]:
                return _converted(base, name, member)
    return None


def _functions(member: Any) -> list[FunctionType]:
    if isinstance(member, property):
        candidates: list[Any] = [member.fget, member.fset, member.fdel]
    elif isinstance(member, functools.cached_property):
        candidates = [cast(Any, member).func]
    else:
        candidates = [member]
    return [function for function in candidates if isinstance(function, FunctionType) and has_source(function)]


def _with(owner: type, member: Any, made: dict[Any, Converted]) -> Any:
    if isinstance(member, functools.cached_property):
        kept = cast(Any, member)
        return KeptProperty(made[kept.func].function, kept.attrname, is_pure=not changes(kept.func, owner))
    if not isinstance(member, property):
        return made[member].function

    def of(function: Any) -> Any:
        found = made.get(function)
        return function if found is None else found.function

    accessors = cast(Any, member)
    return property(of(accessors.fget), of(accessors.fset), of(accessors.fdel), accessors.__doc__)
