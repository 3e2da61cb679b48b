"""Calls with fresh objects of plain classes: one program, the state of each object its own."""

import gc
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import to_static


class Inner:
    def __init__(self, w: float) -> None:
        self.w = xp.asarray(w)
        self.parent: Any = None


class Thing:
    rate = 2.0

    def __init__(self, n: int = 1, w: float = 1.0) -> None:
        self.n = n
        self.w = xp.asarray(w)
        self.inner = Inner(w + 1)
        self.rows: list[Any] = []
        self.table: dict[str, Any] = {"a": xp.asarray(w)}
        self.seen: set[int] = set()

    def scaled(self, x: Any) -> Any:
        return x * self.w * self.rate

    @to_static
    def method(self, x: Any) -> Any:
        if x > 0:
            self.w = self.w + x
        return self.w * self.n


DEFAULT = Thing()
REGISTRY: list[Any] = []


def num(x: float) -> Any:
    return xp.asarray(x)


def state(thing: Thing) -> Any:
    """All that a thing holds, to compare."""
    inner = (float(thing.inner.w), thing.inner.parent is thing)
    table = {k: float(v) for k, v in thing.table.items()}
    return thing.n, float(thing.w), inner, list(map(float, thing.rows)), table, thing.seen


def reads(o: Any, x: Any) -> Any:
    return o.scaled(x) + o.inner.w + o.table["a"] * o.n


def writes(o: Any, x: Any) -> Any:
    if x > 0:
        o.w = o.w * x
        o.inner.w = o.inner.w + 1
    o.inner.parent = o
    o.table["b"] = x + o.w
    o.seen.add(3)
    return o.w


def in_place(o: Any, x: Any) -> Any:
    o.w += x
    o.inner.w[...] = o.w
    return o.w * 2


def appends(o: Any, x: Any) -> Any:
    while x > 0:
        o.rows.append(x)
        x = x - 1
    return len(o.rows)


def appends_once(o: Any, x: Any) -> Any:
    o.rows.append(x)
    return x


@pytest.mark.parametrize("function", [reads, writes, in_place, appends, appends_once])
def test_one_program_serves_fresh_objects(function: Callable[..., Any]) -> None:
    static = to_static(function)
    for i in range(6):
        w, x = 1.0 + i, num(float(i % 3))
        plain, own = Thing(w=w), Thing(w=w)
        for _ in range(3 if i == 4 else 1):  # one of them stays a while
            expected, found = function(plain, x), static(own, x)
            assert float(found) == float(expected)
            assert state(own) == state(plain)
    others = {appends: 2, writes: 1}  # a container of another length that is looked at is another program
    assert static.cache.made == 1 + others.get(function, 0), static.explain()


def test_methods_of_fresh_and_of_lasting_objects() -> None:
    Thing.method.cache.clear()
    first, second = Thing(w=1.0), Thing(w=2.0)
    for i in range(4):
        assert float(first.method(num(1.0))) == 2.0 + i
        assert float(second.method(num(1.0))) == 3.0 + i
        assert float(Thing(w=10.0).method(num(2.0))) == 12.0
    assert (float(first.w), float(second.w)) == (5.0, 6.0)
    assert Thing.method.cache.made == 1, Thing.method.explain()


def test_numbers_of_fresh_objects_become_inputs() -> None:
    static = to_static(reads)
    for n in (1, 2, 3, 4, 7):
        assert float(static(Thing(n), num(1.0))) == float(reads(Thing(n), num(1.0)))
    assert static.cache.made == 2
    assert "o.n was 1, it is 2 now" in static.explain()


def test_sizes_beside_fresh_objects_become_free() -> None:
    static = to_static(reads)
    for size in (2, 3, 4, 5):
        np.testing.assert_array_equal(static(Thing(), xp.ones(size)), reads(Thing(), xp.ones(size)))
    assert static.cache.made == 2


