"""What staged values cannot do: the texts."""

import itertools
import random
import re
import warnings
from collections import deque
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


def draws_in_a_branch(x: Any) -> Any:
    generator = np.random.default_rng(1)
    return x + generator.normal() if x > 0 else x


def list_for_numpy(x: Any) -> Any:
    out = [x]
    while x > 0:
        out.append(x)
        x = x - 1
    return np.mean(out)


def tuple_of_a_list(x: Any) -> Any:
    out = [x]
    while x > 0:
        out.append(x)
        x = x - 1
    return (x, *out)


def list_spread_in_a_call(x: Any) -> Any:
    out = [x]
    while x > 0:
        out.append(x)
        x = x - 1
    return xp.maximum(*out)


def set_in_a_branch(x: Any) -> Any:
    seen: set[int] = set()
    if x > 0:
        seen.add(1)
    return x + len(seen)


def iterator_in_a_branch(x: Any) -> Any:
    items = iter([1.0, 2.0])
    if x > 0:
        next(items)
    return x + next(items)


def beyond_64_bits(x: Any) -> Any:
    return 2**70 if x > 0 else 2**71


def tensor_as_a_key(x: Any) -> Any:
    return {x: 1}


def option_of_an_op(x: Any) -> Any:
    return xp.sort(xp.stack([x, -x]), descending=x > 0)


def chosen_dtype(x: Any) -> Any:
    return xp.zeros(3, dtype=xp.float32 if x > 0 else xp.float64)


def number_of_a_text(x: Any) -> Any:
    return float(f"{x}")


def no_meaning(x: Any) -> Any:
    return math_gamma(x)


def math_gamma(x: Any) -> Any:
    import math

    return math.gamma(x)


def has_no_op(x: Any) -> Any:
    import math

    return math.exp2(x)


def rounded(x: Any) -> Any:
    return round(float(x), 30)


def returns_a_function(x: Any) -> Any:
    return lambda: x


def type_of_maybe(x: Any) -> Any:
    y = x if x > 0 else None
    return type(y)


def formatted_maybe(x: Any) -> Any:
    y = [x] if x > 0 else None
    shown = "{}".format
    return shown(y)


def staged_key(x: Any) -> Any:
    return {int(x): x}


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


def logs_none_as_a_number(x: Any) -> Any:
    import logging

    logging.getLogger("x").error("at %.3f", None)
    return x


def value_of_and(x: Any) -> Any:
    return x > 0 and x


def alias_on_one_path(x: Any) -> Any:
    a = x * 1
    b = a if x > 0 else x * 2
    b += 1
    return a


def list_of_a_loop_in_a_branch(x: Any) -> Any:
    n = x * 1
    while n > 0:
        found = [n]
        n = n - 1
    if x > 0:
        found.append(x)
    return found


def queue_that_grows(x: Any) -> Any:
    window = deque[Any](maxlen=3)
    for v in xp.stack([x, x, x]):
        window.append(v)
    return sum(window)


def counter_along_with_a_tensor(x: Any) -> Any:
    total = 0.0
    for i, v in zip(itertools.count(1), xp.stack([x, x]), strict=False):
        total = total + i * v
    return total


class Scale:
    def __init__(self, scale: float) -> None:
        self.scale = scale

    def of(self, x: Any) -> Any:
        return x * self.scale


SCALES = Scale(1.0), Scale(2.0)


def objects_along_with_a_size_of_the_run(x: Any) -> Any:
    for scale, v in zip(SCALES, xp.arange(xp.astype(x, xp.int64)), strict=False):
        x = scale.of(x) * v
    return x


def object_of_a_tuple(x: Any) -> Any:
    return SCALES[xp.astype(x, xp.int64)].of(x)


