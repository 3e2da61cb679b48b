"""What containers and views outside hold is seen to change, whatever they are."""

import array
import functools
import types
from collections import ChainMap, Counter, OrderedDict, UserDict, UserList, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import to_static


@dataclass(slots=True)
class Slotted:
    n: float
    items: list[float]


class Sequenced:
    def __init__(self, items: list[float]) -> None:
        self._items = items

    def __getitem__(self, i: int) -> float:
        return self._items[i]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[float]:
        return iter(self._items)

    def __contains__(self, x: float) -> bool:
        return x in self._items


class Mapped(Mapping[str, float]):
    def __init__(self, table: dict[str, float]) -> None:
        self.table = table

    def __getitem__(self, key: str) -> float:
        return self.table[key]

    def __len__(self) -> int:
        return len(self.table)

    def __iter__(self) -> Iterator[str]:
        return iter(self.table)


class Open(dict[str, float]):
    """A dict whose items are attributes."""

    def __getattr__(self, name: str) -> float:
        return self[name]


class Stored:
    """An object that keeps its attributes itself, and raises KeyError for one that is missing."""

    def __init__(self) -> None:
        object.__setattr__(self, "_store", {"a": 1.0})

    def __getattr__(self, name: str) -> float:
        return self._store[name]

    def __setattr__(self, name: str, value: float) -> None:
        self._store[name] = value


def table() -> dict[str, float]:
    return {"a": 1.0, "b": 2.0}


def pair(made: Any, view: Callable[[Any], Any] = lambda x: x) -> tuple[Any, Any]:
    return made, view(made)


def set_a(made: Any, i: int) -> None:
    made["a"] = float(i)


def set_first(made: Any, i: int) -> None:
    made[0] = float(i)


def set_attribute(made: Any, i: int) -> None:
    made.a = float(i)


def add(made: Any, i: int) -> None:
    made.append(float(i))


def function_with_an_attribute() -> Any:
    def f() -> None:
        pass

    vars(f)["a"] = 0.0
    return f


CASES: dict[str, tuple[Callable[[], Any], Callable[[Any, int], Any], Callable[[Any, Any], Any]]] = {
    "values of a dict": (lambda: pair(table(), dict.values), set_a, lambda c, x: x + sum(c)),
    "items of a dict": (lambda: pair(table(), dict.items), set_a, lambda c, x: x + sum(v for _, v in c)),
    "keys of a dict": (lambda: pair(table(), dict.keys), lambda d, i: d.update({str(i): 1}), lambda c, x: x + len(c)),
    "a mapping proxy": (lambda: pair(table(), types.MappingProxyType), set_a, lambda c, x: x + c["a"]),
    "a chain of dicts": (lambda: pair(table(), lambda d: ChainMap({}, d)), set_a, lambda c, x: x + c["a"]),
    "a UserDict": (lambda: pair(UserDict(table())), set_a, lambda c, x: x + c["a"]),
    "a UserList": (lambda: pair(UserList([1.0, 2.0])), add, lambda c, x: x + sum(c)),
    "a Counter": (
        lambda: pair(Counter("aab")),
        lambda d, i: d.update("b" * i),
        lambda c, x: x + c.most_common(1)[0][1],
    ),
    "the order of a dict": (
        lambda: pair(OrderedDict(table())),
        lambda d, _: d.move_to_end(next(iter(d))),
        lambda c, x: x + next(iter(c.values())),
    ),
    "a queue": (lambda: pair(deque([1.0, 2.0])), lambda d, _: d.rotate(1), lambda c, x: x + c[0]),
    "an array": (lambda: pair(array.array("d", [1.0])), set_first, lambda c, x: x + c[0]),
    "a memory view": (lambda: pair(array.array("d", [1.0]), memoryview), set_first, lambda c, x: x + c[0]),
    "a byte array": (lambda: pair(bytearray(b"ab")), lambda d, i: d.__setitem__(0, i), lambda c, x: x + c[0]),
    "a slot": (lambda: pair(Slotted(1.0, [])), lambda d, i: setattr(d, "n", float(i)), lambda c, x: x + c.n),
    "a list in a slot": (lambda: pair(Slotted(1.0, [])), lambda d, i: d.items.append(i), lambda c, x: x + len(c.items)),
    "an item of a sequence": (lambda: pair([1.0, 2.0], Sequenced), set_first, lambda c, x: x + c[0]),
    "a sequence": (lambda: pair([1.0, 2.0], Sequenced), add, lambda c, x: x + sum(c)),
    "what is in a sequence": (lambda: pair([1.0], Sequenced), add, lambda c, x: x + (3.0 in c)),
    "a mapping": (lambda: pair(table(), Mapped), set_a, lambda c, x: x + sum(c.values()) + c.get("a")),
    "a dict with attributes": (lambda: pair(Open(table())), set_a, lambda c, x: x + c.a),
    "an object with a store": (lambda: pair(Stored()), set_attribute, lambda c, x: x + c.a),
    "an element with a store": (lambda: pair(Stored(), lambda s: {s}), set_attribute, lambda c, x: x + next(iter(c)).a),
    "a namespace": (lambda: pair(types.SimpleNamespace(a=1.0)), set_attribute, lambda c, x: x + c.a),
    "a class": (lambda: pair(type("T", (), {"a": 1.0})), set_attribute, lambda c, x: x + c.a + c().a),
    "an attribute of a function": (lambda: pair(function_with_an_attribute()), set_attribute, lambda c, x: x + c.a),
    "an exception": (
        lambda: pair(ValueError([1.0])),
        lambda d, i: set_first(d.args[0], i),
        lambda c, x: x + c.args[0][0],
    ),
    "a view of an array": (lambda: pair(np.ones(3), lambda a: a[:2]), set_first, lambda c, x: x + c[0]),
    "an array of objects": (lambda: pair(np.array([1.0, None], object)), set_first, lambda c, x: x + c[0]),
}


PLACES = ("closure", "attribute", "argument")
NO_ARGUMENT = ("an array of objects",)
"""What cannot be given to a function: an array that is given is a tensor."""


@pytest.mark.parametrize(
    ("case", "place"),
    [(case, place) for case in CASES for place in PLACES if place != "argument" or case not in NO_ARGUMENT],
)
def test_what_is_read_of_it(case: str, place: str) -> None:
    make, change, read = CASES[case]
    (made, held), (plain, expected) = make(), make()
    box = types.SimpleNamespace(held=held)
    ways: dict[str, Callable[[Any], Any]] = {
        "closure": to_static(lambda x: read(held, x)),
        "attribute": to_static(lambda x: read(box.held, x)),
        "argument": functools.partial(to_static(lambda c, x: read(c, x)), held),
    }
    f = ways[place]
    for i in range(5):
        if i:
            change(made, i)
            change(plain, i)
        x = xp.asarray(1.0)
        assert float(f(x)) == float(read(expected, x)), f"{case}, change {i}"


@pytest.mark.parametrize("held", [bytearray(b"ab"), array.array("d", [1.0])], ids=["bytearray", "array"])
def test_an_argument_that_stays_as_it_is_asks_for_one_program(held: Any) -> None:
    f = to_static(lambda c, x: x + c[0])
    for x in (1.0, 2.0, 3.0):
        assert float(f(held, xp.asarray(x))) == x + held[0]
    assert len(f.programs) == 1
