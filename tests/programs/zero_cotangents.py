"""Values with an infinite derivative that no wanted result comes from: zero times infinity is not in the gradient."""

import eager as xp
from support.programs import f64, program

CASES = ([f64(1.5)], [f64(0.0)], [f64(4.0)])
ROWS = ([f64([4.0, 0.0, 1.0])], [f64([0.0])], [f64([0.0, 9.0])])


@program([f64(1.5)], [f64(1.0)], [f64(2.0)], grad=0)
def newton(x):
    """The step is exactly zero in the end, where the root of its square has no derivative."""
    y, change = x, xp.asarray(1.0)
    while change > 1e-12:
        new = 0.5 * (y + 2.0 / y)
        change = xp.sqrt((new - y) ** 2)
        y = new
    return y


@program(*ROWS, grad=0)
def one_that_is_only_checked(v):
    x, y = v[0], v[0] * 2
    for z in v:
        x = xp.exp(x * 300)
        assert x >= 0
        y = y + z
    return y


@program(*ROWS, grad=0)
def through_others(v):
    a, b, c, y = v[0], v[0], v[0], v[0] * 1
    for z in v:
        a, b, c = xp.sqrt(z), a * 2, b + c
        y = y * 0.5 + z
        if c > 20:
            print("large")
    return y


@program(*ROWS, grad=0)
def set_anew(v):
    """Only the last trip has a part in the gradient."""
    y = v[0]
    for z in v[::-1]:
        y = xp.sqrt(z)
    return y


@program(*ROWS, grad=0)
def set_anew_from_what_goes_on(v):
    h, y = v[0] * 0.1, v[0]
    for z in v[::-1]:
        y = xp.sqrt(z) * h
        h = h + 0.5 * z
    return y


@program(*ROWS, grad=0)
def both_are_returned(v):
    h, y, n = v[0] * 0.1, v[0], len(v) - 1
    while n >= 0:
        y = xp.sqrt(v[n])
        h = xp.tanh(h + v[n])
        n -= 1
    return y + h


@program([f64([4.0, 0.0, 1.0])], [f64([0.0])], [f64([])], grad=0)
def set_anew_or_not_at_all(v):
    s = xp.sum(v)
    y, t = s * 3, s
    for z in v[::-1]:
        y, t = xp.sqrt(z) * s, y
    return y + t


@program([f64([4.0, 1.0, 2.0]), 2], [f64([0.0, 0.0, 5.0]), 1], [f64([1.0]), 0], grad=0)
def set_anew_in_a_nest(v, n):
    y, total = v[0], v[0] * 2
    for z in v[::-1]:
        y = z * 2
        for k in range(n):
            y = xp.sqrt(z + k) * total
        total = total + z * y if n < 2 else total + z
    return y


@program(*CASES, grad=0)
def in_a_branch(x):
    root, y = x, x * 2
    if x >= 0:
        root, y = xp.sqrt(x), x * 3
    if root > 1:
        y = y + x
    return y


@program(*ROWS, grad=0)
def in_a_try(v):
    root, y = v[0], v[0]
    try:
        for z in v:
            root = root + xp.sqrt(z)
            if root > 3:
                raise ValueError("large")
            y = y + z
    except ValueError:
        y = y * 5
    return y


@program(*ROWS, grad=0)
def nested(v):
    error, y = v[0] * 0, v[0]
    for z in v:
        part = z * 0
        for w in v:
            if w >= 0:
                part = part + xp.sqrt(w)
            y = y + w * z
        error = xp.sqrt(part * error) + 1
    if error > 3:
        y = y * 2
    return y


@program(*ROWS, grad=0)
def set_anew_in_other_sizes(v):
    row = v[:1] * 3
    for i, z in enumerate(v):
        row = v[: i + 1] * z
    return v[0] + row.sum()


@program(*ROWS, grad=0)
def set_anew_in_other_lengths(v):
    """What comes to the last trip is shorter than what the loop starts with."""
    rows = [v[0], v[0] * 2]
    for z in v:
        rows = [z * 3]
    return sum(rows)


@program(*ROWS, grad=0)
def set_anew_for_some_other_list(v):
    batch, groups = [v[0] * 3], [[v[0] * 2]]
    for _ in v:
        batch = []
    for _ in v:
        groups.append(batch)
    return groups[0][0]


def root_of(x):
    y, change = x, xp.asarray(1.0)
    while change > 1e-12:
        new = 0.5 * (y + 2.0 / y)
        change = xp.sqrt((new - y) ** 2)
        y = new
    return y, change


@program([f64(1.5)], [f64(1.0)], [f64(2.0)], grad=0)
def gradient_within(x):
    return xp.grad(lambda x: root_of(x)[0] * x)(x)


@program([f64(1.5)], [f64(1.0)], [f64(2.0)], grad=0)
def of_second_order(x):
    return xp.grad(lambda x: xp.grad(lambda x: root_of(x)[0] * x * x)(x))(x)


@program([f64(1.5)], [f64(1.0)], [f64(2.0)])
def a_result_that_is_not_asked(x):
    (root, change), pullback = xp.vjp(root_of, x)
    pulled = pullback((xp.ones_like(root), xp.zeros_like(change)))[0]
    return xp.grad(lambda x: root_of(x)[0])(x), change, xp.isnan(pulled)
