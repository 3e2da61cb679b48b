"""Attributes of a class that a static function binds: where a base had them before, and the run or staging fails."""

from typing import Any

import pytest

import eager as xp
from dy2static.decorator import to_static


class Base:
    made = 0


class Derived(Base):
    pass


def count(x: Any) -> Any:
    Derived.made += 1
    assert x > 0
    return Derived.made


def test_a_failed_call_leaves_the_class_as_it_was() -> None:
    function = to_static(count)
    for _ in range(2):
        with pytest.raises(AssertionError):
            function(xp.asarray(-1.0))
        assert "made" not in vars(Derived)
    assert function(xp.asarray(1.0)) == 1
    assert vars(Derived)["made"] == 1
    del Derived.made
    assert Base.made == 0


class Swallows:
    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> bool:
        return kind is not None and issubclass(kind, Exception)


def test_a_manager_asks_for_the_class_of_what_a_run_raises() -> None:
    def kept(x: Any) -> Any:
        with Swallows():
            assert x > 0
            x = x + 1
        return x

    function = to_static(kept)
    for value in (1.0, -1.0):
        assert float(function(xp.asarray(value))) == float(kept(xp.asarray(value)))


class Doubling(type):
    def __setattr__(cls, name: str, value: Any) -> None:
        super().__setattr__(name, value * 2)


class Counts(metaclass=Doubling):
    total: Any = 1.0


def test_a_metaclass_that_stores_by_itself() -> None:
    def adds(x: Any) -> Any:
        if x > 0:
            Counts.total = Counts.total + x
        return Counts.total * 1.0

    static = to_static(adds)
    type.__setattr__(Counts, "total", 1.0)
    expected = [float(adds(xp.asarray(v))) for v in (1.0, -1.0, 2.0)]
    type.__setattr__(Counts, "total", 1.0)
    assert [float(static(xp.asarray(v))) for v in (1.0, -1.0, 2.0)] == expected
