"""What a compound statement in a `try` or `with` has changed when something in it fails is what is seen afterwards."""

import contextlib

import eager as xp
from support.programs import f64, i64, program

ROWS = f64([1.0, 2.0, 3.0])
ENDS = ([ROWS, i64(0)], [ROWS, i64(1)], [ROWS, i64(3)], [ROWS, i64(4)], [ROWS, i64(6)])


SEVERAL = ([f64([1.0, 2.0])], [f64([1.0, -1.0, 2.0])], [f64([-3.0])], [f64([5.0, -1.0])], [f64([1.0, 20.0])], [f64([])])
NUMBERS = (*([f64(x), i64(n)] for x in (3.0, -3.0) for n in (1, 5)), [f64(1.0), i64(0)], [f64(2.0), i64(9)])


class Log:
    def __init__(self):
        self.total = 0.0
        self.seen = []


class TooMuchError(Exception):
    pass


@program(*ENDS, grad=0, traceable=False, adapts=True)
def sum_until_the_end(x, n):
    total = 0.0
    out = []
    try:
        for i in range(n):
            total = total + x[i] * x[i]
            out.append(total)
    except IndexError as error:
        print("at the end:", error)
    return total, out


@program(*ENDS, grad=0, traceable=False, adapts=True)
def while_whose_test_fails(x, n):
    k = 0
    total = 0.0
    try:
        while x[k] <= n:
            total = total + x[k] * k
            k += 1
    except IndexError as error:
        print(error)
        total = total * 2
    return k, total


@program(*SEVERAL, grad=0, adapts=True)
def raises_in_a_loop(x):
    total = 0.0
    count = 0
    try:
        for v in x:
            count += 1
            if v < 0:
                raise ValueError(f"negative: {v}")
            total = total + v * v
            if total > 100:
                raise TooMuchError(total, "too much")
            total = total + 1
    except ValueError as error:
        print("value", error)
        total = -total
    except TooMuchError as error:
        print(error.args)
    else:
        print("all", count)
    finally:
        print("so far", total, count)
    return total, count


@program(*SEVERAL, grad=0, adapts=True)
def jumps_in_a_loop(x):
    total = 0.0
    trips = 0
    try:
        for v in x:
            trips += 1
            if v == 2:
                continue
            total = total + v
            if v == 5:
                break
            if v == 7:
                return total, -1
            assert v > 0, "not positive"
            total = total * 2
    except AssertionError as error:
        print(error, trips)
    return total, trips


@program([f64([1.0, 2.0, 7.0, -1.0])], [f64([1.0, -7.0, 2.0])], [f64([-3.0])], grad=0, adapts=True)
def return_in_a_loop(x):
    total = 0.0
    try:
        for v in x:
            total = total + v
            if v == 7:
                return total * 3
            assert v > 0
    except AssertionError:
        return -total
    return total


NUMBERS = (*([f64(x), i64(n)] for x in (3.0, -3.0) for n in (1, 5)), [f64(1.0), i64(0)], [f64(2.0), i64(9)])


@program(*NUMBERS, grad=0, traceable=False)
def in_branches(x, n):
    rows = [x, x * 2]
    y = x
    try:
        if x > 0:
            y = x * 3
            y = y + rows[n]
            y = y * 5
        else:
            print("below")
            y = -x
            rows.append(y)
            y = y * rows[n + 1]
    except IndexError:
        print("no row")
        y = y + 100
    return y, rows


@program(*NUMBERS, grad=0, traceable=False)
def heads_that_fail(x, n):
    rows = [x, x * 2]
    y = x
    try:
        y = y + 1
        if rows[n] > 3:
            y = y * 2
            y = y + rows[n + 1]
        elif rows[n - 1] > 1:
            y = y * 3
            y = y + rows[n + 1]
        else:
            y = y * 4
        y = y + 10
    except IndexError:
        y = -y
    return y


@program(*ENDS, grad=0, traceable=False, adapts=True)
def nested_loops(x, n):
    total = 0.0
    steps = 0
    try:
        for i in range(n):
            for j in range(i + 1):
                steps += 1
                total = total + x[i + j]
            total = total * 2
    except IndexError:
        print("out", steps)
    return total, steps


@program(*ENDS, grad=0, traceable=False, adapts=True)
def try_in_a_loop_in_a_try(x, n):
    total = 0.0
    caught = 0
    try:
        for i in range(n):
            total = total + 1
            try:
                total = total + x[i + 1]
                if total > 7:
                    raise TooMuchError("inner")
                total = total + 0.5
            except IndexError:
                caught += 1
                total = total * 2
                total = total + x[i]
            finally:
                total = total + 0.25
                print("inner", total)
    except IndexError:
        print("outer", total, caught)
    except TooMuchError as error:
        print(error)
        total = total + 1000
    return total, caught


@program(*ENDS, grad=0, traceable=False, adapts=True)
def attributes_and_dicts(x, n):
    log = Log()
    counts = {"done": 0, "last": x[0]}
    try:
        for i in range(n):
            counts["last"] = x[i]
            log.total = log.total + x[i]
            counts["done"] += 1
            log.seen.append(counts["last"] * 2)
    except IndexError:
        counts["done"] = -counts["done"]
    return log.total, log.seen, counts


