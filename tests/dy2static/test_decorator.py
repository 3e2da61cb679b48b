"""`to_static` on all kinds of callables, its settings, and gradients of methods."""

import functools
import inspect
from typing import Any, cast

import numpy as np
import pytest

import eager as xp
from dy2static import InputSpec, StaticFunction, run_eagerly, set_run_eagerly, to_static
from graph.errors import NotDifferentiableError


def affine(x: Any, a: float = 2.0, *rest: Any, b: float = 1.0) -> Any:
    y = x * a + b
    for r in rest:
        y = y + r
    return y


class Scaler:
    def __init__(self, k: float) -> None:
        self.k = k

    def __call__(self, x: Any) -> Any:
        return x * self.k

    @to_static
    def loss(self, w: Any, x: Any) -> Any:
        return (w * x * self.k).sum()

    @classmethod
    @to_static
    def named(cls, x: Any) -> Any:
        return x + len(cls.__name__)

    @staticmethod
    @to_static
    def plain(x: Any) -> Any:
        return x - 1


X = xp.asarray([1.0, 2.0])


def test_kinds_of_callables() -> None:
    s = Scaler(3.0)
    double = to_static(lambda x: x * 2)
    for found, expected in (
        (to_static(s)(X), [3.0, 6.0]),
        (to_static(s.__call__)(X), [3.0, 6.0]),
        (Scaler.named(X), [7.0, 8.0]),
        (s.named(X), [7.0, 8.0]),
        (s.plain(X), [0.0, 1.0]),
        (double(X), [2.0, 4.0]),
        (to_static(functools.partial(affine, a=5.0))(X), [6.0, 11.0]),
        (to_static(functools.partial(affine, X))(), [3.0, 5.0]),
    ):
        np.testing.assert_array_equal(np.asarray(found), expected)


@pytest.mark.parametrize(
    ("args", "kwargs"), [((), {}), ((3.0,), {}), ((3.0, 4.0, X), {"b": 7.0}), ((), {"a": 1, "b": X})]
)
def test_arguments(args: Any, kwargs: Any) -> None:
    f = to_static(affine)
    np.testing.assert_array_equal(np.asarray(f(X, *args, **kwargs)), np.asarray(affine(X, *args, **kwargs)))


def test_static_functions_are_inlined() -> None:
    inner = to_static(affine)

    @to_static
    def outer(x: Any) -> Any:
        return inner(x) * 2

    np.testing.assert_array_equal(np.asarray(outer(X)), [6.0, 10.0])
    assert inner.programs == []
    assert len(outer.programs) == 1


def test_the_argument_itself_is_returned() -> None:
    f = to_static(lambda x: x)
    for _ in range(2):
        assert f(X) is X


def test_results_share_no_memory_with_arrays_of_the_caller() -> None:
    f = to_static(lambda x: xp.asarray(x)[0:2])
    array = np.ones(4)
    found = f(array)
    array[:] = 7.0
    np.testing.assert_array_equal(np.asarray(found), [1.0, 1.0])


def test_run_eagerly_nests() -> None:
    ran: list[int] = []

    def f(x: Any) -> Any:
        ran.append(1)
        return x

    static = to_static(f)
    with run_eagerly():
        static(X)
        assert static.programs == []
        with run_eagerly(False):
            static(X)
            assert len(static.programs) == 1
    set_run_eagerly(True)
    try:
        static(X)
        assert len(static.programs) == 1
    finally:
        set_run_eagerly(False)


def test_attributes_of_the_function_replace_nothing() -> None:
    def f(x: Any) -> Any:
        return x + 1

    f.cache = {}  # pyright: ignore[reportFunctionMemberAccess]
    np.testing.assert_array_equal(np.asarray(to_static(f)(X)), [2.0, 3.0])


def test_no_graph_yet() -> None:
    f = to_static(functools.partial(affine, a=1.0))
    with pytest.raises(RuntimeError, match="no graph yet"):
        _ = f.graph


def test_gradients_of_methods() -> None:
    s = Scaler(3.0)
    w = xp.asarray([1.0, 1.0])
    np.testing.assert_array_equal(np.asarray(s.loss.grad()(w, X)), [3.0, 6.0])
    value, (gw, gx) = s.loss.value_and_grad((0, 1))(w, X)
    assert float(value) == 9.0
    np.testing.assert_array_equal(np.asarray(gw), [3.0, 6.0])
    np.testing.assert_array_equal(np.asarray(gx), [3.0, 3.0])
    np.testing.assert_array_equal(np.asarray(s.loss.grad(-1)(w, X)), [3.0, 3.0])


