"""`math` and NumPy functions on values of the graph, with Python's errors."""

import math

import numpy as np

from support.programs import f64, i64, program

NUMBERS = ([f64(0.5)], [f64(-0.25)], [f64(0.0)])


@program(*NUMBERS)
def trigonometry(x):
    return math.sin(x), math.cos(x), math.tan(x), math.asin(x), math.acos(x), math.atan(x), math.atan2(x, 2)


@program(*NUMBERS)
def hyperbolic(x):
    return math.sinh(x), math.cosh(x), math.tanh(x), math.asinh(x), math.atanh(x), math.acosh(1 + abs(float(x)))


@program(*NUMBERS, [f64(800.0)], [f64(np.nan)], [f64(np.inf)])
def exponential(x):
    return math.expm1(x), math.exp(x)


@program(*NUMBERS, [f64(np.nan)], [f64(np.inf)])
def square_root(x):
    return math.sqrt(x)


@program(*NUMBERS, [f64(9.0)])
def logarithms(x):
    return math.log1p(x), math.log(x), math.log2(x), math.log10(x), math.log(x, 3)


@program(*NUMBERS, [f64(2.0)])
def inverse_at_the_pole(x):
    return math.atanh(x * 2)


@program([f64(3.7)], [f64(-3.7)], [f64(np.nan)], [f64(np.inf)])
def whole_numbers(x):
    return math.floor(x), math.ceil(x), math.trunc(float(x))


@program([f64(3.7)], [f64(-3.7)], [f64(np.nan)], [f64(np.inf)])
def kinds_of_numbers(x):
    return math.isnan(x), math.isinf(x), math.isfinite(x), math.fabs(x), math.copysign(2.0, x)


@program([f64(3.7), f64(2.0)], [f64(-3.7), f64(0.5)], [f64(0.0), f64(-1.0)], [f64(1e200), f64(3.0)])
def of_two(x, y):
    return math.hypot(x, y), math.pow(x, y)


@program([f64(7.5), f64(2.0)], [f64(-7.5), f64(2.0)], [f64(1.0), f64(0.0)])
def remainders(x, y):
    return math.fmod(x, y)


@program([f64(90.0)])
def angles(x):
    return math.degrees(x), math.radians(x), math.pi * x


@program([i64(17)], [i64(0)], [i64(16)], [i64(-1)])
def integer_root(n):
    return math.isqrt(int(n))


@program([f64(2.0)])
def sums_and_products(x):
    return math.fsum([x, 0.1, 0.2]), math.prod([x, 3, x])


@program([f64([0.5, 1.0])], [f64([-0.5, 2.0])], grad=0)
def of_numpy(x):
    return (
        np.sin(x),
        np.sum(x),
        np.where(x > 0.7, x, 0),
        np.stack([x, x]),
        np.maximum(x, 0.7),
        np.linalg.norm(x),
        np.dot(x, x),
        np.mean(x),
        np.clip(x, 0.6, 0.8),
        np.concatenate([x, x * 2]),
    )


@program([f64(2.0), i64(3)], [f64(2.0), i64(0)], adapts=True)
def in_a_loop(x, n):
    total = 0.0
    for i in range(n):
        if math.sin(i) > 0:
            total = total + math.sqrt(i) * x
    return total


@program([i64(12)], [i64(0)], [i64(-18)])
def divisors_and_multiples(n):
    return math.gcd(n, 8), math.gcd(n), math.gcd(n, 9, -6), math.lcm(n, 8), math.lcm(4, 6, int(n))


@program([i64(5)], [i64(0)], [i64(1)], [i64(20)], [i64(-1)])
def counting_ways(n):
    ways = math.comb(n, 3), math.comb(62, n), math.perm(n, 2), math.perm(n)
    return ways, math.factorial(n)


@program([f64(5.0)])
def factorial_of_a_float(x):
    return math.factorial(x)


@program([f64(2.5)], [f64(-2.5)], [f64(np.inf)], [f64(np.nan)], [f64(-0.0)])
def parts_of_a_number(x):
    return math.modf(x), math.nextafter(x, 3.0), math.dist((x, 1.0), (1.0, x))


@program([f64(1.0)], [f64(1.0 + 1e-10)], [f64(1.1)], [f64(np.inf)], [f64(np.nan)])
def nearly_equal(x):
    return math.isclose(x, 1.0), math.isclose(x, 1.0, rel_tol=0.2), math.isclose(x, 1.3, abs_tol=0.25)
