"""Finds the cases to compare: Python files that define `case()`."""

import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType

from dy2static.report.case import Case


class CaseError(Exception):
    """A file that gives no case; the text says which, why and what to do."""


def case_files(paths: Sequence[Path]) -> list[Path]:
    """The files named, and of folders those in them that define `case()`, by name."""
    return [file for path in paths for file in _files(path)]


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from (file for file in sorted(path.glob("*.py")) if "\ndef case(" in file.read_text(encoding="utf-8"))
    elif path.is_file():
        yield path
    else:
        raise CaseError(
            f"{path} does not exist.\n  Next: name a Python file that defines `case()`, or a folder of them."
        )


def load_case(file: Path) -> Callable[[], Case]:
    """The file's function `case`, which may take its time: models are trained in it."""
    make = getattr(_module(file), "case", None)
    if not callable(make):
        raise CaseError(
            f"{file} defines no `case()`.\n"
            "  Next: add a function `case()` that returns a `dy2static.report.case.Case`; see examples/models."
        )

    def checked() -> Case:
        case = make()
        if not isinstance(case, Case):
            raise CaseError(f"`case()` of {file} returned {type(case).__name__}, not a `dy2static.report.case.Case`.")
        return case

    return checked


def _module(file: Path) -> ModuleType:
    name = f"dy2static_case_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file.resolve())
    if spec is None or spec.loader is None:
        raise CaseError(f"{file} is not a Python file.\n  Next: name a file that ends in `.py`.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
