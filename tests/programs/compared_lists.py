"""What a list has to compare its items for, or takes a loop for: where the graph decides, it is a loop of the graph."""

from collections import namedtuple
from dataclasses import dataclass, field
from typing import Any

import eager as xp
from support.programs import f64, i64, program

N = [i64(3)], [i64(0)], [i64(1)], [i64(5)]
ONE_OBJECT = "whether two names are of one object would differ from run to run"


@dataclass
class History:
    name: str
    losses: list[Any] = field(default_factory=list)


class Node:
    """Is equal to itself only."""

    def __init__(self, value):
        self.value = value


@program(*N)
def is_in(n):
    seen = []
    for i in range(6):
        k = (i * n) % 4
        if k not in seen:
            seen.append(k)
    return seen, 1 in seen, n in seen, 7 in [n, 3, 7], n in range(1, 9, 2)


@program(*N)
def index_and_count(n):
    items = [i * i % 5 for i in range(n)]
    print(items.count(1), items.count(n), [n, 3, 3].count(3), [n, 3].index(3))
    try:
        print(items.index(4), items.index(1, 2), items.index(1, -2, 9))
    except ValueError as error:
        print(error)
    return items


@program(*N)
def removed(n):
    items = [i % 3 for i in range(n)]
    if 1 in items:
        items.remove(1)
    try:
        items.remove(1)
    except ValueError as error:
        print(error)
    few = [n, n + 1, n * 2]
    few.remove(n * 2)
    few.insert(n, n)
    few.append(few.pop(n % 2))
    return items, few


@program(*N)
def equal_and_in_order(n):
    items = [i for i in range(n)]
    print(items == [0, 1, 2], items != [0], [] == items, items == (0, 1), [n] == [3])
    print(items < [0, 1, 5], items >= [], [n, 2] > [1, 3], items + [9] > items)
    return items == items[:]


@program(*N, adapts=True)
def repeated(n):
    table = [0] * n
    for i in range(n):
        table[i] = i if i < 2 else table[i - 1] + table[i - 2]
    both = [1, n] * (n - 2)
    both *= 2
    return table, both, n * [7], len([0] * len(table))


@program([f64([1.0, -2.0, 3.0]), i64(2)], [f64([-1.0, 0.5, 2.0]), i64(0)], grad=0, adapts=True)
def repeated_then_indexed(v, n):
    cells = [0.0] * 3
    for i in range(n):
        cells[i] = v[i] * 2.0
    grid = [[1.0] * 2 for _ in range(2)]
    return cells, grid[1][n % 2] * v[0]


@program([f64([1.0, -2.0, 3.0]), i64(2)], [f64([-1.0, 0.5, 2.0]), i64(0)], grad=0)
def as_a_tensor(v, n):
    losses = []
    for i in range(n):
        losses.append(v[i] * v[i])
    return xp.sum(losses), xp.asarray(losses), xp.sum(xp.asarray(losses, dtype=xp.float32)), v[0]


@program(*N)
def tuples_and_dicts(n):
    print((n, 1) == (3, 1), (n, (1, n)) != (3, (1, 3)), (n,) == (1, 2), (n, 1) in [(0, 1), (3, 1)])
    print({"a": n, "b": 2} == {"b": 2, "a": 1}, {"a": n} != {"a": [n]}, {"a": n} == {}, [(n, 1)] == [(3, 1)])
    return {"a": (n, n)} == {"a": (3, 3)}


@dataclass
class Sized:
    size: Any
    names: tuple[Any, ...] = ("a",)


Pair = namedtuple("Pair", ["a", "b"])


@program(*N)
def dataclasses_and_named_tuples(n):
    print(Sized(n) == Sized(3), Sized(n) != Sized(3), Sized(n, ("b",)) == Sized(3), Sized(n) == (3, ("a",)))
    print(Pair(n, 1) == Pair(3, 1), Pair(n, 1) == (3, 1), (n, ("a",)) == Sized(3), Sized(n) in [Sized(0), Sized(3)])
    return n in {"a": 3, "b": 5}.values()


@program([f64([1.0, -2.0])], [f64([0.5, 2.0])], grad=0)
def lists_in_lists_as_a_tensor(v):
    rows = [[v[i] * v[j] for j in range(2)] for i in range(2)]
    return xp.asarray(rows) @ v, xp.asarray([[v[0], 1.0], [2.0, v[1]]])


@program(*N)
def never_filled_as_a_tensor(n):
    none = []
    for i in range(n):
        if i < 0:
            none.append(i * 1.0)
    return xp.asarray(none), xp.sum(none)


@program([f64([1.0, -2.0, 3.0]), i64(2)], [f64([-1.0, 0.5, 2.0]), i64(0)], grad=0)
def made_by_a_dataclass(v, n):
    history = History("train")
    for i in range(n):
        history.losses.append(v[i] * 2.0)
    other = History("test", losses=[v[0]])
    return history.losses, other.losses


@program(*N, adapts=True)
def ranges(n):
    over = range(1, n * 2, 2)
    print(len(over), over.start, over.stop, over.step, 3 in over, 2 in over, isinstance(over, range), type(over))
    try:
        print(over[0], over[-1], over[n])
    except IndexError as error:
        print(error)
    if over:
        return list(over)
    return [n]


class Point:
    """Has an `==` of its own."""

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __eq__(self, other):
        return isinstance(other, Point) and self.x == other.x and self.y == other.y

    __hash__ = None


@program([f64(1.0), i64(2)], [f64(-1.0), i64(0)])
def objects_with_an_equality(x, n):
    one, other = Point(x, 1), Point(abs(x), 1)
    print(one == other, one != other, one == x)
    return x if one == other else x * n


@program(*N)
def repeated_by_what_is_no_int(n):
    for wrong in (float(n), n > 0, [n]):
        try:
            print([1] * wrong)
        except TypeError as error:
            print(error)
    return [1] * (int(n) > 2)


@program([f64(1.0), f64(2.0)], [f64(-1.0), f64(2.0)], refused=ONE_OBJECT)
def objects_that_the_graph_chooses(x, y):
    a = Node(x)
    b = Node(y)
    chosen = a if x > 0 else b
    return x if chosen == a else y


@program([f64(1.0), i64(2)], [f64(-1.0), i64(0)], refused="objects in a list of the graph are values")
def objects_in_lists_of_the_graph(x, n):
    nodes = []
    for i in range(n):
        nodes.append(Node(x + i))
    return Node(x) in nodes
