"""Guards written out as one function say what each guard says, whatever changes."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import to_static
from dy2static.cache.contents import content
from dy2static.cache.generated import Body
from dy2static.cache.guard_set import GuardSet, GuardWriter
from dy2static.cache.sources import MISSING, Guard, Source
from eager.parameter import Parameter
from graph.aval import Aval


class Base:
    rate = 0.5

    def method(self) -> int:
        return 1


class World(Base):
    """All kinds of places."""

    def __init__(self) -> None:
        self.number = 2.0
        self.text = "a"
        self.none = None
        self.thing = SimpleNamespace(x=1)
        self.tensor = xp.asarray([1.0, 2.0])
        self.parameter = Parameter(xp.asarray([1.0, 2.0]))
        self.alias = self.tensor
        self.items = [1, 2]
        self.table = {"a": 1, 2: "b"}
        self.members = {1, 2}
        self.array = np.arange(4.0)
        self.large = np.zeros(20_000)
        self.count = 3
        self.__dict__["class"] = 1  # a keyword
        value = 7

        def inner() -> int:
            return value

        self.cell: Any = (inner.__closure__ or ())[0]


def guards_of(w: World) -> list[Guard]:
    def attribute(name: str) -> Source:
        return Source("attribute", w, name, name)

    def identity(source: Source) -> Guard:
        return Guard(source, source.load(), "identity")

    def value(source: Source) -> Guard:
        return Guard(source, source.load(), "value")

    from_arrays = [attribute("array"), attribute("large")]
    return [
        *(value(attribute(name)) for name in ("number", "text", "none", "class")),
        identity(attribute("thing")),
        Guard(attribute("absent"), MISSING, "identity"),
        Guard(attribute("tensor"), Aval(w.tensor.dtype, (2,)), "tensor"),
        Guard(attribute("parameter"), Aval(w.tensor.dtype, (2,)), "tensor"),
        Guard(attribute("alias"), attribute("tensor"), "alias"),
        Guard(attribute("count"), int, "number"),
        *(Guard(s, content_of(s), "array") for s in from_arrays),
        value(Source("item", w.table, "a", "")),
        value(Source("item", w.table, 2, "")),
        value(Source("item", w.items, 1, "")),
        value(Source("length", w.items, None, "")),
        value(Source("items", w.table, None, "")),
        value(Source("items", w.members, None, "")),
        value(Source("cell", w.cell, None, "")),
        Guard(Source("class", World, "method", ""), MISSING, "identity"),
        identity(Source("class", Base, "method", "")),
        identity(Source("class", Base, "rate", "")),
        Guard(Source("own", w, "method", ""), MISSING, "identity"),
    ]


def content_of(source: Source) -> Any:
    from_there = content(source.load())
    assert from_there is not None
    return from_there.kept()


def replace_attributes(w: World) -> None:
    w.__dict__ = {**w.__dict__, "number": 3.0}


CHANGES: dict[str, Callable[[World], Any]] = {
    "nothing": lambda w: None,
    "a number": lambda w: setattr(w, "number", 3.0),
    "its type": lambda w: setattr(w, "number", 2),
    "its sign": lambda w: setattr(w, "number", -2.0),
    "an equal number": lambda w: setattr(w, "number", float("2.0")),
    "a text": lambda w: setattr(w, "text", "b"),
    "None": lambda w: setattr(w, "none", 0),
    "a keyword": lambda w: w.__dict__.update({"class": 2}),
    "an object": lambda w: setattr(w, "thing", SimpleNamespace(x=1)),
    "a deleted object": lambda w: delattr(w, "thing"),
    "what was absent": lambda w: setattr(w, "absent", None),
    "a tensor of that type": lambda w: (setattr(w, "tensor", xp.asarray([3.0, 4.0])), setattr(w, "alias", w.tensor)),
    "a tensor of another shape": lambda w: setattr(w, "tensor", xp.asarray([1.0])),
    "a tensor of another dtype": lambda w: setattr(w, "tensor", xp.asarray([1, 2])),
    "no tensor": lambda w: setattr(w, "tensor", [1.0, 2.0]),
    "another class of tensor": lambda w: setattr(w, "parameter", xp.asarray([1.0, 2.0])),
    "an alias": lambda w: setattr(w, "alias", xp.asarray([1.0, 2.0])),
    "another count": lambda w: setattr(w, "count", 4),
    "a count that is a float": lambda w: setattr(w, "count", 4.0),
    "a count that is a bool": lambda w: setattr(w, "count", True),
    "a count without end": lambda w: setattr(w, "count", 10**30),
    "an array in place": lambda w: w.array.__setitem__(0, 9.0),
    "a large array in place": lambda w: w.large.__setitem__(-1, 9.0),
    "an equal array": lambda w: setattr(w, "large", w.large.copy()),
    "the shape of an array": lambda w: setattr(w, "large", w.large.reshape(2, -1)),
    "zero to minus zero": lambda w: w.large.__setitem__(0, -0.0),
    "an array to none": lambda w: setattr(w, "array", None),
    "an item": lambda w: w.table.__setitem__("a", 2),
    "an item that is gone": lambda w: w.table.pop(2),
    "an item that is new": lambda w: w.table.__setitem__("c", 2),
    "an item of a list": lambda w: w.items.__setitem__(1, 5),
    "a longer list": lambda w: w.items.append(5),
    "a shorter list": lambda w: w.items.pop(),
    "the order of a dict": lambda w: w.table.__setitem__("a", w.table.pop("a")),
    "a set": lambda w: w.members.add(3),
    "a variable": lambda w: setattr(w.cell, "cell_contents", 8),
    "a variable that is gone": lambda w: delattr(w.cell, "cell_contents"),
    "a method of the object": lambda w: w.__dict__.update(method=lambda: 2),
    "all attributes": replace_attributes,
}


@pytest.mark.parametrize("what", CHANGES)
def test_it_says_what_the_guards_say(what: str) -> None:
    w = World()
    guards = guards_of(w)
    written = GuardSet(guards)
    assert written.hold()
    assert written.hold()
    assert written.hold()
    CHANGES[what](w)
    failing = [guard for guard in guards if not guard.holds()]
    assert written.hold() is (not failing)
    for guard in guards:  # each by itself, as one that fails hides others
        alone = GuardSet([guard])
        alone.hold()
        alone.hold()
        assert alone.hold() is guard.holds()
    assert bool(failing) is (
        what not in ("nothing", "an equal number", "a tensor of that type", "another count", "an equal array")
        and what != "another class of tensor"
    )


@pytest.mark.parametrize("name", ["method", "rate"])
def test_changes_of_classes(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    w = World()
    written = GuardSet(guards_of(w))
    assert [written.hold() for _ in range(3)] == [True] * 3
    with monkeypatch.context() as patch:
        patch.setattr(Base, name, 2)
        assert not written.hold()
    assert written.hold()
    if name == "method":
        monkeypatch.setattr(World, name, 2, raising=False)
        assert not written.hold()


def test_errors_of_user_code_come_out() -> None:
    class Odd:
        fails = False

        def __getattr__(self, name: str) -> Any:
            if self.fails:
                raise ZeroDivisionError(name)
            return 1

    odd = Odd()
    written = GuardSet([Guard(Source("attribute", odd, "x", "x"), 1, "value")])
    assert [written.hold() for _ in range(3)] == [True] * 3
    Odd.fails = True
    with pytest.raises(ZeroDivisionError):
        written.hold()


def test_what_is_read_is_read_once() -> None:
    class Counting:
        reads = 0

        def __getitem__(self, key: str) -> Any:
            self.reads += 1
            return 1

    table = Counting()
    source = Source("item", table, "k", "k")
    guards = [Guard(source, 1, "value"), Guard(Source("item", table, "k", "k"), 1, "identity")]
    body = Body(False)
    GuardWriter(body).write(guards)
    body.lines.append("return True")
    assert body.function("holds", "")() is True
    assert table.reads == 1


def test_every_attribute_of_a_module_is_seen() -> None:
    """A network: whatever of it changes, the next call knows."""

    def network() -> Any:
        class Net(xp.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.a, self.b = xp.nn.Linear(3, 4), xp.nn.Linear(4, 2)
                self.slope = 0.1

            def forward(self, x: Any) -> Any:
                h = self.a(x)
                return self.b(xp.where(h > 0, h, h * self.slope))

        return Net()

    net, x = network(), xp.asarray(np.ones((2, 3), np.float32))
    f = to_static(net)

    def check() -> None:
        with xp.no_grad():
            np.testing.assert_allclose(np.asarray(f(x)), np.asarray(net(x)), rtol=1e-5)

    def doubled(y: Any) -> Any:
        return y * 2

    for _ in range(3):
        check()
    net.slope = 0.5
    check()
    net.a = xp.nn.Linear(3, 4)
    check()
    net.b.weight = Parameter(xp.asarray(np.ones((2, 4), np.float32)))
    check()
    net.b.bias = None
    check()
    plain = net.a.forward
    net.a.forward = lambda y: doubled(plain(y))
    check()


@pytest.mark.parametrize("kind", ["list", "tuple of objects", "dict", "many lists", "dict in part"])
def test_many_items(kind: str) -> None:
    """Large containers are checked as a whole; very many guards one by one."""
    owner: Any = [float(i) for i in range(50)]
    owners = [owner]
    if kind == "tuple of objects":
        owners = [tuple(SimpleNamespace(i=i) for i in range(50))]
    elif kind in ("dict", "dict in part"):
        owners = [{f"k{i}": 10.0 * i for i in range(50)}]
    elif kind == "many lists":
        owners = [[float(i)] for i in range(1500)]
    guards: list[Guard] = []
    for x in owners:
        for key in list(x) if isinstance(x, dict) else range(len(x)):
            source = Source("item", x, key, "")
            guards.append(Guard(source, source.load(), "identity" if kind == "tuple of objects" else "value"))
    if kind == "dict in part":
        del guards[7]
    written = GuardSet(guards)
    assert [written.hold() for _ in range(3)] == [True] * 3
    x = owners[-1]
    if isinstance(x, tuple):
        return
    key = "k49" if isinstance(x, dict) else len(x) - 1
    before = x[key]
    x[key] = before * 1  # an equal number, another object
    assert written.hold()
    for value in (before + 1, int(before), None):
        x[key] = value
        assert not written.hold()
    x[key] = before
    assert written.hold()
    if isinstance(x, dict):
        x["k3"] = x.pop("k3")  # the order is a guard of its own
        assert written.hold()
        del x["k5"]
    else:
        x.pop()
    assert not written.hold()
