"""Other dtypes, weak Python scalars, casts, 0-d and zero-size arrays, NaN and infinities."""

import numpy as np

import eager as xp
from support.programs import f32, f64, flags, i32, i64, program

EVERY = ([f64(2.0)], [f32(2.0)], [i64(2)], [i32(-2)], [flags(True)], [flags(False)])


@program(*EVERY)
def python_scalars_are_weak(x):
    y = x + 1
    z = x * 2
    if z > 0:
        y = y * z
    return y, z, x + True


@program(*EVERY)
def floats_meet_integers(x):
    y = x * 1.5
    while y > 1:
        y = y - 1.25
    return y


@program([f32([1.0, 2.0]), i64(2)], [f32([]), i64(1)], grad=0)
def float32_stays(x, n):
    total = xp.zeros((), dtype=x.dtype)
    for i in range(n):
        total = total + xp.sum(x) * 0.5
    return total


@program([i32([1, 2, 3])], [i32([-1])], [i64([1, 2])])
def integer_loop(x):
    total = x[0]
    for v in x:
        if v % 2 == 0:
            total = total + v
        else:
            total = total - v
    return total


@program([flags([True, False, True])], [flags([])])
def count_flags(x):
    n = 0
    for v in x:
        if v:
            n += 1
    return n


@program([f64([1.0, float("nan"), 3.0])], [f64([float("inf"), -1.0])], [f64([])])
def skips_nans(x):
    total = xp.asarray(0.0)
    for v in x:
        if not xp.isnan(v):
            total = total + v
    return total


@program([i64(5)], [f64(5.5)], [f32(-1.5)], [flags(True)])
def casts(x):
    y = xp.astype(x, xp.float32)
    n = xp.astype(y, xp.int32)
    if n > 0:
        return y * n, n
    return y - n, n


@program([f64([])], [f64([[]])], [f64(np.zeros((2, 0, 3)))], [f32([])])
def zero_size(x):
    y = xp.sum(x)
    if y == 0:
        z = xp.concat([xp.reshape(x, (-1,)), xp.ones((1,), dtype=x.dtype)])
    else:
        z = xp.zeros((1,), dtype=x.dtype)
    return y, z, xp.exp(x)


@program([f64(np.zeros((3, 0)))], [f64(np.zeros((0, 3)))], [f64([[1.0]])], adapts=True)
def loops_over_zero_size(x):
    n = 0
    total = 0.0
    for row in x:
        n += 1
        for v in row:
            total = total + v
    return n, total


@program([np.asarray([1.0, 2.0])], [np.asarray([-1.0])])
def numpy_arguments(x):
    x = xp.asarray(x)
    if xp.sum(x) > 0:
        return x * 2
    return x


@program([f64(2.0), np.float64(3.0)], [f64(2.0), np.float64(-3.0)])
def numpy_scalars(x, s):
    if s > 0:
        return x * s
    return x - s


@program([f64([1.0, 4.0, 9.0])], [f64([-1.0, 4.0])])
def numpy_functions(x):
    y = np.abs(x)
    if np.sum(y) > 6:
        return np.sqrt(y)
    return np.maximum(y, 2.0)


@program([3], [0], [-2])
def python_alone(n):
    total = 0
    for i in range(abs(n)):
        if i % 2:
            total += i
        else:
            total -= 1
    return total, n / 2, n // 2, -n


@program([2.5], [-0.0], [float("nan")], [float("inf")])
def python_floats(x):
    if x > 1:
        y = x * 2
    elif x != x:
        y = 0.0
    else:
        y = -x
    return y, [x], {"x": x}


@program([2, f64(1.0)], [3, f64(1.0)], [-1, f64(1.0)], [2, f64(-1.0)])
def a_number_that_becomes_an_input(n, x):
    if x > 0:
        y = x * n
    else:
        y = x - n
    if n > 2:
        return y, n
    return y + 1, n + 1


@program([0.5, f64([1.0, 2.0])], [1.5, f64([1.0, 2.0, 3.0])], [2.0, f64([])], [float("nan"), f64([1.0])])
def sizes_and_numbers_change(t, x):
    n = x.shape[0]
    if n > 1 and t < 1:
        return xp.sum(x) * t, n
    return xp.sum(x) - t, n * 2


@program([f64(1.0), True, "a"], [f64(1.0), False, "a"], [f64(1.0), True, "b"])
def flags_and_texts_choose_programs(x, flag, mode):
    if flag and mode == "a":
        return x + 1
    if mode == "b":
        return x * 2
    return x


@program([f64([1.0, 2.0, 3.0]), 2], [f64([1.0, 2.0, 3.0, 4.0]), 3], [f64([1.0]), 0])
def numbers_as_sizes(x, n):
    y = x[:n]
    z = xp.zeros((n + 1,))
    return y, z, xp.reshape(x, (-1, 1)).shape[0]


@program([i64(2**62)], [i64(-(2**62))], [i64(3)])
def large_integers(n):
    m = n
    if n > 0:
        m = n - 1
    return m, n // 2


@program([f64(0.0)], [f64(-0.0)], [f64(1.0)])
def signed_zero(x):
    y = x * -1.0
    if x == 0:
        y = y + 0.0
        return y, -y, 0.0 - x
    return y, x, x


@program([f64(1.5)], [f64(-1.5)])
def scalars_of_numpy_on_paths(x):
    rate = np.float64(0.5) if x > 0 else np.float64(0.25)
    small = np.float32(2.0)
    for _ in range(3):
        if x > 1:
            small = np.float32(3.0)
    count = np.int64(1)
    if x < 0:
        count = xp.asarray(2)
    return rate * x, x + rate, xp.astype(x, xp.float32) * small, x * count, np.float64(0.5) if x > 0 else None


BYTES = xp.asarray(np.array([1, 200, 255], np.uint8))
LARGE = ([BYTES, 3], [BYTES, -1], [BYTES, 256], [BYTES, 2**70], [BYTES, 5])


@program(*LARGE)
def sum_with_a_number_that_may_not_fit(x, k):
    return x + k


@program(*LARGE, [i64([1, 2]), 2**70])
def compared_with_a_number_that_may_not_fit(x, k):
    return x > k, k >= x, x == k, x != k, x < -1


@program([BYTES, i64(2)], [BYTES, i64(300)], [BYTES, i64(0)])
def compared_with_numbers_of_a_loop(x, n):
    found = 0
    k = -2
    while k < n:
        if (x > k).all():
            found += 1
        k += 1
    return found, x == k


@program([i32([1, 2]), i64(2)], [i32([1, 2]), i64(2**40)])
def sum_with_a_number_of_the_graph(x, n):
    step = n.item() * 2
    return (x + step) * 2


@program([BYTES, i64(2)], [BYTES, i64(0)])
def lowered_in_a_loop(x, n):
    for i in range(n):
        x = x - (i * 200 - 100)
    return x
