"""Conversions kept on disk, so that a second process converts nothing: what Python does for modules with its `.pyc`.

There is one entry for each text of a file with functions in it. It is read once, and holds for each function the code,
under what that was made from: the function's own code and what is asked of it. What a conversion has asked about names
is kept beside it (`converters.meanings`): it counts where the answers are still the same. Entries have what those of
native code have: a checksum, a folder that nobody else may write to, a bound, and they appear whole or not at all.

Writing can wait: it is done when native code is compiled, or at the end of the process.
"""

import functools
import hashlib
import linecache
import marshal
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import CodeType
from typing import Any, Final, NamedTuple, cast

from dy2static.converters.meanings import Answer
from graph.execute.background import BACKGROUND
from graph.llvm.runtime.cache import Cached, ObjectCache, default_cache
from graph.llvm.runtime.object_code import ObjectCode
from graph.llvm.runtime.version import digest_of_files

MOST_BYTES: Final = 1 << 22
"""Of one entry."""
VERSION: Final = digest_of_files([Path(__file__).parent.parent / name for name in ("analysis", "converters", "source")])
"""Of what makes conversions, as it is when this module is loaded: see `graph.llvm.runtime.version`."""
OPTIMIZED: Final = str(sys.flags.optimize)
"""Whether Python leaves out `assert` statements, and texts."""

_Entry = dict[str, bytes]


class Kept(NamedTuple):
    """A conversion without its syntax trees. `first_line` and `last_line` are the function's in its file; the names are
    as in `source.convert.Converted`."""

    code: CodeType
    answers: tuple[tuple[tuple[str, str], Answer], ...]
    first_line: int
    last_line: int
    runtime: str
    attribute_names: tuple[str, ...]
    global_names: tuple[str, ...]
    grown: tuple[tuple[str, int], ...]


class Place(NamedTuple):
    """Where a conversion is kept: under which name in the entry of which text."""

    cache: ObjectCache
    entry: str
    name: str

    def find(self) -> Kept | None:
        """What is kept there; None where nothing is, or nothing that can be used."""
        written = _read(self.cache, self.entry).get(self.name)
        try:
            return None if written is None else Kept(*marshal.loads(written))
        except (EOFError, TypeError, ValueError):
            return None

    def keep(self, made: Kept) -> None:
        """Have it written later."""
        written = marshal.dumps(tuple(made))
        with _lock:
            if not _waiting:
                BACKGROUND.aside(write)
            _waiting.setdefault((self.cache, self.entry), {})[self.name] = written


_lock: Final = threading.Lock()
_waiting: Final[dict[tuple[ObjectCache, str], _Entry]] = {}
"""What is to be written, by entry."""


def place_of(code: CodeType, lines: Sequence[str], asks_for_items: bool) -> Place | None:
    """Where the conversion of a function with that code, from a file of these lines, is kept; None for what is in no
    file, such as the text of a prompt."""
    known = linecache.cache.get(code.co_filename)
    if known is None or len(known) == 1 or known[1] is None:  # only of files it knows when they were changed
        return None
    cache = default_cache()
    if cache.folder is None:
        return None
    what = (code.co_code, code.co_linetable, code.co_names, code.co_varnames, code.co_freevars, code.co_flags)
    made_from = repr((code.co_qualname, code.co_firstlineno, asks_for_items, what))
    entry = _digest((VERSION, sys.version, OPTIMIZED, code.co_filename, _text(code.co_filename, lines)))
    return Place(cache, f"conversions-{entry}", hashlib.sha256(made_from.encode()).hexdigest())


def write() -> None:
    """Write what waits, beside what others have written meanwhile."""
    with _lock:
        waiting = dict(_waiting)
        _waiting.clear()
    for (cache, entry), made in waiting.items():
        whole = {**_unpacked(cache.get(entry)), **made}
        data = marshal.dumps(whole)
        if len(data) <= MOST_BYTES:
            cache.put(entry, Cached(ObjectCode(data, ())))


def forget() -> None:
    """Read entries anew."""
    _read.cache_clear()


@functools.lru_cache(maxsize=256)
def _read(cache: ObjectCache, entry: str) -> Mapping[str, bytes]:
    return _unpacked(cache.get(entry))


def _unpacked(kept: Cached | None) -> _Entry:
    try:
        found: Any = {} if kept is None else marshal.loads(kept.code.code)
    except (EOFError, TypeError, ValueError):
        return {}
    return cast("_Entry", found) if isinstance(found, dict) else {}


def _text(file: str, lines: Sequence[str]) -> str:
    """A digest of the lines of a file, made once for all its functions."""
    known = _texts.get(file)
    if known is None or known[0] is not lines:
        known = _texts[file] = (lines, _digest(["".join(lines)]))
    return known[1]


_texts: Final[dict[str, tuple[Sequence[str], str]]] = {}
"""The lines of files as `linecache` gave them, with their digests."""


def _digest(texts: Sequence[str]) -> str:
    found = hashlib.sha256()
    for text in texts:
        found.update(text.encode("utf-8", "surrogateescape") + b"\0")
    return found.hexdigest()
