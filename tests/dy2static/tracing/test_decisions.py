"""What a trace says about values that went to Python: decisions, warnings, errors at replay."""

import logging
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static.errors import StagingError, TraceWarning
from dy2static.tracing.trace import trace
from graph.errors import TraceGuardError
from support.defining import define
from support.golden import assert_golden
from support.traces import quietly


def tensor(*values: float) -> Any:
    return xp.asarray(values)


BRANCHES = """
    def branches(x, k):
        if xp.sum(x) > 0:
            y = x * k
        else:
            y = x - k
        while xp.max(y) < 10 and xp.min(y) > -10:
            y = y * 2
        n = int(x[0])
        return y * n * float(x[1]), [v for v in y[y > 0]]
"""


def branches() -> Any:
    return define(BRANCHES, "branches", "model.py", xp=xp)


def test_decisions_have_kind_value_place_and_text() -> None:
    traced = quietly(branches(), tensor(2.0, 3.0), 2)
    found = [(d.kind, d.value, d.location.line, d.location.function) for d in traced.decisions]
    assert found == [
        ("bool", True, 3, "branches"),
        ("bool", True, 7, "branches"),
        ("bool", True, 7, "branches"),
        ("bool", False, 7, "branches"),
        ("int", 2, 9, "branches"),
        ("float", 3.0, 10, "branches"),
        ("iter", 2, 10, "branches"),
    ]
    assert traced.decisions[0].text == "if xp.sum(x) > 0:"
    assert traced.decisions[0].location.file == "model.py"


def test_the_graph_has_a_guard_for_each_decision_in_program_order() -> None:
    traced = quietly(branches(), tensor(2.0, 3.0), 2)
    assert_golden("tracing/branches.ir", str(traced.graph))


def test_explain() -> None:
    traced = quietly(branches(), tensor(2.0, 3.0), 2)
    text, _, execution = traced.explain().rpartition("\n")
    assert_golden("tracing/explain.txt", text)
    assert execution.startswith("  runs as ")


def test_each_line_warns_once() -> None:
    with pytest.warns(TraceWarning) as caught:
        trace(branches(), tensor(2.0, 3.0), 2)
    assert [(w.filename, w.lineno) for w in caught] == [("model.py", n) for n in (3, 7, 9, 10)]
    assert_golden("tracing/warnings.txt", "\n\n".join(str(w.message) for w in caught))


def test_a_line_does_not_warn_again_in_a_later_trace_of_the_function() -> None:
    traced = quietly(branches(), tensor(2.0, 3.0), 2, on_mismatch="retrace")
    traced(tensor(4.0, 3.0), 2)  # warnings are errors
    assert len(traced.traces) == 2


@pytest.mark.parametrize(
    "read",
    [
        lambda x: x * (1 if x[0] > 0 else 2),
        lambda x: x * int(x[0]),
        lambda x: x * float(x[0]),
        lambda x: xp.real(x * complex(x[0])),
        lambda x: x * [10, 20, 30, 40][xp.astype(x[0], xp.int64)],
        lambda x: x * x[0].item(),
        lambda x: x * x[1:2].item(),
        lambda x: x * len(x[x > 0]),
        lambda x: [v * 2 for v in x[x > 0]],
        lambda x: x * np.asarray(x)[0],
        lambda x: x * x.tolist()[0],
        lambda x: x * (2 if x[x > 0].shape[0] == 2 else 3),
        lambda x: x * (2 if x[x > 0].shape == (2,) else 3),
        lambda x: x * sum(1 for _ in range(x[x > 0].shape[0])),
        lambda x: x if 1 in [int(v) for v in x] else -x,
        lambda x: xp.reshape(x, (-1, 1)) if x.any() else x,
    ],
    ids=[
        "bool",
        "int",
        "float",
        "complex",
        "index",
        "item",
        "item_of_one",
        "len",
        "iter",
        "array",
        "tolist",
        "size",
        "shape",
        "range",
        "in",
        "any",
    ],
)
def test_what_goes_to_python_is_checked(read: Callable[[Any], Any]) -> None:
    """On every input a trace gives what eager code gives, or raises; with retracing it always gives it."""
    inputs = [tensor(*v) for v in ((1.0, 2.0), (3.0, -2.0), (0.0, 0.0), (1.0, 5.0), (2.0, 1.0), (3.0, 3.0))]
    with pytest.warns(TraceWarning):
        strict = trace(read, inputs[0])
    assert strict.decisions
    loose = quietly(read, inputs[0], on_mismatch="retrace")
    raised = 0
    for x in inputs:
        expected = read(x)
        assert_same(loose(x), expected)
        try:
            assert_same(strict(x), expected)
        except TraceGuardError:
            raised += 1
    assert 0 < raised < len(inputs)


