"""What code follows from besides the graph: our own files, by size and time."""

import functools
import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import graph


@functools.cache
def compiler_version() -> str:
    """A digest of all files of the compiler."""
    return _digest(_files(str(Path(graph.__file__).parent)))


@functools.cache
def runtime_version() -> str:
    """A digest of the files that the runtime is made from."""
    here = Path(__file__).parent
    return _digest(f for f in _files(str(here.parent)) if f.path.startswith(str(here)) or f.name == "abi.py")


def _files(folder: str) -> Iterator["os.DirEntry[str]"]:
    for entry in os.scandir(folder):
        if entry.name.endswith(".py"):
            yield entry
        elif entry.is_dir(follow_symlinks=False) and entry.name != "__pycache__":
            yield from _files(entry.path)


def _digest(files: "Iterable[os.DirEntry[str]]") -> str:
    seen = sorted((file.path, stat.st_size, stat.st_mtime_ns) for file in files for stat in (file.stat(),))
    return hashlib.sha256(repr(seen).encode()).hexdigest()
