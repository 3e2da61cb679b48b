"""Python's builtins on values of the graph: numbers, sequences, `in`, `isinstance`."""

import functools
import numbers
from typing import Any

import numpy as np

import eager as xp
from support.programs import f64, flags, i64, program

SMALL = xp.asarray(np.asarray(200, np.uint8))
SOME = f64([3.7, 1.0, 2.0])
EMPTY = f64(np.zeros(0))


@program([f64(3.7)], [f64(-3.7)], [f64(2.5)], [f64(3.5)], [i64(3)], [f64(np.nan)], [f64(np.inf)])
def to_numbers(x):
    return float(x), bool(x), abs(x), round(x), int(x)


@program([SMALL], [xp.asarray(np.asarray(3, np.uint16))])
def unsigned_to_integers(x):
    n = int(x)
    return n - 300, -n, 7 // n, divmod(n, 3), sum(range(n)), float(x) ** 0.5, [int(x) for _ in range(int(x) // 2)][:2]


@program(
    *([f64(x), i64(n), flags(b)] for x, n, b in ((3.7, 2, True), ([-3.7], [[0]], [False]), ([1.0, 2.0], 1, True))),
    [EMPTY, i64(1), flags(True)],
)
def items(x, n, b):
    a, k = x.item(), n.item()
    total = 0.0
    for i in range(k):
        total += a * i
    if b.item() and a > 1:
        total = -total
    return a / 3, k + 1, b.item(), total, a * xp.astype(x, xp.float32)


@program([f64([3.0, -1.0, 2.0]), i64(1)], [f64([3.0, -1.0]), i64(0)], [f64([3.0, -1.0]), i64(2)], adapts=True)
def items_at(x, n):
    positive = x[x > 0]
    return x.item(0), x.item(n), positive.item()


@program([f64(3.7), i64(2)], [f64(-3.2), i64(0)])
def of_numbers(x, n):
    a, b = float(x), int(n)
    return round(a), round(b), abs(a), int(a), float(b), bool(b), int(a > 1), round(b, 2)


@program(*([f64(x), i64(n)] for x, n in ((2.675, 1250), (-0.125, -1350), (1e17 / 3, 49), (np.nan, 0), (-1e-9, 7))))
def rounded_to_digits(x, n):
    a, k = float(x), int(n)
    return round(a, 2), round(a, ndigits=0), round(a / 7, 4), round(k, -2), round(k, -18), round(k, 3)


@program([f64(2.5), i64(3)], [f64(-1.0), i64(-2)], adapts=True)
def named_arguments(x, n):
    by_size = functools.cmp_to_key(lambda a, b: abs(a) - abs(b))
    numbers = [x, 1.0, x * x, -0.5]
    print(n, x, sep=None, end=None)
    return sorted(numbers, key=by_size), int("ff", base=16) + n, complex(real=1.0, imag=float(x)), str(object=int(n))


@program([f64(2.5)], [f64(-1.0)])
def adds_no_texts(x):
    try:
        return sum(["a", "b"], "")
    except TypeError:
        return sum([0.1] * 10) + x, sum([True, 2, x, 1], 0.5)


@program([f64(3.7), f64(2.0)], [f64(-3.7), f64(2.0)], grad=(0, 1))
def divmod_and_pow(x, y):
    return divmod(x, y), pow(abs(x), y), divmod(x, 2)


@program([i64(7), i64(3)], [i64(-7), i64(3)], [i64(7), i64(0)])
def divmod_of_numbers(x, y):
    a, b = int(x), int(y)
    return divmod(a, b), pow(b, 2), divmod(a, 4)


@program([f64(7.5), i64(3)], [f64(-7.5), i64(0)])
def divmod_of_floats(x, n):
    return divmod(float(x), int(n))


@program([f64(2.0), i64(3)], [f64(0.0), i64(-1)], [f64(1e200), i64(2)], [f64(0.0), i64(0)], [f64(-3.0), i64(-1)])
def powers_of_numbers(x, n):
    a, k = float(x), int(n)
    return a**k, a**2, 2.0**k, (a * 1j) ** k


@program(
    *([i64(a), i64(b), i64(m)] for a, b, m in ((3, 5, 7), (3, -1, 7), (3, 5, -7), (-3, 4, 7), (2, -1, 4), (3, 2, 0))),
    *([i64(a), i64(b), i64(m)] for a, b, m in ((10**9, 10**9, 10**9 + 7), (3, 0, 1), (5, 4, -1), (0, 0, 5))),
)
def powers_modulo(a, b, m):
    a, b, m = int(a), int(b), int(m)
    return pow(a, b, m), pow(2, b, m), pow(a, 3, 7), pow(True, b, m)


@program([f64(3.0)], [f64(2.5)])
def powers_modulo_of_floats(x):
    return pow(float(x), 2, 5)


@program([f64(0.0), i64(3)], [f64(4.0), i64(-1)], [f64(np.inf), i64(2)], [f64(np.nan), i64(0)])
def roots_of_numbers(x, n):
    return float(x) ** 0.5, float(x) ** (1 / int(n)) if int(n) else 1.0


