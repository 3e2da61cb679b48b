"""What a program reads where conversion does not see the name: in properties and operators, by a text, in sets, in
arrays that change in place; and methods that are replaced."""

import copy
import functools
import operator
import weakref
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import StagingError, to_static

ARRAY = np.array([1.0, 2.0])
FACTOR = 3.0
NAME = "h"


def scaled(x: Any) -> Any:
    return x * FACTOR


class Thing:
    __match_args__ = ("h",)

    def __init__(self) -> None:
        self.h = 1.0
        self.items = [1.0]

    @property
    def doubled(self) -> float:
        return self.h * 2

    @property
    def by_a_global(self) -> float:
        return scaled(self.h)

    @functools.cached_property
    def cached(self) -> float:
        return self.h * 2

    def __getattr__(self, name: str) -> float:
        if name == "made_up":
            return self.h + 5
        raise AttributeError(name)

    def __len__(self) -> int:
        return int(self.h)

    def __add__(self, x: Any) -> Any:
        return x + self.h

    def method(self, x: Any) -> Any:
        return x * 2

    def added(self, x: Any) -> Any:
        return x + self.h if x > 0 else x


READS: dict[str, Callable[[Thing, Any], Any]] = {
    "a property": lambda o, x: x + o.doubled,
    "getattr": lambda o, x: x + getattr(o, "h"),  # noqa: B009
    "getattr of a text made up": lambda o, x: x + getattr(o, "".join(["h"])),
    "__getattr__": lambda o, x: x + o.made_up,
    "__len__": lambda o, x: x + len(o),
    "an operator": lambda o, x: o + x,
    "vars": lambda o, x: x + vars(o)["h"],
    "__dict__": lambda o, x: x + o.__dict__["h"],
    "operator.attrgetter": lambda o, x: x + operator.attrgetter("h")(o),
    "operator.methodcaller": lambda o, x: operator.methodcaller("added", x)(o),
    "a class pattern": lambda o, x: by_pattern(o, x),
    "a class pattern by position": lambda o, x: by_position(o, x),
    "copy.copy": lambda o, x: x + getattr(copy.copy(o), NAME),
    "copy.deepcopy": lambda o, x: x + getattr(copy.deepcopy([o])[0], NAME),
    "the vars of a copy": lambda o, x: x + vars(copy.copy(o))[NAME],
}


def by_pattern(o: Any, x: Any) -> Any:
    match o:
        case Thing(h=10.0, items=[first, *_]):
            return x * first
        case Thing(h=found):
            return x + found


def by_position(o: Any, x: Any) -> Any:
    match o:
        case Thing(found):
            return x + found


@pytest.mark.parametrize("how", READS)
def test_an_attribute_that_is_read(how: str) -> None:
    read, thing, x = READS[how], Thing(), xp.asarray(1.0)
    f = to_static(lambda x: read(thing, x))
    for h in (1.0, 10.0, 20.0, 10.0):
        thing.h = h
        assert float(f(x)) == float(read(thing, x)), how


def test_a_list_in_a_class_pattern() -> None:
    thing, x = Thing(), xp.asarray(2.0)
    thing.h = 10.0
    f = to_static(lambda x: by_pattern(thing, x))
    for items in ([1.0], [5.0, 2.0], [], [4.0]):
        thing.items = items
        assert float(f(x)) == float(by_pattern(thing, x))


def test_a_context_variable_and_a_weak_reference() -> None:
    scale: ContextVar[float] = ContextVar("scale", default=2.0)
    things = [Thing(), Thing()]
    things[1].h = 5.0
    held = [weakref.ref(things[0])]
    f = to_static(lambda x: x * scale.get() + scale.get(3.0) + held[0]().h)
    x = xp.asarray(1.0)
    assert float(f(x)) == 6.0
    scale.set(4.0)
    assert float(f(x)) == 9.0
    held[0] = weakref.ref(things[1])
    assert float(f(x)) == 13.0
    things[1].h = 6.0
    assert float(f(x)) == 14.0


