"""Every program of tests/programs in every mode, against the same function run as plain Python."""

import pytest

from dy2static.cache.compiled import Executor
from support.differential import check_gradients, check_static
from support.programs import all_programs

PROGRAMS = all_programs()
EXECUTORS: tuple[Executor, ...] = ("numpy", "interpreter", "native")


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_static(name: str, executor: Executor) -> None:
    check_static(PROGRAMS[name], executor)


# Native code for both halves of each gradient takes minutes to compile.
@pytest.mark.parametrize("executor", [*EXECUTORS[:-1], pytest.param("native", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", [name for name, program in PROGRAMS.items() if program.grad])
def test_gradients(name: str, executor: Executor) -> None:
    assert check_gradients(PROGRAMS[name], executor), "no case has a gradient"


def test_the_corpus_is_large() -> None:
    assert len(PROGRAMS) >= 120
    assert sum(bool(program.grad) for program in PROGRAMS.values()) >= 50