def test_what_decides_on_the_object_makes_another_program() -> None:
    def decides(o: Any, x: Any) -> Any:
        return x * o.n if o.kind == "product" else x + o.n

    static = to_static(decides)
    for kind in ("product", "sum", "product", "sum", "other"):
        plain: Any = Thing(3)
        plain.kind = kind
        assert float(static(plain, num(5.0))) == float(decides(plain, num(5.0)))
    assert static.cache.made == 3


def test_identity_is_not_lost() -> None:
    def asks(o: Any, p: Any, x: Any) -> Any:
        if o is DEFAULT:
            return x
        if o is p or o.inner is p.inner:
            return x * 2
        return x * 3

    static = to_static(asks)
    a, b, c = Thing(), Thing(), Thing()
    c.inner = b.inner
    for args in ((a, b), (b, a), (a, a), (b, b), (DEFAULT, a), (a, DEFAULT), (b, c), (c, b), (Thing(), Thing())):
        for _ in range(2):
            assert float(static(*args, num(1.0))) == float(asks(*args, num(1.0)))


def test_the_owner_and_defaults_are_not_taken_for_arguments() -> None:
    marker = Thing()

    class Owner:
        n = 1

        def asks(self, o: Any, x: Any, other: Any = marker) -> Any:
            return x * 2 if o is self or o is other else x * self.n

    owner = Owner()
    static = to_static(owner.asks)
    for o in (Thing(), Thing(), marker, Thing(), Owner(), owner):
        assert float(static(o, num(1.0))) == float(owner.asks(o, num(1.0)))


def test_a_registry_knows_its_objects() -> None:
    def known(o: Any, x: Any) -> Any:
        if o in REGISTRY:
            return x * 2
        REGISTRY.append(o)
        return x

    static = to_static(known)
    REGISTRY.clear()
    things = [Thing() for _ in range(3)]
    try:
        for thing in (*things, *things):
            before = list(REGISTRY)
            expected = 2.0 if thing in before else 1.0
            assert float(static(thing, num(1.0))) == expected
            assert len(REGISTRY) == len(before) + (expected == 1.0)
            assert REGISTRY[-1] is thing or expected == 2.0
    finally:
        REGISTRY.clear()


def test_shared_parts_are_told_apart() -> None:
    def both(o: Any, x: Any) -> Any:
        o.left.append(x)
        return len(o.right)

    static = to_static(both)
    for is_shared in (False, True, False, True):
        results: list[int] = []
        for function in (static, both):
            o: Any = Inner(1.0)
            o.left = []
            o.right = o.left if is_shared else []
            results.append(int(function(o, num(1.0))))
        assert results[0] == results[1]


def test_shared_tensors_are_told_apart() -> None:
    def both(o: Any, x: Any) -> Any:
        o.a += x
        return o.b * 1.0

    static = to_static(both)
    for is_shared in (False, False, True, False, True, True):
        results: list[float] = []
        for function in (static, both):
            o: Any = Inner(1.0)
            o.a = num(1.0)
            o.b = o.a if is_shared else num(1.0)
            results.append(float(function(o, num(1.0))))
        assert results[0] == results[1]


def test_results_are_of_the_object_of_the_call() -> None:
    def parts(o: Any, x: Any) -> Any:
        o.w = o.w + x
        return o, o.inner, o.rows, [o], o.table

    static = to_static(parts)
    for _ in range(4):
        o = Thing()
        whole, inner, rows, (again,), table = static(o, num(1.0))
        assert whole is o
        assert again is o
        assert inner is o.inner
        assert rows is o.rows
        assert table is o.table


def test_texts_show_the_object_of_the_call(capsys: pytest.CaptureFixture[str]) -> None:
    def shows(o: Any, x: Any) -> Any:
        print(o)
        print(f"{[o.inner]} {o.n}")
        return x + o.n

    static = to_static(shows)
    for _ in range(3):
        o = Thing()
        static(o, num(1.0))
        assert capsys.readouterr().out == f"{o}\n{[o.inner]} 1\n"
    assert "the address of an object" in static.explain()


