"""Traces as functions: what they can be made of, what they take and give, when they are made anew."""

import functools
import itertools
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pytest

import eager as xp
from dy2static import run_eagerly, to_static
from dy2static.errors import TraceWarning
from dy2static.tracing.trace import TracedFunction, trace
from eager import nn
from eager.recorder import active
from eager.tensor import Tensor
from graph.errors import TraceGuardError
from support.compare import difference, outcome
from support.programs import Program, all_programs

PROGRAMS = {
    name: program
    for name, program in all_programs().items()
    # A traced array argument is a tensor, so it is one in results too.
    if program.is_traceable and name != "dtypes.numpy_arguments"
}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Warnings have their own tests."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TraceWarning)
        yield


def tensor(*values: float) -> Any:
    return xp.asarray(values)


def piecewise(x: Any) -> Any:
    return x * 2 if xp.sum(x) > 0 else x - 1


# Every program of the corpus: the trace is right, or made anew. (What is printed is printed while tracing only.)


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    program: Program = PROGRAMS[name]
    plain, traced = program.make(), TracedFunction(program.make(), "retrace")
    for case in [*program.cases, *program.cases, *reversed(program.cases)]:
        expected, found = outcome(plain, case), outcome(traced, case)
        what = difference(replace(expected, printed=""), replace(found, printed=""), case)
        assert not what, f"{name}{tuple(case)}: {what}"


@pytest.mark.parametrize("name", PROGRAMS)
def test_program_never_gives_a_wrong_value(name: str) -> None:
    program: Program = PROGRAMS[name]
    if outcome(program.make(), program.cases[0]).error is not None:
        return
    plain, traced = program.make(), TracedFunction(program.make(), "error")
    held = 0
    for case in program.cases:
        found = outcome(traced, case)
        if isinstance(found.error, TraceGuardError):
            assert not difference(found, found, case)  # the arguments are unchanged
            continue
        what = difference(replace(outcome(plain, case), printed=""), replace(found, printed=""), case)
        held += 1
        assert not what, f"{name}{tuple(case)}: {what}"
    assert held


# Callables


class Affine:
    def __init__(self, scale: float) -> None:
        self.scale = scale

    def __call__(self, x: Any, *, shift: float = 0.0) -> Any:
        return x * self.scale + shift

    def method(self, x: Any) -> Any:
        return self(x, shift=1.0)

    @classmethod
    def by_class(cls, x: Any) -> Any:
        return cls(3.0)(x)

    @staticmethod
    def by_static(x: Any) -> Any:
        return x + 5


def without_source() -> Any:
    namespace: dict[str, Any] = {"xp": xp}
    exec("def f(x):\n    return x * 2 if xp.sum(x) > 0 else x - 1", namespace)
    return namespace["f"]


def total(x: Any, factor: float) -> Any:
    return xp.sum(x) * factor


@to_static
def static(x: Any) -> Any:
    if xp.sum(x) > 0:
        return x * 2
    return x - 1


CALLABLES: dict[str, Callable[[Any], Any]] = {
    "function": piecewise,
    "lambda": lambda x: x + 1,
    "exec": without_source(),
    "builtin": abs,
    "eager": xp.sin,
    "numpy": np.sin,
    "partial": functools.partial(total, factor=2.0),
    "object": Affine(2.0),
    "method": Affine(2.0).method,
    "classmethod": Affine.by_class,
    "staticmethod": Affine.by_static,
    "module": nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)),
    "static": static,
    "traced": trace(xp.exp, tensor(1.0, 2.0)),
}


@pytest.mark.parametrize("name", CALLABLES)
def test_callable(name: str) -> None:
    f = CALLABLES[name]
    traced = trace(f, tensor(1.0, 2.0))
    assert isinstance(traced(tensor(3.0, 4.0)), Tensor)
    np.testing.assert_allclose(np.asarray(traced(tensor(3.0, 4.0))), np.asarray(f(tensor(3.0, 4.0))), rtol=1e-15)


def test_it_looks_like_the_function() -> None:
    traced = trace(piecewise, tensor(1.0))
    assert traced.__name__ == "piecewise"  # pyright: ignore[reportAttributeAccessIssue] - copied by functools
    assert traced.__wrapped__ is piecewise  # pyright: ignore[reportAttributeAccessIssue]
    assert repr(traced) == "<traced function piecewise>"
    assert "def main" in traced.program or "def piecewise" in traced.program


# Arguments and results


@dataclass
class Point:
    x: Any
    y: Any


class Pair(NamedTuple):
    a: Any
    b: Any


def containers(p: Point, q: Any, *rest: Any, options: dict[str, Any], flag: bool = True) -> Any:
    q[0] = q[0] + 1
    options["seen"] = p.x * len(rest)
    return Point(p.y, p.x), Pair(q, None), {"rest": list(rest), "n": 3, "text": "t" if flag else "f"}, options, q[0]


def test_containers_in_and_out() -> None:
    def arguments(k: float) -> tuple[tuple[Any, ...], dict[str, Any]]:
        point = Point(tensor(k, 2.0), tensor(3.0 * k))
        return (point, [tensor(k), 7], tensor(k), tensor(2 * k)), {"options": OrderedDict(a=tensor(k)), "flag": True}

    args, kwargs = arguments(1.0)
    traced = trace(containers, *args, **kwargs)
    assert list(kwargs["options"]) == ["a"], "tracing leaves the examples alone"
    assert_same(args[1], [tensor(1.0), 7])
    args, kwargs = arguments(5.0)
    result = traced(*args, **dict(reversed(kwargs.items())))
    own_args, own_kwargs = arguments(5.0)
    expected = containers(*own_args, **own_kwargs)
    assert_same(result, expected)
    assert_same((args, kwargs), (own_args, own_kwargs))
    assert result[3] is kwargs["options"]
    assert result[1].a is args[1]


