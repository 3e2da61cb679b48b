"""Static functions called by many threads at once."""

import functools
import threading
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import run_eagerly, to_static, trace
from dy2static.cache import cache as cache_module
from dy2static.cache import compiled as compiled_module
from support.defining import define

THREADS = 32


def branch(x: Any) -> Any:
    if x.sum() > 0:
        return x + 1
    return -x


def together(call: Callable[[int], Any]) -> list[Any]:
    barrier = threading.Barrier(THREADS)

    def start(i: int) -> Any:
        barrier.wait(30)
        return [call(i) for _ in range(5)]

    with ThreadPoolExecutor(THREADS) as pool:
        return [x for found in pool.map(start, range(THREADS)) for x in found]


def test_one_staging_per_key(monkeypatch: pytest.MonkeyPatch) -> None:
    count: list[int] = []
    stage = cache_module.stage

    def counting(*args: Any, **kwargs: Any) -> Any:
        count.append(1)
        return stage(*args, **kwargs)

    monkeypatch.setattr(cache_module, "stage", counting)
    f = to_static(branch)

    def call(i: int) -> bool:
        x = np.full(4, float(i - 16), np.float32 if i % 2 else np.float64)
        return np.array_equal(np.asarray(f(xp.asarray(x))), x + 1 if x.sum() > 0 else -x)

    assert all(together(call))
    assert len(count) == len(f.programs) == 2


def test_different_functions() -> None:
    functions = [to_static(branch) for _ in range(4)]
    x = xp.asarray([1.0, 2.0])
    assert all(np.array_equal(np.asarray(y), [2.0, 3.0]) for y in together(lambda i: functions[i % 4](x)))
    assert all(len(f.programs) == 1 for f in functions)


def test_run_eagerly_is_of_one_thread() -> None:
    f = to_static(branch)
    with run_eagerly(), ThreadPoolExecutor(1) as pool:
        pool.submit(f, xp.asarray([1.0])).result()
    assert len(f.programs) == 1


SOURCE = """
    def looped(x, n):
        total = x
        for i in range(n):
            if total.sum() > 0:
                total = total - i
            else:
                total = total + x
        return total
"""


