"""Methods that Python calls and that count or change something: in each run that comes to them, as often as there."""

import copy
import dataclasses
import functools

import eager as xp
from support.programs import f64, program

SIGNS = ([f64(1.0)], [f64(-2.0)], [f64(3.0)], [f64(-1.0)])


class Counts:
    def __init__(self, items=()):
        self.asked = 0
        self.items = items


class Truth(Counts):
    def __bool__(self):
        self.asked += 1
        return True


@program(*SIGNS, made=True)
def truth():
    switch = Truth()

    def use(x):
        if not switch:
            x = x * 0
        if x > 0 and switch:
            x = x + 1
        y = (not switch) or x
        return y, switch.asked

    return use


class Walked(Counts):
    def __iter__(self):
        self.asked += 1
        return iter(self.items)

    def __reversed__(self):
        self.asked += 10
        return iter(self.items[::-1])


@program(*SIGNS, made=True)
def iterated():
    numbers = Walked([1.0, 2.0])

    def use(x):
        for v in numbers:
            x = x * v
        if x > 0:
            first, second = numbers
            for v in reversed(numbers):
                x = x + v * first
        return x + sum(numbers) + len(list(numbers)) + max(numbers), 1.0 in numbers, numbers.asked

    return use


@program(*SIGNS, made=True)
def iterated_in_trips():
    numbers = Walked([1.0, 2.0])

    def use(x):
        for v in xp.stack([x, x + 1]):
            for a in numbers:
                x = x + v * a
        return x, numbers.asked

    return use


class Steps:
    def __init__(self):
        self.place = self.asked = 0

    def __iter__(self):
        self.place = 0
        self.asked += 1
        return self

    def __next__(self):
        self.place += 1
        if self.place > 3:
            raise StopIteration
        return self.place


@program(*SIGNS, made=True)
def begun_anew():
    steps = Steps()

    def use(x):
        for v in steps:
            x = x + v
        for a, b in zip(steps, [1, 2, 3]):
            x = x + a * b
        return x, steps.asked

    return use


@program(*SIGNS, made=True)
def asked_of_a_class():
    class Any(type):
        asked = 0

        def __instancecheck__(cls, value):
            cls.asked += 1
            return True

    class Everything(metaclass=Any):
        pass

    def use(x):
        if x > 0:
            x = x + isinstance(3, Everything)
        return x, Everything.asked, isinstance("", Everything)

    return use


@program(*SIGNS, made=True)
def own_copies():
    class Copied(Counts):
        made = 0

        def __copy__(self):
            Copied.made += 1
            return Copied(self.items)

        def __deepcopy__(self, memo):
            Copied.made += 10
            return Copied(copy.deepcopy(self.items, memo))

    one = Copied([1.0])

    def use(x):
        a, b = copy.copy(one), copy.deepcopy([one])
        if x > 0:
            b = copy.deepcopy([one])
        return x + a.items[0] + b[0].items[0], Copied.made

    return use


@program(*SIGNS, made=True)
def after_init():
    @dataclasses.dataclass
    class Made:
        x: object
        twice: object = None
        count = 0

        def __post_init__(self):
            Made.count += 1
            self.twice = self.x * 2

    one = Made(1.0)

    def use(x):
        made = Made(x)
        if x > 0:
            made = Made(x + 1)
        other = dataclasses.replace(one, x=made.x)
        return other.twice + made.twice, Made.count

    return use


@program(*SIGNS, made=True)
def reduced():
    calls = []

    def add(a, b):
        calls.append(1)
        return a + b

    def use(x):
        y = functools.reduce(add, [x, x, 1.0])
        if x > 0:
            y = functools.reduce(add, [y, 2.0], x)
        return y, len(calls), functools.reduce(add, (), 3.0)

    return use


@program(*SIGNS)
def reduced_to_nothing(x):
    return functools.reduce(lambda a, b: a + b, [])


class Hashed(Counts):
    def __hash__(self):
        self.asked += 1
        return 7


@program(*SIGNS, made=True, refused="how often a key is hashed is not known in a graph")
def hashed():
    key = Hashed()

    def use(x):
        return x + {key: 1.0}[key], key.asked

    return use


class Watched:
    def __init__(self):
        self.log = []
        self.v = 2.0

    def __getattribute__(self, name):
        if name == "v":
            object.__getattribute__(self, "log").append(name)
        return object.__getattribute__(self, name)


@program(*SIGNS, made=True, refused="how often an attribute is read is not known in a graph")
def watched():
    one = Watched()

    def use(x):
        if x > 0:
            x = x * one.v
        return x, len(one.log)

    return use
