"""Footguns 1 to 10: results that are silently wrong elsewhere.

One test a line of the list at least, written from the behaviour that the line describes; the numbers are the list's.
"""

import warnings
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import to_static, trace
from dy2static.cache.compiled import Executor
from dy2static.errors import StagingError, TraceWarning
from graph.errors import BranchTypeError, TraceGuardError
from support.defining import define
from support.tensors import close, same, t
from support.traces import quietly

# 1. Tracing bakes in a branch, a loop count, a size


def baked(x: Any) -> Any:
    if x.sum() > 0:
        x = x * 2
    for _ in range(int(x[0])):
        x = x + 1
    return x * float(x[1])


def test_01_a_trace_records_every_decision_with_its_line_and_warns_once_a_site() -> None:
    with pytest.warns(TraceWarning) as caught:
        traced = trace(baked, t(1.0, 3.0))
    first = baked.__code__.co_firstlineno
    assert [w.lineno - first for w in caught] == [1, 3, 5]
    assert [(d.kind, d.value) for d in traced.decisions] == [("bool", True), ("int", 2), ("float", 8.0)]
    assert all(d.location.file == __file__ for d in traced.decisions)


def test_01_replay_with_other_decisions_raises_or_retraces_and_never_returns_a_value() -> None:
    for x in (t(-1.0, 3.0), t(2.0, 3.0), t(1.0, 4.0)):
        with pytest.raises(TraceGuardError, match="the trace was recorded with"):
            quietly(baked, t(1.0, 3.0))(x)
        retracing = quietly(baked, t(1.0, 3.0), on_mismatch="retrace")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TraceWarning)
            same(retracing(x), baked(x))


def test_01_static_shapes_give_no_warning() -> None:
    traced = trace(lambda x: x.reshape(x.shape[0] * x.shape[1]) * len(x), xp.ones((2, 3)))
    assert traced.decisions == ()
    with pytest.raises(TraceGuardError):
        traced(xp.ones((3, 2)))


def test_01_converted_code_keeps_branches_counts_and_sizes() -> None:
    f = to_static(lambda x: x * 2 if x.sum() > 0 else x - 1)
    for x in (t(1.0, 2.0), t(-1.0, -2.0), t(1.0), t(-1.0, 1.0, -5.0)):
        same(f(x), x * 2 if float(x.sum()) > 0 else x - 1)


# 2. State read at trace time goes stale; writes happen once


class Counting:
    def __init__(self, k: float) -> None:
        self.k = k
        self.calls = 0
        self.mean = xp.asarray(0.0)

    def __call__(self, x: Any) -> Any:
        self.calls += 1
        self.mean = 0.5 * self.mean + xp.mean(x)
        return x * self.k + self.calls


def test_02_after_five_calls_the_state_is_eagers() -> None:
    plain, static = Counting(3.0), Counting(3.0)
    f = to_static(static)
    for i in range(5):
        same(f(t(1.0, i)), plain(t(1.0, i)))
        assert static.calls == plain.calls
        same(static.mean, plain.mean)
    static.k = plain.k = 7.0
    same(f(t(1.0, 2.0)), plain(t(1.0, 2.0)))


def test_02_two_instances_of_one_class_give_two_answers() -> None:
    a, b = Counting(2.0), Counting(5.0)
    f = to_static(Counting.__call__)
    same(f(a, t(1.0)), [3.0])
    same(f(b, t(1.0)), [6.0])
    same(f(a, t(1.0)), [4.0])
    assert (a.calls, b.calls) == (2, 1)


# 3. `and` evaluates both sides


def test_03_and_guards_and_only_the_taken_branch_runs(capsys: pytest.CaptureFixture[str]) -> None:
    def noted(x: Any) -> Any:
        print("evaluated")
        return x

    def f(x: Any, i: Any) -> Any:
        if i < x.shape[0] and noted(x[i]) > 0:
            return x[i]
        return xp.asarray(-1.0)

    static = to_static(f)
    assert float(static(t(1.0, 2.0), xp.asarray(7))) == -1.0
    assert capsys.readouterr().out == ""
    assert float(static(t(1.0, 2.0), xp.asarray(1))) == 2.0
    assert capsys.readouterr().out == "evaluated\n"


