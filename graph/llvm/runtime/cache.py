"""Object code on disk, so that a second process compiles nothing.

A file per entry, named by what the code was made from. Files are written under another name and renamed, so that a
reader sees all of an entry or none; each has a checksum, and what is damaged counts as missing. Those not used for
longest go when there are too many bytes: one entry in a few looks, by its name, as a look takes longer the more there
are. Nothing is locked: whatever another process does, the worst is to compile again.

`DY2STATIC_CACHE` is the folder, or `off`; `DY2STATIC_CACHE_BYTES` the most that it may hold.
"""

import contextlib
import functools
import hashlib
import json
import os
import struct
import sys
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from graph.llvm.runtime.object_code import Layout, Machine, ObjectCode
from graph.llvm.runtime.version import llvmlite_version, numpy_version

DEFAULT_BYTES: Final = 1 << 29
_MAGIC: Final = b"dy2static object 2\n"
_SUFFIX: Final = ".dyo"
_LENGTH: Final = struct.Struct("<Q")
_PUTS_TO_A_LOOK: Final = 32
"""On average. Entries so many times smaller than the limit can go beyond it together, by chance, before one looks."""


class Cached(NamedTuple):
    """What an entry holds: object code, and a text of whoever had it made."""

    code: ObjectCode
    note: str = ""


class ObjectCache(NamedTuple):
    """Entries in a folder; None keeps nothing. Reading and writing never raise: one that cannot be used is empty."""

    folder: Path | None
    limit: int = DEFAULT_BYTES

    def compiled(self, made_from: tuple[str, ...], machine: Machine, make: Callable[[], ObjectCode]) -> ObjectCode:
        """The code for what it is made from: kept, or made now."""
        return self.noted(made_from, machine, lambda: Cached(make())).code

    def noted(self, made_from: tuple[str, ...], machine: Machine, make: Callable[[], Cached]) -> Cached:
        """As `compiled`, with a text beside the code. Threads that ask for the same at once have it made once."""
        key = key_of(made_from, machine)
        return self.get(key) or _made_once(key, functools.partial(self._made_now, key, make))

    def kept(self, made_from: tuple[str, ...], machine: Machine) -> Cached | None:
        """The entry for what it is made from, if there is one."""
        return self.get(key_of(made_from, machine))

    def _made_now(self, key: str, make: Callable[[], Cached]) -> Cached:
        found = make()
        self.put(key, found)
        return found

    def get(self, key: str) -> Cached | None:
        """The entry of that key; None if there is none, or none that can be used."""
        if self.folder is None:
            return None
        path = self.folder / (key + _SUFFIX)
        try:
            found = _decoded(path.read_bytes()) if _is_ours(self.folder) else None
            if found is not None:
                os.utime(path)
        except OSError:
            return None
        return found

    def put(self, key: str, entry: Cached) -> None:
        """Keep an entry; now and then, and for a large one always, drop the oldest where there are too many bytes."""
        data = _encoded(entry)
        if self.folder is None or len(data) > self.limit:
            return
        with contextlib.suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _is_ours(self.folder):
                return
            part = self.folder / f"{key}.{os.getpid()}.{threading.get_ident()}.part"
            try:
                part.write_bytes(data)
                os.replace(part, self.folder / (key + _SUFFIX))
            except OSError:
                part.unlink(missing_ok=True)
                raise
            if len(data) * _PUTS_TO_A_LOOK > self.limit or zlib.crc32(key.encode()) % _PUTS_TO_A_LOOK == 0:
                self._shrink()

    def clear(self) -> None:
        """Drop all entries."""
        for path, _, _ in self._files():
            with contextlib.suppress(OSError):
                os.unlink(path)

    def size(self) -> int:
        """Bytes of all entries."""
        return sum(size for _, size, _ in self._files())

    def _shrink(self) -> None:
        files = sorted(self._files(), key=lambda file: file[2])
        total = sum(size for _, size, _ in files)
        for path, size, _ in files:
            if total <= self.limit:
                return
            with contextlib.suppress(OSError):
                os.unlink(path)
            total -= size

    def _files(self) -> list[tuple[str, int, int]]:
        """Path, size, and time of last use of our files; what others remove meanwhile is left out."""
        found: list[tuple[str, int, int]] = []
        if self.folder is None:
            return found
        with contextlib.suppress(OSError), os.scandir(self.folder) as entries:
            for entry in entries:
                if entry.name.endswith((_SUFFIX, ".part")):
                    with contextlib.suppress(OSError):
                        stat = entry.stat()
                        found.append((entry.path, stat.st_size, stat.st_mtime_ns))
        return found


class _Making:
    """An entry that a thread makes; others wait for it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.made: Cached | None = None


_making: Final[dict[str, _Making]] = {}
"""By key."""
if hasattr(os, "register_at_fork"):  # the threads that make them are not in the new process
    os.register_at_fork(after_in_child=_making.clear)


def _made_once(key: str, make: Callable[[], Cached]) -> Cached:
    mine = _Making()
    mine.lock.acquire()
    other = _making.setdefault(key, mine)
    if other is not mine:
        with other.lock:
            if other.made is not None:
                return other.made
        return make()  # it failed there
    try:
        mine.made = make()
        return mine.made
    finally:
        _making.pop(key, None)
        mine.lock.release()


def key_of(made_from: tuple[str, ...], machine: Machine) -> str:
    """The name of an entry: a digest of what decides the code."""
    versions = (llvmlite_version(), numpy_version(), sys.version, str(object.__basicsize__))
    made = json.dumps([made_from, machine.triple, machine.cpu, machine.features, versions])
    return hashlib.sha256(made.encode()).hexdigest()


def default_cache() -> ObjectCache:
    """The cache that the environment asks for."""
    where = os.environ.get("DY2STATIC_CACHE", "")
    if where == "off":
        return ObjectCache(None)
    try:
        limit = int(os.environ.get("DY2STATIC_CACHE_BYTES", DEFAULT_BYTES))
        return ObjectCache(Path(where) if where else _default_folder(), limit)
    except (ValueError, RuntimeError):  # no number; no home
        return ObjectCache(None)


def _default_folder() -> Path:
    base = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "dy2static"


def _is_ours(folder: Path) -> bool:
    """Code is only kept where nobody else can have put it."""
    if sys.platform == "win32":
        return True
    stat = folder.stat()
    return stat.st_uid == os.getuid() and not stat.st_mode & 0o022


def _encoded(entry: Cached) -> bytes:
    head = json.dumps({"imports": entry.code.imports, "note": entry.note, "layout": entry.code.layout}).encode()
    body = _LENGTH.pack(len(head)) + head + entry.code.code
    return _MAGIC + hashlib.sha256(body).digest() + body


def _decoded(data: bytes) -> Cached | None:
    body = data[len(_MAGIC) + 32 :]
    if not data.startswith(_MAGIC) or hashlib.sha256(body).digest() != data[len(_MAGIC) : len(_MAGIC) + 32]:
        return None
    (length,) = _LENGTH.unpack_from(body)
    head = cast("dict[str, Any]", json.loads(body[_LENGTH.size : _LENGTH.size + length]))
    layout = None
    if head["layout"] is not None:
        size, writable, outside, inside, names = head["layout"]
        layout = Layout(
            size,
            writable,
            tuple((at, name) for at, name in outside),
            tuple((at, offset) for at, offset in inside),
            names,
        )
    return Cached(ObjectCode(body[_LENGTH.size + length :], tuple(head["imports"]), layout), head["note"])
