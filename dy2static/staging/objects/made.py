"""Objects that leave a function and can be changed: each run makes anew what the function makes, once each."""

import array
import copy
import random
from collections import deque
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from dy2static.converters.allow import is_library
from dy2static.staging.containers.queues import Queue
from dy2static.staging.objects.by_identity import of_class
from dy2static.staging.values.undefined import Undefined

if TYPE_CHECKING:
    from dy2static.staging.values.spec import Spec

QUEUE: Final[Any] = deque
HOLDING: Final[tuple[Any, ...]] = (list, dict, set, deque)
"""Python's containers, whose subclasses hold more than their attributes."""
COPIED: Final[tuple[Any, ...]] = (*HOLDING, bytearray, array.array, np.ndarray)
"""What `copy.copy` makes another one of."""
DRAWING: Final[tuple[Any, ...]] = (random.Random, np.random.Generator, np.random.RandomState)
"""What has its state inside."""
WITHOUT_CODE: Final = frozenset({"abc", "typing", "typing_extensions"})
"""Modules whose classes add no state to those that derive from them."""


@dataclass(frozen=True, slots=True, eq=False)
class MadeSpec:
    """An object that leaves the function, and may do so by several ways.

    `inner` describes what it is made of; None for one that is copied, and where it left by another way before.
    """

    original: Any
    inner: "Spec | None"
    names: tuple[str, ...] | None = None
    """The attributes that `inner` describes, of an object of a plain class (see `is_plain`); None for containers."""
    content: Any = None
    """A copy of one that is copied, in the state in which it leaves."""
    is_outside: bool = False
    """Whether it was there before: it leaves itself."""

    def __str__(self) -> str:
        return f"an object of class {type(self.original).__name__}" if self.inner is None else str(self.inner)

    def restore(self, made: dict[int, Any], inner: Callable[["Spec"], Any]) -> Any:
        """The object that leaves a run. `made` are those that left it before, `inner` restores a description."""
        identity = id(self.original)
        if identity in made:
            return made[identity]
        cls = cast("type[Any]", type(self.original))
        if self.inner is None:
            found = self.original if self.is_outside else another(self.content)
        elif self.names is not None and not self.is_outside and isinstance(self.original, Queue):
            found = made[identity] = QUEUE((), self.original.maxlen)
            found.extend(dict(zip(self.names, inner(self.inner), strict=True))["held"])
        elif self.names is not None and not self.is_outside:
            found = made[identity] = object.__new__(cls)  # first: what it holds may hold it
            set_fields(found, dict(zip(self.names, inner(self.inner), strict=True)))
        else:
            found = inner(self.inner)
            if self.is_outside:
                found = self.original
            elif isinstance(self.original, QUEUE):
                found = cls(found, self.original.maxlen)
        made[identity] = found
        return found


def another(original: Any) -> Any:
    """A copy of what can be changed in place."""
    return copy.deepcopy(original) if isinstance(original, DRAWING) else copy.copy(original)


@of_class
def is_plain(cls: type) -> bool:
    """Whether instances of a class of the user's are their attributes and nothing more: no code of a library made them,
    and no container or number of Python is in them. So it is with a class of ours that says so."""
    if "__plain__" in vars(cls):
        return True
    return not is_library(cls.__module__) and all(
        base is object or base.__module__ in WITHOUT_CODE or not is_library(base.__module__) for base in cls.__mro__
    )


def is_changeable(value: Any) -> bool:
    """Whether it is a container, array or generator that can be changed in place."""
    if isinstance(value, np.ndarray):
        return value.flags.writeable and value.base is None
    return isinstance(value, (*COPIED, *DRAWING))


def fields_of(value: Any) -> dict[str, Any]:
    """The attributes that an object has itself, slots included."""
    found = dict(getattr(value, "__dict__", {}))
    for name, slot in _slots_of(cast("type[Any]", type(value))).items():
        try:
            found[name] = slot.__get__(value)
        except AttributeError:  # nothing is in it
            continue
    return found


def set_fields(value: Any, fields: Mapping[str, Any]) -> None:
    """Give an object these attributes, past what its class does with what is stored."""
    slots = _slots_of(cast("type[Any]", type(value)))
    for name, held in fields.items():
        if isinstance(held, Undefined):  # a run has left nothing there
            continue
        if name in slots:
            slots[name].__set__(value, held)
        else:
            value.__dict__[name] = held


def _slots_of(cls: type[Any]) -> Mapping[str, Any]:
    """Where the instances of a class have their slots, by name."""
    return {name: vars(cls.__mro__[at])[name] for name, at in _slotted(cls).items()}


@of_class
def _slotted(cls: type) -> Mapping[str, int]:
    """The slots of a class by name: the places among its bases where they are defined, of several the first."""
    bases = [(at, vars(base)) for at, base in enumerate(cls.__mro__) if "__slots__" in vars(base)]
    return {name: at for at, held in reversed(bases) for name in held if isinstance(held[name], MemberDescriptorType)}


def parts_of(spec: Any) -> Iterator[Any]:
    """A description, and all that are part of it."""
    yield spec
    for name in ("inner", "element"):
        if getattr(spec, name, None) is not None:
            yield from parts_of(getattr(spec, name))
    for part in getattr(spec, "parts", ()):
        yield from parts_of(part)


def changed(spec: "Spec", change: Callable[["Spec"], "Spec"]) -> "Spec":
    """The description with each part of it, and then itself, changed."""
    parts: dict[str, Any] = {}
    if getattr(spec, "inner", None) is not None:
        parts["inner"] = changed(cast(Any, spec).inner, change)
    if getattr(spec, "parts", None):
        parts["parts"] = tuple(changed(part, change) for part in cast(Any, spec).parts)
    return change(replace(spec, **parts) if parts else spec)


def all_of(spec: "Spec") -> "Iterator[Spec]":
    """The description and all that are in it, those of what a list holds too."""
    yield spec
    held: Any = spec
    for part in (getattr(held, "inner", None), getattr(held, "element", None), *getattr(held, "parts", ())):
        if part is not None:
            yield from all_of(part)


def known_outside(spec: "Spec", outside: Container[int]) -> "Spec":
    """The description with those objects marked that are of `outside`, by identity."""

    def mark(part: "Spec") -> "Spec":
        is_outside = isinstance(part, MadeSpec) and id(part.original) in outside
        return replace(part, is_outside=True) if is_outside else part

    return changed(spec, mark)