def test_gradients_of_pytrees_and_keywords() -> None:
    def loss(params: Any, x: Any) -> Any:
        return (params["w"] * x).sum() + params["b"][0].sum()

    g = to_static(loss).grad()
    found = g({"w": xp.asarray([3.0, 4.0]), "b": [xp.asarray([5.0, 6.0])]}, x=X)
    np.testing.assert_array_equal(np.asarray(found["w"]), [1.0, 2.0])
    np.testing.assert_array_equal(np.asarray(found["b"][0]), [1.0, 1.0])
    assert "graph" in str(g.graph)
    assert "def " in g.program


def test_gradients_that_do_not_exist() -> None:
    f: StaticFunction = to_static(lambda x: x * 2)
    with pytest.raises(NotDifferentiableError, match="needs a 0-d floating result"):
        f.grad()(X)
    with pytest.raises(NotDifferentiableError, match="was not passed by position"):
        f.grad(1)(X)
    with pytest.raises(NotDifferentiableError, match="returns one tensor"):
        to_static(lambda x: (x.sum(), x)).grad()(X)


def test_gradients_are_those_of_eager() -> None:
    """One tensor in two places has two gradients; writes happen; an auxiliary result comes along."""

    class Counter:
        calls = 0
        last: Any = None

    def loss(a: Any, b: Any, counter: Any) -> Any:
        counter.calls += 1
        counter.last = a * b
        a += b
        if a.sum() > 0:
            a = a * 2
        return (a * b).sum(), (a, counter.calls)

    static = to_static(loss)
    found: list[Any] = []
    for function in (xp.value_and_grad(loss, (0, 1), True), static.value_and_grad((0, 1), has_aux=True)):
        x, counter = xp.asarray([1.0, 2.0]), Counter()
        (value, (a, calls)), gradients = function(x, x, counter)
        (again, _), _ = function(x, x, counter)
        found.append([value, a, *gradients, again, x, counter.last, calls, counter.calls])
    for eager, ours in zip(*found, strict=True):
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(eager))


def test_a_gradient_is_compiled_once() -> None:
    f = to_static(lambda x: (x * x).sum())
    first, second = f.grad(), f.grad()
    first(X), second(X)
    assert first.compiled is second.compiled


def test_gradients_within_static_and_eager_code() -> None:
    f = to_static(lambda x: (x * x * x).sum())
    slope = f.grad()

    def steps(x: Any) -> Any:
        for _ in range(2):
            if x.sum() > 0:
                x = x - 0.1 * slope(x)
        return x

    expected = np.asarray(steps(X))
    np.testing.assert_allclose(np.asarray(to_static(steps)(X)), expected, rtol=1e-15)
    with run_eagerly():
        np.testing.assert_array_equal(np.asarray(slope(X)), np.asarray(3 * X * X))
    np.testing.assert_array_equal(np.asarray(xp.grad(lambda x: slope(x).sum())(X)), np.asarray(6 * X))


@pytest.mark.parametrize(
    ("dims", "kind", "text"),
    [
        (
            (["n", 3], "float32"),
            TypeError,
            "InputSpec: ['n', 3] is neither a size, a name nor None. The dims are given one by one, without dtype: "
            'InputSpec("batch", 64).',
        ),
        ((2.0,), TypeError, None),
        ((True,), TypeError, None),
        ((-1, 3), ValueError, "InputSpec: -1 is neither a size nor a name."),
        (("two words",), ValueError, "InputSpec: 'two words' is neither a size nor a name."),
    ],
)
def test_what_is_no_shape(dims: Any, kind: type[Exception], text: str | None) -> None:
    with pytest.raises(kind) as raised:
        InputSpec(*dims)
    assert text is None or str(raised.value) == text


def test_options_are_checked_and_shown_by_name() -> None:
    with pytest.raises(
        TypeError, match=r"to_static\(\) got an unexpected keyword argument 'executr'; there are input_spec, "
    ):
        cast(Any, to_static)(executr="numpy")
    shown = inspect.signature(to_static).parameters
    assert next(iter(shown)) == "function"
    assert shown["cpu"].default == "host"
    assert all(p.kind is inspect.Parameter.KEYWORD_ONLY for name, p in shown.items() if name != "function")
