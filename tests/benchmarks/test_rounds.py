"""The comparison with real processes of our own: turns, differences, failures, first calls."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.peers.catalog import EAGER, Contestant, ours
from benchmarks.process import Worker, WorkerError
from benchmarks.rounds import Plan, compare, first_calls


def plan(*contestants: Contestant, rounds: int = 2) -> Plan:
    return Plan(contestants, ("call3",), (1,), rounds, 0.0)


def test_every_round_times_every_worker(tmp_path: Path) -> None:
    said: list[str] = []
    records, versions = compare(plan(ours("numpy"), EAGER), tmp_path, said.append)
    assert [(r.contestant, r.is_ours, r.workload, len(r.medians), r.error) for r in records] == [
        ("ours numpy", True, "call3", 2, None),
        ("ours eager", True, "call3", 2, None),
    ]
    assert all(r.first is not None and r.minimum is not None for r in records)
    assert list(versions) == ["ours numpy", "ours eager"]
    assert said == ["call3"]


def test_different_result_is_an_error_and_not_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.rounds.load_arrays", lambda file: [np.full(2, float(file.name == "eager.npz"))])
    (record,), _ = compare(plan(ours("numpy")), tmp_path, lambda text: None)
    assert record.error == "array 0 differs from eager by 1; its largest number is 1"
    assert record.medians == []


def test_worker_that_cannot_start_is_skipped(tmp_path: Path) -> None:
    said: list[str] = []
    records, _ = compare(plan(Contestant("ours nowhere", "benchmarks.nowhere", "x")), tmp_path, said.append)
    assert records == []
    assert said[0].startswith("SKIPPED ours nowhere with 1 threads: the process ended: ModuleNotFoundError")


def test_failing_request_is_an_answer_and_the_worker_goes_on(tmp_path: Path) -> None:
    with Worker(EAGER, 1, tmp_path) as worker:
        assert worker.ask({"do": "prepare", "workload": "nothing"}) == {"error": "KeyError: 'nothing'"}
        assert worker.ask({"do": "prepare", "workload": "chain", "outcome": str(tmp_path / "o.npz")})["first_s"] > 0
        with pytest.raises(WorkerError, match=r"no answer in 0 s"):
            worker.ask({"do": "burst", "workload": "chain", "seconds": 0.5}, timeout=0.0)


def test_first_calls_are_made_in_fresh_processes(tmp_path: Path) -> None:
    (cold,) = first_calls(plan(ours("numpy"), rounds=1), tmp_path, lambda text: None)
    assert (cold.contestant, cold.workload, len(cold.first), len(cold.again), cold.error) == (
        "ours numpy",
        "call3",
        1,
        1,
        None,
    )
