"""`x[i] = v` on tensors, in branches and loops, through aliases, and on arguments."""

import eager as xp
from support.programs import f32, f64, flags, i64, program


@program([f64([1.0, 2.0, 3.0]), i64(1)], [f64([1.0, 2.0, 3.0]), i64(-1)], [f64([1.0, 2.0, 3.0]), i64(5)], grad=0)
def one_element(x, i):
    y = x * 1.0
    y[i] = y[0] * 10
    return y


@program([f64([1.0, 2.0])], [f64([-1.0, 2.0])], [f32([1.0, 2.0])])
def argument_in_a_branch(x):
    if x[0] > 0:
        x[1] = x[0] * 100
    return xp.sum(x)


@program([f64([1.0, 2.0, 3.0])], [f64([1.0])], [f64([])])
def every_element(x):
    for i in range(x.shape[0]):
        x[i] = x[i] * i
    return x


@program([f64([1.0, 2.0, 3.0])], [f64([1.0])], grad=0)
def into_a_new_tensor(x):
    y = xp.zeros(x.shape)
    for i, v in enumerate(x):
        y[i] = v * v
    return y


@program([f64([1.0, -2.0, 3.0])], [f64([-1.0, -1.0])], [f64([])], grad=0)
def by_a_mask(x):
    y = x * 2
    y[y > 0] = 0.0
    y[y < -3] += 1.0
    return y


@program([f64([[1.0, 2.0], [3.0, 4.0]]), i64(1)], [f64([[1.0, 2.0], [3.0, 4.0]]), i64(0)], grad=0)
def a_row(x, i):
    y = x * 1.0
    y[i] = y[1 - i] + 1.0
    y[:, i] = 0.5
    return y


@program([f64([1.0, 2.0, 3.0])], [f64([-1.0, 2.0, 3.0])])
def seen_by_an_alias(x):
    y = x
    if x[0] > 0:
        y[0] = 50.0
    return xp.sum(x), y


@program([f64([1.0, 2.0, 3.0])], [f64([-1.0, 2.0, 3.0])])
def not_seen_by_a_slice(x):
    y = x[0:2]
    if x[0] > 0:
        y[0] = 50.0
    x[1] = 7.0
    return x, y


@program([f64([1.0, 2.0, 3.0]), i64(2)], [f64([1.0, 2.0, 3.0]), i64(0)])
def augmented_items(x, n):
    for i in range(n):
        x[i] += 10.0
        x[-1] *= 2.0
        x[1:] -= 0.5
    return x


@program([i64([3, 1, 2])], [i64([1])], [i64([5, 4, 3, 2, 1])])
def insertion_sort(x):
    for i in range(1, x.shape[0]):
        v = x[i] + 0
        j = i - 1
        while j >= 0 and x[j] > v:
            x[j + 1] = x[j]
            j -= 1
        x[j + 1] = v
    return x


@program([f64([1.0, 2.0]), f64([1.0, 2.0])], [f64([-1.0, 2.0]), f64([1.0, 2.0])])
def into_one_of_two(x, y):
    if x[0] > 0:
        x[0] = 100.0
    else:
        y[0] = 200.0
    return x + y


@program([i64(8)], [i64(2)])
def sieve(n):
    prime = xp.ones((20,), dtype=xp.bool)
    prime[0] = False
    prime[1] = False
    i = 2
    while i < n:
        if prime[i]:
            for j in range(i * i, 20, i):
                prime[j] = False
        i += 1
    return prime


@program([f64([1.0, 2.0, 3.0]), i64([0, 2, 0])], [f64([1.0, 2.0, 3.0]), i64([])], grad=0)
def by_an_index_array(x, index):
    y = x * 1.0
    y[index] = 9.0
    y[index] += 1.0
    return y


@program([flags([True, False]), i64(0)], [flags([False, False]), i64(1)])
def flags_in_a_loop(x, i):
    for j in range(2):
        x[j] = not x[i]
    return x


@program([f64([[1.0, 2.0], [3.0, 4.0]])], [f64([[-1.0, 2.0], [3.0, 4.0]])], grad=0)
def gaussian_elimination(a):
    m = a * 1.0
    for i in range(2):
        if m[i, i] < 0:
            m[i] = -m[i]
        for j in range(i + 1, 2):
            m[j] = m[j] - m[i] * (m[j, i] / m[i, i])
    return m


@program([f64(1.0)], [f64(-1.0)])
def into_what_takes_none(x):
    pair, n = (x, 1.0), int(x)
    for i in range(2):
        try:
            if i == 0:
                pair[0] = x
            else:
                n[0] = x
        except TypeError as error:
            print(error)
    try:
        del pair[0]
    except TypeError as error:
        print(error)
    return pair


@program([f64([1.0, 2.0, 4.0]), i64(4)], [f64([1.0, 2.0, 4.0]), i64(0)], grad=0)
def tensors_of_a_list_at_a_place(x, n):
    sums, parts = [xp.zeros(()), xp.zeros(())], [x * 1, x * 2]
    first = parts[0]
    for i in range(n):
        sums[i % 2] += x[i % 3]
        parts[i % 2 - 2] *= 2.0
    return sums, parts, first


@program([f64([1.0, 2.0]), i64(1)], [f64([1.0, 2.0]), i64(-3)], [f64([1.0, 2.0]), f64(1.0)])
def no_such_tensor_of_a_list(x, n):
    parts = [x * 1, x * 2]
    parts[n] += 1.0
    return parts
