"""`grad`, `vjp` and `backward` within the function: under T tests, in T loops, of what other names stand for too."""

import eager as xp
from support.programs import f64, i64, program

CASES = ([f64([1.0, 3.0]), i64(2)], [f64([-1.0, 0.5]), i64(1)], [f64([2.0, 2.0]), i64(0)])


def clipped(x):
    if xp.sum(x) > 2:
        x = x * x
    return xp.sum(x * 3)


def settled(x):
    while xp.sum(x) < 5:
        x = x * x + 1.0
    return xp.sum(x * x)


def weighed(x):
    total = xp.sum(x) * 0
    for i, v in enumerate(x):
        total = total + v**3 * (i + 1) if v > 0 else total - v * v
    return total


@program(*CASES, grad=0)
def under_a_test(x, n):
    g = x * 0
    if n > 0:
        g = xp.grad(settled)(x)
        if n > 1:
            g = g + xp.grad(clipped)(x) * xp.grad(weighed)(g)
    return g


@program(*CASES, grad=0)
def in_a_loop(x, n):
    found = x
    for _ in range(n):
        found = found + 0.1 * xp.grad(weighed)(x)
        value, g = xp.value_and_grad(clipped)(x)
        found = found - g * value
    return found


@program(*CASES, grad=0)
def of_second_order_under_a_test(x, n):
    if n > 0:
        return xp.grad(lambda v: xp.sum(xp.grad(weighed)(v) * x))(x)
    return x


@program(*CASES, grad=0)
def beside_the_value_of_the_variable(x, n):
    def inside(v):
        if n > 0:
            v = v * x
        for w in x:
            v = v * w
        return xp.sum(v)

    return xp.grad(inside)(x)


@program(*CASES, grad=0)
def of_two_variables_with_one_value(x, n):
    def inside(a, b):
        total = xp.sum(a) * 0
        for i in range(n):
            total = total + xp.sum(a * a * b) * (i + 1)
        return total

    return xp.grad(inside, (0, 1))(x, x), xp.grad(lambda a: xp.sum(xp.grad(lambda b: inside(a, b))(a)))(x)


@program(*CASES, grad=0)
def pulled_back_under_a_test(x, n):
    value, back = xp.vjp(lambda v: v * x if xp.sum(v) > 2 else v, x)
    g = back(x)[0] if n > 0 else value
    return g, xp.jvp(settled, (x,), (g,))


@program(*CASES, grad=0)
def pulled_back_twice(x, n):
    def ways(v):
        if n > 1:
            return v * 2
        return -v if n > 0 else v + 1

    _, back = xp.vjp(ways, x)
    return back(xp.ones(2))[0] * x, back(xp.asarray([2.0, 5.0]))[0], back(x)[0]


@program(*CASES)
def of_what_may_be_missing(x, n):
    def inside(v):
        found = None
        if n > 0:
            found = xp.sum(v * v)
        return found

    def bound_in_a_loop(v):
        for _ in range(n):
            last = v * v
        if n > 1:
            last *= 3.0
        return last

    _, back = xp.vjp(bound_in_a_loop, x)
    return xp.grad(inside)(x), back(x)


@program(*CASES, made=True)
def backward_under_a_test():
    w = xp.Parameter([0.5, 2.0])

    def step(x, n):
        w.grad = None
        loss = xp.asarray(0.0)
        if n > 0:
            loss = weighed(w) * xp.sum(x)
            loss.backward()
        for _ in range(n):
            part = settled(w) * clipped(x)
            loss = loss + part
            part.backward()
        return loss, None if w.grad is None else w.grad * 1

    return step


@program(*CASES, made=True)
def steps_under_a_test():
    w = xp.Parameter([0.5, 2.0])

    def step(x, n):
        if n > 0:
            w.grad = None
            weighed(w * x).backward()
            with xp.no_grad():
                w.assign(w - 0.01 * w.grad)
        return w * x

    return step


@program(*CASES, grad=0)
def argument_changed_behind_a_gradient(x, n):
    g = xp.grad(weighed)(x)
    for k in range(n):
        x[0] = g[1] * k
    x *= 2.0
    return xp.sum(g) + x[1]