CASES: list[tuple[Callable[[Any], Any], type[GraphError], str]] = [
    (queue_that_grows, LoopTypeError, "fill it before the loop, as with `deque([0.0] * 3, maxlen=3)`, or use a list."),
    (counter_along_with_a_tensor, StagingError, "for `itertools.count`, use `enumerate` with a start."),
    (objects_along_with_a_size_of_the_run, StagingError, "go over the list by itself, and index what goes along"),
    (object_of_a_tuple, StagingError, "an item of a tuple is taken at an index that only the graph knows: a list"),
    (
        key_in_a_branch,
        StagingError,
        "the key 'b' of a dict is there on some paths only; a dict in a graph has fixed keys",
    ),
    (beyond_64_bits, BranchTypeError, "is 1180591620717411303424 when true, 2361183241434822606848 when false"),
    (tensor_as_a_key, StagingError, "a dict whose keys are values of the graph is returned or kept"),
    (option_of_an_op, StagingError, "`descending` of `sort` is part of the graph, and here it is known only when"),
    (chosen_dtype, StagingError, "a value that the graph chooses among several is known only when the graph runs"),
    (number_of_a_text, StagingError, "text that contains a value of the graph is known only when the graph runs"),
    (draws, StagingError, "`rand` of `np.random` draws its numbers while the graph is made, and every run"),
    (draws_a_number, StagingError, "`random` of `random` draws its numbers while the graph is made"),
    (draws_from_outside, StagingError, "`normal` of a Generator from outside draws its numbers while"),
    (draws_in_a_branch, StagingError, "`normal` of a Generator draws in a branch or loop of the graph"),
    (tuple_of_a_list, StagingError, "taken one by one while the graph is made, and it alone knows how many there are"),
    (list_spread_in_a_call, StagingError, "a tuple, a set and `f(*items)` need the number of items."),
    (list_for_numpy, StagingError, "return np.mean(out)"),
    (list_for_numpy, StagingError, "NumPy asks for the items of a list that changes under control flow of the graph"),
    (list_for_numpy, StagingError, "Next: make a tensor of it first, with `eager.asarray` or `eager.stack`."),
    (set_in_a_branch, BranchTypeError, "the content of this set is tuple(1) when true, tuple() when false"),
    (iterator_in_a_branch, StagingError, "how far an iterator has come is known only when the graph runs"),
    (no_seed, StagingError, "`default_rng()` without a seed draws its numbers while the graph is made"),
    (no_meaning, StagingError, "`math.gamma` has no meaning in a graph"),
    (no_meaning, StagingError, "Next: compute `math.gamma` outside of the converted function, and pass it in."),
    (has_no_op, StagingError, "Next: write `2.0 ** x`."),
    (rounded, StagingError, "`round` to 22 digits behind the point at most is available in a graph"),
    (returns_a_function, StagingError, "a function that the function makes, and that holds values of the graph, is"),
    (type_of_maybe, StagingError, "the type of a value that is None on some paths is known only when the graph runs"),
    (
        formatted_maybe,
        StagingError,
        "the text of a value that is None on some paths is not known before the graph runs",
    ),
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
    (value_of_and, BranchTypeError, "the result is f64[] when true, bool[] when false; a graph needs one type."),
    (
        alias_on_one_path,
        StagingError,
        "an object is changed in place here, and the conditional expression is that object on some paths that "
        "lead here and another on others: what the change is seen by would differ from run to run",
    ),
    (
        list_of_a_loop_in_a_branch,
        StagingError,
        "`found` is changed in place in this block, and on some paths that lead",
    ),
    (logs_an_error, StagingError, "a graph cannot log this: `error` with exc_info needs the running program"),
    (
        logs_none_as_a_number,
        StagingError,
        "a graph cannot log this: the arguments do not fit the message 'at %.3f': must be real number, not NoneType",
    ),
]


@pytest.mark.parametrize(("function", "kind", "text"), CASES, ids=[case[0].__name__ for case in CASES])
def test_refused(function: Callable[[Any], Any], kind: type[GraphError], text: str) -> None:
    with pytest.raises(kind, match=re.escape(text)) as caught:
        to_static(function)(xp.asarray(1.0))
    assert caught.value.loc.line >= function.__code__.co_firstlineno
    assert caught.value.next_step


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


def test_a_long_loop_over_what_comes_one_by_one_warns_once() -> None:
    def over_slices(x: Any) -> Any:
        for v in itertools.islice(itertools.count(), 1600):
            x = x * 0.5 + v
        return x

    with pytest.warns(UnrolledLoopWarning, match="come one by one; make a list of them before the loop") as caught:
        assert float(to_static(over_slices)(xp.asarray(1.0))) == float(over_slices(xp.asarray(1.0)))
    assert [(warning.filename, warning.lineno) for warning in caught] == [
        (__file__, over_slices.__code__.co_firstlineno + 1)
    ]


def test_a_long_loop_over_what_a_function_makes_of_items_is_rolled() -> None:
    @to_static
    def over_maps(x: Any) -> Any:
        for v in map(float, (i * 2 for i in range(1600))):
            x = x * 0.5 + v
        for v in filter(lambda i: i % 3, range(1600)):
            x = x * 0.5 + v
        return x

    x = xp.asarray(1.0)
    assert float(over_maps(x)) == float(over_maps.__wrapped__(x))
    assert len(over_maps.graph.graph.ops) < 1500


@pytest.mark.parametrize("trips", [1000, 4000])
def test_the_graph_of_a_long_loop_does_not_grow_with_its_trips(trips: int) -> None:
    @to_static
    def over_pairs(x: Any) -> Any:
        for i, v in enumerate([0.5] * trips):
            x = x * 0.5 + i * v
        return x

    over_pairs(xp.asarray(1.0))
    assert len(over_pairs.graph.graph.ops) < 400


def test_a_long_loop_is_rolled() -> None:
    @to_static
    def long(x: Any) -> Any:
        for i in range(100_000):
            x = x * 0.5 + i
        return x

    long(xp.asarray(1.0))
    assert len(long.graph.graph.ops) < 1000


def test_what_differs_from_declared_shapes() -> None:
    f = to_static(lambda x, w: x @ w, input_spec="b t 64, 64 h -> b t h")
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


def test_a_finally_changes_what_is_returned() -> None:
    """Where all paths return the list, or the change is made before, a run does as eager code; where some do, the graph
    has returned its value by then."""

    def on_some_paths(x: Any) -> Any:
        out: list[Any] = []
        try:
            if x > 0:
                return (out, x)
        finally:
            out.append(x)
        return None

    def on_all_paths(x: Any) -> Any:
        out: list[Any] = []
        try:
            y = x * 2 if x > 0 else x
            return out, y
        finally:
            out.append(x)

    def another(x: Any) -> Any:
        out, log = [x], [x]
        try:
            if x > 0:
                return out
        finally:
            log.append(x)
        return log

    with pytest.raises(StagingError, match="and the return value is that object on some paths"):
        to_static(on_some_paths)(xp.asarray(1.0))
    for function in (on_all_paths, another):
        for x in (xp.asarray(1.0), xp.asarray(-1.0)):
            assert repr(to_static(function)(x)) == repr(function(x))
