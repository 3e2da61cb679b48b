"""`while` with tests on tensors and on ordinary values."""

import eager as xp
from support.programs import f32, f64, flags, i32, i64, program


@program([f64(100.0)], [f64(1.0)], [f64(1.5)], [f64(float("nan"))], [f32(50.0)], grad=0)
def halve(x):
    while x > 1:
        x = x / 2
    return x


@program([i64(6)], [i64(1)], [i64(27)], [i32(7)])
def collatz(n):
    steps = 0
    while n != 1:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps


@program([f64([1.0, 2.0]), 3], [f64([1.0, 2.0]), 0], [f64([1.0, 2.0]), 1], [f64([]), 2], grad=0)
def python_test(x, n):
    while n > 0:
        x = x * 1.5
        n -= 1
    return x, n


@program([f64(2.0), f64(100.0)], [f64(2.0), f64(1.0)], [f64(3.0), f64(3.0)], grad=(0, 1))
def power_up(x, limit):
    y = x
    while y < limit:
        y = y * x
    return y


@program([i64(5)], [i64(0)], [i64(1)])
def factorial(n):
    result = 1
    i = 1
    while i <= n:
        result = result * i
        i = i + 1
    return result


@program([i64(5), f64(1.1)], [i64(0), f64(1.1)], [i64(1), f64(1.1)], grad=1, adapts=True)
def tensor_count(n, x):
    i = 0
    total = 0.0
    while i < n:
        total = total + x**i
        i += 1
    return total


@program([f64(20.0), f64(2.0)], [f64(0.5), f64(2.0)], grad=(0, 1))
def nested(x, y):
    count = 0
    while x > 1:
        z = x
        while z > y:
            z = z - y
            count += 1
        x = x / 2 + z * 0.01
    return x, count


@program([f64([3.0, 1.0, 2.0])], [f64([1.0])], [f64([5.0, 4.0, 3.0, 2.0])], grad=0)
def sorts_by_swaps(x):
    changed = True
    while changed:
        changed = False
        i = 0
        while i < x.shape[0] - 1:
            if x[i] > x[i + 1]:
                y = x[i]
                x[i] = x[i + 1]
                x[i + 1] = y
                changed = True
            i += 1
    return x


@program([f64(10.0), f64(0.0)], [f64(0.0), f64(10.0)], [f64(0.0), f64(0.0)], grad=(0, 1))
def two_tests(x, y):
    while x > 1 or y > 1:
        if x > y:
            x = x * 0.5
        else:
            y = y * 0.25
    return x + y


@program([flags(True), i64(3)], [flags(False), i64(3)], [flags(True), i64(0)])
def a_flag(go, n):
    seen = 0
    while go:
        n = n - 1
        seen = seen + 1
        go = n > 0
    return n, seen


@program([f64([1.0, 2.0])], [f64([0.0, 0.0])], [f64([1000.0, 3.0])], grad=0)
def vector_until(x):
    n = 0
    while xp.max(xp.abs(x)) > 0.1:
        x = x * xp.asarray([0.5, 0.25])
        n += 1
    return x, n


@program([f64(4.0), 5], [f64(0.0), 2], [f64(1.0), 0])
def turns_into_a_tensor_test(x, n):
    i = 0
    while i < n:
        x = x + 1
        i = i + 1
    while x > n:
        x = x - 2
    return x


@program([i64(1)], [i64(3)], [i64(0)])
def state_of_several_kinds(n):
    i, t, b, z = 0, 0.0, False, xp.zeros((2,))
    while i < n:
        i += 1
        t += 0.5
        b = not b
        z = z + t
    return i, t, b, z


@program([f64(5.0)], [f64(-5.0)])
def only_in_the_loop(x):
    while x > 0:
        step = x * 0.5 + 1
        x = x - step
    return x


@program([i64(4)], [i64(0)])
def grows(n):
    x = xp.zeros((1,))
    i = 0
    while i < n:
        x = xp.concat([x, xp.ones((2,)) * i])
        i += 1
    return x


@program([f64([1.0, 2.0, 3.0])], [f64([1.0])], [f64([])], adapts=True)
def shrinks(x):
    total = 0.0
    while x.shape[0] > 0:
        total = total + x[0]
        x = x[1:]
    return total, x


@program([f64(3.0), i64(2)], [f64(3.0), i64(0)], grad=0)
def depends_on_the_one_before(x, n):
    a, b = x, x * 0.5
    while n > 0:
        a, b = b, a + b
        n = n - 1
    return a, b


@program([i64(10), i64(4)], [i64(21), i64(14)], [i64(7), i64(0)])
def gcd(a, b):
    while b != 0:
        a, b = b, a % b
    return a


class Walk:
    def __init__(self, x):
        self.x = x
        self.steps = 0
        self.seen = []

    def advance(self, by):
        self.steps += 1
        self.x = self.x * 0.5 + by
        self.seen.append(self.x)
        return self.x > 1


@program([f64(100.0)], [f64(0.5)], [f64(float("nan"))], grad=0)
def a_test_that_changes_an_object(x):
    walk = Walk(x)
    while walk.advance(0.1) and walk.steps < 5:
        walk.x = walk.x * 0.9
    return walk.x, walk.steps, walk.seen


@program([f64(100.0)], [f64(0.5)], grad=0)
def a_test_that_changes_what_the_body_does_not(x):
    calls = []

    def is_large(y):
        calls.append(y)
        return y > 1

    while is_large(x):
        x = x / 3
    return x, calls


@program([f64(40.0), i64(0)], [f64(40.0), i64(2)], [f64(0.5), i64(0)], grad=0)
def a_changing_test_of_a_loop_that_is_left(x, n):
    walk = Walk(x)
    trips = 0
    while walk.advance(n * 0.25):
        trips += 1
        if trips > n + 1:
            break
        if walk.x > 11:
            continue
        walk.x = walk.x - 0.125
    else:
        trips = -trips
    return walk.x, walk.steps, trips


@program([f64([3.0, 1.0, 2.0])], [f64([])], grad=0)
def a_test_that_takes_from_a_list(v):
    rest = [x * 2 for x in v]
    total = xp.sum(v) * 0
    while rest and rest.pop() < 5:
        total = total + len(rest)
    return total, rest


@program([f64(3.0)], [f64(-1.0)])
def a_test_that_fails(x):
    walk = Walk(x)

    def advanced():
        if walk.steps > 1:
            raise ValueError(f"{walk.steps} steps")
        return walk.advance(0.2)

    while advanced():
        walk.x = walk.x + 1
    return walk.x
