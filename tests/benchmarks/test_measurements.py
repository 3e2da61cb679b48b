"""Statistics on fixed numbers: medians, the best of the thread counts, the best peer, ratios and aims."""

import numpy as np
import pytest

from benchmarks.agreement import difference
from benchmarks.measurements import Record, best, verdicts


def record(contestant: str, threads: int, *medians: float, workload: str = "ode", error: str | None = None) -> Record:
    return Record(contestant, contestant.startswith("ours"), threads, workload, list(medians), error=error)


def test_round_keeps_its_median_and_the_least_of_all() -> None:
    r = record("JAX", 1)
    r.add_round([3.0, 1.0, 2.0])
    r.add_round([9.0, 5.0])
    assert r.medians == [2.0, 7.0]
    assert r.minimum == 1.0


def test_best_takes_the_better_number_of_threads() -> None:
    found = best([record("JAX", 1, 4.0, 5.0, 9.0), record("JAX", 2, 3.0, 100.0, 4.0)])
    assert found is not None
    assert (found.contestant, found.threads, found.seconds) == ("JAX", 2, 4.0)
    assert found.spread == pytest.approx(97 / 4)


def test_what_failed_or_has_no_times_is_not_the_best() -> None:
    assert best([record("JAX", 1), record("JAX", 2, 1.0, error="differs")]) is None


def test_verdict_compares_our_best_with_the_best_peer() -> None:
    records = [
        record("ours eager", 1, 0.1),  # not what is compared
        record("ours numpy", 1, 9.0),
        record("ours native", 1, 2.0),
        record("ours native", 2, 1.0),
        record("JAX", 1, 5.0),
        record("torch script", 2, 4.0),
        record("ours native", 1, 1.0, workload="chain"),
        record("JAX", 1, 1.0, workload="chain"),
        record("JAX", 1, 1.0, workload="call3"),
    ]
    ode, chain, call3 = verdicts(records, ["ode", "chain", "call3"])
    assert ode.ours is not None
    assert ode.peer is not None
    assert (ode.ours.contestant, ode.ours.threads, ode.peer.contestant) == ("ours native", 2, "torch script")
    assert (ode.ratio, ode.aim, ode.is_reached) == (0.25, 0.3, True)
    assert (chain.ratio, chain.is_reached) == (1.0, False)
    assert (call3.ratio, call3.is_reached) == (None, None)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([np.ones(3)], None),
        ([np.ones(3) + 5e-5], None),
        ([np.ones(3) + 2e-4], "array 0 differs from eager by 0.0002; its largest number is 1"),
        ([np.array([1, np.nan, 1])], "array 0 differs from eager by nan; its largest number is 1"),
        ([np.ones(4)], "array 0 has the shape (4,), in eager (3,)"),
        ([np.ones(3, np.float32)], "array 0 is of float32, in eager of float64"),
        ([], "0 arrays where eager has 1"),
    ],
)
def test_difference_says_what_differs(found: list[np.ndarray], said: str | None) -> None:
    assert difference(found, [np.ones(3)]) == said


def test_no_elements_are_no_difference() -> None:
    assert difference([np.ones((0, 2))], [np.ones((0, 2))]) is None