def assert_same(a: Any, b: Any) -> None:
    if isinstance(b, list):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            assert_same(x, y)
        return
    assert type(a) is type(b)
    assert a.dtype == b.dtype
    np.testing.assert_array_equal(np.asarray(a), np.asarray(b))


def static_shapes(x: Any) -> Any:
    rows, columns = x.shape
    total = xp.zeros((columns,))
    for row in x:
        total = total + row / len(x)
    for i in range(rows):
        total = total + x[i] * i
        if i == 1:
            break
    if x.ndim == 2 and x.size > 3 and columns == 3:
        total = total * 2
    kept = x[x > 0]  # a shape that depends on values is no decision until Python asks for it
    return total, xp.sum(kept) / kept.shape[0], xp.zeros(kept.shape) + kept


def test_static_shapes_are_no_decisions() -> None:
    traced = trace(static_shapes, xp.asarray([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    assert traced.decisions == ()
    assert "guard" not in str(traced.graph)
    x = xp.asarray([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])
    for a, b in zip(traced(x), static_shapes(x), strict=True):
        assert_same(a, b)


def constants_only(x: Any) -> Any:
    table = xp.arange(4)
    steps = 0
    while table[steps] < 2:
        steps += 1
    return x * steps * float(xp.sum(table))


def test_what_depends_on_no_input_is_no_decision() -> None:
    traced = trace(constants_only, tensor(1.0, 2.0))
    assert traced.decisions == ()
    assert_same(traced(tensor(2.0, 1.0)), constants_only(tensor(2.0, 1.0)))


def test_zero_is_not_minus_zero() -> None:
    def sign(x: Any) -> Any:
        return x * np.copysign(1.0, float(x[0]))

    traced = quietly(sign, tensor(0.0, 1.0))
    with pytest.raises(TraceGuardError, match=r"with 0\.0 for a float that is -0\.0 now"):
        traced(tensor(-0.0, 1.0))


def test_nan_is_nan() -> None:
    def read(x: Any) -> Any:
        return x * 2 if np.isnan(float(x[0])) else x

    traced = quietly(read, tensor(float("nan"), 1.0))
    assert_same(traced(tensor(float("nan"), 3.0)), tensor(float("nan"), 6.0))


@pytest.mark.parametrize(
    "read",
    [
        lambda x: x * len(f"{x[0]} {x[1]}"),
        lambda x: x * len(str(x)),
        lambda x: x * (1 if str(x[0]) == "1.0" else 2),
        lambda x: x * len(repr(x)),
        lambda x: x * len(f"{x!r}"),
        lambda x: x * float(f"{x[0]:.3f}"),
        lambda x: x * len("%s" % x[0]),  # noqa: UP031
        lambda x: x * len("{:.2f}".format(x[x > 0].shape[0])),  # noqa: UP032
        lambda x: {str(x[0]): x}[str(x[0])],
    ],
)
def test_the_text_of_a_tensor_is_a_decision(read: Callable[..., Any]) -> None:
    traced = quietly(read, tensor(1.0, 2.0))
    assert {d.kind for d in traced.decisions} == {"text"}
    assert_same(traced(tensor(1.0, 2.0)), read(tensor(1.0, 2.0)))
    with pytest.raises(TraceGuardError):
        traced(tensor(-10.25, 2.0))


def shows(x: Any) -> Any:
    print("x is", x, x.shape)
    log.warning("it is %s", x)
    log.info(f"it is {x[0]:.1f}")
    print(f"{x!r}")
    return x * 2


log = logging.getLogger("of.the.user")


def test_text_that_is_only_printed_or_logged_warns_and_is_no_decision() -> None:
    with pytest.warns(TraceWarning, match="the text of a tensor was made while tracing") as caught:
        traced = trace(shows, tensor(1.0, 2.0))
    assert len({w.lineno for w in caught if w.filename == __file__}) >= 3
    assert traced.decisions == ()
    assert_same(traced(tensor(3.0, 4.0)), tensor(6.0, 8.0))


# Errors


def text_of(f: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    with pytest.raises(TraceGuardError) as caught:
        f(*args, **kwargs)
    return str(caught.value)


def test_errors_say_which_line_what_was_and_what_is() -> None:
    traced = quietly(branches(), tensor(2.0, 3.0), 2)
    texts = [
        text_of(traced, tensor(-2.0, 1.0), 2),
        text_of(traced, tensor(20.0, 3.0), 2),
        text_of(traced, tensor(1.6, 3.0), 2),
        text_of(traced, tensor(2.0, 3.0, 4.0), 2),
        text_of(traced, xp.asarray([2, 3]), 2),
        text_of(traced, tensor(2.0, 3.0), 3),
        text_of(traced, tensor(2.0, 3.0), 2.0),
        text_of(traced, tensor(2.0, 3.0), tensor(2.0)),
        text_of(traced, tensor(2.0, 3.0)),
        text_of(traced, [tensor(2.0, 3.0)], 2),
    ]
    assert_golden("tracing/errors.txt", "\n\n".join(texts))


def test_errors_about_containers_and_objects() -> None:
    class Config:
        scale = 2.0

    def f(params: dict[str, Any], config: Any) -> Any:
        return params["w"] * config.scale

    config = Config()
    traced = trace(f, {"w": tensor(1.0), "rest": [tensor(1.0), (tensor(2.0), None)]}, config)
    rest = [tensor(1.0), (tensor(2.0), None)]
    texts = [
        text_of(traced, {"w": tensor(1.0), "rest": [tensor(1.0), (tensor(2.0), 1)]}, config),
        text_of(traced, {"w": tensor(1.0), "rest": [tensor(1.0)]}, config),
        text_of(traced, {"w": tensor(1.0), "rest": tuple(rest)}, config),
        text_of(traced, {"w": tensor(1.0)}, config),
        text_of(traced, {"w": tensor(1.0), "rest": rest, "more": 1}, config),
        text_of(traced, {"w": tensor(1.0), "rest": rest}, Config()),
    ]
    config.scale = 3.0
    texts.append(text_of(traced, {"w": tensor(1.0), "rest": rest}, config))
    assert_golden("tracing/container_errors.txt", "\n".join(text.splitlines()[0] for text in texts))


def test_an_error_of_the_function_is_raised_as_it_is() -> None:
    def f(x: Any) -> Any:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        trace(f, tensor(1.0))


def test_a_result_that_hides_tensors_is_refused() -> None:
    class Box:
        def __init__(self, content: Any) -> None:
            self.content = content

    with pytest.raises(StagingError, match="the result is a Box that holds tensors"):
        trace(lambda x: Box(x * 2), tensor(1.0))


def test_a_tensor_that_outlives_its_trace_says_so() -> None:
    kept: deque[Any] = deque()

    def f(x: Any) -> Any:
        kept.append(x * 2)
        return x

    trace(f, tensor(1.0))
    with pytest.raises(StagingError, match="is used after the trace has ended"):
        kept.pop() + 1


def test_on_mismatch_is_checked() -> None:
    wrong: Any = "ignore"
    with pytest.raises(ValueError, match='`on_mismatch` is "error" or "retrace", not \'ignore\''):
        trace(abs, tensor(1.0), on_mismatch=wrong)
