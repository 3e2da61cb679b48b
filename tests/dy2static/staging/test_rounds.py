"""Loops in loops begin with what was found in the round before, and carry nothing that they need not."""

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

import eager as xp
from dy2static import to_static
from dy2static.staging.objects import aliases
from dy2static.staging.stager import Stager
from dy2static.staging.values.staged import StagedTensor
from support import fuzzing
from support.defining import define

REGRESSIONS: Final = Path(fuzzing.__file__).parent / "regressions"


def nested(depth: int, head: str, after: str = "") -> str:
    """A function whose loops begin with a line each and stand in one another; `after` are the lines behind that."""
    lines, indent = ["def f(x, n):", "    t = 0.0", "    while_true = True", "    kept = {'sums': []}"], "    "
    for i in range(depth):
        lines += [f"{indent}k{i} = 0", indent + head.format(i=i)]
        indent += "    "
        lines += [indent + line for line in (*after.format(i=i, limit=100 + i).splitlines(), f"k{i} += 1")]
    lines += [f"{indent}t = t + x.sum()", f"{indent}x = x * 0.5", "    return t, x"]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("head", "after"),
    [
        ("for i{i} in range(n):", ""),
        ("while k{i} < n:", ""),
        ("for i{i} in range(n):", "if t > {limit}: break"),
        ("for i{i} in range(n):", "if t > {limit}: return t, x"),
        ("while while_true:", "if t > {limit} or k{i} >= n: break"),
        ("for i{i} in range(n):", "row{i} = [v * t for v in x if v > t]"),
        ("for i{i} in range(n):", "kept['sums'].append(t)"),
        ("for i{i} in range(n):", "sums{i} = list(kept['sums'])\nsums{i}.append(t)\nt = t + len(sums{i})"),
        ("for i{i} in (k for k in range(n) if k < 2):", "t = t + i{i}"),
        ("for i{i} in range(n):", "try:\n    t = t + x[i{i}]\nexcept IndexError:\n    t = t - 1.0"),
        (
            "for i{i} in range(n):",
            "try:\n    for v in x:\n        t = x[i{i}] + t\nexcept IndexError:\n    t = -t",
        ),
    ],
)
def test_a_level_more_does_not_double_how_often_loops_are_staged(
    head: str, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    region, trips = Stager.region, list[int]()

    def counted(stager: Stager, name: str) -> Any:
        trips[-1] += name == "body"
        return region(stager, name)

    monkeypatch.setattr(Stager, "region", counted)
    for depth in (5, 7):
        trips.append(0)
        function: Callable[..., Any] = define(nested(depth, head, after), xp=xp)
        args = xp.ones(3), xp.asarray(2)
        expected, found = function(*args), to_static(function, executor="interpreter")(*args)
        assert float(found[0]) == pytest.approx(float(expected[0]))
    assert trips[1] <= 3 * trips[0], "four times as many, if each level doubled them"


def in_a_try(depth: int) -> str:
    """Loops in one another whose trips can fail after something has changed: each is staged finely."""
    lines, indent = ["def f(x, n):", "    t = 0.0", "    try:"], "        "
    for i in range(depth):
        lines.append(f"{indent}for i{i} in range(n):")
        indent += "    "
        lines.append(f"{indent}t = t + x[i{i}]")
    return "\n".join([*lines, "    except IndexError:", "        t = -t", "    return t"])


def test_loops_in_a_try_are_not_tried_in_all_ways_in_each_round(monkeypatch: pytest.MonkeyPatch) -> None:
    region, regions = Stager.region, list[int]()

    def counted(stager: Stager, name: str) -> Any:
        regions[-1] += name == "body"
        return region(stager, name)

    monkeypatch.setattr(Stager, "region", counted)
    for depth in (2, 4):
        function: Callable[..., Any] = define(in_a_try(depth), xp=xp)
        static = to_static(function, executor="interpreter")
        regions.append(0)
        for n in (2, 4):
            args = xp.ones(3), xp.asarray(n)
            assert float(static(*args)) == float(function(*args))
    assert regions[1] <= 6 * regions[0], "16 times as many, if each level had four ways"


def test_rounds_that_are_over_leave_nothing_behind() -> None:
    """What lives on counts as a possible alias of what is staged: nothing may wait for the collector of cycles."""

    def items(x: Any, n: Any) -> Any:
        for i in range(n):
            yield x * i

    def f(x: Any, n: Any) -> Any:
        total = x.sum() * 0.0
        for i in range(n):
            for v in items(x, n):
                if (v.sum() > 1 and [v]) or i > 2:
                    total = total + v.sum()
        return total

    static, args = to_static(f, executor="interpreter"), (xp.ones(3), xp.asarray(4))
    gc.collect()
    gc.disable()
    try:
        found = static(*args)
        left = sum(type(x) is StagedTensor for x in gc.get_objects())
    finally:
        gc.enable()
    assert float(found) == float(f(*args))
    assert left <= 4, "those of the program itself; each round had left some"


def test_a_loop_that_counts_is_staged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    region, names = Stager.region, list[str]()

    def counted(stager: Stager, name: str) -> Any:
        names.append(name)
        return region(stager, name)

    def f(x: Any, n: Any) -> Any:
        i, k = 0, 5
        while x.sum() > 1 and i < n:
            x = x * 0.5
            i += 1
            k = k - 1
        return x, i, k

    monkeypatch.setattr(Stager, "region", counted)
    x, n = xp.ones(3), xp.asarray(9)
    found, expected = to_static(f, executor="interpreter")(x, n), f(x, n)
    assert names.count("body") == 1
    assert found[1:] == expected[1:]


SCALES = {2: 0.5, 3: 0.25}


def test_what_a_trip_does_not_bear_out_is_taken_back() -> None:
    def f(x: Any, n: Any) -> Any:
        least = 1
        for _ in range(n):
            for j in (0, 1):
                if j >= least:  # at first an ordinary test that only the second `j` passes; then one of the graph
                    k = 2
                    for _ in range(n):
                        if j:
                            k = k + 1
                        else:
                            x = x * SCALES[k]  # an ordinary number
                    x = x + k
            least = least - n
        return x

    args = xp.ones(2), xp.asarray(3)
    assert to_static(f, executor="interpreter")(*args).tolist() == f(*args).tolist()


def test_what_a_trip_leaves_as_it_was_is_an_ordinary_number_behind_the_loop() -> None:
    def f(x: Any, n: Any) -> Any:
        least = 1
        for _ in range(n):
            for j in (0, 1):
                if j >= least:
                    k = 2
                    for _ in range(n):
                        x = x + 1.0
                        k = k + 1 if j else 2
                    x = x + k if j else x * SCALES[k]
            least = least - n
        return x

    args = xp.ones(2), xp.asarray(3)
    assert to_static(f, executor="interpreter")(*args).tolist() == f(*args).tolist()


def test_a_number_gets_no_wider_dtype_than_it_needs() -> None:
    def f(x: Any, y: Any, n: Any) -> Any:
        least = 1
        for _ in range(n):
            for j, step in ((0, 1), (1, 0.5)):
                if j >= least:
                    k = 0
                    for _ in range(n):
                        k = k + step
                    if j:
                        x = x + k
                    else:
                        y = y + k  # which stays an integer
            least = least - n
        return x, y

    args = xp.ones(2), xp.asarray([1, 2]), xp.asarray(3)
    expected, found = f(*args), to_static(f, executor="interpreter")(*args)
    assert [y.dtype for y in expected] == [y.dtype for y in found]
    assert [y.tolist() for y in expected] == [y.tolist() for y in found]


class Model:
    def __init__(self) -> None:
        self.seen: Any = 0
        self.kept: list[Any] = []

    def run(self, x: Any, n: Any) -> Any:
        for i in range(n):
            for j in range(n):
                self.seen = self.seen + i * j
                self.kept.append(x * 2.0)
                x += 1.0
        return x


def test_attributes_lists_and_tensors_that_inner_loops_change() -> None:
    plain, static, shape = Model(), Model(), (2,)
    x, y, n = xp.zeros(shape), xp.zeros(shape), xp.asarray(3)
    expected, found = plain.run(x, n), to_static(static.run, executor="interpreter")(y, n)
    assert (expected.tolist(), int(plain.seen)) == (found.tolist(), int(static.seen))
    assert [k.tolist() for k in plain.kept] == [k.tolist() for k in static.kept]


def test_a_loop_with_a_break_is_staged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def f(x: Any) -> Any:
        total = x[0] * 0
        for v in x:
            if v > 2:
                break
            total = total + v
        return total

    region, names = Stager.region, list[str]()

    def counted(stager: Stager, name: str) -> Any:
        names.append(name)
        return region(stager, name)

    monkeypatch.setattr(Stager, "region", counted)
    x = xp.asarray([1.0, 2.0, 3.0, 4.0])
    assert float(to_static(f, executor="interpreter")(x)) == float(f(x)) == 3.0
    assert names.count("body") == 1


def test_a_break_that_no_run_decides_is_taken_back() -> None:
    def f(x: Any, stops: bool) -> Any:
        total = x[0] * 0
        for v in x:
            if stops:
                break
            total = total + v
        return total

    x = xp.asarray([1.0, 2.0, 3.0])
    for stops in (False, True):
        assert float(to_static(f, executor="interpreter")(x, stops)) == float(f(x, stops))


@pytest.mark.parametrize("most", range(2, 17))
def test_what_is_told_of_objects_in_turns_settles(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where few facts count, what a trip is told of two variables decides whether the next finds it, and it of that."""
    monkeypatch.setattr(aliases, "MOST_FACTS", most)
    path = REGRESSIONS / "returned_from_a_loop_over_a_generator_13506242.py"
    assert fuzzing.check_source(path.read_text(), 13506242)[0] == ""
