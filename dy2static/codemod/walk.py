"""Which files a command is about: those it is given, and the Python files below the folders it is given."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

NOT_THE_USERS: Final = frozenset(["__pycache__", "node_modules", "site-packages", "dist-packages"])


class NoSuchPathError(Exception):
    """A path that does not exist."""


def python_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files, each once: those named first come first, those of a folder in order of their names.

    Left out below folders: what is hidden, virtual environments, installed packages. Raises: NoSuchPathError.
    """
    seen: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise NoSuchPathError(f"{path} does not exist.\n  Next: name a Python file, or a folder of them.")
        for file in _below(path) if path.is_dir() else [path]:
            key = file.resolve()
            if key not in seen:
                seen.add(key)
                yield file


def _below(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if _is_the_users(Path(place, name)))
        for name in sorted(files):
            if name.endswith((".py", ".pyi")) and not name.startswith("."):
                yield Path(place, name)


def _is_the_users(folder: Path) -> bool:
    return not folder.name.startswith(".") and folder.name not in NOT_THE_USERS and not (folder / "pyvenv.cfg").exists()
