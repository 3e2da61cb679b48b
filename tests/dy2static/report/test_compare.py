"""One model in every mode: what the comparison finds is true."""

import numpy as np
import pytest

import eager as xp
from dy2static.errors import TraceWarning
from dy2static.report import timing
from dy2static.report.agreement import agree, distance
from dy2static.report.baked import guards_of, run_unguarded, unguarded
from dy2static.report.compare import compare
from dy2static.report.gradients import check_gradients
from dy2static.tracing.trace import trace
from graph.errors import TraceGuardError
from support.report_cases import branching_case, looping_case, straight_case


@pytest.fixture(autouse=True)
def _short_measurements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "BUDGET", 1e-4)


def test_a_wrong_branch_is_found_with_its_line() -> None:
    found = compare(branching_case())
    assert float(found.eager) == -4.0
    assert float(found.converted) == -4.0
    assert float(found.trace.value) == 4.0
    assert not found.trace_is_right
    assert found.conversion_is_right
    assert isinstance(found.trace.error, TraceGuardError)
    assert found.trace.decided_at is not None
    assert found.trace.decided_at.text() == "if x < 0.0:"
    assert found.is_as_promised
    assert found.graph_size.regions == 2
    assert found.trace_size.regions == 0
    assert min(found.times.eager, found.times.traced, found.times.converted) > 0.0


def test_a_loop_of_another_length() -> None:
    found = compare(looping_case())
    assert (int(found.eager), int(found.converted), int(found.trace.value)) == (7, 7, 2)
    assert found.gradient is None
    assert len(found.trace.broken) == 1


def test_a_trace_without_decisions_is_right() -> None:
    found = compare(straight_case())
    assert found.trace_is_right
    assert found.trace.error is None
    assert found.trace.decided_at is None
    assert found.trace.decisions == ()


def test_a_trace_may_hold_on_other_arguments() -> None:
    found = compare(branching_case(other=(xp.asarray(5.0),)))
    assert found.trace_is_right
    assert found.trace.error is None
    assert found.trace.broken == ()


def test_broken_guards_in_order() -> None:
    with pytest.warns(TraceWarning):
        traced = trace(looping_case().function, xp.asarray(3.0))
    graph = traced.traces[0].program.compiled.graph
    assert len(guards_of(graph)) == 3
    assert run_unguarded(graph, [np.float64(3.0)]).broken == ()
    assert run_unguarded(graph, [np.float64(0.5)]).broken == guards_of(graph)[:2]
    assert guards_of(unguarded(graph)) == ()


def test_gradients_that_disagree_are_seen() -> None:
    case = branching_case()
    good = check_gradients(case, case.other)
    assert good is not None
    assert good.holds
    # At the kink differences see the mean of both slopes, the tape that of one side.
    kink = check_gradients(case, (xp.asarray(0.0),))
    assert kink is not None
    assert not kink.holds


def test_distance() -> None:
    one = xp.asarray([1.0, 2.0])
    assert distance((one, 3), (one, 3)) == 0.0
    assert distance(xp.asarray([1.0, 2.2]), one) == pytest.approx(0.1)
    assert distance(xp.asarray([1.0]), one) == np.inf
    assert distance((one,), [one]) == np.inf
    assert distance(xp.asarray(np.nan), xp.asarray(np.nan)) == 0.0
    assert not agree(xp.asarray(np.nan), xp.asarray(1.0))
    assert not agree(xp.asarray(1.0), xp.asarray(np.inf))
    assert agree(xp.asarray(0.1 + 0.2), xp.asarray(0.3))
    assert agree(8, xp.asarray(8))
