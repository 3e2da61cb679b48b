"""Where a function reads Python values from, besides its arguments, and how to see that they are still the same.

After staging, all that converted code can have read is found again: the globals and closures of the functions that were
converted, and within these values the attributes whose names their source mentions.
"""

import sys
import types
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np

from dy2static.cache.callables import add_names, called_names, computing, held_by, library_names, operators, shown_by
from dy2static.cache.contents import BYTES, content
from dy2static.cache.imported import imports_of
from dy2static.cache.signature import is_input_number
from dy2static.converters.allow import is_library
from dy2static.source.convert import Converted
from dy2static.staging.stager import Asked
from eager.tape_links import Leaf
from eager.tensor import Tensor
from graph.aval import Aval

BY_VALUE: Final = (bool, int, float, complex, str, bytes, type(None), np.dtype, range, np.generic)
MOST_ITEMS: Final = 10_000
"""Containers with more items are held to their identity and length only."""
DICT: Final[Any] = dict
MISSING: Final = object()


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One place that was read: `kind` says how, `owner` and `name` where; `text` is it for people."""

    kind: str
    owner: Any
    name: Any
    text: str

    @property
    def key(self) -> tuple[str, int, Any]:
        return (self.kind, id(self.owner), self.name)

    def load(self) -> Any:
        """What is there now; MISSING when there is nothing."""
        return load_from(self.kind, self.owner, self.name)


def adds_missing(owner: Any) -> bool:
    """Whether it is a dict whose class says what a missing key has: to ask it for an item may add the key."""
    return isinstance(owner, dict) and hasattr(cast("type[Any]", type(cast(Any, owner))), "__missing__")


def load_from(kind: str, owner: Any, name: Any) -> Any:
    """What is in a place now; MISSING when there is nothing."""
    try:
        match kind:
            case "attribute":
                return getattr(owner, name)
            case "item":
                return DICT.get(owner, name, MISSING) if adds_missing(owner) else owner[name]
            case "cell":
                return owner.cell_contents
            case "class":  # what a class itself defines
                return owner.__dict__.get(name, MISSING)
            case "own":  # what hides it in an object
                return owner.__dict__.get(name, MISSING)
            case "items":
                return tuple(owner)
            case "call":
                return owner()
            case "itself":
                return owner
            case _:
                return len(owner)
    except (AttributeError, LookupError, ValueError, OSError):  # the last: a question about a file that is not there
        return MISSING


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """A source and what it held when the program was made."""

    source: Source
    expected: Any
    how: str
    """"value", "identity", "tensor" (any of the type `expected`), "number" (any of the class `expected`), "array" (any
    NumPy array of the content that is expected), or "alias" (the same object as at the source `expected`)."""

    def holds(self) -> bool:
        """Whether the program would be made the same now."""
        return self.is_met_by(self.source.load())

    def is_met_by(self, found: Any) -> bool:
        """Whether this is what was expected."""
        if self.how == "identity":
            return found is self.expected
        if self.how == "number":
            return type(found) is self.expected and is_input_number(found)
        if self.how == "alias":
            return found is self.expected.load()
        if self.how == "array":
            return self.expected.is_in(found)
        if self.how == "tensor":
            return is_tensor_of(found, self.expected)
        return found is self.expected or is_same(found, self.expected)

    def explain(self) -> str:
        """What differs now."""
        found = self.source.load()
        now = "nothing" if found is MISSING else short(found)
        if self.how == "alias":
            return f"{self.source.text} was the same tensor as {self.expected.text}, it is another one now"
        if self.how == "array":
            return f"{self.source.text} was changed in place"
        if self.how == "number":
            return f"{self.source.text} was an {self.expected.__name__}, it is {now} now"
        return f"{self.source.text} was {short(self.expected)}, it is {now} now"


def is_tensor_of(value: Any, aval: Aval) -> bool:
    """Whether a value is a tensor of that type."""
    return isinstance(value, Tensor) and value.dtype == aval.dtype and value.shape == aval.shape


def is_same(a: Any, b: Any) -> bool:
    """Equality of values of one class, for keys."""
    return type(a) is type(b) and same_value(a, b)


def same_value(a: Any, b: Any) -> bool:
    """Equality for keys: nan is nan, 0.0 is not -0.0."""
    if isinstance(a, float | complex):
        return repr(a) == repr(b)
    return bool(a == b)


def _class_of(value: object) -> type[Any]:
    return cast("type[Any]", type(value))


def short(value: Any) -> str:
    """A value in few words."""
    if isinstance(value, Tensor | Aval):
        return str(value.aval if isinstance(value, Tensor) else value)
    text = repr(value)
    return text if len(text) <= 60 else f"a {type(value).__name__}"


def collect(
    functions: Iterable[tuple[Callable[..., Any], Converted]],
    arguments: Iterable[tuple[str, Any]],
    gradients: Iterable[Leaf] = (),
    asked: Iterable[Asked] = (),
) -> list[Guard]:
    """Guards for all that these functions can read: from their globals and closures, from objects among the arguments,
    the gradients of some leaves of the tape, and what was `asked` for otherwise than by a name in the source."""
    pairs, held, asked = list(functions), list(arguments), list(asked)
    names = frozenset(name for _, made in pairs for name in made.attribute_names)
    grown = grown_names(made for _, made in pairs)
    while True:
        walk = _Walk(names, grown)
        for function, made in pairs:
            walk.function(cast(types.FunctionType, function), made)
        for text, value in held:
            walk.given(value, text)
        for leaf in gradients:
            walk.read(Source("attribute", leaf, "grad", "the gradient of a Parameter"))
        for kind, owner, name in asked:
            walk.asked(kind, owner, name)
        walk.grown_lists()
        if frozenset(walk.names) == names and not walk.plain_names & grown.keys():
            return walk.guards
        names = frozenset(walk.names)  # code that runs as it is reads more
        grown = {name: subscripts for name, subscripts in grown.items() if name not in walk.plain_names}


def grown_names(functions: Iterable[Converted]) -> dict[str, int]:
    """The names that all these functions use for lists that they add to, and for nothing else (see
    `analysis.survey`)."""
    found: dict[str, set[int | None]] = {}
    for made in functions:
        for name in (*made.attribute_names, *made.global_names, *made.free_names):
            found.setdefault(name, set()).add(made.grown.get(name))
    only = {name: uses.pop() for name, uses in found.items() if len(uses) == 1}
    return {name: subscripts for name, subscripts in only.items() if subscripts is not None}


class _Walk:
    def __init__(self, attribute_names: frozenset[str], grown: Mapping[str, int]) -> None:
        self.guards: list[Guard] = []
        self.names = set(attribute_names)
        """The attribute names that the code mentions, with those of unconverted code found on the way."""
        self.plain_names: set[str] = set()
        """The names that unconverted code mentions."""
        self._names = attribute_names
        self._grown = grown
        self._waiting: list[tuple[Source, int]] = []
        """Places whose lists are only added to, with the number of subscripts: what else reads them is found first."""
        self._plain: set[types.CodeType] = set()
        self._seen: set[tuple[str, int, Any]] = set()
        self._entered: dict[int, Any] = {}
        self._tensors: dict[int, Source] = {}

    def function(self, function: types.FunctionType, made: Converted) -> None:
        for name in sorted(made.global_names):
            if name in function.__globals__:
                self.named(name, Source("item", function.__globals__, name, f"global `{name}`"))
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            if name in made.free_names:
                self.named(name, Source("cell", cell, None, f"`{name}` of the enclosing function"))
        for value in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            self.inside(value, f"a default of `{function.__name__}`")
        self.imports(function)

    def imports(self, function: types.FunctionType) -> None:
        """Read what a function imports where it runs."""
        for found in imports_of(function):
            self.names.update(found.taken)
            self.read(Source("item", sys.modules, found.name, f"module `{found.name}`"))

    def named(self, name: str, source: Source) -> None:
        """Read a place by a name of the source."""
        if name in self._grown:
            self._waiting.append((source, self._grown[name]))
        else:
            self.read(source)

    def grown_lists(self) -> None:
        """Read the places whose lists are only added to."""
        while self._waiting:
            self.read(*self._waiting.pop(0))

    def plain(self, function: types.FunctionType) -> None:
        """A user's function that runs as it is: a property, an operator of a class, and what these call."""
        if function.__code__ in self._plain or is_library(function.__globals__.get("__name__") or ""):
            return
        self._plain.add(function.__code__)
        found: set[str] = set()
        add_names(function.__code__, found)
        self.names |= found
        self.plain_names |= found
        self.imports(function)
        for name in sorted(found & function.__globals__.keys()):
            self.read(Source("item", function.__globals__, name, f"global `{name}`"))
            if isinstance(called := function.__globals__[name], types.FunctionType):
                self.plain(called)
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            self.read(Source("cell", cell, None, f"`{name}` of the enclosing function"))

    def asked(self, kind: str, owner: Any, name: Any) -> None:
        """An item or attribute, or all attributes (None); that it is not there matters too."""
        of = f"of a {_class_of(owner).__name__}"
        if kind == "call":
            self._or_missing(Source(kind, owner, None, f"what a {_class_of(owner).__name__} gives"))
        elif kind == "module":
            self.inside(owner, f"module `{owner.__name__}`")
        elif name is None:
            self.inside(vars(owner), f"the attributes {of}")
        elif kind == "item":
            is_module = "__builtins__" in owner
            self._or_missing(Source(kind, owner, name, f"global `{name}`" if is_module else f"item {name!r} {of}"))
        elif is_data(owner, name) or not hasattr(owner, name):
            self._or_missing(self._place(owner, name, f"attribute {name!r} {of}"))
        else:
            self.names.add(name)
            self.plain_names.add(name)

    def _or_missing(self, source: Source) -> None:
        if source.load() is MISSING:
            self.expect(source, MISSING)
        self.read(source)

    def expect(self, source: Source, value: Any) -> None:
        """Guard one place by the identity of what it holds."""
        if source.key not in self._seen:
            self._seen.add(source.key)
            self.guards.append(Guard(source, value, "identity"))

    def read(self, source: Source, grown: int | None = None) -> None:
        """Guard one place, and go on inside what it holds; but not inside lists that are only added to, those behind
        so many subscripts where `grown` is a number."""
        if source.key in self._seen:
            return
        self._seen.add(source.key)
        value = source.load()
        if value is MISSING:
            return
        if source.kind == "items":
            self.guards.append(Guard(source, value, "value"))
            return
        if isinstance(value, Tensor):
            self.guards.append(Guard(source, Aval(value.dtype, value.shape), "tensor"))
            first = self._tensors.setdefault(id(value), source)
            if first is not source:  # two names of one tensor are one input of the program
                self.guards.append(Guard(source, first, "alias"))
        elif isinstance(value, BY_VALUE):
            self.guards.append(Guard(source, value, "value"))
        elif (held := content(value)) is not None:
            self.guards.append(Guard(source, held.kept(), "array"))
        else:
            self.guards.append(Guard(source, value, "identity"))
            if grown != 0 or type(value) is not list:
                is_container = isinstance(value, list | tuple | dict)
                self.inside(value, source.text, grown - 1 if grown and is_container else None)

    def given(self, value: Any, text: str) -> None:
        """Go on inside an object that the function is given, which is the same in each call."""
        if isinstance(value, BYTES):
            self.read(Source("itself", value, None, text))
        self.inside(value, text)

    def inside(self, value: Any, text: str, grown: int | None = None) -> None:
        """Go on inside a container, a user's object, or what a function is bound to."""
        if id(value) in self._entered or isinstance(value, (Tensor, np.ndarray, *BY_VALUE)):
            return
        self._entered[id(value)] = value
        for x, how in held_by(value):
            self.inside(x, text + how)
        for source in self._within(value, text):
            if source.kind == "attribute":
                self.named(source.name, source)
            else:
                self.read(source, grown)

    def _within(self, value: Any, text: str) -> Iterator[Source]:
        if isinstance(value, list | tuple | dict | set | frozenset | deque):
            items = cast("list[Any]", value)
            if isinstance(value, set | frozenset | dict) and len(items) <= MOST_ITEMS:
                yield Source("items", items, None, f"what is in {text}, and its order,")
            else:
                yield Source("length", items, None, f"the length of {text}")
            if len(items) > MOST_ITEMS:
                return
            if isinstance(value, set | frozenset | dict):
                for key in list(items):
                    self.inside(key, f"a key of {text}" if isinstance(value, dict) else f"an element of {text}")
            if isinstance(value, set | frozenset):
                return
            keys: Iterable[Any] = cast("dict[Any, Any]", value) if isinstance(value, dict) else range(len(items))
            for key in list(keys):
                yield Source("item", value, key, f"{text}[{key!r}]")
            return
        if isinstance(value, types.ModuleType):
            if is_library(value.__name__):
                return
        elif isinstance(value, type):
            if is_library(value.__module__):
                return
        elif isinstance(value, types.FunctionType):
            for name in sorted(self._names & vars(value).keys()):
                yield Source("attribute", value, name, f"{text}.{name}")
            return
        elif isinstance(value, types.BuiltinFunctionType | types.MethodType):
            return
        elif (shown := shown_by(value)) is not None:
            yield Source("attribute", value, shown, f"{text}.{shown}")
        cls = cast("type[Any]", cast(Any, value)) if isinstance(value, type) else _class_of(value)
        own: Any = None if isinstance(value, type) else getattr(cast(Any, value), "__dict__", None)
        for name in sorted(self._names | library_names(cast(type, type(value)))):
            if is_data(value, name):
                yield self._place(cast(Any, value), name, f"{text}.{name}")
            elif name in self._names or name in called_names(cast(type, type(value))):
                self._member(cast(Any, value), cls, name, text, _class_of(own) is dict)
        for function in operators(cls):
            self.plain(function)
        if "__dict__" in self._names and _class_of(own) is dict:
            yield from self._within(own, f"the attributes of {text}")

    def _place(self, value: Any, name: str, text: str) -> Source:
        """Where data are that are read of an object: in itself, or in a user's class, where they are read, and changed,
        by other names too."""
        own: Any = getattr(value, "__dict__", None)
        at = None if isinstance(value, type) or name in (own or ()) else base_with(_class_of(value), name)
        if at is None:
            return Source("attribute", value, name, text)
        if own is not None:
            self.expect(Source("own", value, name, text), MISSING)
        mro = _class_of(value).__mro__
        for base in mro[: mro.index(at)]:
            self.expect(Source("class", base, name, f"`{base.__qualname__}.{name}`"), MISSING)
        return Source("attribute", at, name, f"`{at.__qualname__}.{name}`")

    def _member(self, value: Any, cls: type, name: str, text: str, has_own: bool) -> None:
        """A method or property: a user's may be replaced, and any hidden by an attribute of the object."""
        for base in cls.__mro__:
            if base is object or is_library(base.__module__):
                if has_own and hasattr(base, name):
                    self.expect(Source("own", value, name, f"{text}.{name}"), MISSING)
                return
            found = base.__dict__.get(name, MISSING)
            self.expect(Source("class", base, name, f"`{base.__qualname__}.{name}`"), found)
            if found is MISSING:
                continue
            for function in computing(found):
                self.plain(function)
            if has_own:
                self.expect(Source("own", value, name, f"{text}.{name}"), MISSING)
            return


def base_with(cls: type, name: str) -> type | None:
    """The user's class that an instance of `cls` finds data in that it has not itself; None for a slot of its own."""
    at = next((base for base in cls.__mro__ if name in vars(base)), None)
    if at is None or is_library(at.__module__) or isinstance(vars(at)[name], types.MemberDescriptorType):
        return None
    return at


def is_data(value: Any, name: str) -> bool:
    """Whether an attribute is data of the object or of its class: not a method, not computed by a property.

    Of a class it is what stays the same object: a class method, for one, is bound anew whenever it is read.
    """
    if name in getattr(value, "__dict__", {}):
        return not isinstance(value, type) or getattr(value, name, MISSING) is getattr(value, name, MISSING)
    for cls in type(value).__mro__:
        found = cls.__dict__.get(name, MISSING)
        if found is not MISSING:
            if isinstance(found, types.MemberDescriptorType):
                return hasattr(value, name)
            return not hasattr(found, "__get__")
    return False