def test_03_only_the_taken_branch_runs_backward_too() -> None:
    def f(x: Any) -> Any:
        return xp.sum(xp.log(x)) if xp.min(x) > 0 else xp.sum(x)

    close(to_static(f).grad()(t(2.0, 4.0)), [0.5, 0.25])
    close(to_static(f).grad()(t(-2.0, 4.0)), [1.0, 1.0])


# 4. `where` with a NaN on the side that is not taken poisons the gradient


def test_04_a_branch_has_the_right_gradient_where_one_side_is_nan() -> None:
    def f(x: Any) -> Any:
        return xp.sqrt(x) if x > 0 else x * 0

    static = to_static(f)
    assert float(static.grad()(xp.asarray(0.0))) == 0.0
    assert float(static.grad()(xp.asarray(4.0))) == 0.25


@pytest.mark.parametrize("executor", ["interpreter", "numpy", "native"])
def test_04_what_the_taken_branch_does_not_read_gives_no_nan(executor: Executor) -> None:
    def f(x: Any) -> Any:
        inverse = 1 / x
        scaled = xp.log(x) * inverse
        return inverse + scaled if x > 0 else x * 3

    static = to_static(f, executor=executor)
    for gradient in (xp.grad(f), static.grad(), xp.grad(static)):
        assert float(gradient(xp.asarray(0.0))) == 3.0
        close(gradient(xp.asarray(2.0)), (-np.log(2.0)) / 4)


def test_04_the_safe_form_of_where() -> None:
    def f(x: Any) -> Any:
        return xp.sum(xp.where(x > 0, xp.sqrt(xp.where(x > 0, x, 1.0)), 0.0))

    for gradient in (xp.grad(f), to_static(f).grad()):
        same(gradient(t(0.0, 4.0, -1.0)), [0.0, 0.25, 0.0])


# 5. Gradients through loops


def powers(x: Any, w: Any, n: Any) -> Any:
    y = x
    i = 0
    while i < n:
        y = y * x * w
        if xp.abs(y) > 1000:
            break
        i += 1
    return y


@pytest.mark.parametrize("n", [0, 1, 3])
def test_05_gradients_of_loops_with_exits_and_closed_over_parameters(n: int) -> None:
    w = xp.Parameter(1.5)
    f = to_static(lambda x, n: powers(x, w, n))
    x = xp.asarray(2.0)
    assert float(f(x, xp.asarray(n))) == float(powers(x, w, n))
    close(f.grad()(x, xp.asarray(n)), (n + 1) * 2.0**n * 1.5**n)
    w.grad = None
    f(x, xp.asarray(n)).backward()
    close(w.grad if w.grad is not None else 0.0, n * 2.0 ** (n + 1) * 1.5 ** max(n - 1, 0))


def test_05_third_derivatives_of_a_loop() -> None:
    f = to_static(lambda x, n: powers(x, 1.0, n))
    n = xp.asarray(3)
    third = xp.grad(xp.grad(xp.grad(lambda x: f(x, n))))
    close(third(xp.asarray(2.0)), 24 * 2.0)


def test_05_nested_loops_early_return_and_zero_trips() -> None:
    def f(x: Any, n: Any, m: Any) -> Any:
        total = x * 0
        for i in range(n):
            for _ in range(m):
                total = total + x**2 * i
                if total > 50:
                    return total * 3
        return total

    static = to_static(f)
    for n, m in ((0, 2), (2, 0), (2, 2), (3, 3), (5, 5)):
        found = static.grad()(xp.asarray(2.0), xp.asarray(n), xp.asarray(m))
        close(found, xp.grad(lambda x, n=n, m=m: f(x, n, m))(xp.asarray(2.0)))


def test_05_forward_mode_through_a_while() -> None:
    def f(x: Any) -> Any:
        while x < 100:
            x = x * x
        return x

    _, tangent = xp.jvp(to_static(f), (xp.asarray(3.0),), (xp.asarray(1.0),))
    close(tangent, 8 * 3.0**7)


# 6. A later call overwrites results returned earlier


