"""The short way of plain calls: it takes those that its program serves, and no other."""

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import to_static, trace
from dy2static.cache.shortcut import MISS
from dy2static.errors import StagingError
from dy2static.tracing.decision import TraceWarning
from eager.parameter import Parameter
from graph.errors import TraceGuardError


def ways(f: Any) -> int:
    return len(f.cache._shortcuts)


def f32(*shape: int) -> Any:
    return xp.asarray(np.arange(np.prod(shape, dtype=int), dtype=np.float32).reshape(shape))


def test_it_is_made_at_the_second_call_and_taken_from_the_third() -> None:
    f = to_static(lambda a, b: a + b)
    x, y = f32(3), f32(3)
    f(x, y)
    assert ways(f) == 0
    f(x, y)
    assert ways(f) == 1
    ((way, _, _),) = f.cache._shortcuts
    np.testing.assert_array_equal(np.asarray(way((x, y))), [0, 2, 4])
    np.testing.assert_array_equal(np.asarray(f(x, y)), [0, 2, 4])


OTHERS: dict[str, Callable[[], tuple[Any, ...]]] = {
    "dtype": lambda: (xp.asarray([1.0, 2.0, 3.0]), f32(3), 2),
    "shape": lambda: (f32(4), f32(4), 2),
    "rank": lambda: (f32(1, 3), f32(3), 2),
    "number": lambda: (f32(3), f32(3), 3),
    "type of the number": lambda: (f32(3), f32(3), 2.0),
    "bool": lambda: (f32(3), f32(3), True),
    "parameter": lambda: (Parameter(f32(3)), f32(3), 2),
    "array": lambda: (np.ones(3, np.float32), f32(3), 2),
    "count": lambda: (f32(3), f32(3)),
    "a list": lambda: ([f32(3)], f32(3), 2),
}


@pytest.mark.parametrize("what", OTHERS)
def test_it_does_not_take(what: str) -> None:
    def add(a: Any, b: Any, n: Any = 1) -> Any:
        return (a[0] if isinstance(a, list) else a) + b * n

    f = to_static(add)
    for _ in range(2):
        f(f32(3), f32(3), 2)
    ((way, _, _),) = f.cache._shortcuts
    args = OTHERS[what]()
    assert way(args) is MISS
    np.testing.assert_array_equal(np.asarray(f(*args)), np.asarray(add(*args)))


def test_one_handle_twice() -> None:
    def add(a: Any, b: Any) -> Any:
        a += 1
        return b

    f, x = to_static(add), f32(3)
    for _ in range(3):
        np.testing.assert_array_equal(np.asarray(f(f32(3), x)), [0, 1, 2])
    np.testing.assert_array_equal(np.asarray(f(x, x)), [1, 2, 3])


def test_what_is_on_the_tape() -> None:
    f, w = to_static(lambda a: (a * a).sum()), f32(3)
    for _ in range(3):
        f(w)
    np.testing.assert_array_equal(np.asarray(xp.grad(f)(w)), [0, 2, 4])
    np.testing.assert_array_equal(np.asarray(xp.grad(lambda v: f(v * 1))(w)), [0, 2, 4])
    with xp.no_grad():
        assert float(f(w)) == 5


def test_symbolic_sizes_and_numbers_as_inputs() -> None:
    f = to_static(lambda a, b, s: (a + b) * s)
    for n, s in [(2, 1.0), (3, 2.0), (4, 3.0), (5, -0.0), (6, float("nan"))]:
        np.testing.assert_array_equal(np.asarray(f(f32(n), f32(n), s)), np.arange(n) * 2 * s)
    assert ways(f) == 1
    assert len(f.programs) == 2
    ((way, _, _),) = f.cache._shortcuts
    assert way((f32(2), f32(1), 1.0)) is MISS


