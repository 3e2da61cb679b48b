"""A folder of each test's own for what is kept, and modules as a new process has them."""

import functools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from dy2static.cache.kept_programs import write
from support.second_process import imported_anew


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    monkeypatch.setenv("DY2STATIC_CACHE", str(tmp_path / "cache"))
    yield tmp_path / "cache"
    write()  # what waits is of this folder


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., ModuleType]:
    """Modules as a new process has them, made of these texts."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(str(tmp_path))
    return functools.partial(imported_anew, monkeypatch, tmp_path)