def test_a_global_behind_a_property(monkeypatch: pytest.MonkeyPatch) -> None:
    thing = Thing()
    f = to_static(lambda x: x + thing.by_a_global)
    assert float(f(xp.asarray(1.0))) == 4.0
    monkeypatch.setitem(globals(), "FACTOR", 5.0)
    assert float(f(xp.asarray(1.0))) == 6.0


def test_attributes_that_appear() -> None:
    thing = Thing()
    asked = to_static(lambda x: x * 2 if hasattr(thing, "extra") else x)
    default = to_static(lambda x: x + getattr(thing, "extra", 7.0))
    x = xp.asarray(1.0)
    assert (float(asked(x)), float(default(x))) == (1.0, 8.0)
    thing.extra = 1.0
    assert (float(asked(x)), float(default(x))) == (2.0, 2.0)
    del thing.extra
    assert (float(asked(x)), float(default(x))) == (1.0, 8.0)


def test_methods_that_are_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    thing, x = Thing(), xp.asarray(1.0)
    f = to_static(lambda x: thing.method(x))
    assert float(f(x)) == 2.0
    thing.method = lambda x: x * 7  # type: ignore[method-assign]
    assert float(f(x)) == 7.0
    del thing.method
    assert float(f(x)) == 2.0
    monkeypatch.setattr(Thing, "method", lambda self, x: x * 9)
    assert float(f(x)) == 9.0


def test_contents_of_containers() -> None:
    members, order, queue = {1, 2}, {"a": 1.0, "b": 2.0}, deque([1.0, 2.0])

    def read(x: Any) -> Any:
        for key in order:
            x = x * 2 + order[key]
        return x + (3 in members) + sum(queue)

    f, x = to_static(read), xp.asarray(1.0)
    assert float(f(x)) == float(read(x))
    members.remove(2)
    members.add(3)
    assert float(f(x)) == float(read(x))
    order["a"] = order.pop("a")
    assert float(f(x)) == float(read(x))
    queue[0] = 9.0
    assert float(f(x)) == float(read(x))


def test_arrays_that_change_in_place() -> None:
    f = to_static(lambda x: x + ARRAY if ARRAY[0] < 30 else x)
    large = np.zeros(100_000)
    g = to_static(lambda x: x + large[-1])
    x = xp.asarray([1.0, 1.0])
    try:
        for first in (1.0, 20.0, 50.0):
            ARRAY[0] = large[-1] = first
            assert float(f(x)[0]) == (1.0 + first if first < 30 else 1.0)
            assert float(g(x)[0]) == 1.0 + first
    finally:
        ARRAY[0] = 1.0
    assert "changed in place" in f.explain()


def test_one_container_passed_twice() -> None:
    def change(xs: Any, ys: Any, x: Any) -> Any:
        xs.append(x)
        xs[0] = x * 2
        return ys[0], len(ys)

    f, x = to_static(change), xp.asarray(3.0)
    for _ in range(2):
        apart, other, twice = [xp.asarray(1.0)], [xp.asarray(1.0)], [xp.asarray(1.0)]
        first, count = f(apart, other, x)
        assert (float(first), count, len(apart)) == (1.0, 1, 2)
        first, count = f(twice, twice, x)
        assert (float(first), count, len(twice)) == (6.0, 2, 2)


def test_an_argument_that_has_another_name() -> None:
    thing = Thing()

    def change(xs: Any, x: Any) -> Any:
        xs.append(x)
        return len(thing.items)

    with pytest.raises(StagingError, match=r"an argument is changed in place, and it is also .*items"):
        to_static(change)(thing.items, xp.asarray(1.0))
    assert thing.items == [1.0]


def test_a_list_from_outside_that_changes_in_branches() -> None:
    thing = Thing()
    held = thing.items

    @to_static
    def keep(xs: Any) -> Any:
        for x in xs:
            if x > 0:
                thing.items.append(x)
        return thing.items

    for _ in range(3):
        assert keep(xp.asarray([1.0, -1.0, 2.0])) is held
    assert [float(v) for v in held] == [1.0] + [1.0, 2.0] * 3
