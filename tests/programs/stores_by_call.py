"""Stores that the source writes as calls, and classes that store by a function of their own."""

import operator
from collections import OrderedDict, deque
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import eager as xp
from eager import nn
from support.programs import f64, program

UP, DOWN = [f64([1.5, 2.0])], [f64([-1.5, 2.0])]


class Watched:
    """Counts its stores."""

    def __init__(self, a):
        object.__setattr__(self, "stores", 0)
        self.a = a

    def __setattr__(self, name, value):
        object.__setattr__(self, "stores", self.stores + 1)
        object.__setattr__(self, name, value)


class Doubling(Watched):
    def __setattr__(self, name, value):
        super().__setattr__(name, value * 2.0)


@dataclass(frozen=True)
class Scaled:
    a: Any
    twice: Any = None

    def __post_init__(self):
        object.__setattr__(self, "twice", self.a * 2.0)


@program(UP, DOWN, grad=0)
def attribute_by_a_function_of_the_class(v):
    held = Watched(v[0])
    if v[0] > 0:
        held.a = v[1] * v[0]
    return held.a, held.stores


@program(UP, DOWN, grad=0)
def attribute_by_a_function_of_the_base(v):
    held = Doubling(v[0])
    for x in v:
        held.a = held.a + x
    return held.a


class Logged(nn.Module):
    """A module with a `__setattr__` over the library's."""

    def __init__(self, a):
        super().__init__()
        self.a = a

    def __setattr__(self, name, value):
        super().__setattr__(name, value)


@program(UP, DOWN, grad=0)
def attribute_of_a_module(v):
    held = Logged(v[0])
    if v[0] > 0:
        held.a = v[1]
    nn.Module.__setattr__(held, "b", held.a * 2.0)
    for x in v:
        held.b = held.b + x
    return held.a, held.b


@program(UP, DOWN, grad=0)
def attribute_by_object(v):
    held = Watched(v[0])
    if v[0] > 0:
        object.__setattr__(held, "a", v[1])
    else:
        object.__setattr__(held, "stores", 7)
    return held.a, held.stores


@program(UP, DOWN, grad=0)
def frozen_dataclass_that_completes_itself(v):
    held = Scaled(v[0])
    if v[0] > 0:
        held = Scaled(v[1])
    return held.twice


@program(UP, DOWN)
def frozen_dataclass_that_is_stored_to(v):
    held = Scaled(v[0])
    held.a = v[1]
    return held.a


@program(UP, DOWN, grad=0)
def item_by_a_method(v):
    held = {"a": v[0], "b": v[1]}
    if v[0] > 0:
        held.__setitem__("a", v[1])
        dict.__setitem__(held, "b", v[0] * v[0])
    return held


@program(UP, DOWN, grad=0)
def item_by_operator(v):
    held, w, out = {"a": v[0]}, v * 1.0, [v[0]]
    if v[0] > 0:
        operator.setitem(held, "a", v[1])
        operator.setitem(w, 0, v[1])
        operator.setitem(out, 0, v[1])
    return held, w, out


@program(UP, DOWN, grad=0)
def order_of_a_new_dict(v):
    held = OrderedDict(a=v[0], b=v[1])
    held.move_to_end("a")
    return list(held.values())


@program(UP, DOWN, refused="the order of a dict that is there before this block cannot change in a graph")
def order_of_a_dict_under_a_test(v):
    held = OrderedDict(a=v[0], b=v[1])
    if v[0] > 0:
        held.move_to_end("a")
    return list(held.values())


MOVED = "the order of a dict that is there before this block cannot change in a graph"


@program([{"a": 1.0, "b": 2.0}, f64(1.0)], refused=MOVED, traceable=False)
def key_put_back_at_the_end(held, x):
    held["a"] = held.pop("a") * x
    return x


@program([OrderedDict(a=1.0, b=2.0, c=3.0), f64([1.0, 2.0])])
def taken_from_the_front_in_a_loop(held, v):
    taken = []
    for x in v:
        while held:
            taken.append(held.popitem(last=False)[1] * x)
    return xp.stack(taken)


@program(
    [f64(1.5), {"a": 1.0, "b": 2.0}, {1, 2}, deque([1.0, 2.0]), [1.0]],
    [f64(-1.5), {"a": 1.0, "b": 2.0}, {1, 2}, deque([1.0, 2.0]), [1.0]],
    adapts=True,
    traceable=False,
)
def in_place_by_operator(x, held, seen, queue, items):
    operator.ior(held, zip("ab", [x, x * 2]))
    operator.iadd(queue, [x])
    operator.isub(seen, {2})
    if x > 0:
        operator.iadd(items, [x])
        held.__ior__({"a": x * 3})
    return items, held


@program([f64(1.5), {1, 2}], [f64(-1.5), {1, 2}], refused="the content of this set", traceable=False)
def set_changed_by_operator_on_one_path(x, seen):
    if x > 0:
        operator.ior(seen, {3})
    return x


def under_the_name_of_another_function():
    sums = {"a": 1.0}
    kept = SimpleNamespace(sums=sums, items=[1.0])

    def run(x):
        nonlocal sums
        if x > 0:
            sums |= {"a": x}
            kept.items += [x]
        sums["a"] = sums["a"] + 1
        kept.items.append(x)
        return kept.sums["a"] * 1, sums is kept.sums, len(kept.items)

    return run


program([f64(1.5)], [f64(-1.5)], [f64(2.5)], made=True, adapts=True)(under_the_name_of_another_function)


ATTRIBUTES = "__dict__"


class Plain:
    def __init__(self, a):
        self.a = a


@program(UP, DOWN, grad=0)
def by_the_dict_of_an_object_on_one_path(x):
    """An item of `__dict__` is the attribute."""
    box = Plain(x * 0.5)
    if x[0] > 0:
        vars(box).update(a=x * 3.0, b=x)
    else:
        box.a = box.a + 1.0
        box.b = x * 2.0
    for _ in range(2):
        box.__dict__["a"] = box.a * box.b
        if x[0] < 1:
            setattr(box, "b", box.b + 1.0)
            getattr(box, ATTRIBUTES)["b"] *= 2.0
    return box.a, box.b


@program(UP, DOWN, made=True)
def by_the_dict_of_an_object_from_outside():
    box = Plain(1)

    def run(x):
        box.a = 1
        if x[0] > 0:
            box.__dict__.setdefault("count", 5)
            vars(box)["a"] += 1
        else:
            box.count = 2
            box.a *= 3
        out = box.a * x
        if x[0] < 0:
            del vars(box)["count"]
            return out
        del box.count
        return out * 2.0

    return run
