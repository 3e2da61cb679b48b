"""What code follows from besides the graph: our own files, by size and time, and what it is made by and for."""

import functools
import hashlib
import importlib.util
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np

import graph


@functools.cache
def compiler_version() -> str:
    """A digest of all files of the compiler."""
    return _digest(_all_files())


def digest_of_files(folders: Iterable[Path]) -> str:
    """A digest of all Python files below folders, as they are now."""
    return _digest([file for folder in folders for file in _files_below(folder)])


@functools.cache
def runtime_version() -> str:
    """A digest of the files that the runtime is made from."""
    here = Path(__file__).parent
    folder, abi = f"{here}{os.sep}", str(here.parent / "abi.py")
    files = [file for file in _all_files() if file[0].startswith(folder) or file[0] == abi]
    return _digest(files or _all_files())


@functools.cache
def _all_files() -> list[tuple[str, int, int]]:
    """Each file of the compiler, as they are when this module is loaded: a process goes on with the modules that it has
    when files change, and what it makes must not be found under the new ones."""
    return _files_below(Path(graph.__file__).parent)


def _files_below(folder: Path) -> list[tuple[str, int, int]]:
    """Path, size and time of each Python file; in an application that was frozen into one file, those of that."""
    if not folder.is_dir():
        stat = os.stat(sys.executable)
        return [(sys.executable, stat.st_size, stat.st_mtime_ns)]
    found: list[tuple[str, int, int]] = []
    pending = [str(folder)]
    while pending:
        for entry in os.scandir(pending.pop()):
            if entry.name.endswith(".py"):
                stat = entry.stat()
                found.append((entry.path, stat.st_size, stat.st_mtime_ns))
            elif entry.name != "__pycache__" and entry.is_dir(follow_symlinks=False):
                pending.append(entry.path)
    return sorted(found)


def _digest(files: list[tuple[str, int, int]]) -> str:
    return hashlib.sha256(repr(files).encode()).hexdigest()


def numpy_version() -> str:
    """What object code depends on of NumPy's: its ABI, which follows its version."""
    return np.__version__


@functools.cache
def llvmlite_version() -> str:
    """The version of llvmlite, which also says that of LLVM: the text of its file, where that is not loaded for it."""
    for folder in sys.path:  # where importing looks, in a quarter of the time
        if (text := _text(os.path.join(folder, "llvmlite", "_version.py"))) is not None:
            return text
    found = importlib.util.find_spec("llvmlite")
    for folder in (found.submodule_search_locations or ()) if found else ():
        if (text := _text(os.path.join(folder, "_version.py"))) is not None:
            return text
    import llvmlite

    return str(llvmlite.__version__)


def _text(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return None


compiler_version()
runtime_version()
