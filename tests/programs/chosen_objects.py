"""Items that change in place, taken at an index or key of the graph: the object itself, not a copy."""

from typing import Any

import eager as xp
from support.programs import f64, i64, program

PLACES = [[f64(1.0), i64(0)], [f64(-2.0), i64(2)], [f64(0.5), i64(-2)]]
BEYOND = "which object a name stands for cannot be carried: take the item again by its index"


class Agent:
    """Something of a simulation."""

    def __init__(self, position):
        self.position = position
        self.count = 0
        self.path = [position]
        self.seen = {"last": position}

    def move(self, by):
        self.position = self.position + by
        self.count += 1
        self.path.append(self.position)
        return len(self.path)

    @property
    def doubled(self):
        return self.position * 2.0

    def state(self):
        return self.position, self.count, self.path, self.seen


def agents(x):
    return [Agent(x), Agent(x * 2.0), Agent(x * 3.0)]


def states(items):
    return [item.state() for item in items]


@program(*PLACES, grad=0, adapts=True)
def attributes_are_stored(x, k):
    items = agents(x)
    items[int(k)].position = x * 10.0
    items[int(k)].position = items[int(k)].position + 1.0
    items[int(k)].count += 2
    return states(items), items[int(k)].doubled


@program(*PLACES, grad=0, adapts=True)
def methods_change_it(x, k):
    items = agents(x)
    length = items[int(k)].move(x)
    item = items[int(k)]
    item.move(2.0)
    item.path[0] = x * 7.0
    item.seen["last"] = item.position
    item.seen.update(last=x)
    return states(items), length, item is items[0], item is items[int(k)]


@program([f64([1.0, 2.0, 3.0])], [f64([])], [f64([-1.0])], grad=0, adapts=True)
def in_a_loop(v):
    items = agents(v.sum())
    for i in range(len(v)):
        item = items[int(v[i] * v[i]) % 3]
        if item.position > 2:
            item.move(v[i])
        else:
            item.position = item.position * 0.5
    return states(items)


@program(*PLACES, adapts=True)
def two_that_may_be_one(x, k):
    items = agents(x)
    one, other = items[int(k)], items[int(k) // 2]
    one.position, other.position = other.position * 10.0, one.position * 100.0
    one.count += 1
    other.count += 10
    return states(items), one is other


@program(*PLACES, adapts=True)
def lists_in_a_list(x, k):
    groups = [[x], [x, x * 2.0], [x * 3.0]]
    groups[int(k)].append(x * 5.0)
    groups[int(k)] += [x * 6.0]
    group = groups[int(k)]
    group += [x]
    group[0] = x * 7.0
    total = 0.0
    for item in group:
        total = total + item
    return groups, len(group), total, sum(groups[int(k)])


@program([f64([0.5, 1.5, 2.5, 1.0])], [f64([])], adapts=True)
def items_are_grouped(v):
    groups: dict[int, Any] = {0: [], 1: [], 2: []}
    for x in v:
        groups[int(x)].append(x)
    return groups, [len(group) for group in groups.values()]


@program(*PLACES, adapts=True)
def a_board_of_lists(x, k):
    board = [[0.0] * 3 for _ in range(3)]
    for i in range(4):
        board[int(k)][(int(k) + i) % 3] = 5.0
        board[i % 3][int(k)] += 1.0
    return board, board[int(k)][int(k)]


@program(*PLACES, grad=0, adapts=True)
def dicts_in_a_tuple(x, k):
    rows: Any = ({"a": x, "b": [x]}, {"a": x * 2.0, "b": []}, {"a": x * 3.0, "b": [x, x]})
    row = rows[int(k)]
    row["a"] += 1.0
    row["b"].append(x)
    row.update(a=row["a"] * 2.0)
    return rows


@program([f64(1.0)], [f64(-2.0)], grad=0, adapts=True)
def at_a_text_that_the_graph_chooses(x):
    by_name = {"left": Agent(x), "right": Agent(x * 2.0)}
    side = "left" if x > 0 else "right"
    by_name[side].move(x)
    return states(by_name.values())


@program(*PLACES, made=True, adapts=True)
def objects_of_the_caller():
    items = agents(2.0)

    def f(x, k):
        items[int(k)].move(x)
        items[int(k)].seen["last"] = x
        return states(items), items[int(k)].count

    return f


class World:
    """Agents, and the one whose turn it is."""

    def __init__(self):
        self.agents = agents(1.0)
        self.current = self.agents[0]

    def turn(self, x, k):
        self.agents[int(k)].move(x)
        self.current = self.agents[int(k)]
        return self.current.position


@program(*PLACES, made=True, adapts=True, traceable=False)
def reference_that_is_kept():
    world = World()

    def f(x, k):
        found = world.turn(x, k)
        return found, [agent is world.current for agent in world.agents], states(world.agents)

    return f


@program(*PLACES, adapts=True)
def only_one(x, k):
    items = [Agent(x)]
    try:
        items[int(k)].move(x)
    except IndexError as error:
        print(error)
    return states(items)


@program([f64(1.0), i64(3)], [f64(1.0), i64(-4)], adapts=True)
def out_of_range(x, k):
    items = agents(x)
    try:
        items[int(k)].move(x)
    except IndexError as error:
        print(error)
    return states(items)


def moved(item, by):
    item.move(by)
    return item.position


@program(*PLACES, grad=0, adapts=True)
def given_to_a_function(x, k):
    items = agents(x)
    found = moved(items[int(k)], x)
    while items[int(k)].count < 3:
        found = found + moved(items[int(k)], 1.0)
    return states(items), found, isinstance(items[int(k)], Agent)


@program(*PLACES, refused=BEYOND)
def carried_by_a_loop(x, k):
    items = agents(x)
    item = items[int(k)]
    for i in xp.arange(2):
        item.move(x)
        item = items[int(i)]
    item.move(x)
    return states(items)


@program(*PLACES, refused=BEYOND, traceable=False)
def of_this_function_and_returned(x, k):
    items = agents(x)
    item = items[int(k)]
    item.move(x)
    return item.state(), [item]


@program(*PLACES, refused="each choice is a branch for every object, so there are 16 at most", adapts=True)
def too_many(x, k):
    items = [Agent(x) for _ in range(17)]
    items[int(k)].move(x)
    return states(items)
