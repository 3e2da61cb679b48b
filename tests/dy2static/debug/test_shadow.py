"""`to_static(shadow=...)`: calls that run as plain Python too, and the report of the first op that differs."""

import warnings
from collections.abc import Generator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import to_static
from dy2static.cache import compiled as compiled_module
from dy2static.debug.shadow import Shadow
from dy2static.errors import ShadowWarning
from dy2static.runtime import stores
from eager import nn, optim
from graph.ir.op import Graph
from graph.ir.opdef import lookup
from support.defining import define
from support.golden import assert_golden

SOURCE = """
    def decay(x, rate):
        total = xp.sum(x)
        while total > 1:
            scaled = x * rate
            x = scaled - 0.25
            total = xp.sum(x)
        return x

    def straight(x):
        y = x * 2
        z = y - 1
        return z + 3

    def stepwise(x):
        y = x * 2
        y -= 1
        return y + 3

    class Counter:
        def __init__(self):
            self.calls = 0
            self.seen = []
            self.total = xp.asarray(0.0)

        def add(self, x, log):
            self.calls += 1
            self.total = self.total + xp.sum(x)
            log.append(self.total)
            x += 1
            print("total", self.total)
            if self.total > 100:
                raise ValueError("too much")
            return self.total
"""


def function(name: str) -> Any:
    return define(SOURCE, name, "model.py", xp=xp)


def broken_sub(graph: Graph, *_: Any, **options: Any) -> Graph:
    """A pass with a mistake: it makes `sub` an `add`, in regions too."""
    ops = tuple(
        replace(
            op,
            opdef=lookup("add") if op.name == "sub" else op.opdef,
            regions=tuple(broken_sub(region) for region in op.regions),
        )
        for op in graph.ops
    )
    return replace(graph, ops=ops)


