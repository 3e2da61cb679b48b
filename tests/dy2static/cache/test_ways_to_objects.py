"""Objects whose attributes are read are found on all ways that lead to them: as the object of a method, among the
arguments of a partial, as a default, in a set."""

import functools
import types
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

import eager as xp
from dy2static import to_static, trace
from graph.errors import TraceGuardError

HELD: list[Any] = [None]
"""Where a test puts what leads to the object."""


class Model:
    scale = 1.0

    def __init__(self) -> None:
        self.w = xp.asarray(1.0)
        self.n = 1
        self.items = [1.0]
        self.table = {"k": 1.0}

    def step(self, x: Any) -> Any:
        return x * self.w + self.n + sum(self.items) + self.table["k"] + self.scale

    def __call__(self, x: Any) -> Any:
        return self.step(x)

    @to_static
    def static(self, x: Any) -> Any:
        return self.step(x)

    @property
    def own(self) -> Callable[..., Any]:
        return self.step


class Wrapped:
    def __init__(self, f: Any) -> None:
        self.f = f

    def __call__(self, *args: Any) -> Any:
        return self.f(*args)


class Slotted:
    __slots__ = ("f",)

    def __init__(self, f: Any) -> None:
        self.f = f


@dataclass
class Settings:
    f: Any


def decorated(f: Any) -> Any:
    @functools.wraps(f)
    def inner(*args: Any) -> Any:
        return f(*args)

    return inner


def with_default(m: Any) -> Any:
    def inner(x: Any, o: Any = m) -> Any:
        return o.step(x)

    return inner


def with_named_default(m: Any) -> Any:
    def inner(x: Any, *, o: Any = m) -> Any:
        return o.step(x)

    return inner


def called(held: Any, x: Any) -> Any:
    return held(x)


def module_of(m: Any) -> Any:
    made = types.ModuleType("a_module_of_a_user")
    made.__dict__["f"] = m.step
    return made


WAYS: dict[str, tuple[Callable[[Any], Any], Callable[[Any, Any], Any]]] = {
    "a method": (lambda m: m.step, called),
    "a method in a list": (lambda m: [m.step], lambda held, x: held[0](x)),
    "a method in a dict": (lambda m: {"f": m.step}, lambda held, x: held["f"](x)),
    "a method in a tuple": (lambda m: (m.step,), lambda held, x: held[0](x)),
    "a method in a queue": (lambda m: deque([m.step]), lambda held, x: held[0](x)),
    "a method in an attribute": (lambda m: Settings(m.step), lambda held, x: held.f(x)),
    "a method in a slot": (lambda m: Slotted(m.step), lambda held, x: held.f(x)),
    "a method in a module": (module_of, lambda held, x: held.f(x)),
    "a method in what is called": (lambda m: Wrapped(m.step), called),
    "a decorated method": (lambda m: decorated(m.step), called),
    "a method that a property gives": (lambda m: m, lambda held, x: held.own(x)),
    "a method of a function": (lambda m: types.MethodType(lambda self, x: self.step(x), m), called),
    "a static method of a class": (lambda m: m.static, called),
    "a static function of a method": (lambda m: to_static(m.step), called),
    "the __call__ of an object": (lambda m: m.__call__, called),
    "a partial of a method": (lambda m: functools.partial(m.step), called),
    "a partial with the object": (lambda m: functools.partial(Model.step, m), called),
    "a partial with the object by name": (lambda m: functools.partial(lambda x, o: o.step(x), o=m), called),
    "a default": (with_default, called),
    "a default by name": (with_named_default, called),
    "an element of a set": (lambda m: {m}, lambda held, x: next(iter(held)).step(x)),
    "a key of a dict": (lambda m: {m: 1.0}, lambda held, x: next(iter(held)).step(x)),
    "a weak reference": (weakref.ref, lambda held, x: held().step(x)),
    "a method of a list": (lambda m: m.items.__getitem__, lambda held, x: x * held(0)),
    "a method of a dict": (lambda m: m.table.get, lambda held, x: x * held("k")),
    "a gradient of a method": (lambda m: m.step, lambda held, x: x * xp.grad(held)(x)),
}


def change(m: Model, i: int) -> None:
    match i:
        case 1:
            m.w = xp.asarray(5.0)
        case 2:
            m.n = 7
        case 3:
            m.items.append(2.0)
        case 4:
            m.table["k"] = 4.0
        case 5:
            m.items[0] = -1.0
        case 6:
            m.scale = 9.0
        case _:
            m.w += 1.0


@pytest.mark.parametrize("way", WAYS)
def test_static(way: str) -> None:
    hold, read = WAYS[way]
    m, other = Model(), Model()
    HELD[0] = hold(m)
    held = hold(other)
    f = to_static(lambda x: read(HELD[0], x))
    for i in range(8):
        change(m, i)
        change(other, i)
        assert float(f(xp.asarray(2.0))) == float(read(held, xp.asarray(2.0))), f"{way}, change {i}"


@pytest.mark.parametrize("way", WAYS)
def test_traced(way: str) -> None:
    """A trace replays with what is there now, or says that it was made for something else."""
    hold, read = WAYS[way]
    m = Model()
    held = hold(m)
    f = trace(lambda x: read(held, x), xp.asarray(2.0))
    refused = 0
    for i in range(8):
        change(m, i)
        try:
            found = float(f(xp.asarray(2.0)))
        except TraceGuardError:
            refused += 1
        else:
            assert found == float(read(held, xp.asarray(2.0))), f"{way}, change {i}"
    assert refused < 8
