"""Footguns 26 to 34: what users asked for, and found nowhere.

One test a line of the list at least, written from the behaviour that the line describes; the numbers are the list's.
"""

import importlib
import linecache
from typing import Any

import pytest

import dy2static
import eager as xp
from dy2static import Example, convert_source, step, to_static, trace
from dy2static.errors import ShadowWarning
from graph.errors import GraphError
from support.defining import define
from support.tensors import same, t

# 26. Two traces that disagree at one decision merge into one graph with a `cond`


def test_26_two_traces_merge_into_one_graph_with_a_cond() -> None:
    def f(x: Any) -> Any:
        y = x * x
        if xp.sum(x) > 0:
            y = y + 1
        return xp.sin(y)

    merged = trace(f, Example(t(1.0)), Example(t(-1.0)))  # no warning: nothing is baked in
    assert merged.decisions == ()
    assert len(merged.traces) == 1
    assert str(merged.graph).count("cond") == 1
    static = to_static(f)
    for value in (-3.0, -0.5, 0.0, 0.5, 3.0):
        same(merged(t(value)), static(t(value)))
        same(merged(t(value)), f(t(value)))


# 29. Shadow mode


def test_29_shadow_mode_reports_the_first_op_that_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    source = "def f(x):\n    y = x * 2\n    y -= 1\n    return y + 3\n"
    stores = importlib.import_module("dy2static.runtime.stores")
    monkeypatch.setitem(stores.IN_PLACE, "-", stores.IN_PLACE["+"])  # a mistake in the staged code alone
    f = to_static(define(source, "f", "model.py"), shadow=1.0)
    with pytest.warns(ShadowWarning, match=r"(?s)model.py:3.*y -= 1.*in the graph") as caught:
        same(f(t(1.0)), [4.0])
    assert (caught[0].filename, caught[0].lineno) == ("model.py", 3)


# 31. Declared dims


def test_31_one_text_declares_the_sizes_of_all_arguments_and_of_the_result() -> None:
    f = to_static(lambda x, w: x @ w, input_spec="b t 64, 64 h -> b t h")
    for b, n, h in ((0, 3, 5), (1, 1, 5), (2, 3, 1), (1000, 2, 0)):
        assert f(xp.zeros((b, n, 64)), xp.zeros((64, h))).shape == (b, n, h)
    assert len(f.programs) == 1
    assert "f64[b,t,64]" in str(f.graph)
    with pytest.raises(ValueError, match=r"axis 2 of `x` is declared as 64, it is 63"):
        f(xp.zeros((2, 3, 63)), xp.zeros((64, 5)))


def test_31_a_name_is_one_size_wherever_it_stands() -> None:
    f = to_static(lambda x, y: x + y, input_spec="n 2, n 2")
    with pytest.raises(ValueError, match="`n`"):
        f(xp.zeros((3, 2)), xp.zeros((4, 2)))


# 32. Step through the captured graph with the user's variable names, backwards too


def test_32_steps_have_the_users_names_and_go_backwards() -> None:
    def f(x: Any) -> Any:
        total = x * 0
        for value in x:
            total = total + value
        mean = total / 3
        return mean

    s = step(f, t(1.0, 2.0, 6.0)).last()
    same(s.values["mean"], [3.0, 3.0, 3.0])
    s.back(2)
    assert "mean" not in s.values
    assert s.trip == 3
    assert float(s.values["value"]) == 6.0
    assert len(s.history("total")) >= 3


# 33. Convert source given as a string


def test_33_source_given_as_a_string() -> None:
    f = convert_source("def relu(x):\n    return x if x > 0 else x * 0\n")
    assert [float(f(xp.asarray(v))) for v in (-1.0, 2.0)] == [0.0, 2.0]
    assert "cond" in str(f.graph)
    with pytest.raises(GraphError, match="return x @ x"):
        convert_source("def bad(x):\n    return x @ x[1:]\n")(t(1.0, 2.0))
    assert any(key.startswith("<dy2static source") for key in linecache.cache)


# 34. One call that clears every cache


def test_34_one_call_clears_every_cache() -> None:
    functions = [to_static(lambda x: x + 1), to_static(lambda x: x - 1)]
    for f in functions:
        f(t(1.0))
    dy2static.clear_caches()
    assert all(f.programs == [] for f in functions)
    same(functions[0](t(1.0)), [2.0])
