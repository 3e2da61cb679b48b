"""What code follows from besides the graph: our own files, by size and time, and what it is made by and for."""

import functools
import hashlib
import importlib.util
import os
from pathlib import Path

import numpy as np

import graph


@functools.cache
def compiler_version() -> str:
    """A digest of all files of the compiler."""
    return _digest(_all_files())


@functools.cache
def runtime_version() -> str:
    """A digest of the files that the runtime is made from."""
    here = Path(__file__).parent
    folder, abi = f"{here}{os.sep}", str(here.parent / "abi.py")
    return _digest([file for file in _all_files() if file[0].startswith(folder) or file[0] == abi])


@functools.cache
def _all_files() -> list[tuple[str, int, int]]:
    """Path, size and time of each file of the compiler, as they are when this module is loaded: a process goes on with
    the modules that it has when files change, and what it makes must not be found under the new ones."""
    found: list[tuple[str, int, int]] = []
    pending = [str(Path(graph.__file__).parent)]
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
    found = importlib.util.find_spec("llvmlite")
    for folder in (found.submodule_search_locations or ()) if found else ():
        path = Path(folder, "_version.py")
        if path.exists():
            return path.read_text(encoding="utf-8")
    import llvmlite

    return str(llvmlite.__version__)


_all_files()
