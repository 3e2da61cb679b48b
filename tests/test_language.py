"""docs/language.md names the programs that show each construct: they exist, none is left out, they do what it says."""

import re
from pathlib import Path

import pytest

from dy2static import to_static
from dy2static.runtime.comprehensions import MOST_UNROLLED
from dy2static.runtime.rolling import MOST_OPS, TOO_MANY_OPS
from graph.ir.walk import walk
from support.programs import DIRECTORY, all_programs

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "language.md").read_text(encoding="utf-8")
ROWS = [re.split(r" ?(?<!\\)\| ?", line)[1:-1] for line in PAGE.splitlines() if re.match(r"\|.*\|.*\|.*\|$", line)]
CONSTRUCTS = [row for row in ROWS if row[2].startswith("`")]
QUOTED = re.compile(r"`([^`]+)`")
REGION_OPS = ("cond", "while_loop", "for_loop")


def named_in(cell: str) -> list[str]:
    """The programs that a cell names, by themselves or all of a file."""
    programs = all_programs()
    names: list[str] = []
    for name in QUOTED.findall(cell):
        found = [p for p in programs if p == name or p.startswith(f"{name}.")]
        assert found, f"there is no program {name!r}"
        names += found
    return names


def test_there_are_rows() -> None:
    assert len(CONSTRUCTS) > 30


@pytest.mark.parametrize("row", CONSTRUCTS, ids=[row[0][:40] for row in CONSTRUCTS])
def test_each_construct_names_programs_that_run(row: list[str]) -> None:
    programs = all_programs()
    assert any(not programs[name].refused for name in named_in(row[2]))


def test_every_file_of_programs_is_named() -> None:
    files = {path.stem for path in DIRECTORY.glob("*.py")} - {"__init__"}
    named = {name.split(".")[0] for row in CONSTRUCTS for name in QUOTED.findall(row[2])}
    named |= set(QUOTED.findall(PAGE[: PAGE.index("\n|")]))
    assert files <= named


WITH_OPS = [row for row in CONSTRUCTS if set(QUOTED.findall(row[1])) & set(REGION_OPS)]


@pytest.mark.parametrize("row", WITH_OPS, ids=[row[0][:40] for row in WITH_OPS])
def test_the_op_that_a_row_speaks_of_is_in_the_graphs_of_its_programs(row: list[str]) -> None:
    programs = all_programs()
    missing = set(QUOTED.findall(row[1])) & set(REGION_OPS)
    for name in named_in(row[2]):
        static = to_static(programs[name].make())
        static(*programs[name].cases[0])
        missing -= {op.name for op in walk(static.graph.graph)}
        if not missing:
            return
    assert not missing


def test_the_limits_are_those_of_the_code() -> None:
    (rolled,) = [row for row in CONSTRUCTS if "UnrolledLoopWarning" in row[1]]
    assert re.findall(r"(\d+) ops", " ".join(rolled[:2])) == [str(MOST_OPS), str(TOO_MANY_OPS)]
    (comprehensions,) = [row for row in CONSTRUCTS if row[0].startswith("comprehensions")]
    assert f"up to {MOST_UNROLLED} elements" in comprehensions[1]
