"""What classes keep for all of their instances, and instances for later: counters, caches, registries."""

import functools
from typing import Any

import numpy as np

import eager as xp
from support.programs import f64, program


class Kept:
    made = 0

    def __init__(self, m):
        self.m = m

    @functools.cached_property
    def norm(self):
        Kept.made += 1
        return xp.sqrt(xp.sum(self.m**2))

    def scale(self, f):
        self.m = self.m * f
        self.__dict__.pop("norm", None)


@program([f64(2.0)], [f64(0.1)], [f64(-3.0)], made=True)
def cached_property_that_counts():
    kept = Kept(f64([1.0, 2.0]))

    def f(x):
        before = kept.made
        norm = kept.norm
        kept.scale(x)
        return norm, kept.norm, Kept.made - before

    return f


class Once:
    """A descriptor that keeps what a function gives, and counts who asks."""

    def __init__(self, function):
        self.function = function
        self.reads = 0

    def __set_name__(self, owner, name):
        self.name = f"_{name}"

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        self.reads += 1
        if self.name not in instance.__dict__:
            instance.__dict__[self.name] = self.function(instance)
        return instance.__dict__[self.name]


class Measured:
    def __init__(self, x):
        self.x = x

    @Once
    def square(self):
        return self.x**2

    def __getattr__(self, name):
        if name != "missed":
            raise AttributeError(name)
        self.x = self.x + 1
        return 2.0


@program([f64(1.0)], [f64(2.0)], [f64(-3.0)], grad=0)
def descriptor_that_counts(x):
    before = Measured.square.reads
    m = Measured(x)
    y = m.square + m.square
    if x > 1:
        y = y + m.square * m.missed
    return y, m.x, Measured.square.reads - before


class Numbered:
    count = 0

    def __init__(self, v):
        type(self).count += 1
        self.v = v

    def __add__(self, other):
        return Numbered(self.v + other)

    def after(self):
        Numbered.count += 1
        return self.count


@program([f64(1.0)], [f64(2.0)], [f64(-3.0)], [f64(4.0)], grad=0)
def instances_that_are_counted(x):
    before = Numbered.count
    a = Numbered(x)
    b = a + 2.0
    if x > 1:
        b = b + 3.0
    return b.v, a.count - before, b.after() - before, Numbered.count - before


class Single(type):
    """Classes with one instance each."""

    instances: dict[type, Any] = {}

    def __call__(cls, *args):
        if cls not in cls.instances:
            cls.instances[cls] = super().__call__(*args)
        return cls.instances[cls]


class Settings(metaclass=Single):
    def __init__(self, scale):
        self.scale = scale
        self.reads = 0

    def read(self):
        self.reads += 1
        return self.scale


Settings(3.0)


@program([f64(1.0)], [f64(2.0)], [f64(-3.0)], grad=0)
def one_instance_of_a_class(x):
    before = Settings(1.0).reads
    y = x * Settings(2.0).read()
    if y > 5:
        y = y - Settings(3.0).read()
    return y, Settings(4.0).reads - before


class Interned:
    made = 0
    known: dict[str, Any] = {}

    def __new__(cls, key, v):
        if key in cls.known:
            return cls.known[key]
        cls.made += 1
        found = super().__new__(cls)
        cls.known[key] = found
        return found

    def __init__(self, key, v):
        self.v = v


@program([f64(1.0)], [f64(2.0)], [f64(-3.0)])
def instances_by_key(x):
    Interned.known.clear()
    before = Interned.made
    a = Interned("a", x)
    old = a.v
    b = Interned("a", x * 2)
    Interned.known.clear()
    return old + b.v, Interned.made - before, a is b


class Fraction:
    __slots__ = ("d", "n")

    def __new__(cls, n, d=1):
        if d == 0:
            raise ZeroDivisionError(f"{n}/0")
        self = object.__new__(cls)
        self.n, self.d = n, d
        return self

    def __mul__(self, other):
        return Fraction(self.n * other.n, self.d * other.d)


@program([f64(1.0), f64(2.0)], [f64(1.0), f64(0.0)], [f64(-3.0), f64(0.5)], grad=(0, 1))
def instances_made_by_new(n, d):
    f = Fraction(n, d)
    for i in range(3):
        f = f * Fraction(d, i + 1)
    return f.n / f.d


class Weighted:
    def __init__(self):
        self.w = f64([1.0, 2.0])

    @functools.cached_property
    def total(self):
        return xp.sum(self.w**2)

    @functools.cached_property
    def table(self):
        return np.arange(4) * 0.5


@program([f64(1.0)], [f64(2.0)], [f64(-3.0)], grad=0, made=True)
def cached_properties_on_some_paths():
    weighted = Weighted()

    def f(x):
        if x > 1:
            x = x * weighted.total
        while x < 0:
            x = x + weighted.table[3]
        return x + weighted.total, isinstance(vars(weighted)["total"], xp.Tensor)

    return f


class Cached:
    """Counts how often it makes what it keeps."""

    def __init__(self, k):
        self.k = k
        self.made = 0

    @functools.cached_property
    def weight(self):
        self.made += 1
        return self.k * 2.0


@program([f64(1.0)], [f64(-1.0)])
def what_is_kept_is_dropped(x):
    cached = Cached(x)
    first = cached.weight
    cached.k = x * 3.0
    cached.__dict__.pop("weight", None)
    second = cached.weight
    del cached.weight
    return first, second, cached.weight, cached.made, "weight" in vars(cached)


@program([f64(1.0)], [f64(-1.0)], refused="whether it is there would be known only when the graph runs")
def what_is_kept_is_dropped_on_one_path(x):
    cached = Cached(x)
    first = cached.weight
    if x > 0:
        del cached.weight
    return first * cached.weight
