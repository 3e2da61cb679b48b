"""docs/errors.md: every class of error has an example that fails with the text that is shown there, and a repair."""

import contextlib
import importlib
import io
import pkgutil
import re
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import dy2static
import eager
import graph
from graph.errors import GraphError, InternalError
from support.defining import run_text
from support.documents import FENCE

PAGE = Path(__file__).resolve().parent.parent / "docs" / "errors.md"
SECTION = re.compile(r"^## (\w+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Entry:
    """A class of error: what fails, what that prints, and the repair with what it prints, if anything."""

    name: str
    example: str
    printed: str
    repair: str
    shown: str


def entries() -> list[Entry]:
    found: list[Entry] = []
    for name, body in SECTION.findall(PAGE.read_text(encoding="utf-8")):
        blocks = FENCE.findall(body)
        assert [language for language, _ in blocks[:3]] == ["py", "text", "python"], name
        shown = blocks[3][1] if len(blocks) > 3 else ""
        found.append(Entry(name, blocks[0][1], blocks[1][1], blocks[2][1], shown))
    return found


def classes() -> dict[str, type]:
    """All public errors and warnings of the three packages."""
    for package in (graph, eager, dy2static):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    found: dict[str, type] = {}

    def visit(cls: type) -> None:
        for sub in cls.__subclasses__():
            if sub.__module__.partition(".")[0] in ("graph", "eager", "dy2static") and not sub.__name__.startswith("_"):
                found[sub.__name__] = sub
            visit(sub)

    for base in (GraphError, InternalError, UserWarning):
        visit(base)
    return {**found, "InternalError": InternalError}


def preamble() -> dict[str, Any]:
    blocks = FENCE.findall(PAGE.read_text(encoding="utf-8"))
    return run_text(blocks[0][1], "model.py")


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
def test_example_and_repair(entry: Entry, request: pytest.FixtureRequest) -> None:
    error = raised(entry.example)
    assert type(error).__name__ == entry.name
    text = "".join(traceback.format_exception_only(error)).replace("\n\n", "\n")
    if request.config.getoption("--update-golden"):
        before, after = (f"{entry.example}```\n```text\n{printed}```" for printed in (entry.printed, text))
        PAGE.write_text(PAGE.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    else:
        assert entry.printed == text
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        run_text(entry.repair, "model.py", **preamble())
    assert out.getvalue() == entry.shown


def raised(text: str) -> BaseException:
    try:
        run_text(text, "model.py", **preamble())
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def test_every_class_is_there() -> None:
    assert {entry.name for entry in entries()} == set(classes())


def test_no_class_is_there_twice() -> None:
    names = [entry.name for entry in entries()]
    assert len(names) == len(set(names))