def assert_same(a: Any, b: Any) -> None:
    what = difference(_returned(b), _returned(a), ())
    assert not what, what


def _returned(value: Any) -> Any:
    return replace(outcome(list, ()), value=value)


def test_one_tensor_twice_is_not_two_tensors() -> None:
    x, y = tensor(1.0, 2.0), tensor(5.0, 5.0)
    traced = trace(lambda a, b: a - b, x, x, on_mismatch="retrace")
    assert_same(traced(x, y), x - y)
    assert_same(traced(y, y), y - y)
    with pytest.raises(TraceGuardError, match="which arguments are one and the same object differs"):
        trace(lambda a, b: a - b, x, x)(x, y)


def test_the_order_of_keywords_matters_where_the_function_sees_it() -> None:
    def first(**tensors: Any) -> Any:
        return next(iter(tensors.values())) * 2

    traced = trace(first, a=tensor(1.0), b=tensor(2.0), on_mismatch="retrace")
    assert_same(traced(b=tensor(3.0), a=tensor(4.0)), tensor(6.0))


def test_early_exit_in_a_static_loop() -> None:
    def layers(x: Any, weights: list[Any]) -> Any:
        for i, w in enumerate(weights):
            x = xp.tanh(x @ w)
            if xp.max(x) > 0.9:
                return x, i
        return x, -1

    weights = [xp.asarray([[1.0, 0.5], [0.5, 1.0]])] * 3
    traced = trace(layers, tensor(0.1, 0.1), weights, on_mismatch="retrace")
    for k in (0.1, 5.0, -3.0, 0.9, 0.1, 5.0):
        assert_same(traced(tensor(k, 0.1), weights), layers(tensor(k, 0.1), weights))
    assert 2 <= len(traced.traces) <= 4


def test_a_trace_that_holds_is_found_again() -> None:
    runs = itertools.count()

    def counted(x: Any) -> Any:
        next(runs)  # nothing that a trace sees
        return piecewise(x)

    traced = trace(counted, tensor(1.0), on_mismatch="retrace")
    for _ in range(3):
        assert_same(traced(tensor(2.0)), tensor(4.0))
        assert_same(traced(tensor(-2.0)), tensor(-3.0))
    assert len(traced.traces) == 2
    assert next(runs) == 2


def test_old_traces_are_dropped() -> None:
    traced = trace(lambda x, k: x * k, tensor(1.0), 0, on_mismatch="retrace")
    for k in range(1, 70):
        assert_same(traced(tensor(2.0), k), tensor(2.0 * k))
    assert len(traced.traces) == 64


def test_results_do_not_share_memory() -> None:
    traced = trace(lambda x: x * 2, tensor(1.0, 2.0))
    first = traced(tensor(1.0, 1.0))
    traced(tensor(5.0, 5.0))
    assert_same(first, tensor(2.0, 2.0))


# Where a trace is the function itself


def test_run_eagerly() -> None:
    traced = trace(piecewise, tensor(1.0))
    with run_eagerly():
        assert_same(traced(tensor(-1.0)), tensor(-2.0))


def test_within_another_trace_its_decisions_are_the_outer_ones() -> None:
    inner = trace(piecewise, tensor(1.0))

    def outer(x: Any) -> Any:
        return inner(x) + inner(-x)

    traced = trace(outer, tensor(1.0))
    assert [d.value for d in traced.decisions] == [True, False]
    assert_same(traced(tensor(4.0)), tensor(3.0))


def test_a_trace_made_within_a_trace() -> None:
    def outer(x: Any) -> Any:
        inner = trace(piecewise, x)
        return inner(x)

    traced = trace(outer, tensor(1.0), on_mismatch="retrace")
    for k in (1.0, -1.0, 2.0):
        assert_same(traced(tensor(k)), piecewise(tensor(k)))


def test_within_converted_code_it_is_converted() -> None:
    inner = trace(piecewise, tensor(1.0))
    outer = to_static(lambda x: inner(x) * 10)
    for k in (1.0, -1.0, 2.0):
        assert_same(outer(tensor(k)), piecewise(tensor(k)) * 10)
    assert "cond" in str(outer.graph)


def test_static_functions_are_traced_through() -> None:
    traced = trace(lambda x: static(x) + 1, tensor(1.0))
    assert [d.text for d in traced.decisions] == ["if xp.sum(x) > 0:"]
    assert "cond" not in str(traced.graph)


# Threads


def test_threads_trace_apart() -> None:
    traced = TracedFunction(piecewise, "retrace")
    errors: list[BaseException] = []

    def work(k: int) -> None:
        try:
            own = trace(lambda x: x * k, tensor(1.0, 2.0))
            for sign in (1.0, -1.0, 1.0):
                assert active() is None
                assert_same(own(tensor(sign, 2.0)), tensor(sign * k, 2.0 * k))
                assert_same(traced(tensor(sign, 0.0)), piecewise(tensor(sign, 0.0)))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len(traced.traces) == 2
