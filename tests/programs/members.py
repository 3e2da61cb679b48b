"""Members of classes: properties, slots, operators, class attributes, `__getattr__`, `__init__`, `super`."""

import functools
from typing import Any

import numpy as np

import eager as xp
from support.programs import f64, i64, program

SIGNS = ([f64(3.0)], [f64(-3.0)])


class Account:
    scale = 2.0

    def __init__(self, total=0.0):
        self.total = total
        self._x = 1.0
        self.history = []
        if total > 10:
            self.total = total - 10

    @property
    def double(self):
        return self.total * 2

    @property
    def clipped(self):
        if self.total > 1:
            return self.total * 0 + 1
        return self.total

    @property
    def x(self):
        return self._x

    @x.setter
    def x(self, value):
        if value > 0:
            self._x = value
        else:
            self._x = -value

    def add(self, v):
        if v > 0:
            self.total = self.total + v
            self.history.append(v)
        return self

    def __getattr__(self, name):
        if name.startswith("dynamic"):
            return self.total + len(name)
        raise AttributeError(name)

    def __call__(self, v):
        return self.add(v).total


@program(*SIGNS)
def properties(x):
    account = Account(x * 5)
    account.x = x
    if x > 0:
        account.x = account.x + 1
    return account.double, account.clipped, account.x, account.dynamic, account.scale, account.total


@program([f64([1.0, -2.0, 3.0])], [f64([])], adapts=True)
def methods_that_change_self(xs):
    account = Account()
    for x in xs:
        account.add(x)
    return account.total, account.double, account.history, account(xs.shape[0] + xp.sum(xs))


@program([f64([1.0, -2.0, 3.0])], [f64([])], made=True)
def an_object_from_outside():
    account = Account()

    def add_all(xs):
        for x in xs:
            account.add(x)
        return account.total, len(account.history), account.clipped

    return add_all


class Slots:
    __slots__ = ("a", "b")

    def __init__(self, a):
        self.a = a


@program([f64(3.0), i64(3)], [f64(-3.0), i64(0)], grad=0)
def slots(x, n):
    s = Slots(x)
    if x > 0:
        s.b = x
    else:
        s.b = -x
    for i in range(n):
        s.a = s.a + i * s.b
    return s.a, s.b


class Base:
    k = 3.0

    def __init__(self, w):
        self.w = w
        self.__hidden = w * 2

    def f(self, x):
        if x > 0:
            return x * self.w
        return self.g(x)

    def g(self, x):
        return -x

    @staticmethod
    def static(x):
        if x > 0:
            return x
        return x * 0

    @classmethod
    def of_class(cls, x):
        return x * cls.k if x > 0 else -x * cls.k

    def hidden(self):
        return self.__hidden

    def __add__(self, other):
        if other > 0:
            return self.w + other
        return self.w

    def __len__(self):
        return 4

    def __getitem__(self, i):
        return self.w * i if i > 0 else self.w

    def __contains__(self, v):
        return v > 0

    def __eq__(self, other):
        return self.w > 0

    def __lt__(self, other):
        return self.w if self.w < 0 else other


class Child(Base):
    k = 4.0

    def f(self, x):
        y = super().f(x)
        if y > 1:
            y = y + super().g(x)
        return y

    def g(self, x):
        return x * 10


@program(*SIGNS, grad=0)
def inheritance(x):
    c = Child(x)
    return c.f(x), c.static(x), Child.of_class(x), Base.of_class(-x), c.hidden(), Child.static(-x)


@program(*SIGNS, adapts=True)
def operators(x):
    b = Base(x)
    return b + x, len(b), b[x], x in b, -x in b, (1 if b == b else 2), b < 5.0  # noqa: PLR0124


class Truth:
    def __init__(self, v):
        self.v = v

    def __bool__(self):
        return bool(self.v > 0)


@program(*SIGNS)
def truth(x):
    t = Truth(x)
    y = 1 if t else 2
    if not t:
        y += 10
    while t:
        t.v = t.v - 1
        y += 100
    return y, bool(t), not t


