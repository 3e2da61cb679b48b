"""Several examples in one graph: traces that take different decisions become branches of a `cond`."""

import itertools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import Example, to_static, trace
from dy2static.errors import StagingError, TraceWarning
from eager import nn
from graph.errors import TraceGuardError
from support.defining import define
from support.golden import assert_golden
from support.tensors import t
from support.traces import quietly

SCALE = t(10.0, 20.0)
OFFSET = xp.Parameter([1.0, 2.0])


def one_branch(x: Any) -> Any:
    return x * 2 if xp.sum(x) > 0 else -x


def branch_and_tail(x: Any) -> Any:
    if xp.sum(x) > 0:  # noqa: SIM108
        y = x + 1
    else:
        y = x - 1
    return xp.tanh(y) * x


def nested(x: Any) -> Any:
    if x[0] > 0:  # noqa: SIM108
        y = x * 3 if x[1] > 0 else x * 5
    else:
        y = -x
    if xp.max(y) > 4:
        y = y / 2
    return y


def early(x: Any) -> Any:
    if xp.sum(x) > 4:
        return x
    y = x * x
    if xp.sum(y) > 4:
        return y - 1
    return y + 1


def loop(x: Any) -> Any:
    x = xp.abs(x)
    while xp.max(x) < 8:
        x = x * 2 + 1
    return x


def counted(x: Any) -> Any:
    total = xp.zeros_like(x)
    for _ in range(int(xp.max(x))):
        total = total + x
    return total


def picked(x: Any) -> Any:
    chosen = x[x > 0]
    if len(chosen) == 2:
        return xp.sum(chosen)
    if len(chosen) == 1:
        return chosen[0] * 10
    return xp.asarray(0.0)


def captured(x: Any) -> Any:
    if xp.sum(x) > 0:
        return x * SCALE
    return x + OFFSET + SCALE[0]


def structured(x: Any) -> Any:
    if xp.sum(x) > 0:
        return {"y": x + 1, "n": 1}, [x[0], None]
    return {"y": x - 1, "n": 2}, [x[1], None]


def sizes(x: Any) -> Any:
    return x[:1] if xp.sum(x) > 0 else x


def items(x: Any) -> Any:
    return x * 2 if x[0].item() > 1 and float(x[1]) * 0 == 0 and x.any() else x


FUNCTIONS = [one_branch, branch_and_tail, nested, early, loop, counted, picked, captured, structured, sizes]
GRID = [t(*pair) for pair in itertools.product((-3.0, 0.5, 2.0, 5.0), repeat=2)]


def agree(a: Any, b: Any) -> None:
    if isinstance(a, dict):
        assert list(a) == list(b)
        a, b = list(a.values()), list(b.values())
    if isinstance(a, list | tuple):
        assert type(a) is type(b)
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            agree(x, y)
        return
    if isinstance(a, xp.Tensor):
        assert isinstance(b, xp.Tensor)
        assert a.dtype == b.dtype
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-14, atol=1e-15)
    else:
        assert type(a) is type(b)
        assert a == b


@pytest.mark.parametrize("f", FUNCTIONS)
def test_one_graph_for_all_examples(f: Callable[..., Any]) -> None:
    traced = quietly(f, *map(Example, GRID))
    assert len(traced.traces) == 1
    assert "cond" in str(traced.graph)
    for x in GRID:
        agree(traced(x), f(x))


@pytest.mark.parametrize("f", [f for f in FUNCTIONS if f not in (picked, structured)])
def test_it_is_what_the_converted_graph_gives(f: Callable[..., Any]) -> None:
    traced, static = quietly(f, *map(Example, GRID)), to_static(f)
    random = np.random.default_rng(0)
    served = 0
    for _ in range(60):
        x = xp.asarray(random.uniform(-4, 6, 2))
        try:
            found = traced(x)
        except TraceGuardError:
            continue  # a way through the function that no example took
        served += 1
        np.testing.assert_allclose(np.asarray(found), np.asarray(static(x)), rtol=1e-12)
    assert served > 10


@pytest.mark.parametrize("f", [one_branch, branch_and_tail, nested, early, loop])
def test_gradients(f: Callable[..., Any]) -> None:
    def loss(x: Any) -> Any:
        return xp.sum(f(x) ** 2)

    traced = quietly(loss, *map(Example, GRID))
    for x in GRID:
        np.testing.assert_allclose(np.asarray(traced.grad()(x)), np.asarray(xp.grad(loss)(x)), rtol=1e-12)
        np.testing.assert_allclose(np.asarray(xp.grad(traced)(x)), np.asarray(xp.grad(loss)(x)), rtol=1e-12)


TREE = """
    def f(x):
        y = x * 2
        if xp.sum(y) > 0:
            z = y + 1
            if y[0] > 3:
                z = z * k
        else:
            z = -y
        return xp.tanh(z)
"""


def test_the_graph() -> None:
    f = define(TREE, "f", "model.py", xp=xp, k=t(1.0, 2.0))
    traced = trace(f, Example(t(1.0, 2.0)), Example(t(5.0, 2.0)), Example(t(-5.0, 2.0)))
    assert traced.decisions == ()
    assert_golden("tracing/merged.ir", str(traced.graph))
    assert_golden("tracing/merged_explain.txt", traced.explain().rpartition("\n")[0])


