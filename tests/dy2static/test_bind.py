"""`bind`: a callable that checks its arguments and nothing else."""

import threading
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import run_eagerly, to_static, trace
from dy2static.errors import TraceWarning
from eager.parameter import Parameter
from graph.errors import DTypeError, ShapeError, TraceGuardError

EXECUTORS = ["numpy", "native", "interpreter"]


def add(x: Any, y: Any, n: Any = 1) -> Any:
    return x + y * n


def f32(*shape: int) -> Any:
    return xp.asarray(np.arange(np.prod(shape, dtype=int), dtype=np.float32).reshape(shape))


@pytest.mark.parametrize("executor", EXECUTORS)
def test_it_computes(executor: Any) -> None:
    f = to_static(add, executor=executor, compile="now")
    bound = f.bind(f32(3), f32(3), 2)
    assert f.programs == [bound.program]
    for k in range(5):
        np.testing.assert_array_equal(np.asarray(bound(f32(3) + k, f32(3), 2)), np.arange(3) * 3 + k)
    assert len(f.programs) == 1


MISFITS: dict[str, tuple[type[Exception], str, tuple[Any, ...]]] = {
    "shape": (ShapeError, "`x` was f32[3], it is f32[4] now", (f32(4), f32(3), 2)),
    "rank": (DTypeError, "`x` was f32[3], it is f32[3,1] now", (f32(3, 1), f32(3), 2)),
    "dtype": (DTypeError, "`y` was f32[3], it is f64[3] now", (f32(3), xp.asarray([1.0, 2.0, 3.0]), 2)),
    "number": (ShapeError, "`n` was 2, it is 3 now", (f32(3), f32(3), 3)),
    "structure": (DTypeError, "`x` was f32[3], it is a list of 1 now", ([f32(3)], f32(3), 2)),
    "count": (DTypeError, "`n` was 2, and is missing now", (f32(3), f32(3))),
}


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("what", MISFITS)
def test_other_arguments_are_refused(what: str, executor: Any) -> None:
    kind, text, args = MISFITS[what]
    bound = to_static(add, executor=executor, compile="now").bind(f32(3), f32(3), 2)
    for _ in range(2):
        with pytest.raises(kind) as caught:
            bound(*args)
        assert text in str(caught.value)
        assert "Next: call the function itself" in str(caught.value)


def test_sizes_that_are_free_stay_free() -> None:
    f = to_static(add, input_spec="n, n")
    bound = f.bind(f32(3), f32(3))
    for n in (0, 1, 5):
        np.testing.assert_array_equal(np.asarray(bound(f32(n), f32(n))), np.arange(n) * 2)
    with pytest.raises(ShapeError, match=r"`y` was f32\[3\], it is f32\[4\] now|`x` was"):
        bound(f32(5), f32(4))


def test_tensors_from_outside_are_read_anew_and_values_are_not_looked_at() -> None:
    state = SimpleNamespace(w=xp.asarray([1.0, 2.0]), scale=2.0)
    f = to_static(lambda x: x * state.w * state.scale)
    x = xp.asarray([1.0, 1.0])
    bound = f.bind(x)
    state.w = xp.asarray([3.0, 4.0])
    state.scale = 100.0
    np.testing.assert_array_equal(np.asarray(bound(x)), [6.0, 8.0])
    np.testing.assert_array_equal(np.asarray(f(x)), [300.0, 400.0])


@pytest.mark.parametrize("executor", ["native"])
def test_tensor_from_outside_of_another_shape_is_no_wrong_memory(executor: Any) -> None:
    state = SimpleNamespace(w=xp.asarray(np.ones(100)))
    bound = to_static(lambda x: x * state.w, executor=executor, compile="now").bind(xp.asarray(np.ones(100)))
    state.w = xp.asarray(np.ones(3))
    with pytest.raises(ShapeError, match="100"):
        bound(xp.asarray(np.ones(100)))


def test_changes_of_state_are_made() -> None:
    class Counter:
        def __init__(self) -> None:
            self.total = xp.asarray([0.0])
            self.calls = 0

        @to_static
        def add(self, x: Any) -> Any:
            self.total += x
            self.calls += 1
            return self.total

    one, other = Counter(), Counter()
    bound = one.add.bind(xp.asarray([1.0]))
    assert one.calls == 0
    for _ in range(3):
        assert bound(xp.asarray([1.0])) is one.total
    assert float(one.total[0]) == 3.0
    assert one.calls == 1  # the count is a value of Python: it is what it was when this was bound
    assert other.calls == 0


def test_gradients_go_through() -> None:
    w = Parameter(xp.asarray([2.0, 3.0]))
    bound = to_static(lambda x: (x * w).sum()).bind(xp.asarray([1.0, 1.0]))
    bound(xp.asarray([5.0, 7.0])).backward()
    assert w.grad is not None
    np.testing.assert_array_equal(np.asarray(w.grad), [5.0, 7.0])
    with xp.no_grad():
        assert not bound(xp.asarray([5.0, 7.0])).requires_grad
    np.testing.assert_array_equal(np.asarray(xp.grad(lambda x: bound(x * 2))(xp.asarray([1.0, 1.0]))), [4.0, 6.0])


def test_containers_and_keyword_only_results() -> None:
    f = to_static(lambda pair, scale: {"sum": (pair["a"] + pair["b"]) * scale})
    bound = f.bind({"a": f32(2), "b": f32(2)}, 2.0)
    for _ in range(3):
        np.testing.assert_array_equal(np.asarray(bound({"a": f32(2), "b": f32(2)}, 2.0)["sum"]), [0.0, 4.0])
    with pytest.raises(DTypeError, match="bound to other arguments"):
        bound({"a": f32(2)}, 2.0)


def test_within_other_code() -> None:
    bound = to_static(add).bind(f32(3), f32(3))
    with run_eagerly():
        np.testing.assert_array_equal(np.asarray(bound(f32(2), f32(2))), [0, 2])
    outer = to_static(lambda x: bound(x, x) + 1)
    np.testing.assert_array_equal(np.asarray(outer(f32(2))), [1, 3])
    assert "bound to (x: f32[3], y: f32[3])" in repr(bound)


def test_traces() -> None:
    def clip(x: Any) -> Any:
        return x * 2 if xp.all(x < 10) else x

    with pytest.warns(TraceWarning):
        f = trace(clip, f32(3))
    bound = f.bind(f32(3))
    np.testing.assert_array_equal(np.asarray(bound(f32(3))), [0, 2, 4])
    with pytest.raises(TraceGuardError):
        bound(f32(3) + 10)
    with pytest.raises(ShapeError, match="bound to other arguments"):
        bound(f32(4))


def test_several_threads() -> None:
    bound = to_static(add, executor="native", compile="now").bind(f32(3), f32(3))
    wrong: list[int] = []

    def work(k: int) -> None:
        for _ in range(100):
            if not np.array_equal(np.asarray(bound(f32(3) + k, f32(3))), np.arange(3) * 2 + k):
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
