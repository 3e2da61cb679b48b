"""Methods that Python calls and that count or change something: in each run that comes to them, as often as there."""

import functools

from support.programs import f64, program

SIGNS = ([f64(1.0)], [f64(-2.0)], [f64(3.0)], [f64(-1.0)])


class Counts:
    def __init__(self, items=()):
        self.asked = 0
        self.items = items


class Tag:
    def __init__(self, value):
        self.value = value

    @property
    def price(self):
        print("asked")
        return self.value * 2

    @functools.cached_property
    def kept(self):
        print("made")
        return self.value + 1

    def __neg__(self):
        print("negated")
        return -self.value


def tagged(x):
    tag = Tag(x)
    return tag.price, -tag, tag.kept + tag.kept


@program(*SIGNS)
def members_that_print(x):
    if x > 0:
        x = x + Tag(x).price
    return tagged(x)


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