def test_conversion_staging_compilation_and_calls_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads make static functions of the same code and of other code, and all call all of them."""
    monkeypatch.setenv("DY2STATIC_EXECUTOR", "native")
    stagings: list[str] = []
    programs: list[str] = []
    stage, blueprint = cache_module.stage, compiled_module.blueprint

    def counting_stage(name: str, *args: Any, **kwargs: Any) -> Any:
        stagings.append(name)
        return stage(name, *args, **kwargs)

    def counting_blueprint(graph: Any, *args: Any) -> Any:
        programs.append(graph.name)
        return blueprint(graph, *args)

    monkeypatch.setattr(cache_module, "stage", counting_stage)
    monkeypatch.setattr(compiled_module, "blueprint", counting_blueprint)
    plain = [define(SOURCE, "looped") for _ in range(4)]
    static = [to_static(f) for f in plain]
    dtypes = (np.float32, np.float64)

    def call(i: int) -> bool:
        own = to_static(plain[i % 4])
        dtype = dtypes[i // 4 % 2]
        x = np.asarray([1.0, -2.0 + i % 5], dtype)
        expected = np.asarray(plain[0](xp.asarray(x), 3))
        results = [own(xp.asarray(x), 3), *(f(xp.asarray(x), 3) for f in static)]
        return all(np.array_equal(np.asarray(found), expected) and found.dtype == dtype for found in results)

    assert all(together(call))
    assert [len(f.programs) for f in static] == [2] * 4
    shared = len(stagings) - THREADS * 5  # each thread made functions of its own, five times
    assert shared == 4 * 2
    assert len(programs) == len(stagings)


def test_traces_at_once() -> None:
    def f(x: Any) -> Any:
        return x * 2 if x.sum() > 0 else x - 1

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # filters are of the process: before the threads, not in them
        shared = trace(f, xp.asarray([1.0, 2.0]), on_mismatch="retrace")

        def call(i: int) -> bool:
            x = np.full(2, float(i - 16) or 1.0)
            expected = x * 2 if x.sum() > 0 else x - 1
            own = trace(f, xp.asarray(x))
            return all(np.array_equal(np.asarray(g(xp.asarray(x))), expected) for g in (shared, own))

        assert all(together(call))
    assert len(shared.traces) == 2


def test_tracing_staging_and_eager_code_at_once() -> None:
    f = define(SOURCE, "looped")
    static = to_static(f)
    x = xp.asarray([1.0, -2.0])
    expected = np.asarray(f(x, 3))

    def call(i: int) -> bool:
        match i % 4:
            case 0:
                found = static(x, 3)
            case 1:
                found = f(x, 3)
            case 2:
                with run_eagerly():
                    found = static(x, 3)
            case _:
                found = to_static(f)(x, 3)
        gradient = xp.grad(lambda v: xp.sum(v * v))(x)
        return np.array_equal(np.asarray(found), expected) and np.array_equal(np.asarray(gradient), [2.0, -4.0])

    assert all(together(call))
    assert len(static.programs) == 1


def test_gradients_at_once() -> None:
    f = to_static(lambda x: (x * x).sum() if x.sum() > 0 else x.sum())
    gradient = f.grad()
    assert all(np.array_equal(np.asarray(g), [2.0, 4.0]) for g in together(lambda i: gradient(xp.asarray([1.0, 2.0]))))
    assert len(f.programs) == 1


class Scaled:
    def __init__(self, k: float) -> None:
        self.k = k
        self.last = xp.asarray(0.0)

    @to_static
    def call(self, x: Any) -> Any:
        self.last = x.sum() * self.k
        return x * self.k


def test_objects_of_one_class_each_in_a_thread() -> None:
    objects = [Scaled(float(i)) for i in range(THREADS)]

    def call(i: int) -> bool:
        found = objects[i].call(xp.asarray([1.0, 2.0]))
        return np.array_equal(np.asarray(found), [i, 2.0 * i]) and float(objects[i].last) == 3.0 * i

    assert all(together(call))


def test_a_function_that_fails_in_all_threads() -> None:
    f = to_static(lambda x: x @ xp.ones(7))

    def call(i: int) -> str:
        try:
            f(xp.ones(3))
        except ValueError as error:
            return str(error)
        return ""

    found = set(together(call))
    assert len(found) == 1
    assert "3 columns on the left, 7 rows" in found.pop()
    assert f.programs == []


class Slow:
    def __init__(self) -> None:
        self.k = xp.asarray(2.0)
        self.staging = threading.Event()
        self.stays_a_while = functools.cache(self._stays_a_while)
        """Python runs what a cache calls, while staging."""

    def call(self, x: Any, how: str) -> Any:
        self.k = self.k * 1.0
        if how != "at once":
            self.stays_a_while()
        return x * self.k

    def _stays_a_while(self) -> None:
        self.staging.set()
        time.sleep(0.2)


def test_who_uses_an_object_waits_while_another_thread_stages_its_changes() -> None:
    slow = Slow()
    f = to_static(slow.call)
    x = xp.asarray([1.0, 2.0])
    f(x, "at once")
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(f, x, "slowly")
        assert slow.staging.wait(30)
        for _ in range(3):
            np.testing.assert_array_equal(np.asarray(f(x, "at once")), [2.0, 4.0])
        assert float(slow.k) == 2.0
        np.testing.assert_array_equal(np.asarray(other.result(30)), [2.0, 4.0])


class Steps:
    """Has members of each kind that staging converts for a while."""

    def __init__(self, scale: float) -> None:
        self.scale = scale
        self.taken = 0

    @functools.cached_property
    def weight(self) -> float:
        return self.scale * 2.0

    @property
    def after(self) -> int:
        self.taken += 1
        return self.taken

    def __next__(self) -> int:
        if self.taken >= 3:
            raise StopIteration
        self.taken += 1
        return self.taken


def stepped(x: Any, steps: Steps) -> Any:
    total = x * steps.weight
    for _ in range(2):
        if x > 0:
            total = total + next(steps, 0)
    return total + steps.after


def test_plain_code_of_a_class_that_is_staged_meanwhile() -> None:
    def call(i: int) -> bool:
        steps = Steps(1.5)
        if i % 4:
            return float(stepped(xp.asarray(1.0), steps)) == 9.0 and (steps.weight, steps.taken) == (3.0, 3)
        static = to_static(lambda x, s: stepped(x, s), executor="numpy")
        return float(static(xp.asarray(1.0), steps)) == 9.0 and (steps.weight, steps.taken) == (3.0, 3)

    assert all(together(call))
