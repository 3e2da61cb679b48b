"""`profile`: where the time of a call goes, as a table and as a Chrome trace."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import to_static, trace
from eager.parameter import Parameter

EXECUTORS = ["native", "numpy", "interpreter"]


def nested(x: Any, n: Any) -> Any:
    i = xp.asarray(0)
    while i < n:
        j = xp.asarray(0)
        while j < i:
            x = xp.tanh(x @ x)
            j = j + 1
        i = i + 1
    y = xp.sort(x, axis=0)
    return y


LINE = nested.__code__.co_firstlineno


def square() -> Any:
    return xp.asarray(np.linspace(-1, 1, 400).reshape(20, 20))


def static(function: Any, executor: Any, **options: Any) -> Any:
    return to_static(function, executor=executor, compile="now", **options)


def events(made: Any, path: Path) -> list[dict[str, Any]]:
    made.save(path)
    found = json.loads(path.read_text())
    assert found["displayTimeUnit"] == "ns"
    return [event for event in found["traceEvents"] if event["ph"] == "X"]


def at_line(found: list[dict[str, Any]], offset: int, category: str) -> list[dict[str, Any]]:
    return [e for e in found if e["cat"] == category and e["args"].get("line", "").endswith(f".py:{LINE + offset}")]


@pytest.mark.parametrize("executor", EXECUTORS)
def test_nested_loops(executor: Any, tmp_path: Path) -> None:
    f = static(nested, executor)
    made = f.profile(square(), xp.asarray(4))
    np.testing.assert_allclose(np.asarray(made.result), np.asarray(nested(square(), xp.asarray(4))), atol=1e-12)
    found = events(made, tmp_path / "trace.json")
    (whole,) = (e for e in found if e["cat"] == "run")
    (outer,) = at_line(found, 2, "while_loop")
    (sort,) = at_line(found, 8, "sort")
    assert outer["args"]["trips"] == 4
    assert outer["args"]["code"] == "while i < n:"
    assert sort["args"]["variable"] == "y"
    assert sort["name"] == "y = sort"
    assert sort["args"]["type"] == "f64[20,20]"
    for event in found:
        assert event["ts"] >= 0
        assert event["dur"] >= 0
        assert event["ts"] + event["dur"] <= whole["dur"] + 1
    assert outer["ts"] + outer["dur"] <= sort["ts"]
    inner = at_line(found, 4, "while_loop")
    if executor == "native":
        assert inner == []
        (inside,) = outer["args"]["inside"]
        assert (inside["name"], inside["times"], inside["trips"]) == ("while", 4, 6)
        assert inside["us"] <= outer["dur"]
        (product,) = (x for x in inside["inside"] if "matmul" in x["name"])
        assert product["times"] == 6
    else:
        assert [e["args"]["trips"] for e in inner] == [0, 1, 2, 3]
        products = at_line(found, 5, "matmul")
        assert len(products) == 6
        for event in products:
            assert any(_is_in(event, loop) for loop in inner)
        assert all(_is_in(loop, outer) for loop in inner)


def _is_in(event: dict[str, Any], outer: dict[str, Any]) -> bool:
    return outer["ts"] <= event["ts"] and event["ts"] + event["dur"] <= outer["ts"] + outer["dur"]


@pytest.mark.parametrize("executor", EXECUTORS)
def test_table(executor: Any) -> None:
    made = static(nested, executor).profile(square(), xp.asarray(4))
    lines = str(made).splitlines()
    assert lines[0].startswith("nested on ")
    assert any("while, 4 trips" in line and f"test_profile.py:{LINE + 2}" in line for line in lines)
    assert any("while x 4, 6 trips" in line for line in lines)
    assert any("y = sort" in line for line in lines)


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("n", [0, 1])
def test_loops_that_hardly_run(executor: Any, n: int, tmp_path: Path) -> None:
    found = events(static(nested, executor).profile(square(), xp.asarray(n)), tmp_path / "trace.json")
    (outer,) = at_line(found, 2, "while_loop")
    assert outer["args"]["trips"] == n


@pytest.mark.parametrize("executor", EXECUTORS)
def test_branches_and_counted_loops(executor: Any, tmp_path: Path) -> None:
    def f(x: Any, n: Any) -> Any:
        if xp.sum(x) > 0:  # noqa: SIM108 - a statement is meant
            y = xp.cumsum(x)
        else:
            y = xp.sort(x)
        for k in range(n):
            y = xp.cumsum(y * k)
        return y

    made = static(f, executor)
    x = np.linspace(0, 1, 100)
    up, down = (events(made.profile(xp.asarray(y), 3), tmp_path / "trace.json") for y in (x, -x))
    for found, here, there in ((up, "cumsum", "sort"), (down, "sort", "cumsum")):
        names = [e["cat"] for e in found if e["args"].get("line", "").endswith(str(f.__code__.co_firstlineno + 2))]
        other = [e["cat"] for e in found if e["args"].get("line", "").endswith(str(f.__code__.co_firstlineno + 4))]
        assert ("cumsum" in names, "sort" in other) == (here == "cumsum", here == "sort")
        assert there not in (names if here == "sort" else other)


@pytest.mark.parametrize("executor", EXECUTORS)
def test_state_changes_and_prints_once(executor: Any, capsys: pytest.CaptureFixture[str]) -> None:
    state = SimpleNamespace(h=xp.asarray([1.0]), count=0)

    def step(x: Any) -> Any:
        state.h = state.h + x
        state.count += 1
        print("h is", state.h)
        return state.h

    f = static(step, executor)
    made = f.profile(xp.asarray([2.0]))
    assert (float(made.result[0]), float(state.h[0]), state.count) == (3.0, 3.0, 1)
    assert capsys.readouterr().out == "h is [3.]\n"


@pytest.mark.parametrize("executor", EXECUTORS)
def test_failing_run_leaves_no_file_and_no_change(executor: Any, tmp_path: Path) -> None:
    state = SimpleNamespace(h=xp.asarray([1.0]))

    def step(x: Any, n: Any) -> Any:
        i = xp.asarray(0)
        while i < n:
            state.h = state.h + x
            i = i + 1
            if state.h[0] > 5:
                raise ValueError("too large")
        return state.h

    f = static(step, executor)
    before = state.h
    for _ in range(2):
        with pytest.raises(ValueError, match="too large"):
            f.profile(xp.asarray([1.0]), xp.asarray(100)).save(tmp_path / "trace.json")
        assert state.h is before
    assert [*tmp_path.iterdir()] == []
    made = f.profile(xp.asarray([1.0]), xp.asarray(2))
    path = tmp_path / "no folder" / "trace.json"
    with pytest.raises(FileNotFoundError):
        made.save(path)
    made.save(tmp_path / "trace.json")
    assert [p.name for p in tmp_path.iterdir()] == ["trace.json"]


def test_failing_write_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = static(nested, "numpy").profile(square(), xp.asarray(1))
    path = tmp_path / "trace.json"
    path.write_text("before")

    def broken(*_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("graph.execute.timeline.os.replace", broken)
    with pytest.raises(OSError, match="disk full"):
        made.save(path)
    assert [p.name for p in tmp_path.iterdir()] == ["trace.json"]
    assert path.read_text() == "before"


@pytest.mark.parametrize("executor", EXECUTORS)
def test_every_call_with_the_option(executor: Any) -> None:
    f = static(nested, executor, profile=True)
    assert f.latest_profile is None
    for n in (1, 3):
        result = f(square(), xp.asarray(n))
        assert f.latest_profile is not None
        assert f.latest_profile.result is result
        assert f"while, {n} trips" in str(f.latest_profile)


@pytest.mark.parametrize("executor", EXECUTORS)
def test_gradients_methods_and_traces(executor: Any) -> None:
    class Model:
        def __init__(self) -> None:
            self.w = square()

        def loss(self, x: Any) -> Any:
            return xp.sum(xp.tanh(x @ self.w))

    model = Model()
    Model.loss = static(Model.loss, executor)  # type: ignore[method-assign]
    made = model.loss.profile(square())  # type: ignore[attr-defined]
    assert "matmul" in str(made)
    gradient = static(lambda x: xp.sum(xp.tanh(x @ x)), executor).grad()
    found = gradient.profile(square())
    assert "matmul x" in str(found) or str(found).count("matmul") > 1
    np.testing.assert_allclose(np.asarray(found.result), np.asarray(gradient(square())))
    traced = trace(lambda x: xp.sort(x @ x), square())
    assert "sort" in str(traced.profile(square()))


@pytest.mark.parametrize("executor", EXECUTORS)
def test_recursion_and_caught_errors(executor: Any) -> None:
    def depth(x: Any, n: Any) -> Any:
        if n > 0:
            return depth(x * 2, n - 1)
        return x

    def caught(x: Any) -> Any:
        try:
            y = x[x.sum().astype(xp.int64)]
        except IndexError:
            y = x[0]
        return xp.sort(x + y)

    made = static(depth, executor).profile(xp.asarray([1.0]), xp.asarray(5))
    np.testing.assert_array_equal(np.asarray(made.result), [32.0])
    f = static(caught, executor)
    for total in (1.0, 1000.0):
        x = xp.asarray(np.full(100, total / 100))
        np.testing.assert_allclose(np.asarray(f.profile(x).result), np.asarray(caught(x)))


def test_many_events_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graph.execute.stamps.MOST_EVENTS", 50)

    def count(n: Any) -> Any:
        i = xp.asarray(0)
        while i < n:
            i = i + 1
        return i

    made = static(count, "numpy").profile(xp.asarray(200))
    assert len(made.timeline.events) == 50
    assert max(total.times for total in made.timeline.totals) == 201
    assert "200 trips" in str(made)


def test_option_leaves_the_tape_alone() -> None:
    w = Parameter(xp.asarray([1.0, 2.0]))
    f = to_static(lambda x: (x * w).sum(), profile=True)
    for _ in range(3):
        w.grad = None
        f(xp.asarray([3.0, 4.0])).backward()
        np.testing.assert_array_equal(np.asarray(w.grad), [3.0, 4.0])
    assert f.latest_profile is None
    with xp.no_grad():
        f(xp.asarray([3.0, 4.0]))
    assert f.latest_profile is not None

    def train(x: Any) -> Any:
        loss = (x * w).sum()
        w.grad = None
        loss.backward()
        with xp.no_grad():
            w.assign(w - w.grad)
        return float(0)

    g = to_static(train, profile=True)
    for _ in range(3):
        g(xp.asarray([3.0, 4.0]))
    assert g.latest_profile is not None
    np.testing.assert_array_equal(np.asarray(w), [-8.0, -10.0])