@program([i64(3), i64(2)], [i64(-3), i64(2)], [i64(3), i64(-1)])
def shifts_of_numbers(x, n):
    a, k = int(x), int(n)
    return a << k, a >> k


@program([f64(2.0)])
def numbers_without_an_order(x):
    return float(x) < 1j


@program([f64(2.0)])
def numbers_without_bits(x):
    return 3 & float(x)


@program([SOME], [f64([2.0])], [EMPTY], grad=0)
def extremes(x):
    return min(x), max(x)


@program([SOME], [EMPTY])
def extremes_with_a_default(x):
    return min(x, default=x[:0].sum()), max(x, default=-1.0 + x[:0].sum())


@program([SOME], [f64([-5.0, 2.0])])
def extremes_with_a_key(x):
    return max(x, key=lambda v: -v * v), min(x[0], x[1], key=lambda v: v * v), max([3, 1, 2], key=lambda v: -v)


@program([SOME], [f64([np.nan, 1.0, np.nan])])
def extremes_with_nan(x):
    return min(x), max(x)


@program([SOME], [f64([2.0])], [EMPTY], grad=0, adapts=True)
def sums(x):
    return sum(x), sum(x, 1.0), sum([x[:1], x[:1]])


@program([SOME], [f64([0.0, 0.0])], [EMPTY], [i64([0, 1])], [flags([True, True])])
def any_and_all(x):
    return any(x), all(x)


@program([f64(2.0)], [f64(-2.0)])
def any_and_all_of_a_list(x):
    return any([x > 0, False]), all([x > 0, x > 1]), any([x > 5, True]), all([]), any([x, 0.0])


@program([SOME], [f64([2.0])], [f64([2.0, 2.0, -1.0, 9.0])])
def sorting(x):
    return sorted(x), sorted(x, reverse=True)[0], sorted([x[0], x[-1] * 2, x[0] - 1])


@program([SOME], [f64([2.0, 2.0, -1.0, 9.0])])
def sorting_by_a_key(x):
    return sorted(x, key=lambda v: -v), sorted([3, 1, 2], key=lambda v: -v), sorted("bca")


@program([SOME], [f64([2.0])], [EMPTY], grad=0)
def mapping(x):
    total = xp.sum(x) * 0
    for v in map(lambda v: v * v, x):
        total = total + v
    for a, b in zip(map(lambda v: v * 2, x), x, strict=True):
        total = total + a * b
    return total, list(map(lambda v: v if v > 1.5 else -v, x))


@program([SOME], [f64([0.0])], [EMPTY], adapts=True)
def filtering(x):
    total = 0.0
    for v in filter(lambda v: v > 1.5, x):
        total = total + v
    return total, list(filter(None, x)), list(filter(lambda v: v % 2, [1, 2, 3]))


@program([SOME], [f64([2.0])], [EMPTY])
def listing(x):
    items = list(x)
    items.append(x.sum())
    return items, len(items), len(x)


@program([SOME], [f64([2.0])])
def together(x):
    total = 0.0
    for i, (a, b) in enumerate(zip(x, reversed(x), strict=True), 1):
        total = total + i * a * b
    return total


@program([SOME], [i64([1, 2])])
def membership(x):
    n = int(x[0])
    return 1 in x, 5.0 in x, 1 not in x, n in {1, 2, 3}, n in range(0, 10, 3), n in range(9, 0, -3), n in (3, 4)


@program([SOME], traceable=False)  # `type(x)` is that of a traced tensor
def classes(x):
    n = int(x[0])
    return (
        isinstance(x, xp.Tensor),
        type(x) is xp.Tensor,
        hasattr(x, "shape"),
        isinstance(x, float),
        isinstance(n, int),
        isinstance(n > 1, bool),
        type(n) is int,
        isinstance(float(x[0]), (int, str)),
        isinstance(n, int | xp.Tensor),
        isinstance(n, str | None),
        isinstance(n, (str, (float, int | None))),
        isinstance(n, numbers.Integral),
    )


@program([f64(0.5)])
def a_number_as_a_key(x):
    table = {1: x, 2: x * 2}
    return sum(table[k] for k in (1, 2))


@program([SOME])
def no_class(x):
    return isinstance(int(x[0]), "int")


@program([f64([1.0, -2.0]), i64(3)], [f64([1.0, -2.0]), i64(1)], grad=0)
def sums_of_vectors(x, n):
    rows = []
    for i in range(n):
        rows.append(x * i)
    return sum(rows), sum(rows, x), sum(x * k for k in range(n))


def _ends(_: Any) -> Any:
    raise StopIteration


@program([f64([1.0, 2.0])])
def a_key_that_raises_what_ends_iterators(x):
    return sorted([x[0], x[1]], key=_ends)


@program([f64(1.5), 2], [f64(2.5), 3], [f64(0.5), 0])
def ranges_that_leave(x, n):
    return range(n), [range(n, 0, -1)], range(int(x) + 1)