class Scope:
    def __init__(self, log, swallow):
        self.log = log
        self.swallow = swallow

    def __enter__(self):
        print("enter")
        self.log.total = self.log.total + 1
        return self.log

    def __exit__(self, kind, error, traceback):
        print("exit", kind is None)
        self.log.total = self.log.total * 2
        return self.swallow


@program(*ENDS, grad=0, traceable=False, adapts=True)
def with_in_a_try(x, n):
    log = Log()
    try:
        with Scope(log, False) as inner:
            for i in range(n):
                inner.total = inner.total + x[i]
            inner.total = inner.total + 100
    except IndexError:
        log.total = -log.total
    return log.total


@program(*ENDS, grad=0, traceable=False, adapts=True)
def with_that_keeps_it(x, n):
    log = Log()
    for i in range(2):
        with Scope(log, True):
            for j in range(n):
                log.total = log.total + x[i + j]
                log.seen.append(x[j])
    return log.total, log.seen


@program(*ENDS, grad=0, traceable=False, adapts=True)
def suppressed(x, n):
    total = 0.0
    with contextlib.suppress(IndexError):
        for i in range(n):
            total = total + x[i]
        total = total * 10
    return total


@contextlib.contextmanager
def logged(log):
    log.total = log.total + 1
    try:
        yield log
    finally:
        log.total = log.total * 3


@program(*ENDS, grad=0, traceable=False, adapts=True)
def generator_manager(x, n):
    log = Log()
    try:
        with logged(log) as inner:
            for i in range(n):
                inner.total = inner.total + x[i]
                inner.seen.append(i)
    except IndexError:
        log.total = -log.total
    return log.total, log.seen


@program(*ENDS, grad=0, traceable=False)
def popped_in_a_loop(x, n):
    stack = []
    for v in x:
        stack.append(v)
        if v > 1:
            stack.append(v * 2)
    last = x[0]
    try:
        for _ in range(n):
            last = last * stack.pop()
    except IndexError as error:
        print(error)
        return last, -1
    return last, len(stack)


@program(*ENDS, grad=0, traceable=False, adapts=True)
def unrolled(x, n):
    total = 0.0
    done = 0
    try:
        for k in (0, 1, 2):
            done = done + 1
            total = total + x[n + k - 1]
            done = done + 1
    except IndexError:
        print("stopped", done)
    return total, done


@program(*ENDS, grad=0, traceable=False)
def bound_in_the_loop(x, n):
    found = False
    try:
        for i in range(n):
            last = x[i] * 2
            found = True
            w = x[i + 1] - last
            last = last + w
        print("well")
    except IndexError:
        print("failed", found)
    if found:
        return last
    return None


@program([i64(2), f64(1.0)], [i64(1), f64(1.0)], [i64(3), f64(-1.0)], [i64(0), f64(2.0)], grad=1, traceable=False)
def in_match(n, x):
    kept = [x]
    try:
        match n:
            case 1:
                kept.append(x * 2)
                x = x + kept[n + 4]
            case 2:
                kept.append(x * 3)
                x = x + kept[n - 1]
            case _:
                x = x * 4
                assert x > 0, "low"
                x = x + 1
    except (IndexError, AssertionError):
        x = x - 1
    return x, kept


def items(x, n):
    for i in range(n):
        print("item")
        yield x[i] * 2
        print("behind")


@program([ROWS, f64(100.0)], [ROWS, f64(5.0)], [ROWS, f64(1.0)], grad=(0, 1), adapts=True)
def consumed_generator(x, limit):
    total = 0.0
    try:
        for v in items(x, 3):
            total = total + v
            if total > limit:
                raise TooMuchError("limit")
            total = total + 1
    except TooMuchError:
        print("too much")
    return total


@program(*([f64(x), f64(3.0)] for x in ([1.0, 2.0], [1.0, -2.0], [-1.0, 2.0])), grad=(0, 1), adapts=True)
def uncaught(x, y):
    log = Log()
    total = 0.0
    try:
        for v in x:
            total = total + v * y
            log.seen.append(v)
            if v < 0:
                raise TooMuchError("uncaught", total)
    except LookupError:
        total = total + 1000
    finally:
        print("finally", total)
    return total


@program([ROWS, i64(1)], [ROWS, i64(4)], grad=0, traceable=False)
def gradient_inside(x, n):
    def loss(v):
        total = v[0] * 0
        try:
            for i in range(n):
                total = total + v[i] * v[i] * v[0]
                if total > 100:
                    raise TooMuchError("much")
        except IndexError:
            total = total * 3
        return total

    value, slope = xp.value_and_grad(loss)(x)
    return value, slope


@contextlib.contextmanager
def keeping(log):
    try:
        yield
    except (ValueError, IndexError) as error:
        print("kept", error)
        log.total = log.total + 10


@program(*ENDS, grad=0, traceable=False, adapts=True)
def generator_manager_that_catches(x, n):
    log = Log()
    y = x[0]
    with keeping(log):
        y = y * 2
        if n > 5:
            y = y * 5
            raise ValueError("many")
        for i in range(n):
            y = y + x[i]
        y = y * 3
    return y, log.total
