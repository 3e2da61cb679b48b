"""Graphs that are timed compute what they compute untimed, whatever control flow they have."""

import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graph.execute.interpreter import run
from graph.execute.stamps import LOOPS
from graph.execute.timed import TimedGraph
from graph.execute.timeline import Event, Site, Timeline, Total
from graph.llvm.runtime.program import memory_use
from graph.location import Loc
from support.close import assert_close
from support.list_graphs import CASES_WITH_LISTS as CASES
from support.values import copy_of

EXECUTORS = ["native", "numpy", "interpreter"]


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("name", CASES)
def test_results_are_the_same(name: str, executor: Any) -> None:
    graph = CASES[name].graph
    timed = TimedGraph(graph, executor)
    forgotten = memory_use().forgotten
    for args in CASES[name].args:
        for _ in range(2):
            found, timeline = timed(copy_of(list(args)))
            assert_close(found, run(graph, copy_of(list(args))))
            check(timeline)
    assert memory_use().forgotten == forgotten


def check(timeline: Timeline) -> None:
    """Times are within the run, and add up."""
    assert len(timeline.sites) == len(timeline.totals)
    json.dumps(timeline.trace())
    str(timeline)
    starts = [event.start for event in timeline.events]
    assert starts == sorted(starts)
    for event in timeline.events:
        assert event.start >= 0
        assert event.duration >= 0
        assert event.start + event.duration <= timeline.duration
        assert (event.trips is not None) == (timeline.sites[event.site].op in LOOPS)
    for i, total in enumerate(timeline.totals):
        own = [event for event in timeline.events if event.site == i]
        if own:
            assert sum(event.duration for event in own) <= total.duration or timeline.executor == "native code"
            assert sum(event.trips or 0 for event in own) == total.trips


def test_one_run_at_a_time() -> None:
    case = next(iter(CASES.values()))
    timed = TimedGraph(case.graph, "native")
    wrong: list[Any] = []
    (args, *_) = case.args
    expected = run(case.graph, copy_of(list(args)))

    def work() -> None:
        for _ in range(20):
            try:
                assert_close(timed(copy_of(list(args)))[0], expected)
            except AssertionError as error:
                wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def example() -> Timeline:
    sites = (
        Site("while_loop", "", "f32[]", Loc("dir/model.py", 3)),
        Site("matmul", "h", "f32[2]", Loc("dir/model.py", 4), 0),
        Site("sort", "y", "f32[2]", Loc("dir/model.py", 6)),
    )
    events = (Event(0, 1000, 5000, 7), Event(2, 6500, 1500))
    totals = (Total(1, 5000, 7), Total(7, 3500), Total(1, 1500))
    return Timeline("f", "native code", sites, events, totals, 10_000)


def test_trace() -> None:
    loop = {"name": "h = matmul", "line": "dir/model.py:4", "code": "", "times": 7, "us": 3.5}
    base = {"ph": "X", "pid": 1, "tid": 1}
    found = example().trace()["traceEvents"]
    assert [e for e in found if e["ph"] == "X"] == [
        {"name": "run of f", "cat": "run", "ts": 0.0, "dur": 10.0, "args": {"executor": "native code"}, **base},
        {
            **base,
            "name": "while",
            "cat": "while_loop",
            "ts": 1.0,
            "dur": 5.0,
            "args": {"line": "dir/model.py:3", "type": "f32[]", "trips": 7, "inside": [loop]},
        },
        {
            **base,
            "name": "y = sort",
            "cat": "sort",
            "ts": 6.5,
            "dur": 1.5,
            "args": {"line": "dir/model.py:6", "variable": "y", "type": "f32[2]"},
        },
    ]
    assert [(e["name"], e["args"]["name"]) for e in found if e["ph"] == "M"] == [
        ("process_name", "f"),
        ("thread_name", "native code"),
    ]


def test_table() -> None:
    assert str(example()) == (
        "f on native code: 10 us\n"
        "   50%      5 us  while, 7 trips  model.py:3\n"
        "       35%    3.5 us  h = matmul x 7  model.py:4\n"
        "   15%    1.5 us  y = sort  model.py:6"
    )


def test_files_are_whole(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    example().save(str(path))
    assert json.loads(path.read_text()) == example().trace()
    path.write_text("other")
    example().save(path)
    assert json.loads(path.read_text()) == example().trace()
    assert [*tmp_path.iterdir()] == [path]


def test_nothing_is_timed_in_an_empty_graph() -> None:
    case = next(case for case in CASES.values() if case.graph.params)
    graph = case.graph
    empty = type(graph)("empty", graph.params[:1], (), graph.params[:1])
    for executor in ("native", "numpy", "interpreter"):
        found, timeline = TimedGraph(empty, executor)([case.args[0][0]])  # type: ignore[arg-type]
        np.testing.assert_equal(np.asarray(found[0]), np.asarray(case.args[0][0]))
        assert timeline.events == ()