@pytest.fixture
def broken_compiler(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    with monkeypatch.context() as patched:
        patched.setattr(compiled_module, "optimize", broken_sub)
        yield


def test_nothing_is_said_where_nothing_differs() -> None:
    for name, args in [("decay", (xp.asarray([3.0, 4.0]), xp.asarray(0.5))), ("straight", (xp.ones(3),))]:
        f = to_static(function(name), shadow=1.0)
        for _ in range(3):
            np.testing.assert_array_equal(np.asarray(f(*args)), np.asarray(function(name)(*args)))


def test_the_share_of_the_calls() -> None:
    shadow = Shadow(0.25)
    assert [i for i in range(13) if shadow.is_due()] == [0, 4, 8, 12]
    all_of_them = Shadow(1.0)
    assert all(all_of_them.is_due() for _ in range(5))


@pytest.mark.parametrize("share", [-0.1, 1.5])
def test_shares_that_are_none(share: float) -> None:
    with pytest.raises(ValueError, match="the share of the calls to check"):
        to_static(function("straight"), shadow=share)


@pytest.mark.usefixtures("broken_compiler")
def test_a_mistake_of_the_compiler_is_reported_at_its_line() -> None:
    f = to_static(function("straight"), shadow=1.0)
    with pytest.warns(ShadowWarning) as caught:
        found = f(xp.ones(3))
    np.testing.assert_array_equal(np.asarray(found), [4.0, 4.0, 4.0])  # what plain Python gives
    assert (caught[0].filename, caught[0].lineno) == ("model.py", 12)
    assert_golden("debug/shadow_program.txt", str(caught[0].message))


@pytest.mark.usefixtures("broken_compiler")
def test_a_mistake_of_the_compiler_in_a_loop_is_reported_at_the_loop() -> None:
    f = to_static(function("decay"), shadow=1.0)
    with pytest.warns(ShadowWarning, match="total > 1") as caught:
        f(xp.asarray([3.0, 0.0]), xp.asarray(0.5))
    assert caught[0].lineno == 4


def test_a_mistake_of_staging_is_reported_at_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(stores.IN_PLACE, "-", stores.IN_PLACE["+"])
    f = to_static(function("stepwise"), shadow=1.0)
    with pytest.warns(ShadowWarning) as caught:
        f(xp.ones(3))
    assert caught[0].lineno == 17
    assert "y -= 1" in str(caught[0].message)
    monkeypatch.undo()
    to_static(function("stepwise"), shadow=1.0)(xp.ones(3))


def test_a_graph_that_differs_is_reported_with_the_trip() -> None:
    f = to_static(function("decay"), shadow=1.0)
    args = (xp.asarray([30.0, 40.0]), xp.asarray(0.5))
    program = f.program_for(*args)

    def worse(graph: Graph) -> Graph:
        ops = [replace(op, regions=tuple(map(worse, op.regions))) for op in graph.ops]
        return replace(graph, ops=tuple(replace(op, opdef=lookup("add")) if op.name == "sub" else op for op in ops))

    object.__setattr__(program.staged, "form", worse(program.staged.graph))
    object.__setattr__(program, "compiled", compiled_module.CompiledGraph(program.staged.graph, "interpreter"))
    limited = (xp.asarray([1.0, 0.5]), xp.asarray(0.5))
    with pytest.warns(ShadowWarning) as caught:
        f(*limited)
    assert_golden("debug/shadow_graph.txt", str(caught[0].message))


def test_effects_happen_once(capsys: pytest.CaptureFixture[str]) -> None:
    plain, shadowed = function("Counter")(), function("Counter")()
    f = to_static(type(shadowed).add, shadow=1.0)
    logs: tuple[list[Any], list[Any]] = ([], [])
    tensors = (xp.ones(2), xp.ones(2))
    for _ in range(3):
        plain.add(tensors[0], logs[0])
        printed = capsys.readouterr().out
        f(shadowed, tensors[1], logs[1])
        assert capsys.readouterr().out == printed
    assert shadowed.calls == plain.calls == 3
    assert float(shadowed.total) == float(plain.total)
    assert [float(x) for x in logs[0]] == [float(x) for x in logs[1]]
    np.testing.assert_array_equal(np.asarray(tensors[0]), np.asarray(tensors[1]))


def test_exceptions_are_compared_and_raised() -> None:
    counter = function("Counter")()
    f = to_static(type(counter).add, shadow=1.0)
    with pytest.raises(ValueError, match="too much"):
        f(counter, xp.ones(200), [])


def test_training_steps() -> None:
    losses: list[list[float]] = []
    for shadow in (0.0, 1.0):
        model = nn.Linear(3, 1, generator=xp.random.Generator(0))
        optimizer = optim.Adam(model.parameters(), lr=0.1)

        def train(x: Any, y: Any, model: Any = model, optimizer: Any = optimizer) -> Any:
            optimizer.zero_grad()
            loss = xp.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
            return loss

        static = to_static(train, shadow=shadow)
        x, y = xp.asarray([[1.0, 2.0, 3.0], [0.0, 1.0, 0.5]]), xp.asarray([[1.0], [0.0]])
        losses.append([float(static(x, y)) for _ in range(4)])
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-12)


def test_results_are_on_the_tape() -> None:
    f = to_static(lambda x: (x * x).sum(), shadow=1.0)
    np.testing.assert_array_equal(np.asarray(xp.grad(f)(xp.asarray([1.0, 2.0]))), [2.0, 4.0])


def test_rounding_is_no_difference() -> None:
    f = to_static(lambda x: xp.sum(x / 3.0), shadow=1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        f(xp.asarray(np.linspace(0, 1, 1001, dtype=np.float32)))
        f(xp.asarray([np.nan, np.inf]))


def test_nested_static_functions_and_containers() -> None:
    inner = to_static(lambda x: {"a": x + 1, "b": [x, None]})
    f = to_static(lambda x: (inner(x), x.shape[0]), shadow=1.0)
    found, size = f(xp.ones(2))
    assert size == 2
    assert sorted(found) == ["a", "b"]
