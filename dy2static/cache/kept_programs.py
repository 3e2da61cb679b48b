"""What staging came to, kept on disk beside the code, so that a second process stages nothing.

That holds where the function, its arguments and all that staging can have read are as they were (see `world`), and
is kept only where all of that can be said in words (`described`): functions of the user's in files, modules, numbers,
texts, tensors, lists and dicts of such, on the eager and NumPy functions that give the same for the same. So a function
that reads an object of the user's, changes anything outside, or calls what looks at the machine is staged by each
process. The graph is not made before somebody asks for it.
"""

import hashlib
import marshal
import sys
import threading
from collections.abc import Hashable, Sequence
from pathlib import Path
from types import FunctionType
from typing import Any, Final, NamedTuple, cast

import numpy as np

import eager
from dy2static.cache.described import UnknownError, described
from dy2static.cache.kept_specs import read_spec, written_spec
from dy2static.cache.program import Program
from dy2static.cache.signature import Call, Identity, Pattern
from dy2static.cache.sources import Guard
from dy2static.cache.world import Found, World, found_again, recorded
from dy2static.source.convert import Converted
from dy2static.source.kept import OPTIMIZED
from dy2static.staging.stage import Staged
from dy2static.staging.values.spec import Spec
from eager.grad_mode import is_grad_enabled
from eager.pytree import TreeDef
from graph.execute.background import BACKGROUND
from graph.execute.native import NativeOptions
from graph.ir.op import Graph
from graph.ir.written import WrittenGraph, read_graph, written_graph
from graph.llvm.runtime.cache import Cached, ObjectCache, default_cache
from graph.llvm.runtime.host import description
from graph.llvm.runtime.object_code import ObjectCode
from graph.llvm.runtime.version import compiler_version, digest_of_files, numpy_version

VERSION: Final = digest_of_files([Path(__file__).parent.parent, Path(str(eager.__file__)).parent])
"""Of all that stages, as it is when this module is loaded: see `graph.llvm.runtime.version`."""
MOST_KEPT: Final = 4
"""Programs of one key: they differ in what the function reads, such as what is in its closure."""
MOST_BYTES: Final = 1 << 22
"""Of one program."""
MOST_WAITING: Final = 16
"""So many programs wait to be written."""
CONTAINERS: Final = (tuple, list, dict, type(None))


class Kept(NamedTuple):
    """What is kept of a program. `captured` are the positions of the reads that give the tensors from outside."""

    graph: WrittenGraph
    result: Spec
    captured: list[int]
    bytes: int
    found: Found

    def staged(self) -> Staged:
        """What staging gives, without a graph so far."""
        held = tuple(self.found.sources[i].load() for i in self.captured)
        return Staged(self.graph, held, self.result, (), (), tuple(self.found.functions))


class Waiting(NamedTuple):
    """A program that is to be written: the graph as it is, all else in plain values."""

    cache: ObjectCache
    key: str
    graph: Graph
    rest: tuple[Any, Any, list[int], int]


class Place:
    """Where programs of a function with arguments of one kind are kept."""

    def __init__(self, function: FunctionType, cache: ObjectCache, key: str) -> None:
        self._function, self._cache, self._key = function, cache, key

    def find(self) -> Kept | None:
        """A program that is as staging would make it now; None where there is none."""
        for written in _variants(self._cache.get(self._key)):
            try:
                plain, graph, result, captured, size = marshal.loads(written)
                found = found_again(self._function, World.of(plain))
                if found is not None:
                    return Kept(read_graph(*graph), read_spec(result), captured, size, found)
            except (EOFError, TypeError, ValueError, KeyError, IndexError):
                return None
        return None

    def keep(self, made: Program, conversions: Sequence[tuple[Any, Converted]], guards: Sequence[Guard]) -> bool:
        """Have a program written later; whether it can be."""
        staged = made.staged
        more = (staged.writes, staged.gradients, staged.gradients_read, staged.asked, made.dynamic, made.objects)
        if any(more) or staged.has_warned:
            return False
        try:
            result = written_spec(staged.result)
            world, tensors = recorded(self._function, conversions, guards)
            captured = [tensors[id(held)] for held in staged.captured]
        except (UnknownError, TypeError, KeyError):
            return False
        waits = Waiting(self._cache, self._key, staged.graph, (world.plain(), result, captured, made.bytes))
        with _lock:
            if not _waiting:
                BACKGROUND.aside(write)
            _waiting.append(waits)
            is_enough = len(_waiting) >= MOST_WAITING
        if is_enough:
            write()
        return True


def place_of(function: Any, call: Call, pattern: Pattern, options: NativeOptions, more: object) -> Place | None:
    """Where programs for such calls are kept; None for what is not kept. `more` is what else staging depends on."""
    cache, machine = default_cache(), description()
    if type(function) is not FunctionType or cache.folder is None or not machine:
        return None
    try:
        kind = [*map(_words, call.family)]
        sizes = [_words(entry) for entry in pattern.entries]
        own = described(function)
    except (UnknownError, ValueError):
        return None
    mode = (is_grad_enabled(), options.exact, options.cpu, repr(more), OPTIMIZED)
    versions = (VERSION, compiler_version(), numpy_version(), sys.version, machine)
    key = hashlib.sha256(repr((versions, own, kind, sizes, mode)).encode()).hexdigest()
    return Place(function, cache, f"staged-{key}")


def write() -> None:
    """Write what waits, in front of what others have written."""
    with _lock:
        waiting = list(_waiting)
        _waiting.clear()
    for cache, key, graph, (world, result, captured, size) in waiting:
        try:
            form = written_graph(graph)
            data = marshal.dumps((world, form, result, captured, size))
        except (TypeError, ValueError):
            continue
        others = [other for other in _variants(cache.get(key)) if other != data]
        if len(data) <= MOST_BYTES and not _has_address(form[2], result):
            cache.put(key, Cached(ObjectCode(marshal.dumps([data, *others][:MOST_KEPT]), ())))


_lock: Final = threading.Lock()
_waiting: Final[list[Waiting]] = []


def _variants(kept: Cached | None) -> list[bytes]:
    try:
        found: Any = [] if kept is None else marshal.loads(kept.code.code)
    except (EOFError, TypeError, ValueError):
        return []
    return cast("list[bytes]", found) if isinstance(found, list) else []


def _has_address(text: str, result: object) -> bool:
    """Whether a text says where an object is in memory."""
    return " at 0x" in text or " at 0x" in repr(result)


def _words(part: Hashable) -> Any:
    """A part of the key of a call. Raises: UnknownError for what has no words."""
    if isinstance(part, Identity):
        return "value", described(part.value)
    if isinstance(part, tuple):
        return tuple(map(_words, cast("tuple[Hashable, ...]", part)))
    if isinstance(part, TreeDef):
        return _structure(part)
    if isinstance(part, type):
        return _class(cast("type[Any]", part))
    if isinstance(part, np.dtype):
        return "dtype", part.str, part.name
    if type(part) in (int, float, complex, str, bool, type(None)):
        return type(part).__name__, repr(part)
    return "dim", str(part)


def _class(kind: type[Any]) -> Any:
    if kind.__module__ not in ("builtins", "numpy", "eager.tensor", "eager.parameter"):
        raise UnknownError
    return "class", kind.__module__, kind.__qualname__


def _structure(tree: TreeDef) -> Any:
    if tree.kind is None:
        return "leaf"
    if tree.kind not in CONTAINERS or (tree.kind is dict and any(type(x) is not str for x in cast(Any, tree.aux))):
        raise UnknownError
    return tree.kind.__name__, repr(tree.aux), tuple(map(_structure, tree.children))
