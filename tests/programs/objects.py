"""Methods, attribute reads and writes, callable objects, properties, inheritance."""

from typing import Any

import eager as xp
from support.programs import f64, i64, program


class Counter:
    limit = 3

    def __init__(self) -> None:
        self.total = xp.asarray(0.0)
        self.calls = 0
        self.log: list[Any] = []

    def __call__(self, x):
        self.calls += 1
        if x > 0:
            self.total = self.total + x
        return self.total

    def keep(self, x):
        if x > 0:
            self.log.append(x)
        return len(self.log)

    def loop(self, x, n):
        for i in range(n):
            if x > self.limit:
                self.total = self.total + 1
            x = x + 1
        return x

    @property
    def double(self):
        return self.total * 2

    def uses_property(self, x):
        self.total = self.total + x
        if self.double > 4:
            return self.double
        return x


class Base:
    def __init__(self, w) -> None:
        self.w = w
        self.__hidden = 2.0

    def step(self, x):
        if x > 0:
            return x * self.w
        return x - self.__hidden

    @staticmethod
    def twice(x):
        return x * 2 if x > 0 else x

    @classmethod
    def made(cls, x):
        return cls(x * 3).w


class Derived(Base):
    def step(self, x):
        y = super().step(x)
        if y > 5:
            y = y - 5
        return y


@program([f64(1.0)], [f64(2.0)], [f64(-1.0)], made=True)
def method_with_state():
    return Counter().__call__


@program([f64(1.0)], [f64(-2.0)], [f64(3.0)], made=True)
def callable_object():
    return Counter()


@program([f64(1.0), i64(4)], [f64(1.0), i64(0)], [f64(10.0), i64(2)], made=True)
def attributes_in_a_loop():
    return Counter().loop


@program([f64(1.0)], [f64(9.0)], made=True)
def property_is_read():
    return Counter().uses_property


@program([f64(1.0)], [f64(-1.0)], made=True)
def inherited():
    return Derived(f64(7.0)).step


@program([f64(1.0)], [f64(-1.0)])
def static_and_class_methods(x):
    return Base.twice(x) + Base.made(x)


@program([f64(1.0), i64(3)], [f64(-1.0), i64(2)])
def object_made_inside(x, n):
    c = Counter()
    for i in range(n):
        c(x * i)
    return c.total, c.calls


@program([Counter(), f64(2.0)], [Counter(), f64(-2.0)])
def object_as_argument(c, x):
    c(x)
    c.limit = 5
    return c.loop(x, 2)


@program([f64(2.0)], [f64(-2.0)], made=True)
def changes_are_seen_by_the_next_call():
    counter = Counter()

    def f(x):
        counter.total = counter.total * 2 + x
        if counter.total > 3:
            counter.limit = 100
        return counter.total

    return f


@program([f64(3.0)], [f64(-3.0)])
def attribute_set_in_one_branch(x):
    c = Counter()
    if x > 0:
        c.total = x
    else:
        c.total = x * 2
        c.calls = 7
    return c.total, c.calls


@program([f64(3.0), "exp"], [f64(3.0), "sin"])
def getattr_of_a_module(x, name):
    f = getattr(xp, name)
    return f(x)


@program([f64([[1.0, 2.0], [3.0, 4.0]])], [f64([[-1.0, -2.0]])], grad=0)
def methods_of_tensors(x):
    if x.sum() > 0:
        y = x.T.reshape((-1,))
    else:
        y = x.mean(axis=0) * 2
    return y.max() + y.sum()


class Scaled:
    def __init__(self, y):
        self.y = y

    def __mul__(self, t):
        return Scaled(self.y * 1 if t > 100 else self.y)

    def __rmul__(self, t):
        return Scaled(self.y)


@program([f64(1.0), i64(2)], [f64(2.0), i64(0)], grad=0)
def made_by_an_operator_and_changed(x, n):
    first = Scaled(x)
    for _ in range(n):
        other = first * x
        other.y = x * 2
        third = 2 * other
        third.y = third.y + other.y
        x = x + third.y
    return x, first.y


@program([f64(1.0), i64(2)], [f64(2.0), i64(0)])
def made_by_an_operator_where_each_trip_fails(x, n):
    found = Scaled(x)
    for _ in range(n):
        found = found * x
        found.y = x * 2
        raise ValueError("no")
    return found.y
