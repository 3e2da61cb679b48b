"""Every program of tests/programs in every mode, against the same function run as plain Python."""

from typing import Any

import pytest

from dy2static.cache.compiled import Executor
from support.differential import check_gradients, check_static
from support.programs import Program, all_programs

PROGRAMS = all_programs()
EXECUTORS: tuple[Executor, ...] = ("numpy", "interpreter")

NOT_YET = {
    "if_stmt.different_sizes": "an error in a branch that no run takes is raised while the branch is staged",
    "lists.a_stack": "an error in a branch that no run takes is raised while the branch is staged",
}
"""Programs that do not run as they should, each with the reason."""


def names_of(programs: dict[str, Program]) -> list[Any]:
    """Parameters of a test; those of `NOT_YET` must fail."""
    return [
        pytest.param(name, marks=pytest.mark.xfail(reason=NOT_YET[name], strict=False) if name in NOT_YET else ())
        for name in programs
    ]


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("name", names_of(PROGRAMS))
def test_static(name: str, executor: Executor) -> None:
    check_static(PROGRAMS[name], executor)


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("name", names_of({name: program for name, program in PROGRAMS.items() if program.grad}))
def test_gradients(name: str, executor: Executor) -> None:
    assert check_gradients(PROGRAMS[name], executor), "no case has a gradient"


def test_the_corpus_is_large() -> None:
    assert len(PROGRAMS) >= 120
    assert sum(bool(program.grad) for program in PROGRAMS.values()) >= 50
