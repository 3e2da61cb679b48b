"""What is a Python number on some paths and a tensor on others, and is then changed in place: other names see no change
of a number, and see that of a tensor. Where one is used, the change is refused."""

from types import SimpleNamespace

import eager as xp
from support.programs import f64, i64, program

SIGNS = ([f64(3.0), f64(1.0)], [f64(3.0), f64(-1.0)])
TRIPS = ([f64([1.0, 2.0, 3.0]), i64(0)], [f64([1.0, 2.0, 3.0]), i64(2)])
SEEN = "the name of before is used, and sees the change on some paths"


@program(*SIGNS, grad=0, adapts=True)
def changed_and_not_seen(x, p):
    u = 1.0 if p > 0 else x * 2
    w = u * 3
    w += 1
    u -= w
    u **= 2
    return w, u


@program(*SIGNS, grad=0, adapts=True)
def with_a_tensor_it_is_one(x, p):
    u = 1.0 if p > 0 else x * 2
    w = u + x
    z = w
    w += 1
    return z, w


@program(*SIGNS, adapts=True, refused=SEEN)
def seen_by_a_name(x, p):
    if p > 0:
        u = 1.0
    else:
        u = x * 2
    z = u
    u += 1
    return z, u


@program(*SIGNS, adapts=True, refused=SEEN)
def seen_in_a_list(x, p):
    u = 1.0 if p > 0 else x * 2
    y = 0.0
    seen = []
    for _ in range(3):
        y += u
        seen.append(y)
    return seen


@program(*SIGNS, grad=0, adapts=True)
def a_copy_in_a_list(x, p):
    u = 1.0 if p > 0 else x * 2
    y = 0.0
    seen = []
    for _ in range(3):
        y += u
        seen.append(y * 1)
    return seen, y


@program(*SIGNS, adapts=True, refused=SEEN)
def seen_by_the_caller(x, p):
    def bump(a):
        a += 1
        return a

    u = max(1.0 if p > 0 else x * 2, 0.5) - 1
    return bump(u), u


@program(*SIGNS, adapts=True, refused=SEEN)
def of_an_operator(x, p):
    u = 2.0 if p > 0 else x * 2
    signed = -abs(1 - u)
    z = signed
    signed *= 2
    return z, signed


@program(*SIGNS, adapts=True, refused=SEEN)
def returned_early(x, p):
    def start():
        if p > 0:
            return 0.0
        return x * 1

    u = start()
    z = u
    u += 1
    return z, u


@program(*SIGNS, grad=0, adapts=True)
def none_before(x, p):
    u = None
    if p > 0:
        u = 1.0
    elif x > 100:
        u = x * 1
    if u is None:
        u = x * 2
    w = u * 2
    w += 1
    return w


@program(*TRIPS, adapts=True, refused=SEEN)
def after_a_loop(x, n):
    u = 0.0
    for i in range(n):
        u = u + x[i]
    z = u
    u += 1
    return z, u


@program(*TRIPS, grad=0, adapts=True)
def after_a_loop_not_seen(x, n):
    u = 0.0
    for i in range(n):
        u += x[i]
    u /= 2
    if u > 1:
        u += x[0]
    return u


@program(*TRIPS, grad=0, adapts=True)
def changed_in_two_loops(x, n):
    total = 0.0
    for i in range(n):
        total += x[i]
        if total > 1:
            total *= 2
    for v in x:
        total -= v
        total /= 2
    return total


@program([f64([1.0, 2.0, 3.0]), f64(1.0)], [f64([1.0, 2.0, 3.0]), f64(-1.0)], grad=(0, 1), adapts=True)
def changed_in_a_try(x, p):
    total = 0.0
    for v in x:
        try:
            total += v
            assert v < 2.5 * p, f"too big: {total}"
            total += 1
        except AssertionError as error:
            print(error, total)
            total += 10
    return total


@program(*SIGNS, grad=0, adapts=True)
def of_attributes_and_items(x, p):
    state = SimpleNamespace(total=0.0, log={"sum": 0.0})
    if p > 0:
        state.total = x
        state.log["sum"] = -x
    state.total = state.total * 2
    state.total += 1
    state.log["sum"] = state.log["sum"] - 1
    state.log["sum"] *= p
    return state.total, state.log


@program(*SIGNS, adapts=True, refused=SEEN)
def of_an_item_that_has_a_name(x, p):
    totals = {"a": 0.0}
    if p > 0:
        totals["a"] = x * 1
    first = totals["a"]
    totals["a"] += 1
    return first, totals


class Pid:
    def __init__(self, gain: float, limit: float) -> None:
        self.gain, self.limit = gain, limit
        self.integral = 0.0
        self.before = None

    def __call__(self, error, dt):
        self.integral += error * dt
        slope = 0.0 if self.before is None else (error - self.before) / dt
        self.before = error
        u = self.gain * error + 0.5 * self.integral + 0.1 * slope
        if u > self.limit:
            self.integral -= error * dt
            u = self.limit
        return max(u, -self.limit)


@program([f64(1.0), i64(6)], [f64(0.1), 3], [f64(1.0), i64(0)], grad=0, adapts=True)
def controller(target, n):
    pid = Pid(2.0, 1.0)
    y = 0.0
    for _ in range(n):
        y = y + (pid(target - y, 0.1) - 0.3 * y) * 0.1
    return y, pid.integral


@program([f64(1.0), 3], [f64(0.1), 3], adapts=True, refused=SEEN)
def controller_with_a_history(target, n):
    pid = Pid(2.0, 1.0)
    y = 0.0
    seen = []
    for _ in range(n):
        y += (pid(target - y, 0.1) - 0.3 * y) * 0.1
        seen.append(y)
    return seen, xp.asarray(y)


@program(*SIGNS, adapts=True, refused=SEEN)
def seen_where_it_is_returned_on_some_paths(x, p):
    pair = None
    if x > 0:
        u = 1.0 if p > 0 else x * 2
        z = u
        u += 1
        pair = z, u
    return pair