def doubled(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        result = f(*args, **kwargs)
        if result > 0:
            return result * 2
        return result

    return wrapper


@doubled
def decorated(x, y=1.0, *rest, s=2.0, **options):
    if x > y:
        x = x + sum(rest) * s
    for v in options.values():
        x = x + v
    return x


@program(*SIGNS)
def decorators_and_arguments(x):
    return (
        decorated(x),
        decorated(x, x - 1, x, 1.0, s=x, z=2.0),
        functools.partial(decorated, x)(0.0, 1.0),
        functools.reduce(lambda a, b: a * b if a > 0 else b, [x, x, x]),
    )


class Counter:
    def __init__(self):
        self.n = 0
        self.seen = []

    def step(self, x):
        self.n += 1
        if x > 0:
            self.seen.append(x)
        return self.n


@program([f64(3.0), i64(3)], [f64(-3.0), i64(0)], [f64(1.0), i64(5)], made=True)
def self_in_a_loop():
    counter = Counter()

    def run(x, n):
        for i in range(n):
            counter.step(x - i)
        return counter.n, len(counter.seen), [v * 2 for v in counter.seen]

    return run


@program(*SIGNS)
def callbacks(x):
    def apply(f, *args, times=2):
        for _ in range(times):
            args = (f(*args),)
        return args[0]

    return apply(lambda v: v * 2 if v > 0 else v - 1, x), apply(abs, x, times=1), apply(Base(x).f, x)


class Plain:
    pass


@program(*SIGNS)
def attribute_set_on_one_side(x):
    p = Plain()
    if x > 0:
        p.b = x * 2
    print(hasattr(p, "b"))
    return p.b + 1


@program(*SIGNS)
def attribute_set_on_one_side_and_not_read(x):
    p = Plain()
    p.a = x
    if x > 0:
        p.b = x * 2
    return p.a


@program(*SIGNS, [f64(5.0)], made=True)
def attribute_of_an_outer_object_set_on_one_side():
    p = Plain()

    def run(x):
        if x > 4:
            p.b = x * 2
        return hasattr(p, "b")

    return run


class Shown:
    """Its text is asked for by nobody, and could not be given while the graph is made."""

    def __init__(self, size: Any) -> None:
        self.size = size

    def __neg__(self):
        return Shown(-self.size)

    def __repr__(self) -> str:
        return f"Shown({self.size})"


@program([f64(1.0), f64(2.0)], [f64(-1.0), f64(2.0)], grad=(0, 1))
def negated_on_one_path(x, y):
    chosen = Shown(y)
    if x > 0:
        chosen = -Shown(x)
    print(chosen)
    return (chosen if y > 1 else -chosen).size


class Tally:
    """Its members change it when Python calls them."""

    def __init__(self):
        self.count, self.seen = 0, []

    def __iadd__(self, other):
        self.count += other
        return self

    def __add__(self, other):
        return self.noted(other)

    def __getitem__(self, i):
        self.count += 10
        return i

    def __lt__(self, other):
        self.seen.append(other)
        return True

    def noted(self, other):
        self.count += 100
        return other

    @property
    def number(self):
        self.count += 1000
        return self.count


OF_MODULE = Tally()


@program([f64(1.0)], [f64(3.0)], grad=0)
def members_that_change_their_object(x):
    tally = other = Tally()
    if x > 2:
        tally += 1
        x = tally + x
        x = x * tally[2]
    is_less = tally < 3
    return x, tally.count, other.count, is_less, len(tally.seen)


@program([f64([1.0, -3.0, 2.0])], [f64([])], grad=0, adapts=True)
def members_that_change_their_object_in_loops(v):
    tally, total = Tally(), 0.0
    for x in v:
        if x > 0:
            total = total + tally.number
        tally += 1
    return total, tally.count


@program([f64(1.0)], [f64(3.0)], grad=0)
def property_that_changes_an_object_from_outside(x):
    before = OF_MODULE.count
    if x > 2:
        x = x + (OF_MODULE.number - before)
    return x, OF_MODULE.count - before


class Tables:
    """Its properties keep what they have made for the first caller."""

    def __init__(self):
        self.made = None

    @property
    def kept(self):
        if self.made is None:
            self.made = np.arange(4) * 0.5
        return self.made

    @property
    def found(self):
        try:
            return self.steps
        except AttributeError:
            self.steps = (1.0, 2.0)
            return self.steps


@program([f64(1.0)], [f64(-3.0)], [f64(20.0)], grad=0, made=True)
def properties_that_keep_what_they_made():
    tables = Tables()

    def f(x):
        if x > 0:
            x = x * tables.kept[3]
        while x < 10:
            x = x + tables.kept[1] + tables.found[0]
        return x

    return f