def test_what_asks_for_the_id_gets_that_of_the_call() -> None:
    def identifies(o: Any, x: Any) -> Any:
        return x + o.n, id(o)

    static = to_static(identifies)
    for _ in range(3):
        o = Thing()
        assert static(o, num(1.0))[1] == id(o)


def test_members_of_the_object_itself() -> None:
    static = to_static(lambda o, x: o.scaled(x))
    assert float(static(Thing(), num(1.0))) == 2.0
    other: Any = Thing()
    other.scaled = lambda x: x * 100
    assert float(static(other, num(1.0))) == 100.0
    assert float(static(Thing(), num(1.0))) == 2.0
    other = Thing()
    other.rate = 5.0
    assert float(static(other, num(1.0))) == 5.0


def test_attributes_that_are_there_on_some_objects_only() -> None:
    def asks(o: Any, x: Any) -> Any:
        return x * o.extra if hasattr(o, "extra") else x

    static = to_static(asks)
    for extra in (None, 3.0, None, 4.0, 5.0):
        o: Any = Thing()
        if extra is not None:
            o.extra = extra
        assert float(static(o, num(1.0))) == (extra or 1.0)


@pytest.mark.parametrize("executor", ["interpreter", "numpy", "native"])
def test_gradients(executor: Any) -> None:
    def loss(o: Any, x: Any) -> Any:
        while x < 10:
            x = x * o.inner.w
        return x * o.w

    static = to_static(loss, executor=executor)
    for w in (2.0, 3.0, 1.5):
        expected = float(xp.grad(loss, 1)(Thing(w=w), num(1.0)))
        assert float(static.grad(1)(Thing(w=w), num(1.0))) == expected
        assert float(xp.grad(static, 1)(Thing(w=w), num(1.0))) == expected
        results: list[float] = []
        for function in (loss, static):
            o = Thing()
            o.w = xp.Parameter(num(w))
            function(o, num(1.0)).backward()
            results.append(float(o.w.grad))
        assert results[0] == results[1]


def test_objects_within_containers() -> None:
    @dataclass
    class Pair:
        thing: Any
        scale: Any

    def scaled(pairs: Any, x: Any) -> Any:
        for pair in pairs:
            x = x * pair.thing.w + pair.scale
            pair.thing.rows.append(x)
        return x

    static = to_static(scaled)
    for w in (1.0, 2.0, 3.0):
        plain, own = ([Pair(Thing(w=w + i), num(w)) for i in range(2)] for _ in range(2))
        assert float(static(own, num(1.0))) == float(scaled(plain, num(1.0)))
        assert [state(p.thing) for p in own] == [state(p.thing) for p in plain]
    assert static.cache.made == 1


def test_fresh_objects_are_freed() -> None:
    static = to_static(writes)
    static(Thing(), num(1.0))
    refs: list[Any] = []
    for _ in range(40):
        o = Thing()
        refs.append(weakref.ref(o))
        static(o, num(1.0))
    del o
    gc.collect()
    assert sum(ref() is not None for ref in refs) <= 2
    assert len(static.programs) <= 2


def test_objects_that_stand_for_themselves_are_named() -> None:
    class Table(dict[str, Any]):
        pass

    static = to_static(lambda config, x: x * config["k"])
    for k in (1.0, 2.0):
        assert float(static(Table(k=k), num(1.0))) == k
    assert (
        "`config` is another object of class Table than before; pass what differs as tensors and numbers, or make it a "
        "container: a dataclass, or a class registered with `eager.register_pytree`" in static.explain()
    )


def test_threads_with_objects_of_their_own() -> None:
    static = to_static(writes)
    errors: list[Any] = []

    def work(seed: int) -> None:
        for i in range(20):
            plain, own = Thing(w=float(seed + i)), Thing(w=float(seed + i))
            expected, found = writes(plain, num(2.0)), static(own, num(2.0))
            if float(found) != float(expected) or state(own) != state(plain):
                errors.append((seed, i))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert static.cache.made <= 2, static.explain()
