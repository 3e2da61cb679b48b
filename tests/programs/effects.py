"""`print`, `assert`, `raise`, f-strings: they happen at every run, in program order, on the taken path only."""

import sys

import eager as xp
from support.programs import f64, i64, program


@program([f64([1.0, 2.0])], [f64([-1.0, 2.5])], [f64([])])
def print_values(x):
    print("start", x)
    y = xp.sum(x)
    print(y, x.shape[0], sep=" | ", end=".\n")
    return y


@program([f64(1.0)], [f64(-1.0)])
def print_in_branches(x):
    if x > 0:
        print("positive", x)
    else:
        print(f"negative {x}")
    print("done")
    return x


@program([i64(3)], [i64(0)])
def print_in_loops(n):
    for i in range(n):
        print("trip", i)
        if i % 2 == 0:
            print(f"  even {i:>3} {i * 0.5:.2f}")
    return n


@program([f64(3.14159), 42], [f64(-2.0), 7])
def formats(x, n):
    text = f"{n:05d} {n!r} {'abc':>5}"
    print(f"[{x:.3f}] [{x:8.2f}] [{x!r}] {text}")
    print(f"{x=} {n=:>4}")
    return text


@program([f64(1.0)], [f64(-1.0)], [f64(0.0)])
def assertions(x):
    assert x >= 0, f"{x} is negative"
    assert x != 0
    return xp.sqrt(x)


@program([i64(3)], [i64(8)])
def assert_in_a_loop(n):
    total = 0
    for i in range(n):
        total = total + i
        assert total < 20, f"{total} at {i}"
    return total


@program([f64(1.0)], [f64(-1.0)], [f64(0.0)])
def raise_in_a_branch(x):
    if x < 0:
        raise ValueError(f"negative: {x}")
    if x == 0:
        raise ZeroDivisionError
    return 1 / x


@program([f64([1.0, 2.0])], [f64([1.0, -2.0, 3.0])])
def raise_in_a_loop(x):
    total = xp.asarray(0.0)
    for i, v in enumerate(x):
        if v < 0:
            raise RuntimeError(f"bad value {v} at {i}")
        total = total + v
    return total


@program([f64(1.0), 1], [f64(1.0), 0])
def raise_on_a_python_test(x, n):
    if n == 0:
        raise KeyError("n")
    return x / n


@program([f64(1.0)], [f64(-1.0)])
def printed_before_the_error(x):
    print("before", x)
    if x < 0:
        print("in the branch")
        raise ValueError("no")
    print("after")
    return x


@program([f64([1.0, -1.0, 2.0])], [f64([])])
def print_of_containers(x):
    seen = []
    for v in x:
        if v > 0:
            seen.append(v)
    print("seen", seen)
    print([x, 1], (x,), {"a": 1})
    return len(seen)


@program([f64(1.0)], [f64(-1.0)])
def assert_on_python_values(x):
    assert isinstance(x, xp.Tensor), "a tensor"
    assert x.ndim == 0
    return x


@program([i64(6), i64(2)], [i64(6), i64(0)], [i64(-7), i64(2)])
def integer_division(a, b):
    n = int(a)
    m = int(b)
    return n // m, n % m


@program([f64(1.0), [1, 2]], [f64(1.0), []])
def python_errors(x, items):
    return x + items[0]


@program([f64(2.0)], [f64(-1.0)], [f64(0.0)])
def order_of_checks(x):
    assert x != 0, "zero"
    print("one")
    assert x > 0, "negative"
    print("two")
    return x


@program([f64(2.0)], [f64(-2.0)])
def print_to_a_named_stream(x):
    print("to stdout", x, file=sys.stdout)
    return x


@program([f64(1.0)], [f64(-1.0)], [f64(-3.0)], [f64(-5.0)])
def errors_of_types(x):
    nothing = None
    text = "a"
    if x < -4:
        return x + len(5)
    elif x < -2:
        return x + nothing.size
    elif x < 0:
        return text + 1
    return x


@program([f64([1.0, 2.0])], [f64([1.0, -2.0])], [f64([])], adapts=True)
def errors_of_types_in_a_loop(x):
    def one(v):
        return v * 2

    total = 0.0
    for v in x:
        if v < 0:
            total = one(v, total)
        else:
            total = total + one(v)
    return total


@program([f64(1.0), f64([1.0, 2.0])], [f64(-1.0), f64([1.0])], [f64(-3.0), f64([])], [f64(-5.0), f64([2.0])])
def errors_of_what_is_no_operand(x, v):
    """Each is raised by the run that comes there; those that do not see nothing of it."""
    nothing = None
    if x < -4:
        return xp.maximum(x, nothing)
    elif x < -2:
        return next(iter(())) + x
    for e in v:
        if e < 0:
            x = xp.where(e > 1, nothing, x)
    return (abs if x < 0 else xp.cos)(x)


@program([f64(1.0)], [f64(-1.0)], [f64(5.0)])
def errors_of_a_chosen_function(x):
    nothing = None
    if x < 4:
        return x
    return (abs if x < 5 else xp.cos if x < 6 else xp.sin)(nothing)
