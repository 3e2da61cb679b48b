"""What plain code can read and change outside of its arguments.

It is found in the byte code of the function: the globals and attributes that it names, and those that the functions
name which it finds there, down to the methods of the objects that it reaches. What is reached in other ways (`getattr`
with a computed name, objects inside of unusual containers) is not seen.
"""

import dis
import functools
import types
import weakref
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np

from dy2static.cache.callables import held_by
from dy2static.cache.sources import BY_VALUE, MISSING, MOST_ITEMS, Source, is_data
from dy2static.converters.allow import is_library
from eager.tensor import Tensor

GLOBAL_OPS: Final = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL", "STORE_NAME", "DELETE_GLOBAL"})
ATTRIBUTE_OPS: Final = frozenset({"LOAD_ATTR", "LOAD_METHOD", "STORE_ATTR", "DELETE_ATTR", "LOAD_SUPER_ATTR"})
PROBES: Final = frozenset({"hasattr", "getattr"})
NO_ATTRIBUTES: Final = (
    *(functools.partial, weakref.ref),
    *(types.BuiltinFunctionType, types.MethodWrapperType, types.WrapperDescriptorType),
)
PLAIN: Final = (Tensor, np.ndarray, *BY_VALUE)


@dataclass(frozen=True, slots=True)
class Names:
    """The globals and the attributes that a piece of code names."""

    globals: frozenset[str]
    attributes: frozenset[str]
    probed: frozenset[str]
    """Attributes that `hasattr` or `getattr` may be asked for: texts in code that names one of these."""


@functools.lru_cache(maxsize=4096)
def names_in(code: types.CodeType) -> Names:
    """The names in a function's code, nested functions included."""
    found_globals: set[str] = set()
    attributes: set[str] = set()
    probed: set[str] = set()
    for instruction in dis.get_instructions(code):
        if instruction.opname in GLOBAL_OPS:
            found_globals.add(instruction.argval)
        elif instruction.opname in ATTRIBUTE_OPS:
            attributes.add(instruction.argval)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            inner = names_in(constant)
            found_globals |= inner.globals
            attributes |= inner.attributes
            probed |= inner.probed
    if not PROBES.isdisjoint(found_globals):
        probed.update(c for c in code.co_consts if isinstance(c, str) and c.isidentifier())
    return Names(frozenset(found_globals), frozenset(attributes | probed), frozenset(probed))


class Reach:
    """The places that code reads (`places`, with what they hold), and the objects in which it can change something
    (`objects`, by identity)."""

    def __init__(self, roots: Iterable[tuple[str, Any]]) -> None:
        given = list(roots)
        self._names: set[str] = set()
        self._probed: set[str] = set()
        self._start()
        reached = -1
        while reached != len(self._names) + len(self.places):  # new names lead to new places, and these to new names
            reached = len(self._names) + len(self.places)
            self._start()
            for text, value in given:
                self._enter(value, text)

    def _start(self) -> None:
        self.places: dict[tuple[str, int, Any], tuple[Source, Any]] = {}
        self.objects: dict[int, tuple[Any, str]] = {}
        self.absent: dict[tuple[str, int, Any], Source] = {}
        """Attributes that the code may have found missing."""
        self._codes: set[types.CodeType] = set()

    def _read(self, source: Source) -> None:
        if source.key in self.places:
            return
        value = source.load()
        if value is MISSING:
            return
        self.places[source.key] = (source, value)
        self._enter(value, source.text)

    def _enter(self, value: Any, text: str) -> None:
        if isinstance(value, PLAIN) or id(value) in self.objects:
            return
        if isinstance(value, types.MethodType):
            self._enter(value.__self__, "self" if text == "" else f"{text}.__self__")
            self._enter(value.__func__, text)
            return
        self.objects[id(value)] = (value, text)
        if isinstance(value, types.FunctionType):
            self._enter_function(value)
            for name in sorted(self._names & vars(value).keys()):
                self._read(Source("attribute", value, name, f"{text}.{name}"))
            return
        for part, how in held_by(value):
            self._enter(part, text + how)
        if type(value) is weakref.ref:
            self._read(Source("call", value, None, f"{text}()"))
        if isinstance(value, NO_ATTRIBUTES) or _is_of_library(value):
            return
        self._enter_class(value if isinstance(value, type) else cast("type[Any]", type(value)))
        for source in self._within(value, text):
            self._read(source)

    def _enter_function(self, function: types.FunctionType) -> None:
        if _is_library_code(function.__globals__.get("__name__") or ""):
            return
        names = names_in(function.__code__)
        self._names |= names.attributes
        self._probed |= names.probed
        for name in sorted(names.globals):
            if name in function.__globals__:
                self._read(Source("item", function.__globals__, name, f"global `{name}`"))
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            self._read(Source("cell", cell, None, f"`{name}` of the enclosing function"))
        for i, default in enumerate((*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())):
            self._enter(default, f"default {i} of `{function.__qualname__}`")

    def _enter_class(self, cls: type[Any]) -> None:
        """The methods of an object are code that can be reached."""
        for base in cls.__mro__:
            if _is_library_code(base.__module__):
                continue
            for member in vars(base).values():
                inner = getattr(member, "__func__", getattr(member, "fget", member))
                if isinstance(inner, types.FunctionType) and inner.__code__ not in self._codes:
                    self._codes.add(inner.__code__)
                    self._enter(inner, inner.__qualname__)

    def _within(self, value: Any, text: str) -> Iterator[Source]:
        if isinstance(value, list | tuple | dict | set | frozenset | deque):
            items = cast("list[Any]", value)
            if isinstance(value, set | frozenset | dict) and len(items) <= MOST_ITEMS:
                yield Source("items", items, None, f"what is in {text}, and its order,")
                for key in list(items):
                    self._enter(key, f"a key of {text}" if isinstance(value, dict) else f"an element of {text}")
            else:
                yield Source("length", items, None, f"the length of {text}")
            if isinstance(value, set | frozenset) or len(items) > MOST_ITEMS:
                return
            keys: Iterable[Any] = cast("dict[Any, Any]", value) if isinstance(value, dict) else range(len(items))
            for key in list(keys):
                yield Source("item", value, key, f"{text}[{key!r}]")
        if "__dy2static_function__" in getattr(cast(object, value), "__dict__", {}):  # it runs as what it was made of
            return
        for name in sorted(self._names):
            source = Source("attribute", value, name, f"{text}.{name}" if text else name)
            if is_data(value, name):
                yield source
            elif name in self._probed and source.load() is MISSING:
                self.absent[source.key] = source


def _is_of_library(value: Any) -> bool:
    if isinstance(value, types.ModuleType):
        return is_library(value.__name__)
    if isinstance(value, type):
        return is_library(value.__module__)
    return False


def _is_library_code(module: str) -> bool:
    """Whether code of a module reads no state of the user's: NumPy, the standard library, not the layers of `eager`."""
    return is_library(module) and not module.startswith(("eager.nn", "eager.optim", "eager.random"))
