"""`step`: walking through the graph of a function, with the user's names, lines and values."""

import io
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import step, to_static, trace
from dy2static.debug.step import Stepper
from support.defining import define
from support.golden import assert_golden

SOURCE = """
    def newton(a, tolerance):
        x = a
        trips = 0
        while xp.max(xp.abs(x * x - a)) > tolerance:
            x = 0.5 * (x + a / x)
            trips += 1
            if trips > 1:
                print("x is", x)
                last = x * 2
            else:
                last = x
            x = x + 0 * last
        return x, trips

    def fails(x, i):
        y = x + 1
        z = y[i]
        return z * 2

    def nested(n):
        total = xp.asarray(0)
        for i in range(n):
            for j in range(i):
                total = total + i * j
        return total

    def pair(x):
        low, high = xp.min(x), xp.max(x)
        both = [low, high]
        return both

    class Counter:
        def __init__(self):
            self.count = xp.asarray(0)

        def add(self, x):
            self.count = self.count + x
            return self.count * 2
"""


METHOD = """
    class A:
        @to_static
        def f(self, x):
            low = xp.min(x)
            return low
"""


def function(name: str) -> Any:
    return define(SOURCE, name, "model.py", xp=xp)


def newton() -> Stepper:
    return step(function("newton"), xp.asarray([2.0, 9.0]), 0.1)


def test_every_op_as_it_is_shown() -> None:
    s = newton()
    shown = [repr(s)]
    while s.position < len(s):
        shown.append(repr(s.forward()))
    assert_golden("debug/step_newton.txt", "\n\n".join(shown))


def test_the_values_are_those_of_the_interpreter() -> None:
    x = xp.asarray([2.0, 9.0])
    s = newton().last()
    found, trips = to_static(function("newton"))(x, 0.1)
    np.testing.assert_array_equal(np.asarray(s.values["x"]), np.asarray(found))
    assert int(s.values["trips"]) == int(trips) == 4
    assert s.is_complete


def test_forwards_and_backwards() -> None:
    s = newton()
    ahead = [repr(s)] + [repr(s.forward()) for _ in range(len(s) - 1)]
    behind = [repr(s)] + [repr(s.back()) for _ in range(len(s) - 1)]
    assert ahead == behind[::-1]
    assert s.position == 1
    assert s.back(5).position == 1
    assert s.forward(10**6).position == len(s)
    assert s.first().position == 1


def test_lines_trips_and_places() -> None:
    s = newton()
    trips: list[int] = []
    for _ in range(12):
        trips.append(s.at(6).trip)
    with pytest.raises(LookupError, match="there are ops of the lines 5, 6, 7, 8, 9, 10, 13"):
        s.at(6)
    assert trips == [t for t in (1, 2, 3, 4) for _ in range(3)]
    assert s.line == 6
    assert s.at(6, back=True).trip == 4
    s.first().at(10)
    assert s.where == "trip 2 of the loop of line 5, the `if` branch of line 8"
    assert s.loc.text() == "last = x * 2"
    assert s.out().op.name == "cond"
    assert s.where == "trip 2 of the loop of line 5"
    assert s.out().where == "the test before trip 3 of the loop of line 5"


def test_variables_go_with_the_place() -> None:
    s = newton().at(6)
    np.testing.assert_array_equal(np.asarray(s.values["x"]), [2.0, 9.0])
    assert list(s.operands) == ["a", "x"]
    s.forward(2)
    np.testing.assert_array_equal(np.asarray(s.result), [1.5, 5.0])
    np.testing.assert_array_equal(np.asarray(s.values["x"]), [1.5, 5.0])
    s.back()
    np.testing.assert_array_equal(np.asarray(s.values["x"]), [2.0, 9.0])
    assert len(s.last().history("trips")) >= 4


def test_two_loops_in_each_other() -> None:
    s = step(function("nested"), xp.asarray(4))
    places = set[tuple[int, int]]()
    while s.position < len(s):
        if s.line == 25:
            places.add((int(s.values["i"]), int(s.values["j"])))
        s.forward()
    assert places == {(i, j) for i in range(4) for j in range(i)}
    assert int(s.values["total"]) == 11


def test_a_run_that_fails_ends_where_it_failed() -> None:
    s = step(function("fails"), xp.ones(3), xp.asarray(5)).last()
    assert (s.line, s.is_complete) == (18, False)
    assert isinstance(s.error, IndexError)
    assert_golden("debug/step_error.txt", repr(s))
    assert s.back().error is None
    np.testing.assert_array_equal(np.asarray(s.values["y"]), [2.0, 2.0, 2.0])


def test_nothing_is_printed_and_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    s = newton()
    printed = ""
    while s.position < len(s):
        printed += s.forward().printed
    assert capsys.readouterr().out == ""
    assert printed.count("x is [") == 3
    counter = function("Counter")()
    assert int(step(counter.add, xp.asarray(5)).last().values["self.count"]) == 5
    assert int(counter.count) == 0


def test_the_limit_of_events() -> None:
    s = step(function("newton"), xp.asarray([2.0, 9.0]), 0.1, limit=7)
    assert len(s) == 7
    assert not s.is_complete


@pytest.mark.parametrize("kind", ["plain", "static", "bound", "traced"])
def test_all_kinds_of_functions(kind: str) -> None:
    f = function("pair")
    x = xp.asarray([3.0, 1.0, 2.0])
    match kind:
        case "static":
            f = to_static(f)
        case "bound":
            f = define(METHOD, "A", to_static=to_static, xp=xp)().f
        case "traced":
            f = trace(f, x)
        case _:
            pass
    s = step(f, x)
    assert float(s.first().values["low"]) == 1.0


def test_a_function_without_ops() -> None:
    with pytest.raises(ValueError, match="there is nothing to step through"):
        step(lambda x: x, xp.ones(2))


def test_typing_commands(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    commands = [
        "",
        "n 3",
        "b",
        "at 6",
        "p x",
        "p nothing",
        "at 99",
        "hist x",
        "b at 5",
        "v",
        "out",
        "last",
        "first",
        "?",
    ]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join([*commands, "q", "n"]) + "\n"))
    newton().interact()
    assert_golden("debug/step_prompt.txt", capsys.readouterr().out)


def test_the_end_of_input_ends_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    newton().interact()
    assert capsys.readouterr().out.endswith("(step) ")
