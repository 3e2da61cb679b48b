"""What functions import where they run: they read the modules as they read their globals."""

import dis
import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final

from dy2static.converters.allow import is_library
from dy2static.source.changed import codes_within

IMPORT: Final = dis.opmap["IMPORT_NAME"]


@dataclass(frozen=True, slots=True)
class Import:
    """An `import` that has been run: the full name of a module of the user's, and the names that are taken from it."""

    name: str
    taken: tuple[str, ...]


def imports_of(function: FunctionType) -> Iterator[Import]:
    """The imports of a function, and of the functions inside, of modules that are there."""
    code = function.__code__
    for part in (code, *codes_within(code)):
        if IMPORT in part.co_code[::2]:
            for name, taken in _written_in(part, function.__globals__.get("__package__") or ""):
                if isinstance(sys.modules.get(name), ModuleType) and not is_library(name):
                    yield Import(name, taken)


def _written_in(code: CodeType, package: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The modules that code imports, by their full names, with what it takes from them."""
    level: Any = 0  # Python loads the number of dots, then the names, then imports
    taken: Any = None
    for instruction in dis.get_instructions(code):
        if instruction.opcode == IMPORT:
            name: str = instruction.argval
            if level:
                try:
                    name = importlib.util.resolve_name("." * level + name, package)
                except ImportError:  # which the program meets too
                    continue
            if taken is None:  # binds the first part of the name
                yield from ((part, ()) for part in _and_parents(name))
            else:
                yield name, taken
        elif instruction.opcode != dis.EXTENDED_ARG:
            level, taken = taken, instruction.argval


def _and_parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[: i + 1]) for i in range(len(parts)))
