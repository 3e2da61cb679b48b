"""Objects that a function makes and that leave it, or that it keeps."""

import copy
from collections import Counter, deque
from typing import Any

import numpy as np

import eager as xp
from support.programs import f64, i64, program

SIDES = ([f64(2.0)], [f64(-2.0)], [f64(0.0)])


class Node:
    def __init__(self, value: Any, left: Any = None, right: Any = None) -> None:
        self.value = value
        self.left = left
        self.right = right

    def total(self):
        found = self.value
        for child in (self.left, self.right):
            if child is not None:
                found = found + child.total()
        return found


class Keeps:
    def __init__(self) -> None:
        self.last: Any = None
        self.seen: Any = None

    def __call__(self, x):
        before = self.last
        node = Node(x * 2)
        self.last = node
        self.seen = {"node": node, "rows": [x]}
        if x > 0:
            node.value = node.value + 1
        return (0.0 if before is None else before.value), self.seen["node"] is self.last


@program(*SIDES, made=True, traceable=False)
def kept_between_calls():
    return Keeps()


@program(*SIDES, grad=0)
def read_of_a_tree(x):
    tree = Node(x, Node(x * 2), Node(x * 3, left=Node(1.0)))
    if x > 0:
        tree.left.value = tree.left.value * x
    return tree.total()


@program(*SIDES)
def containers_of_python(x):
    seen = {1, 2}
    seen.add(3)
    queue = deque([x, x + 1], maxlen=3)
    queue.append(1.0)
    counts = Counter("abba")
    if x > 0:
        x = x + 1
    return x, seen, list(queue), dict(counts), bytearray(b"ab"), copy.copy(seen)


@program(*SIDES)
def array_changed_in_place(x):
    a = np.arange(3.0)
    a += 1
    a.fill(2.0)
    np.add(a, 1, out=a)
    if x > 0:
        x = x * a.sum()
    return x, a


@program(*SIDES)
def one_list_in_two_places(x):
    rows = [x]
    both = {"a": rows, "b": rows}
    rows.append(x * 2)
    return both, both["a"] is both["b"]


@program([f64([1.0, 2.0]), i64(2)], [f64([1.0, 2.0]), i64(0)], grad=0)
def state_of_a_loop(v, n):
    node = Node(v)
    for i in range(n):
        node.value = node.value * 2
        if xp.sum(node.value) > 5:
            node.value = node.value - i
    return node.value


class Bag:
    """An object with attributes."""


DEPTHS = ([f64(2.0)], [f64(0.5)], [f64(-1.0)])


@program(*DEPTHS, traceable=False)
def attribute_on_some_paths(x):
    bag = Bag()
    if x > 0:
        bag.held = x * 2
    return bag


@program(*DEPTHS, traceable=False)
def attribute_that_may_be_none_on_some_paths(x):
    bag, made = Bag(), [x, x + 1]
    if x > 0:
        bag.held = made if x > 1 else None
        bag.other = x if x > 1 else None
    return bag, x * 3


@program(*DEPTHS)
def by_two_ways(x):
    made = [x, x * 2]
    a = made if x > 0 else None
    b = made if x > 1 else None
    return a, b, x * 3


@program(*DEPTHS)
def by_a_way_that_all_paths_have(x):
    made = [x, x * 2]
    return made, (made, x) if x > 0 else None, x * 3


@program(*DEPTHS)
def in_a_tuple_that_may_be_none_in_another(x):
    made = {"k": [x]}
    inner = (made, x * 2) if x > 1 else None
    return [inner] if x > 0 else None


@program(*DEPTHS, traceable=False)
def by_a_way_that_some_paths_have_and_then_alone(x):
    bag = Bag()
    bag.held = [x * 2]
    return (bag, x) if x > 0 else None, bag, x * 3
