"""What traced code changes outside of itself: made at every call, and never from a stale value."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static.errors import StagingError, TraceWarning
from dy2static.tracing.trace import trace
from eager import nn, no_grad
from eager.parameter import Parameter
from eager.tensor import Tensor
from graph.errors import TraceGuardError


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Warnings have their own tests."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TraceWarning)
        yield


def tensor(*values: float) -> Any:
    return xp.asarray(values)


def equal(a: Any, *values: float) -> bool:
    return np.array_equal(np.asarray(a), np.asarray(values))


# Tensors


def test_arguments_changed_in_place() -> None:
    def f(x: Any, y: Any) -> Any:
        x[0] = y[1]
        y += x
        return x

    x, y = tensor(1.0, 2.0), tensor(3.0, 4.0)
    traced = trace(f, x, y)
    assert equal(x, 1.0, 2.0), "tracing leaves the examples alone"
    assert equal(y, 3.0, 4.0)
    a, b = tensor(5.0, 6.0), tensor(7.0, 8.0)
    assert traced(a, b) is a
    assert equal(a, 8.0, 6.0)
    assert equal(b, 15.0, 14.0)


def test_an_array_changed_in_place() -> None:
    def f(x: Any) -> None:
        x[0] = 9.0

    traced = trace(f, np.zeros(2))
    array = np.ones(2)
    assert traced(array) is None
    assert array.tolist() == [9.0, 1.0]


def test_a_tensor_from_outside() -> None:
    total = tensor(0.0, 0.0)

    def f(x: Any) -> Any:
        nonlocal total
        total += x
        return total * 2

    traced = trace(f, tensor(1.0, 2.0))
    assert equal(total, 0.0, 0.0)
    for k in (1.0, 2.0, 3.0):
        assert equal(traced(tensor(1.0, 2.0)), 2 * k, 4 * k)
    assert equal(total, 3.0, 6.0)


def test_a_parameter_stays_one() -> None:
    w = Parameter([1.0, 2.0])

    def step(x: Any) -> Any:
        with no_grad():
            w.assign(w - x)
        return xp.sum(w)

    traced = trace(step, tensor(1.0, 1.0))
    assert equal(w, 1.0, 2.0)
    assert type(w) is Parameter
    traced(tensor(1.0, 1.0))
    assert equal(w, 0.0, 1.0)
    assert type(w) is Parameter
    assert w.requires_grad


def test_a_run_that_fails_changes_nothing() -> None:
    history: list[Any] = []

    class Model:
        last = None

    model = Model()

    def f(x: Any, d: dict[str, Any]) -> Any:
        x[0] = 7.0
        d["new"] = x * 2
        history.append(x)
        model.last = x + 1
        return x if xp.sum(x) > 0 else -x

    traced = trace(f, tensor(1.0, 2.0), {})
    x, d = tensor(1.0, -20.0), {}
    with pytest.raises(TraceGuardError):
        traced(x, d)
    assert equal(x, 1.0, -20.0)
    assert d == {}
    assert history == []
    assert "last" not in vars(model)
    traced(tensor(1.0, 2.0), d)
    assert equal(d["new"], 14.0, 4.0)
    assert equal(model.last, 8.0, 3.0)
    assert len(history) == 1


def test_an_example_that_fails_changes_nothing() -> None:
    d: dict[str, Any] = {}

    def f(x: Any) -> Any:
        x += 1
        d["x"] = x
        raise RuntimeError("stop")

    x = tensor(1.0)
    with pytest.raises(RuntimeError, match="stop"):
        trace(f, x)
    assert equal(x, 1.0)
    assert d == {}


def test_an_error_that_holds_a_tensor() -> None:
    def f(x: Any) -> Any:
        x += 1
        raise ValueError(x)

    x = tensor(1.0)
    with pytest.raises(ValueError, match=r"\[2\.\]") as caught:
        trace(f, x)
    assert type(caught.value.args[0]) is Tensor
    assert equal(x, 1.0)


def test_a_tensor_that_is_passed_and_read_from_outside() -> None:
    w = tensor(1.0)

    def f(x: Any) -> Any:
        x += w
        return w * 2

    with pytest.raises(StagingError, match="reads from outside as well"):
        trace(f, w)
    traced = trace(f, tensor(5.0))
    assert equal(traced(tensor(6.0)), 2.0)
    with pytest.raises(TraceGuardError, match="a tensor that the function reads from outside as well"):
        traced(w)
    assert equal(trace(lambda x: x * w, w)(tensor(3.0)), 3.0)  # nothing changes in place


# Objects


class Cell:
    """Recurrent state, a counter, a log."""

    def __init__(self) -> None:
        self.h = tensor(0.0, 0.0)
        self.w = Parameter([2.0, 3.0])
        self.count = 0
        self.log: list[Any] = []
        self.rate = 0.5

    def step(self, x: Any) -> Any:
        self.h = self.h * self.rate + x * self.w
        return self.h

    def counted(self, x: Any) -> Any:
        self.count += 1
        return x * self.count

    def logged(self, x: Any) -> Any:
        self.log.append(x * 2)
        return x * len(self.log)


def test_attributes_after_five_calls_are_those_of_eager() -> None:
    cell, plain = Cell(), Cell()
    traced = trace(cell.step, tensor(1.0, 1.0))
    assert equal(cell.h, 0.0, 0.0)
    for k in range(5):
        x = tensor(1.0, k)
        assert np.array_equal(np.asarray(traced(x)), np.asarray(plain.step(x)))
        assert np.array_equal(np.asarray(cell.h), np.asarray(plain.h))
    cell.h = plain.h = tensor(1.0, 1.0)  # another object in its place
    assert np.array_equal(np.asarray(traced(tensor(0.0, 0.0))), np.asarray(plain.step(tensor(0.0, 0.0))))


@pytest.mark.parametrize("method", ["counted", "logged"])
def test_python_state_is_traced_anew_or_refused(method: str) -> None:
    cell, plain = Cell(), Cell()
    traced = trace(getattr(cell, method), tensor(1.0), on_mismatch="retrace")
    for _ in range(3):
        assert np.array_equal(np.asarray(traced(tensor(2.0))), np.asarray(getattr(plain, method)(tensor(2.0))))
    assert cell.count == plain.count
    assert len(cell.log) == len(plain.log)
    strict = trace(getattr(cell, method), tensor(1.0))
    strict(tensor(2.0))
    with pytest.raises(TraceGuardError, match=r"self\.(count was 3, it is 4|log was 3, it is 4) now"):
        strict(tensor(2.0))


def test_a_number_that_was_read_is_checked() -> None:
    cell = Cell()
    traced = trace(cell.step, tensor(1.0, 1.0))
    cell.rate = 0.25
    with pytest.raises(TraceGuardError, match=r"self\.rate was 0\.5, it is 0\.25 now"):
        traced(tensor(1.0, 1.0))
    cell.rate = 0.5
    cell.count = 7  # `step` does not name it... but a method of the same class does, so it counts as read
    with pytest.raises(TraceGuardError, match=r"self\.count was 0, it is 7 now"):
        traced(tensor(1.0, 1.0))


def test_an_object_among_the_arguments() -> None:
    def f(cell: Cell, x: Any) -> Any:
        return cell.step(x)

    cell, plain = Cell(), Cell()
    traced = trace(f, cell, tensor(1.0, 1.0))
    for _ in range(3):
        traced(cell, tensor(1.0, 1.0))
        plain.step(tensor(1.0, 1.0))
    assert np.array_equal(np.asarray(cell.h), np.asarray(plain.h))
    with pytest.raises(TraceGuardError, match="`cell` was another object of type Cell"):
        traced(Cell(), tensor(1.0, 1.0))


def test_a_module_in_another_mode() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5))
    model.eval()
    traced = trace(model, tensor(1.0, 2.0), on_mismatch="retrace")
    x = tensor(3.0, 4.0)
    assert np.array_equal(np.asarray(traced(x)), np.asarray(model(x)))
    model.train()
    traced(x)
    assert len(traced.traces) == 2


SETTINGS = {"scale": 2.0}
offset = 1.0


def test_globals_and_what_is_in_them() -> None:
    def f(x: Any) -> Any:
        return x * SETTINGS["scale"] + offset

    global offset
    traced = trace(f, tensor(1.0), on_mismatch="retrace")
    assert equal(traced(tensor(3.0)), 7.0)
    try:
        SETTINGS["scale"] = 4.0
        assert equal(traced(tensor(3.0)), 13.0)
        offset = 0.0
        assert equal(traced(tensor(3.0)), 12.0)
    finally:
        SETTINGS["scale"], offset = 2.0, 1.0
    assert equal(traced(tensor(3.0)), 7.0)
    assert len(traced.traces) == 3


def writes_a_global(x: Any) -> Any:
    global latest
    latest = x * 2
    return x


latest: Any = None


def test_a_global_is_written_at_every_call() -> None:
    global latest
    traced = trace(writes_a_global, tensor(1.0), on_mismatch="retrace")
    assert latest is None
    for k in (3.0, 4.0):
        traced(tensor(k))
        assert equal(latest, 2 * k)
    latest = None


def test_a_variable_of_the_enclosing_function() -> None:
    def make() -> tuple[Callable[[Any], Any], Callable[[], Any]]:
        state = tensor(0.0)

        def step(x: Any) -> Any:
            nonlocal state
            state = state + x
            return state

        return step, lambda: state

    step, state = make()
    traced = trace(step, tensor(1.0))
    for k in (1.0, 2.0, 3.0):
        assert equal(traced(tensor(1.0)), k)
        assert equal(state(), k)


def test_a_deleted_attribute_is_deleted_by_each_call() -> None:
    cell = Cell()

    def f(x: Any) -> Any:
        del cell.rate
        return x

    traced = trace(f, tensor(1.0))
    for _ in range(2):
        assert cell.rate == 0.5
        traced(tensor(2.0))
        assert "rate" not in vars(cell)
        with pytest.raises(TraceGuardError):
            traced(tensor(2.0))
        cell.rate = 0.5


def test_an_operation_that_fails_and_is_caught_is_refused() -> None:
    def f(x: Any, i: int) -> Any:
        try:
            return x[i]
        except IndexError:
            return x[0] * 100

    assert float(trace(f, tensor(1.0, 2.0), 1)(tensor(3.0, 4.0), 1)) == 4.0
    with pytest.raises(StagingError, match="an operation on tensors failed here and the function went on"):
        trace(f, tensor(1.0, 2.0), 7)


def test_a_changed_set_is_refused() -> None:
    seen = {1}

    def f(x: Any) -> Any:
        seen.add(2)
        return x

    with pytest.raises(StagingError, match="a set from outside is changed"):
        trace(f, tensor(1.0))
    assert seen == {1}


# Random numbers


def test_a_generator_moves_on() -> None:
    traced_stream, plain_stream = xp.random.Generator(3), xp.random.Generator(3)
    traced = trace(lambda x: x + traced_stream.uniform((2,)), tensor(0.0, 0.0))
    for _ in range(3):
        expected = tensor(1.0, 1.0) + plain_stream.uniform((2,))
        assert np.array_equal(np.asarray(traced(tensor(1.0, 1.0))), np.asarray(expected))


# Training


def test_a_training_step() -> None:
    def make() -> tuple[Any, Callable[[Any, Any], Any]]:
        net = nn.Linear(2, 1)
        with no_grad():
            for p in net.parameters():
                p.assign(p * 0.0 + 0.1)

        def step(x: Any, y: Any) -> Any:
            for p in net.parameters():
                p.grad = None
            loss = xp.mean((net(x) - y) ** 2)
            loss.backward()
            with no_grad():
                for p in net.parameters():
                    p.assign(p - 0.05 * p.grad)
            return loss

        return net, step

    x, y = xp.asarray([[1.0, 2.0], [3.0, 4.0], [0.0, 1.0]]), xp.asarray([[1.0], [0.0], [2.0]])
    net, step = make()
    traced = trace(step, x, y, on_mismatch="retrace")
    plain_net, plain_step = make()
    for _ in range(5):
        assert float(traced(x, y)) == float(plain_step(x, y))
    for p, q in zip(net.parameters(), plain_net.parameters(), strict=True):
        assert np.array_equal(np.asarray(p), np.asarray(q))
        assert np.array_equal(np.asarray(p.grad), np.asarray(q.grad))
    assert len(traced.traces) <= 2
