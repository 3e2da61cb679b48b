"""Dicts and sets that are asked for a key which only the graph knows: numbers, tuples, members of enums, texts."""

import collections
import enum
from dataclasses import dataclass

import eager as xp
from eager import nn
from support.programs import f64, flags, i64, program

X = f64([1.0, -2.0, 3.0])
PLACES = ([X, i64(1)], [X, i64(0)], [X, i64(5)], [X, i64(-1)])
THERE = PLACES[:3]


class Op(enum.IntEnum):
    SINE = 0
    COSINE = 1
    TWICE = 5


class Light(enum.Enum):
    RED = 1
    GREEN = 2


@dataclass(frozen=True)
class Square:
    row: int
    column: int


OPS = {Op.SINE: xp.sin, Op.COSINE: xp.cos, Op.TWICE: lambda v: v * 2}
NEXT = {0: {0: 1, 1: 2}, 1: {0: 2, 1: 0}, 2: {0: 0, 1: 1}}
NEIGHBOURS = {0: [1, 2], 1: [0], 5: []}
AFTER = {Light.RED: Light.GREEN, Light.GREEN: Light.RED}
RATES = {0: 0.5, 2: 0.25, 7: 0.125}


@program(*PLACES, grad=0)
def numbers_by_number(x, n):
    return x * {0: 1.0, 1: 2.0, 5: 3.0}[int(n)]


@program(*PLACES, [X, f64(5.0)], [X, f64(0.5)], grad=0)
def tensors_by_float(x, n):
    return {0.0: x * 2, 1: xp.sum(x) * x, 5: x}[float(n)]


@program([X, flags(True)], [X, flags(False)], grad=0)
def tensors_by_truth(x, b):
    return {True: x, False: x * 2}[bool(b)] + {1: x}.get(bool(b), x * 3)


@program(*PLACES, grad=0)
def got_or_not(x, n):
    table = {0: x * 2, 1: x * 3, 7: x}
    found = table.get(int(n))
    return table.get(int(n), x * 10), x if found is None else found


@program(*PLACES, [X, i64(7)])
def asked_for(x, n):
    table = {0: x * 2, "a": x * 3, 7: x, (1, 2): x, None: x}
    k = int(n)
    return k in table, k not in table, k in table.keys(), k in {1, "a", None}, (k, 2) in table, (k, k) in frozenset()


@program(*PLACES, grad=0)
def not_there(x, n):
    try:
        x = x * {0: 2.0, 1: 3, "a": x}[int(n)]
    except KeyError as error:
        print(error, repr(error))
    try:
        return {(0, 1): x, (1, 1): x * 2}[int(n), 1]
    except KeyError as error:
        print(error)
    return {Square(0, 1): x, Square(5, 1): x * 2}[Square(int(n), 1)]


@program(*PLACES, grad=0)
def dispatched(x, n):
    return OPS[int(n)](x) + OPS.get(int(n), xp.exp)(x)


@program(*THERE, grad=0)
def tuples_of_both(x, n):
    board = {(i, j): x * (i + 10 * j) for i in range(6) for j in range(3)}
    k = int(n)
    name = "up" if k > 0 else "down"
    return board[k, k % 2] + board[2, k % 3], {("up", 1): x, ("down", 0): x * 2, ("up", 5): x}[name, k]


@program(*THERE, grad=0)
def texts_and_none(x, n):
    letter = {0: "a", 1: "b", 5: "c"}[int(n)]
    key = None if int(n) > 3 else int(n)
    return letter, {"a": x, "b": x * 2, "c": x * 3}[letter], {None: x, 1: x * 2, 0: x * 4}[key]


@program(*PLACES)
def members_by_number(x, n):
    light = {0: Light.RED, 1: Light.GREEN}.get(int(n), Light.RED)
    for v in x:
        if v > 0:
            light = AFTER[light]
    return light, light is Light.RED


@program([X], [f64([])])
def state_machine(x):
    state, seen = 0, []
    for v in x:
        state = NEXT[state][int(v > 0)]
        seen.append(state)
    return state, seen


@program(*PLACES, grad=0, adapts=True)
def lists_of_neighbours(x, n):
    total = 0.0
    for j in NEIGHBOURS[int(n)]:
        total = total + x[j]
    return total, len(NEIGHBOURS[int(n)]), 2 in NEIGHBOURS[int(n)]


@program([X], [f64([0.5, 0.5, 3.5, 9.0])], [f64([])])
def histogram(x):
    counts = {i: 0 for i in range(5)}
    sums = {"low": 0.0, "high": 0.0}
    for v in x:
        counts[min(int(abs(v)), 4)] += 1
        sums["low" if v < 1 else "high"] += float(v)
    return counts, sums


@program(*PLACES, grad=0)
def changed_in_place(x, n):
    table = {0: x * 1, 1: x * 2, 5: x * 3}
    seen = table[1]
    table[int(n)] += 9.0
    return table, seen


@program(*THERE, grad=0)
def stored(x, n):
    table = {0: x * 1, 1: x * 2, 5: x * 3}
    steps = {0: 1, 1: 2, 5: 3}
    table[int(n)] = x * 7
    steps[int(n)] = 9
    steps.__setitem__(int(n), steps[int(n)] + steps.setdefault(int(n), 4))
    return table, steps


@program([f64([1.0, 2.0, 4.0]), i64(4)], [f64([1.0, 2.0, 4.0]), i64(0)], grad=0, adapts=True)
def in_a_loop(x, n):
    total, seen = {0: 0.0, 1: 0.0, 2: 0.0}, 0
    for i in range(n):
        total[i % 3] += x[(i * 2) % 3]
        x = x * RATES.get(i, 1.0)
        seen += i in RATES
    return total, x, seen


@program(*PLACES)
def counter(x, n):
    letters = collections.Counter({0: 3, 1: 4})
    letters[int(n) % 2] += 2
    return letters[int(n)], dict(letters)


@program(*THERE, grad=0, made=True)
def layers_by_name():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = {0: 2.0, 1: 3.0, 5: 4.0}
            self.last = {0: None, 1: None, 5: None}

        def forward(self, x, n):
            return x * self.scale[int(n)]

    return Model()


class OnlyItself:
    def __eq__(self, other):
        return other == 3

    def __hash__(self):
        return 3


@program(*PLACES, refused="the class of a key says what it is equal to")
def key_of_a_class_of_its_own(x, n):
    return {OnlyItself(): x}[int(n)]


@program(*PLACES, refused="none of the keys can be this one")
def surely_new(x, n):
    table = {"a": x}
    table[int(n)] = x
    return table


@program(*PLACES, refused="a dict in a graph has fixed keys")
def taken_away(x, n):
    table = {0: x, 1: x, 5: x, -1: x}
    table.pop(int(n))
    return table


@program(*PLACES, refused="a text of the graph is known only when it runs")
def key_that_is_a_text(x, n):
    return {"k1": x, "k0": x * 2}.get(f"k{int(n)}", x)
