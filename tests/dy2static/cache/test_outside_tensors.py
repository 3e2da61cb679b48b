"""Tensors that a function finds outside have another value in each call, also where it copies them or differentiates
with respect to them."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import to_static, trace
from graph.errors import UnsupportedError


class Model:
    def __init__(self) -> None:
        self.w = xp.asarray([1.0, 2.0])


class Learned(Model):
    def __init__(self) -> None:
        super().__init__()
        self.p = xp.Parameter([1.0])


def changed_copy(m: Any, x: Any) -> Any:
    kept = m.w.copy()
    kept += x
    return kept, m.w


def in_a_branch(m: Any, x: Any) -> Any:
    return m.w.copy() if x > 0 else copy.copy(m.w)


def in_a_loop(m: Any, x: Any) -> Any:
    best = m.w.copy()
    while x < 5:
        x = x + 1
        best = best + m.w.copy()
    return best


def by_the_tape(m: Any, x: Any) -> Any:
    w = m.w.detach()
    w.requires_grad = True
    (w * w * x).sum().backward()
    return w.grad


def pulled_back(m: Any, x: Any) -> Any:
    y, pullback = xp.vjp(lambda w: w * w * x, m.w)
    return y, pullback(y)


READS: dict[str, Callable[[Any, Any], Any]] = {
    "copy": lambda m, x: m.w.copy() * x,
    "clone": lambda m, x: (m.w.clone(), x),
    "copy.copy": lambda m, x: (copy.copy(m.w), x),
    "copy.deepcopy": lambda m, x: (copy.deepcopy(m.w), x),
    "a deep copy of a list": lambda m, x: copy.deepcopy([m.w, x]),
    "a deep copy of the object": lambda m, x: (copy.deepcopy(m).w, x),
    "xp.copy": lambda m, x: (xp.copy(m.w), x),
    "asarray with copy": lambda m, x: (xp.asarray(m.w, copy=True), x),
    "astype": lambda m, x: (m.w.astype("float64"), x),
    "plus": lambda m, x: (+m.w, x),
    "map": lambda m, x: [*map(copy.copy, [m.w, x])],
    "a copy that changes": changed_copy,
    "in a branch": in_a_branch,
    "in a loop": in_a_loop,
    "grad": lambda m, x: xp.grad(lambda w: (w * w * x).sum())(m.w),
    "value_and_grad": lambda m, x: xp.value_and_grad(lambda w: (w * w * x).sum())(m.w),
    "grad of a dict": lambda m, x: xp.grad(lambda p: (p["w"] * p["w"] * x).sum())({"w": m.w}),
    "second order": lambda m, x: xp.grad(lambda w: xp.grad(lambda v: (v * v * w).sum())(m.w).sum())(m.w),
    "vjp": pulled_back,
    "jvp": lambda m, x: xp.jvp(lambda w: w * w * x, (m.w,), (m.w,)),
    "backward": by_the_tape,
}


def flat(value: Any) -> Any:
    if isinstance(value, dict):
        return flat(list(value.values()))
    return [flat(x) for x in value] if isinstance(value, list | tuple) else np.asarray(value).tolist()


@pytest.mark.parametrize("how", READS)
def test_static(how: str) -> None:
    m, read = Model(), READS[how]
    f = to_static(lambda x: read(m, x))
    for i in range(4):
        m.w = xp.asarray([1.0 + i, 2.0 - i])
        x = xp.asarray(1.0)
        assert flat(f(x)) == flat(read(m, x)), f"{how}, call {i}"
    assert len(f.cache.programs()) == 1


@pytest.mark.parametrize("how", [how for how in READS if how not in ("in a branch", "in a loop")])
def test_traced(how: str) -> None:
    m, read = Model(), READS[how]
    f = trace(lambda x: read(m, x), xp.asarray(1.0))
    for i in range(4):
        m.w = xp.asarray([1.0 + i, 2.0 - i])
        x = xp.asarray(1.0)
        assert flat(f(x)) == flat(read(m, x)), f"{how}, call {i}"


@pytest.mark.parametrize("data", ["m.w", "[m.w[0], 1.0]", "m.p"])
def test_a_parameter_is_not_made_of_one(data: str) -> None:
    m = Learned()
    makes: dict[str, Callable[[Any], Any]] = {
        "m.w": lambda x: xp.Parameter(m.w) * x,
        "[m.w[0], 1.0]": lambda x: xp.Parameter([m.w[0], 1.0]) * x,
        "m.p": lambda x: copy.deepcopy(m.p) * x,
    }
    with pytest.raises(UnsupportedError, match="cannot be made from a value of a graph"):
        to_static(makes[data])(xp.asarray(1.0))