def test_decisions_that_all_examples_share_are_checked_and_warn() -> None:
    with pytest.warns(TraceWarning) as caught:
        traced = trace(loop, Example(t(1.0, 2.0)), Example(t(3.0, 2.0)))
    assert len(caught) == 1
    agree(traced(t(1.5, 1.5)), loop(t(1.5, 1.5)))
    with pytest.raises(TraceGuardError):
        traced(t(0.5, 0.5))
    with pytest.raises(TraceGuardError):
        traced(t(50.0, 1.0))
    assert {d.value for d in traced.decisions} == {True, False}


def test_a_branch_that_no_example_took_is_refused() -> None:
    traced = quietly(nested, Example(t(1.0, 1.0)), Example(t(-1.0, 1.0)))
    agree(traced(t(-2.0, 3.0)), nested(t(-2.0, 3.0)))
    with pytest.raises(TraceGuardError):
        traced(t(2.0, -3.0))


def test_retracing_goes_on() -> None:
    traced = quietly(nested, Example(t(1.0, 1.0)), Example(t(-1.0, 1.0)), on_mismatch="retrace")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TraceWarning)
        agree(traced(t(2.0, -3.0)), nested(t(2.0, -3.0)))
    assert len(traced.traces) == 2


def test_examples_of_other_types_have_graphs_of_their_own() -> None:
    xs = [t(1.0, 2.0), t(-1.0, -2.0), t(1.0, 2.0, 3.0), t(-1.0, 2.0, -3.0), xp.asarray([1, -2])]
    traced = quietly(one_branch, *map(Example, xs))
    assert len(traced.traces) == 3
    for x in xs:
        agree(traced(x), one_branch(x))


def test_equal_examples_are_one_trace() -> None:
    traced = quietly(one_branch, Example(t(1.0, 2.0)), Example(t(2.0, 2.0)))
    assert "cond" not in str(traced.graph)
    assert len(traced.decisions) == 1


def test_keyword_arguments_belong_to_the_example() -> None:
    def f(x: Any, *, scale: float = 1.0) -> Any:
        return x * scale if xp.sum(x) > 0 else x

    traced = quietly(f, Example(t(1.0), scale=3.0), Example(t(-1.0), scale=3.0))
    agree(traced(t(2.0), scale=3.0), t(6.0))
    with pytest.raises(TypeError, match="belong into the examples"):
        trace(f, Example(t(1.0)), scale=3.0)
    assert repr(Example(1, k="a")) == "Example(1, k='a')"


class Model:
    def __init__(self) -> None:
        self.total = xp.asarray(0.0)
        self.log = [xp.asarray(0.0)]
        self.layer = nn.Linear(2, 2, generator=xp.random.Generator(0))

    def both_write(self, x: Any) -> Any:
        y = self.layer(x)
        if xp.sum(x) > 0:
            self.total = self.total + xp.sum(y)
            self.log.append(self.total)
        else:
            self.total = self.total - 1
            self.log.append(x[0])
        x += 1
        return y

    def one_writes(self, x: Any) -> Any:
        if xp.sum(x) > 0:
            self.total = self.total + 1
        return x


def test_state_that_all_examples_write() -> None:
    plain, model = Model(), Model()
    traced = quietly(model.both_write, Example(t(1.0, 2.0)), Example(t(-1.0, -2.0)))
    assert float(model.total) == 0.0
    for values in [(3.0, 1.0), (-3.0, 1.0), (0.5, 0.5)]:
        a, b = t(*values), t(*values)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TraceWarning)
            expected = plain.both_write(a)
        if len(model.log) > 1:
            break  # the list has another length now: that is another trace
        agree(traced(b), expected)
        agree(a, b)
        agree(plain.total, model.total)
        agree(plain.log, model.log)


REFUSED: dict[str, tuple[Callable[..., Any], list[Any]]] = {
    "written_by_one": (Model().one_writes, [t(1.0), t(-1.0)]),
    "float": (lambda x: x * 2 if float(x[0]) > 1 else x, [t(1.0), t(2.0)]),
    "structure": (lambda x: (x, x) if x[0] > 1 else x, [t(1.0), t(2.0)]),
    "dtype": (lambda x: x if x[0] > 1 else xp.astype(x, xp.int64), [t(1.0), t(2.0)]),
    "text": (lambda x: x * len(str(x)), [t(1.0), t(2.25)]),
    "objects": (lambda x: "large" if x[0] > 1 else "small", [t(1.0), t(2.0)]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_refused(case: str) -> None:
    f, xs = REFUSED[case]
    with pytest.raises(StagingError) as caught:
        quietly(f, *map(Example, xs))
    assert_golden(f"tracing/merge_refused_{case}.txt", f"{caught.value.what}\nNext: {caught.value.next_step}")


def test_python_that_changes_between_examples_is_refused() -> None:
    calls = itertools.count()

    def f(x: Any) -> Any:
        return x + 1 if next(calls) % 2 else x * 3

    with pytest.raises(StagingError, match="the examples do different things here, without a decision on a tensor"):
        quietly(f, Example(t(1.0)), Example(t(2.0)))


def test_many_examples_of_a_deep_tree() -> None:
    def f(x: Any) -> Any:
        y = x
        for i in range(6):
            y = y * 2 + i if x[i] > 0 else y - 3
        return y

    xs = [xp.asarray(np.where(np.arange(6) == i, -1.0, 1.0)) for i in range(7)]
    traced = quietly(f, *map(Example, xs))
    for x in xs:
        agree(traced(x), f(x))
    assert sum(1 for d in traced.decisions) > 0
