"""Tracebacks of static and traced functions: the frames of plain Python, and none of ours unless asked for."""

import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import full_tracebacks, run_eagerly, to_static, trace
from dy2static.errors import TraceWarning
from graph.errors import InternalError
from support.defining import define

ROOT = Path(__file__).resolve().parents[3]
ONES = xp.ones(3)

SOURCE = """
    def mistyped(x):
        y = x + 1
        if xp.sum(x) > 0:
            y = unknown + y
        return y

    def first_of(values):
        return values[5]

    def through_a_call(x):
        total = x
        for i in range(x.shape[0]):
            total = total + first_of(x)
        return total

    def at_run_time(x, i):
        while xp.sum(x) > 0:
            if x[0] > 1:
                x = x - x[i]
            x = x - 1
        return x

    def raises(x):
        if xp.sum(x) > 0:
            raise ValueError("positive")
        return x

    def raises_a_cause(x):
        try_this(x)
        return x

    def asserts(x):
        for v in x:
            assert v > 0, f"{v} is not positive"
        return x

    def in_a_ternary(x):
        return first_of(x) if xp.sum(x) > 0 else x

    def in_a_lambda(x):
        f = lambda v: v + missing
        return f(x)

    class Model:
        def scale(self, x):
            return x * self.factor

        def __call__(self, x):
            if xp.sum(x) > 0:
                return self.scale(x)
            return x
"""


def function(name: str) -> Any:
    return define(SOURCE, name, "model.py", xp=xp)


def frames_of(error: BaseException) -> list[tuple[str, int]]:
    """Function and line of each frame below this file."""
    return [(f.name, f.lineno or 0) for f in traceback.extract_tb(error.__traceback__) if f.filename == "model.py"]


def files_of(error: BaseException) -> set[str]:
    return {f.filename for f in traceback.extract_tb(error.__traceback__)}


def caught(f: Callable[..., Any], *args: Any) -> Exception:
    try:
        f(*args)
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


CASES: list[tuple[str, tuple[Any, ...]]] = [
    ("mistyped", (ONES,)),
    ("through_a_call", (ONES,)),
    ("at_run_time", (ONES * 3, xp.asarray(7))),
    ("raises", (ONES,)),
    ("raises_a_cause", (ONES,)),
    ("asserts", (xp.asarray([1.0, -2.0]),)),
    ("in_a_ternary", (ONES,)),
    ("in_a_lambda", (ONES,)),
]


@pytest.mark.parametrize(("name", "args"), CASES, ids=[name for name, _ in CASES])
def test_static_functions_show_the_frames_of_plain_python(name: str, args: tuple[Any, ...]) -> None:
    plain = function(name)
    expected, found = caught(plain, *args), caught(to_static(plain), *args)
    assert issubclass(type(expected), type(found))
    assert files_of(found) == {"model.py", __file__}
    assert frames_of(found)[-1] == frames_of(expected)[-1]


def test_frames_before_the_failing_one_are_those_of_plain_python() -> None:
    for name, args in CASES:
        plain = function(name)
        expected, found = frames_of(caught(plain, *args)), frames_of(caught(to_static(plain), *args))
        assert found == expected or found == expected[-1:], name  # of what fails in a run, the line alone is known


def test_methods_and_callable_objects() -> None:
    model = define(SOURCE, "Model", "model.py", xp=xp)()
    expected = frames_of(caught(model, ONES))[-1:]  # it fails in a branch of the graph, in a run
    assert frames_of(caught(to_static(model), ONES)) == expected
    assert frames_of(caught(to_static(model.__call__), ONES)) == expected

    cls = type(model)
    cls.scale = to_static(cls.scale)
    error = caught(model.scale, ONES)
    assert files_of(error) == {"model.py", __file__}


def test_gradients_and_traces() -> None:
    static = to_static(define("def f(x, i):\n    return x[i]\n", "f", "model.py"))
    for call in (static.grad(), static.value_and_grad()):
        error = caught(call, ONES * 3, xp.asarray(7))
        assert files_of(error) == {"model.py", __file__}
    error = caught(trace, function("through_a_call"), ONES)
    assert frames_of(error) == frames_of(caught(function("through_a_call"), ONES))
    assert files_of(error) == {"model.py", __file__}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TraceWarning)
        traced = trace(function("raises"), -ONES)
    error = caught(traced, ONES)
    assert files_of(error) == {"model.py", __file__}
    assert [name for name, _ in frames_of(error)] == ["raises"]


