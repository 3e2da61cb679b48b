"""`with`: managers of users, of generator functions, of libraries."""

import contextlib

import eager as xp
from support.programs import f64, i64, program


class Log:
    def __init__(self):
        self.depth = 0
        self.total = 0.0


class Scope:
    def __init__(self, log, swallow=False):
        self.log = log
        self.swallow = swallow

    def __enter__(self):
        self.log.depth += 1
        print("enter", self.log.depth)
        return self.log

    def __exit__(self, kind, error, traceback):
        self.log.depth -= 1
        print("exit", kind is None)
        return self.swallow


@contextlib.contextmanager
def scope(log, x):
    print("start")
    log.depth += 1
    try:
        yield x * 2
    finally:
        log.depth -= 1
        print("end")


@contextlib.contextmanager
def catching(log):
    try:
        yield
    except ValueError as e:
        print("caught", e)
        log.depth += 10


@program([f64(2.0)], [f64(-2.0)], [2.0], grad=0)
def enters_and_leaves(x):
    log = Log()
    with Scope(log) as first, Scope(first):
        y = x * first.depth
        if x < 0:
            return y, log.depth
        y = y + 1
    return y, log.depth


@program([f64(2.0)], [f64(-2.0)])
def keeps_the_exception(x):
    log = Log()
    y = x
    with Scope(log, True):
        y = y + 1
        assert x > 0, "negative"
        y = y + 10
    return y, log.depth


@program([f64(2.0)], [f64(-2.0)])
def passes_the_exception(x):
    log = Log()
    with Scope(log):
        if x < 0:
            raise ValueError("negative")
        y = x + 1
    return y, log.depth


@program([f64([1.0, -1.0, 2.0])], [f64([1.0, -1.0, 2.0, 3.0, 1.0])], [f64([])], adapts=True, grad=0)
def break_and_continue(x):
    total = 0.0
    log = Log()
    for v in x:
        with Scope(log):
            log.total = log.total + v
            if v > 2:
                break
            if v < 0:
                continue
            total = total + v * v
    return total, log.depth, log.total


@program([f64(2.0)], [f64(-2.0)], grad=0)
def generator_function(x):
    log = Log()
    with scope(log, x) as y:
        z = y * x + log.depth
        if x < 0:
            raise ValueError("negative")
    return z, log.depth


@program([f64([1.0, -1.0, 2.0])], [f64([1.0, 3.0, 1.0])], [f64([])], adapts=True)
def generator_function_in_a_loop(x):
    total = 0.0
    log = Log()
    for v in x:
        with scope(log, v) as w:
            if w > 5:
                break
            if w < 0:
                continue
            total = total + w
    return total, log.depth


@program([f64(2.0)], [f64(-2.0)])
def generator_function_that_catches(x):
    log = Log()
    with catching(log):
        if x < 0:
            raise ValueError("negative")
        print("not reached for negative ones")
    return log.depth


@program([f64(2.0)], [f64(0.5)], [f64(-2.0)])
def of_libraries(x):
    with xp.no_grad():
        y = x * 2
    with contextlib.suppress(IndexError, ValueError):
        if y > 2:
            raise ValueError("x")
        y = y + 100
    with contextlib.nullcontext(y) as z:
        return z + 1


@program([f64(2.0)])
def no_manager(x):
    with x:
        return x


@program([f64(2.0)], [f64(-2.0)], adapts=True)
def changes_state(x):
    log = Log()
    try:
        with Scope(log):
            if x < 0:
                raise KeyError("gone")
            log.total = log.total + x
    except KeyError:
        log.total = log.total - 100
    return log.total, log.depth


@program([f64(2.0)], [f64(-2.0)], adapts=True)
def changes_more_state(x):
    log = Log()
    try:
        with Scope(log):
            log.total = log.total + x
            if x < 0:
                raise KeyError("gone")
    except KeyError:
        log.total = log.total - 100
    return log.total, log.depth


@program([f64(2.0), f64(0.5), i64(0)], [f64(-2.0), f64(0.5), i64(2)])
def no_grad_lets_values_pass(x, y, n):
    z = x * 2.0
    kept = [y]
    with xp.no_grad():
        for _ in range(n):
            kept.append(z)
        stacked = xp.stack(kept)
        chosen = z if x > 0 else y
        last = kept[-1]
        product = z
        while product > 1.0:
            product = product * 0.5
    return stacked, xp.stack(kept), chosen, last, product
