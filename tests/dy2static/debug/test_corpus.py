"""Stepping and shadow runs of every program of tests/programs: nothing differs, nothing is in the way."""

import contextlib
import copy
import io

import pytest

from dy2static import step, to_static
from support.compare import outcome
from support.differential import REFUSALS
from support.programs import all_programs

pytestmark = pytest.mark.slow
PROGRAMS = all_programs()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_shadow_run_sees_no_difference(name: str) -> None:
    program = PROGRAMS[name]
    expected = outcome(program.make(), program.cases[0])
    found = outcome(to_static(program.make(), shadow=1.0), program.cases[0])  # warnings are errors
    if program.refused and isinstance(found.error, REFUSALS):
        return
    assert found.printed == expected.printed
    assert (found.error is None) == (expected.error is None), found.error


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_can_be_walked_through(name: str) -> None:
    program = PROGRAMS[name]
    case = copy.deepcopy(program.cases[0])
    if outcome(program.make(), case).error is not None or program.refused:
        return
    with contextlib.redirect_stdout(io.StringIO()) as out:
        try:
            s = step(program.make(), *case)
        except ValueError as error:
            assert "nothing to step through" in str(error)  # noqa: PT017 (some programs do no op)
            return
        for _ in range(min(len(s), 40)):
            assert repr(s)
            assert s.op.operands is not None
            s.forward()
        assert isinstance(s.last().values, dict)
    assert s.is_complete
    assert out.getvalue() == ""