def test_state_of_an_object() -> None:
    class Scale:
        def __init__(self) -> None:
            self.by = xp.asarray(2.0)
            self.up = True

        @to_static
        def __call__(self, x: Any) -> Any:
            return x * self.by if self.up else x

    s, t, x = Scale(), Scale(), f32(2)
    t.by = xp.asarray(3.0)
    for _ in range(3):
        np.testing.assert_array_equal(np.asarray(s(x)), [0, 2])
        np.testing.assert_array_equal(np.asarray(t(x)), [0, 3])
    s.by = xp.asarray(5.0)
    np.testing.assert_array_equal(np.asarray(s(x)), [0, 5])
    s.up = False
    np.testing.assert_array_equal(np.asarray(s(x)), [0, 1])


def test_results_of_other_kinds() -> None:
    pair = to_static(lambda a: (a + 1, (a.sum(), None)))
    text = to_static(lambda a: {"a": a + 1})
    for _ in range(3):
        first, (second, third) = pair(f32(2))
        assert third is None
        np.testing.assert_array_equal(np.asarray(first), [1, 2])
        assert float(second) == 1
        np.testing.assert_array_equal(np.asarray(text(f32(2))["a"]), [1, 2])
    assert (ways(pair), ways(text)) == (1, 1)


def test_clearing_forgets_it() -> None:
    f = to_static(lambda a: a + 1)
    for _ in range(3):
        f(f32(2))
    f.cache.clear()
    assert ways(f) == 0
    f(f32(2))
    assert len(f.programs) == 1


def steps_of(kind: str) -> tuple[Any, Callable[[], Any]]:
    """A function that changes something, and what shows it."""
    if kind == "training":
        layer = xp.nn.Linear(3, 2)
        with xp.no_grad():
            layer.weight.assign(xp.asarray(np.ones((2, 3), np.float32)))
            layer.bias.assign(xp.asarray(np.zeros(2, np.float32)))
        adam = xp.optim.Adam(layer.parameters(), lr=0.1)

        def train(x: Any) -> Any:
            loss = (layer(x) ** 2).sum()
            adam.zero_grad()
            loss.backward()
            adam.step()
            return loss

        return train, lambda: [*map(np.asarray, (layer.weight, layer.bias, layer.weight.grad))]
    state = SimpleNamespace(h=f32(3), count=0, found=[], table={"k": f32(3)}, best=None)
    if kind == "attributes":

        def attributes(x: Any) -> Any:
            state.h = state.h * 0.5 + x
            state.count += 1
            state.table["k"] += x
            if state.h.sum() > 3:
                state.best = x
            return state.count

        return attributes, lambda: [np.asarray(state.h), state.count, np.asarray(state.table["k"]), state.best is None]
    if kind == "a list":

        def append(x: Any) -> Any:
            state.found.append(x + 1)
            return {"n": len(state.found)}

        return append, lambda: [np.asarray(x) for x in state.found]

    def in_place(x: Any) -> Any:
        x += 1
        state.h -= x

    return in_place, lambda: [np.asarray(state.h)]


@pytest.mark.parametrize("executor", ["numpy", "native"])
@pytest.mark.parametrize("kind", ["training", "attributes", "a list", "an argument"])
def test_changes_are_made(kind: str, executor: Any) -> None:
    (plain, of_plain), (made, of_made) = steps_of(kind), steps_of(kind)
    f = to_static(made, executor=executor, compile="now")
    for i in range(6):
        x, y = f32(3) + i, f32(3) + i
        found, wanted = f(y), plain(x)
        assert type(found) is type(wanted)
        if kind == "training":
            np.testing.assert_allclose(np.asarray(found), np.asarray(wanted), rtol=1e-6)
        else:
            assert found == wanted
        np.testing.assert_array_equal(np.asarray(x), np.asarray(y))
        for a, b in zip(of_made(), of_plain(), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-6)
    assert ways(f) == (0 if kind == "a list" else 1)  # each call finds a list of another length