def test_06_results_never_share_memory() -> None:
    f = to_static(lambda x: (x * 2, x * 2, x + 0))
    x = xp.asarray(np.arange(50_000.0))
    earlier = [f(x) for _ in range(3)]
    kept = [np.array(r) for results in earlier for r in results]
    for _ in range(5):
        f(x * 100)
    arrays = [np.asarray(r) for results in earlier for r in results]
    for found, expected in zip(arrays, kept, strict=True):
        np.testing.assert_array_equal(found, expected)
    assert not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])


# 7. The same random number inside and outside a loop


def test_07_one_seed_gives_one_stream_in_every_mode() -> None:
    def f(generator: Any) -> Any:
        drawn = [generator.uniform(())]
        for _ in range(3):
            drawn.append(generator.uniform(()))
        return xp.stack(drawn)

    a, b = xp.random.Generator(7), xp.random.Generator(7)
    static = to_static(f)
    for _ in range(2):
        expected, found = f(a), static(b)
        same(found, expected)
        assert len(set(np.asarray(found).tolist())) == 4


# 8. In-place writes lost or stale


def test_08_every_alias_sees_in_place_writes() -> None:
    def f(x: Any, n: Any) -> Any:
        alias = x
        holder = [x]
        for i in range(n):
            x[i] = x[i] * 10
            if i > 0:
                alias += 1
        return holder[0], alias

    for n in (0, 1, 3):
        a, b = t(1.0, 2.0, 3.0), t(1.0, 2.0, 3.0)
        expected, found = f(a, n), to_static(f)(b, xp.asarray(n))
        for p, q in zip((a, *expected), (b, *found), strict=True):
            same(q, p)


# 9. Compiled differs from eager


@pytest.mark.parametrize("calls", [1, 3])
def test_08_a_tensor_that_comes_in_by_two_ways_is_not_changed_by_one_of_them(calls: int) -> None:
    box: Any = {"w": xp.asarray(1.0)}

    def changes(x: Any) -> Any:
        x += 1
        return box["w"] * x

    def changes_its_own(x: Any) -> Any:
        w = box["w"]
        w += 1
        return w * x

    for function in (changes, changes_its_own):
        static = to_static(function)
        for _ in range(calls):  # from the second on by the shortcut
            static(xp.asarray(3.0))
        before = float(box["w"])
        with pytest.raises(StagingError, match="an argument is changed in place, and it is also"):
            static(box["w"])
        with pytest.raises(StagingError, match="an argument is changed in place, and it comes in by a second way"):
            static.bind(xp.asarray(3.0))(box["w"])
        assert float(box["w"]) == before
        w = float(box["w"])
        assert float(static(xp.asarray(3.0))) == (w * 4 if function is changes else (w + 1) * 3)


def test_09_printing_does_not_change_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    def quiet(x: Any) -> Any:
        while x.sum() < 100:
            x = xp.exp(x / 3) + x / 7
        return x

    def noisy(x: Any) -> Any:
        while x.sum() < 100:
            print(x)
            x = xp.exp(x / 3) + x / 7
        return x

    x = t(0.1, 0.2, 0.3)
    expected = np.asarray(quiet(x))
    for f in (quiet, noisy):
        same(to_static(f, executor="numpy")(x), expected)
        same(to_static(f, executor="interpreter")(x), expected)
    native = [np.asarray(to_static(f, executor="native")(x)) for f in (quiet, noisy)]
    same(*native)
    np.testing.assert_allclose(native[0], expected, rtol=1e-13)
    capsys.readouterr()


# 10. A variable that is missing in one branch is filled with a magic number


def test_10_a_variable_of_one_branch_is_never_filled() -> None:
    def f(x: Any) -> Any:
        if x.sum() > 0:
            y = x * 2
        return y

    static = to_static(f)
    same(static(t(1.0)), [2.0])
    with pytest.raises(UnboundLocalError, match="'y'"):
        static(t(-1.0))


def test_10_mismatched_branches_are_never_promoted_silently() -> None:
    with pytest.raises(BranchTypeError, match="`y`"):
        to_static(define("def f(x, a, b):\n    if x > 0:\n        y = a\n    else:\n        y = b\n    return y\n"))(
            xp.asarray(1.0), t(1.0), xp.asarray([1])
        )
