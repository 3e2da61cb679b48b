"""What a program was made for, besides the arguments: globals, closures, attributes."""

from collections import namedtuple
from types import SimpleNamespace
from typing import Any

import numpy as np

import eager as xp
from dy2static import to_static

SCALE = 2.0
NAMES = ["a", "b"]


def of_globals(x: Any) -> Any:
    return x * SCALE + len(NAMES)


class Model:
    rate = 0.5

    def __init__(self) -> None:
        self.h = xp.asarray([0.0])
        self.previous = xp.asarray([-1.0])
        self.count = 0
        self.on = True

    @to_static
    def step(self, x: Any) -> Any:
        self.previous = self.h
        self.h = self.h * self.rate + x
        self.count += 1
        return self.h if self.on else -self.h

    @to_static
    def held(self) -> Any:
        return self.h


def value(x: Any) -> float:
    return float(np.asarray(x).reshape(-1)[0])


def test_globals_are_read_anew(monkeypatch: Any) -> None:
    f = to_static(of_globals)
    x = xp.asarray([1.0])
    assert value(f(x)) == 4.0
    for scale in (3.0, 4.0, 5.0, 6.0):
        monkeypatch.setitem(globals(), "SCALE", scale)
        assert value(f(x)) == scale + 2
    assert len(f.programs) == 2
    monkeypatch.setitem(globals(), "NAMES", ["a", "b", "c"])
    assert value(f(x)) == 9.0
    assert "NAMES" in f.explain()
    monkeypatch.setitem(globals(), "SCALE", True)
    assert value(f(x)) == 4.0
    monkeypatch.setitem(globals(), "SCALE", 10.0)
    assert value(f(x)) == 13.0


def test_closures_are_read_anew() -> None:
    k = 1.0

    def f(x: Any) -> Any:
        return x + k

    static = to_static(f)
    for k in (1.0, 2.0, 3.0, 4.0):
        assert value(static(xp.asarray([0.0]))) == k
    assert len(static.programs) == 2


def test_state_after_five_calls() -> None:
    static, plain = Model(), Model()
    for i in range(5):
        x = xp.asarray([float(i)])
        assert value(static.step(x)) == value(Model.step.__dy2static_function__(plain, x))
        assert static.count == plain.count
        assert type(static.count) is int
        assert value(static.h) == value(plain.h)
        assert value(static.previous) == value(plain.previous)
    assert len(Model.step.programs) <= 3


def test_a_captured_tensor_is_returned_as_it_is_now() -> None:
    m = Model()
    assert m.held() is m.h
    m.h = xp.asarray([5.0])
    assert m.held() is m.h


def test_two_objects_share_no_answer() -> None:
    a, b = Model(), Model()
    b.on = False
    x = xp.asarray([1.0])
    assert value(a.step(x)) == 1.0
    assert value(b.step(x)) == -1.0
    assert (a.count, b.count) == (1, 1)


def test_class_attributes_are_read_anew_and_not_copied(monkeypatch: Any) -> None:
    m = Model()
    for rate in (0.5, 0.25, 2.0, 4.0):
        monkeypatch.setattr(Model, "rate", rate)
        m.h = xp.asarray([1.0])
        assert value(m.step(xp.asarray([0.0]))) == rate
        assert "rate" not in vars(m)


def test_two_names_of_one_tensor() -> None:
    w = xp.asarray([1.0])
    state = SimpleNamespace(a=w, b=w)

    def f(x: Any) -> Any:
        return x + state.a - state.b

    static = to_static(f)
    assert value(static(xp.asarray([0.0]))) == 0.0
    state.b = xp.asarray([5.0])
    assert value(static(xp.asarray([0.0]))) == -4.0


def test_a_failing_run_changes_nothing() -> None:
    state = SimpleNamespace(h=xp.asarray([1.0]), items=[1], table={"k": 1})

    def f(x: Any) -> Any:
        state.h = state.h + x
        state.items.append(2)
        state.table["k"] = 2
        assert x.sum() > 0, "not positive"
        return x

    static = to_static(f)
    before = state.h
    for _ in range(2):
        try:
            static(xp.asarray([-1.0]))
        except AssertionError as error:
            assert "not positive" in str(error)  # noqa: PT017
        assert state.h is before
        assert state.items == [1]
        assert state.table == {"k": 1}


Pair = namedtuple("Pair", "a c")


def test_objects_without_attributes_of_their_own_are_no_reason_for_another_program() -> None:
    """The fields of a namedtuple's class have no `__dict__`."""

    @to_static
    def first(x):
        pair = Pair(x, 1)
        return pair.a * len(pair.__class__._fields)

    programs = {id(first.program_for(xp.ones(2))) for _ in range(4)}
    assert len(programs) == 1


class Scaled:
    by: float = 2.0

    def __init__(self, x: Any) -> None:
        self.x = x

    @classmethod
    def of(cls, x: Any) -> "Scaled":
        return cls(x * cls.by)


class Half(Scaled):
    by = 0.5


def test_a_class_method_makes_one_program_until_it_is_replaced(monkeypatch: Any) -> None:
    """It is bound anew whenever it is read."""
    f = to_static(lambda x: Scaled.of(x).x + Half.of(x).x)
    x = xp.asarray([1.0])
    assert [value(f(x)) for _ in range(4)] == [2.5] * 4
    assert len(f.programs) == 1
    monkeypatch.setattr(Scaled, "of", classmethod(lambda cls, x: cls(x + 1.0)))
    assert value(f(x)) == 4.0
    assert "Scaled.of" in f.explain()


def test_a_tensor_that_a_run_takes_away() -> None:
    """The second kind of call reads it, and leaves None: the next of that kind has it again."""
    held = SimpleNamespace(x=None)

    def pairs(x: Any) -> Any:
        if held.x is None:
            held.x = x
            return x
        total, held.x = held.x + x, None
        return total

    f = to_static(pairs)
    assert [value(f(xp.asarray([float(i)]))) for i in range(8)] == [0, 1, 2, 5, 4, 9, 6, 13]
    assert len(f.programs) == 2