def test_change_of_an_argument_that_is_another_each_time() -> None:
    @to_static
    def bump(x: Any, by: Any) -> Any:
        x += by
        return x

    for _ in range(4):
        x, alias = f32(3), None
        alias = x
        assert bump(x, f32(3)) is x
        np.testing.assert_array_equal(np.asarray(alias), [0, 2, 4])
        array = np.ones(3)
        bump(array, np.ones(3))
        np.testing.assert_array_equal(array, 2)


def test_training_step_off_and_on_the_tape() -> None:
    """What no result depends on needs no tape; what one depends on gets it."""
    w = Parameter(f32(3))
    scale = to_static(lambda x: (x * w).sum())
    for _ in range(4):
        w.grad = None
        scale(f32(3)).backward()
        np.testing.assert_array_equal(np.asarray(w.grad), [0, 1, 2])
        with xp.no_grad():
            assert not scale(f32(3)).requires_grad


def test_failing_run_changes_nothing() -> None:
    state = SimpleNamespace(h=f32(3))

    @to_static
    def f(x: Any) -> Any:
        state.h = state.h + x
        assert x.sum() > 0, "not positive"
        return state.h

    for _ in range(3):
        f(f32(3))
    assert ways(f) == 1
    before = state.h
    with pytest.raises(AssertionError, match="not positive"):
        f(-f32(3))
    assert state.h is before


def traced_ways(f: Any) -> int:
    return len(f._shortcuts)


def test_traces_have_them_too() -> None:
    state = SimpleNamespace(h=f32(3), on=True)

    def step(x: Any, n: Any) -> Any:
        state.h = state.h + x * n
        return state.h * 2 if state.on else state.h

    f = trace(step, f32(3), 2)
    for i in range(5):
        assert traced_ways(f) == (i > 1)
        np.testing.assert_array_equal(np.asarray(f(f32(3), 2)), np.arange(3) * (2 * i + 3) * 2)
    for wrong in [(f32(4), 2), (f32(3), 3), (xp.asarray([1.0, 2.0, 3.0]), 2), (f32(3),)]:
        with pytest.raises(TraceGuardError):
            f(*wrong)
    state.on = False
    with pytest.raises(TraceGuardError, match="on was True, it is False now"):
        f(f32(3), 2)


def test_decisions_of_traces_are_checked_in_the_short_way() -> None:
    def clip(x: Any) -> Any:
        return x / 2 if x.sum() > 10 else x

    with pytest.warns(TraceWarning):
        f = trace(clip, f32(3), on_mismatch="retrace")
    for _ in range(3):
        f(f32(3))
    assert traced_ways(f) == 1
    for _ in range(4):
        np.testing.assert_array_equal(np.asarray(f(f32(3) * 10)), np.arange(3) * 5)
        np.testing.assert_array_equal(np.asarray(f(f32(3))), np.arange(3))
    assert len(f.traces) == 2
    assert traced_ways(f) == 2


def test_argument_of_a_trace_that_is_read_from_outside_as_well() -> None:
    state = SimpleNamespace(h=f32(3))

    def step(x: Any) -> Any:
        state.h += x
        return state.h * x

    f = trace(step, f32(3), on_mismatch="retrace")
    for _ in range(3):
        f(f32(3))
    assert traced_ways(f) == 1
    with pytest.raises(StagingError, match="reads from outside as well"):
        f(state.h)


def test_shortcuts_of_traces_go_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dy2static.tracing.trace.MOST_TRACES", 2)
    f = trace(lambda x: x + 1, f32(1), on_mismatch="retrace")
    for n in range(1, 5):
        for _ in range(3):
            np.testing.assert_array_equal(np.asarray(f(f32(n))), np.arange(n) + 1)
    assert traced_ways(f) == len(f.traces) == 2


def test_threads_take_the_short_way_of_a_trace() -> None:
    f = trace(lambda x: x * 2, f32(3))
    wrong: list[int] = []

    def work(k: int) -> None:
        for _ in range(50):
            if not np.array_equal(np.asarray(f(f32(3) + k)), (np.arange(3) + k) * 2):
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert traced_ways(f) == 1