def test_what_to_static_rejects_has_no_frame_of_ours() -> None:
    plain = define("def f(x):\n    eval(x)\n", "f", "model.py")
    assert files_of(caught(to_static, plain)) == {__file__}
    assert files_of(caught(to_static(), plain)) == {__file__}


def test_the_place_is_shown_once() -> None:
    error = caught(to_static(function("raises")), ONES)
    assert not hasattr(error, "__notes__")
    text = "".join(traceback.format_exception(error))
    assert text.count('raise ValueError("positive")') == 1
    assert text.endswith("ValueError: positive\n")


def test_other_notes_stay() -> None:
    f = to_static(function("at_run_time"))
    error = caught(f, ONES * 3, xp.asarray(7))
    error.add_note("of the user")
    assert error.__notes__ == ["of the user"]


def test_full_tracebacks() -> None:
    f = to_static(function("mistyped"))
    with full_tracebacks():
        full = files_of(caught(f, ONES))
        with full_tracebacks(False):
            assert files_of(caught(f, ONES)) == {"model.py", __file__}
        assert files_of(caught(f, ONES)) == full
    assert any(file.startswith(str(ROOT / "dy2static")) for file in full)
    assert files_of(caught(f, ONES)) == {"model.py", __file__}
    full_tracebacks()
    try:
        assert files_of(caught(f, ONES)) == full
    finally:
        full_tracebacks(False)
    assert files_of(caught(f, ONES)) == {"model.py", __file__}


def test_full_tracebacks_keep_the_note_of_the_line() -> None:
    with full_tracebacks():
        error = caught(to_static(function("at_run_time")), ONES * 3, xp.asarray(7))
    assert "x = x - x[i]" in error.__notes__[0]


def test_chained_exceptions_are_cleaned_too() -> None:
    def outer(x: Any) -> Any:
        try:
            return to_static(function("raises"))(x)
        except ValueError as error:
            raise KeyError("outer") from error

    error = caught(outer, ONES)
    assert isinstance(error.__cause__, ValueError)
    assert files_of(error.__cause__) == {"model.py", __file__}
    again = caught(to_static(function("mistyped")), ONES)
    assert again.__cause__ is None
    assert again.__context__ is None


def test_errors_of_ours_keep_their_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    f = to_static(function("raises"))

    def broken(*_: Any) -> Any:
        raise InternalError("broken")

    monkeypatch.setattr(f.cache, "find", broken)
    assert "decorator.py" in str(files_of(caught(f, ONES)))


def test_under_run_eagerly_nothing_is_hidden() -> None:
    with run_eagerly():
        error = caught(to_static(function("mistyped")), ONES)
    assert frames_of(error) == [("mistyped", 5)]


def test_columns_are_marked() -> None:
    error = caught(to_static(function("at_run_time")), ONES * 3, xp.asarray(7))
    last = traceback.extract_tb(error.__traceback__)[-1]
    assert (last.lineno, last.colno, last.end_colno) == (20, 20, 24)


def test_shapes_that_differ_at_run_time_are_quoted_by_name() -> None:
    f = to_static(define("def f(x, n):\n    y = xp.ones(n)\n    return x @ y\n", "f", "sizes.py", xp=xp))
    f(xp.ones(3), 3)
    f(xp.ones(4), 4)
    error = caught(f, xp.ones(5), 4)
    assert str(error) == (
        "sizes.py:3 in f\n"
        "    return x @ y\n"
        "           ^^^^^\n"
        "  `matmul`(f64[5], f64[4]): 5 columns on the left, 4 rows on the right; they must be equal\n"
        "  `x` is f64[5], `y` is f64[4].\n"
        "  Next: make the shapes fit, with `reshape` or an index."
    )


def test_a_user_function_that_numpy_calls_is_shown() -> None:
    source = """
        def f(x):
            return x + apply([1.0])

        def apply(values):
            return np.apply_along_axis(lambda row: row / missing, 0, values)
    """
    found = frames_of(caught(to_static(define(source, "f", "model.py", np=np)), ONES))
    assert [name for name, _ in found] == ["f", "apply", "<lambda>"]


def test_frames_hold_the_values_of_the_user() -> None:
    error = caught(to_static(function("through_a_call")), ONES)
    step: TracebackType | None = error.__traceback__
    frames: list[FrameType] = []
    while step is not None:
        frames.append(step.tb_frame)
        step = step.tb_next
    assert "values" in frames[-1].f_locals
