"""Closures, nested functions, lambdas, callees, defaults, star arguments, recursion on ordinary values."""

import functools
import math
from dataclasses import dataclass, field
from typing import Any

import eager as xp
from support.programs import f64, i64, program

SCALE = 2.5
TABLE = {"a": f64(3.0), "b": f64(-1.0)}


def relu(x):
    if x > 0:
        return x
    return x * 0.0


def clip(x, low=-1.0, *, high=1.0):
    if x < low:
        return low + x * 0
    if x > high:
        return high + x * 0
    return x


def apply_twice(f, x):
    return f(f(x))


@program([f64(2.0)], [f64(-2.0)], grad=0)
def callee_with_a_branch(x):
    return relu(x) + relu(-x) * 3


@program([f64(2.0)], [f64(-2.0)], [f64(0.25)], grad=0)
def defaults_and_keywords(x):
    return clip(x) + clip(x, 0.0) + clip(x, high=0.5) + clip(x, low=-3, high=x * 0 + 5)


@program([f64(2.0), i64(3)], [f64(-2.0), i64(2)], grad=0)
def callee_in_a_loop(x, n):
    for i in range(n):
        x = relu(x - 0.5) + x * 0.1
    return x


@program([f64(2.0)], [f64(-2.0)], grad=0)
def function_as_argument(x):
    return apply_twice(relu, x) + apply_twice(lambda v: v * v + 1, x)


@program([f64(2.0), f64(3.0)], [f64(-2.0), f64(3.0)], grad=(0, 1))
def nested_function(x, a):
    def inner(v):
        if v > 0:
            return v * a
        return v - a

    return inner(x) + inner(-x)


@program([f64(2.0)], [f64(-2.0)])
def closure_over_a_later_value(x):
    factor = 1.0

    def scaled(v):
        return v * factor

    before = scaled(x)
    factor = 10.0
    return before, scaled(x)


@program([f64(2.0)], [f64(-2.0)], made=True)
def made_closure():
    k = 3.0

    def f(x):
        if x > 0:
            return x * k
        return x + k

    return f


@program([f64(2.0)], [f64(2.0)], [f64(-2.0)], made=True)
def closure_over_a_list():
    log = []

    def f(x):
        log.append(1)
        return x * len(log)

    return f


@program([f64(2.0)], [f64(-2.0)], grad=0)
def globals_are_read(x):
    if x > 0:
        return x * SCALE + TABLE["a"]
    return x * SCALE - TABLE["b"]


@program([f64(1.0), f64(2.0), f64(3.0)], [f64(3.0), f64(2.0), f64(1.0)], [f64(1.0)])
def star_arguments(*xs):
    best = xs[0]
    for x in xs[1:]:
        if x > best:
            best = x
    return best, len(xs)


@program([f64(1.0), {"a": 2.0, "b": 3.0}], [f64(-1.0), {"b": 3.0}])
def double_star(x, options):
    def inner(v, a=1.0, b=0.0):
        if v > 0:
            return v * a + b
        return v * b + a

    return inner(x, **options)


@program([f64(5.0), 4], [f64(-5.0), 3], [f64(1.0), 0], grad=0)
def recursion_on_python(x, n):
    def go(v, k):
        if k == 0:
            return v
        if v > 0:
            v = v * 0.5
        else:
            v = v + 1
        return go(v, k - 1)

    return go(x, n)


@program([f64(1.0)], [f64(-1.0)])
def partial_functions(x):
    f = functools.partial(clip, high=0.5)
    return f(x), f(x, low=-0.1)


SHOW = functools.partial(print, "value:", end="!\n")


@program([f64(1.0), i64(3)], [f64(-1.0), i64(0)], grad=0, traceable=False)
def partials_of_builtins(x, n):
    kept = []
    add, largest = functools.partial(kept.append), functools.partial(max, 0.5)
    for i in range(n):
        SHOW(x * i)
        add(largest(x) * i)
    power = functools.partial(math.pow, 2.0)
    return sum(kept, x), power(float(x)), functools.partial(sorted, reverse=True)([1, 3, 2])


@program([f64(1.0)], [f64(-1.0)])
def functions_from_a_dict(x):
    table = {"double": lambda v: v * 2, "relu": relu}
    total = x * 0
    for name in table:
        total = total + table[name](x)
    return total


def _decorated(f):
    @functools.wraps(f)
    def wrapper(*args):
        return f(*args) + 1

    return wrapper


@_decorated
def decorated_callee(x):
    if x > 0:
        return x
    return -x


@program([f64(1.0)], [f64(-4.0)], grad=0)
def calls_a_decorated_function(x):
    return decorated_callee(x) * 2


@program([f64([1.0, 2.0, 3.0])], [f64([])])
def builtins(x):
    n = len(x)
    return n, float(n), int(2.7), isinstance(x, xp.Tensor), isinstance(n, int)


@program([i64(3), f64(2.5)], [i64(-3), f64(-2.5)])
def conversions_of_tensors(n, x):
    a = int(x) + 1
    b = float(n) / 2
    c = bool(n > 0)
    return a, b, c, abs(x), abs(n)


@program([f64(3.0), f64(2.0)], [f64(2.0), f64(3.0)], grad=(0, 1))
def min_and_max(x, y):
    return min(x, y) * 2 + max(x, y, 2.5)


@program([f64([1.0, 2.0, 3.0])], [f64([4.0])], grad=0)
def sum_of_rows(x):
    return sum(x) + sum([v * v for v in [x[0], x[0]]])


@program([f64(1.0)], [f64(-1.0)])
def lambda_with_a_ternary(x):
    f = lambda v, k=2: v * k if v > 0 else v - k
    return f(x), f(x, 5)


@program([f64(1.0)], [f64(-1.0)])
def returns_a_partial_result(x):
    def split(v):
        if v > 0:
            return v, None
        return v * 2, None

    a, b = split(x)
    return a, b is None


@dataclass
class Square:
    a: Any


@dataclass
class Circle:
    r: Any


@dataclass
class Group:
    items: list[Any] = field(default_factory=list)


@functools.singledispatch
def area(shape):
    raise TypeError(f"no area of a {type(shape).__name__}")


@area.register
def area_of_square(shape: Square):
    return shape.a * shape.a


@area.register
def area_of_circle(shape: Circle):
    return 3.0 * shape.r**2 if shape.r > 0 else 0.0


@area.register
def area_of_group(shape: Group):
    return sum((area(item) for item in shape.items), start=0.0)


class Scale:
    factor = 2.0

    @functools.singledispatchmethod
    def of(self, value):
        return value if value < 3 else value * self.factor

    @of.register
    def of_list(self, value: list):
        return [self.of(item) for item in value]


@program([f64(1.0), f64(2.0)], [f64(-1.0), f64(2.0)], [f64(3.0), f64(-2.0)], grad=(0, 1), adapts=True)
def functions_by_class(a, r):
    group = Group([Square(a), Group([Circle(r), Square(r)])])
    total = area(group)
    try:
        if total < 6:
            total = total + area("text")
    except TypeError as error:
        print(error)
    return total, Scale().of([total, a])
