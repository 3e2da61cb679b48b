"""What staged values cannot do: the texts."""

import random
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import StagingError, UnrolledLoopWarning, to_static
from graph.errors import BranchTypeError, GraphError, LoopTypeError, NotDifferentiableError, ShapeError

GENERATOR = np.random.default_rng(0)
TABLE = {i: float(i) for i in range(5000)}


def key_in_a_branch(x: Any) -> Any:
    d = {"a": x}
    if x > 0:
        d["b"] = x
    return d


def draws(x: Any) -> Any:
    return x + np.random.rand()


def draws_a_number(x: Any) -> Any:
    return x + random.random()


def draws_from_outside(x: Any) -> Any:
    return x + GENERATOR.normal()


def no_seed(x: Any) -> Any:
    return x + np.random.default_rng().normal()


def no_meaning(x: Any) -> Any:
    return math_gamma(x)


def math_gamma(x: Any) -> Any:
    import math

    return math.gamma(x)


def modular(x: Any) -> Any:
    return pow(int(x), 2, 5)


def type_of_maybe(x: Any) -> Any:
    y = x if x > 0 else None
    return type(y)


def text_of_maybe(x: Any) -> Any:
    y = "a" if x > 0 else None
    return f"{y}"


def staged_key(x: Any) -> Any:
    return TABLE[int(x)]


def structures_that_differ(x: Any) -> Any:
    return (x, x) if x > 0 else {"a": x}


def recursion_of_two_types(x: Any) -> Any:
    def f(v: Any, w: Any) -> Any:
        return v if v > 5 else f(v + 1, xp.stack([w, w]))

    return f(x, x)


def logs_an_error(x: Any) -> Any:
    import logging

    logging.getLogger("x").error("failed", exc_info=True)
    return x


class Made:
    def __init__(self, x: Any) -> None:
        self.x = x


def returns_its_object(x: Any) -> Any:
    return [Made(x * 2)]


CASES: list[tuple[Callable[[Any], Any], type[GraphError], str]] = [
    (
        key_in_a_branch,
        StagingError,
        "the key 'b' of a dict is there on some paths only; a dict in a graph has fixed keys",
    ),
    (draws, StagingError, "`rand` of `np.random` draws its numbers while the graph is made, and every run"),
    (draws_a_number, StagingError, "`random` of `random` draws its numbers while the graph is made"),
    (draws_from_outside, StagingError, "`normal` of a Generator from outside draws its numbers while"),
    (no_seed, StagingError, "`default_rng()` without a seed draws its numbers while the graph is made"),
    (no_meaning, StagingError, "`math.gamma` has no meaning in a graph"),
    (modular, StagingError, "`pow` with a modulus is not available in a graph"),
    (type_of_maybe, StagingError, "the type of a value that is None on some paths is known only when the graph runs"),
    (text_of_maybe, StagingError, "the text of a value that is None on some paths is not known before the graph runs"),
    (staged_key, StagingError, "a number that is known only when the graph runs cannot be a key of a dict"),
    (
        structures_that_differ,
        BranchTypeError,
        "the conditional expression is tuple(f64[], f64[]) when true, dict(f64[]) when false",
    ),
    (
        recursion_of_two_types,
        LoopTypeError,
        "`f` calls itself, and an argument is f64[2,2",
    ),
    (logs_an_error, StagingError, "a graph cannot log this: `error` with exc_info needs the running program"),
]


@pytest.mark.parametrize(("function", "kind", "text"), CASES, ids=[case[0].__name__ for case in CASES])
def test_refused(function: Callable[[Any], Any], kind: type[GraphError], text: str) -> None:
    with pytest.raises(kind, match=re.escape(text)) as caught:
        to_static(function)(xp.asarray(1.0))
    assert caught.value.loc.line > function.__code__.co_firstlineno
    assert caught.value.next_step


def test_an_object_with_values_of_the_graph_cannot_be_returned() -> None:
    with pytest.raises(StagingError, match="a Made that the function makes, and that holds values of the graph"):
        to_static(returns_its_object)(xp.asarray(1.0))


def test_numbers_drawn_from_a_seed_are_the_same_in_every_run() -> None:
    @to_static
    def noisy(x: Any) -> Any:
        return x + np.random.default_rng(7).normal()

    expected = 1.0 + np.random.default_rng(7).normal()
    assert [float(noisy(xp.asarray(1.0))) for _ in range(2)] == [expected, expected]


def test_a_long_loop_that_cannot_be_rolled_warns_once() -> None:
    def looks_up(x: Any) -> Any:
        for i in range(1600):
            x = x * 0.5 + TABLE[i]
        return x

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert float(to_static(looks_up)(xp.asarray(1.0))) == float(looks_up(xp.asarray(1.0)))
    (warning,) = caught
    assert warning.category is UnrolledLoopWarning
    assert warning.filename == __file__
    assert looks_up.__code__.co_firstlineno < warning.lineno <= looks_up.__code__.co_firstlineno + 2
    assert str(warning.message).startswith("this loop has put more than 3000 ops into the graph and goes on")


def test_a_long_loop_is_rolled() -> None:
    @to_static
    def long(x: Any) -> Any:
        for i in range(100_000):
            x = x * 0.5 + i
        return x

    long(xp.asarray(1.0))
    assert len(long.graph.graph.ops) < 1000


def test_declared_shapes() -> None:
    f = to_static(lambda x, w: x @ w, input_spec="b t 64, 64 h -> b t h")
    for b in (0, 1, 2, 1000):
        assert f(xp.zeros((b, 3, 64)), xp.zeros((64, 5))).shape == (b, 3, 5)
    assert len(f.programs) == 1
    with pytest.raises(ValueError, match=r"axis 2 of `x` is declared as 64, it is 63"):
        f(xp.zeros((2, 3, 63)), xp.zeros((64, 5)))
    with pytest.raises(ShapeError, match=r"axis 1 of the result is declared as `4`, it is 3"):
        to_static(lambda x: x * 1, input_spec="b 3 -> b 4")(xp.zeros((2, 3)))
    with pytest.raises(ShapeError, match=r"axis 0 of the result is declared as `c`, it is b"):
        to_static(lambda x: x * 1, input_spec="b 3 -> c 3")(xp.zeros((2, 3)))
    positive = to_static(lambda x: x[x > 0], input_spec="n -> n")
    assert positive(xp.ones(2)).shape == (2,)
    with pytest.raises(ValueError, match=r"axis 0 of the result is declared as `n`, it is 1"):
        positive(xp.asarray([1.0, -1.0]))
    with pytest.raises(ValueError, match="'b-1' in the declared shape 'b-1' is neither a name nor a size nor `_`"):
        to_static(lambda x: x, input_spec="b-1")
    with pytest.raises(ValueError, match="2 shapes are declared for 1 parameters"):
        to_static(lambda x: x, input_spec="b, b")


def test_the_gradient_of_a_value_that_may_be_none() -> None:
    @to_static
    def half(x: Any) -> Any:
        if x > 0:
            return x / 2

    with pytest.raises(NotDifferentiableError, match=r"returns f64\[\], or None"):
        half.grad()(xp.asarray(1.0))
