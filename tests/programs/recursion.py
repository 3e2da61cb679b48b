"""Functions that call themselves until a test of the graph, and functions that call each other."""

from dataclasses import dataclass

import eager as xp
from support.programs import f64, i64, program


@program([i64(5)], [i64(1)], [i64(0)])
def factorial(n):
    if n <= 1:
        return n * 0 + 1
    return n * factorial(n - 1)


@program([i64(7)], [i64(0)])
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


@program([f64(3.0), i64(3)], [f64(1.5), i64(0)], [f64(0.5), i64(7)], grad=0)
def power(x, n):
    if n == 0:
        return x * 0 + 1
    return x * power(x, n - 1)


@program([f64(3.0), i64(9)], [f64(1.5), i64(0)], [f64(0.5), i64(1)], grad=0)
def power_by_squaring(x, n):
    if n == 0:
        return xp.ones_like(x)
    half = power_by_squaring(x, n // 2)
    return half * half * x if n % 2 else half * half


@program([i64(48), i64(18)], [i64(7), i64(0)])
def greatest_common_divisor(a, b):
    return a if b == 0 else greatest_common_divisor(b, a % b)


def is_even(n):
    if n == 0:
        return True
    return is_odd(n - 1)


def is_odd(n):
    if n == 0:
        return False
    return is_even(n - 1)


@program([i64(7)], [i64(0)])
def mutual(n):
    return is_even(n), is_odd(n)


def grows(x, n):
    if n == 0:
        return xp.sum(x)
    return shrinks(x * 2, n - 1) + xp.sum(x)


def shrinks(x, n):
    if n == 0:
        return xp.max(x)
    return grows(xp.sin(x), n - 1) * x[0]


@program([f64([0.5, 1.5]), i64(4)], [f64([0.5]), i64(0)], [f64([0.2, 0.1, 0.3]), i64(1)], grad=0)
def mutual_with_gradients(x, n):
    return grows(x, n) + shrinks(x, n)


@program([f64(40.0)], [f64(0.5)], grad=0)
def number_of_halvings(x):
    def steps(v, count=0):
        if v < 1:
            return count, v
        return steps(v / 2, count + 1)

    count, left = steps(x)
    return count * left


@program([f64(5.0)], [f64(-1.0)])
def printing(x):
    def down(v):
        print("down", v)
        if v > 0:
            r = down(v - 2)
            print("up", v)
            return r + v
        return v

    return down(x)


@program([f64(3.0)], [f64(30.0)])
def failing_deep_down(x):
    def down(v):
        if v > 8:
            raise ValueError(f"too large: {v}")
        if v > 4:
            return v
        return down(v * 1.5)

    return down(x)


@program([f64(3.0), f64([1.0, 2.0])], [f64(0.5), f64([0.0, 1.0])], grad=(0, 1))
def over_a_closed_over_tensor(x, w):
    def walk(v):
        if v > 10:
            return xp.sum(w) * v
        return walk(v * 2 + xp.sum(w * w) + 1)

    return walk(x) * w[0]


@program([i64(6)], [i64(1)], [i64(9)])
def collatz(n):
    def steps(n):
        if n == 1:
            return 0
        if n % 2 == 0:
            return 1 + steps(n // 2)
        return 1 + steps(3 * n + 1)

    return steps(n)


@program([i64(3)], [i64(0)])
def list_of_moves(n):
    def hanoi(n, a, b, c):
        if n > 0:
            hanoi(n - 1, a, c, b)
            moves.append(a * 10 + b)
            hanoi(n - 1, c, b, a)

    moves = []
    hanoi(n, 1, 2, 3)
    return len(moves), moves


class Counter:
    def __init__(self):
        self.calls = 0

    def ackermann(self, m, n):
        self.calls += 1
        if m == 0:
            return n + 1
        if n == 0:
            return self.ackermann(m - 1, 1)
        return self.ackermann(m - 1, self.ackermann(m, n - 1))


@program([i64(2), i64(2)], [i64(0), i64(3)], adapts=True, traceable=False)
def method_that_counts(m, n):
    counter = Counter()
    return counter.ackermann(m, n), counter.calls


@program([f64([3.0, 1.0, 2.0])], [f64([1.0])], [f64([5.0, 4.0, 3.0, 2.0, 1.0])], grad=0)
def sum_of_halves(x):
    if x.shape[0] <= 1:
        return xp.sum(x * x)
    middle = x.shape[0] // 2
    return sum_of_halves(x[:middle]) - 0.5 * sum_of_halves(x[middle:])


@program([f64(2.0), i64(5)], [f64(0.5), i64(0)], grad=0)
def with_a_loop_inside(x, n):
    def f(v, n):
        if n <= 0:
            return v
        for i in range(n):
            v = v * 0.9 + i
        return f(v, n - 2) + v

    return f(x, n)


@program([f64(2.0), i64(4)], [f64(0.5), i64(0)], grad=0)
def inside_a_loop(x, n):
    def f(v):
        return v if v > 5 else f(v * v + 1)

    total = x * 0
    for i in range(n):
        total = total + f(x + i) * f(x - i)
    return total


@dataclass
class State:
    x: object
    n: object


@program([f64(2.0), i64(4)], [f64(0.5), i64(0)], grad=0)
def of_a_dataclass(x, n):
    def run(s):
        if s.n == 0:
            return s
        return run(State(s.x * s.x / 2, s.n - 1))

    return run(State(x, n)).x


@program([f64(2.0), i64(3)], [f64(0.5), i64(0)], grad=0)
def tree_of_calls(x, n):
    def f(v, n):
        if n == 0:
            return xp.sin(v)
        return f(v * 0.5, n - 1) * f(v + 1, n - 1)

    return f(x, n)


@program([f64(20.0)], [f64(1.0)])
def none_at_the_end(x):
    def find(v):
        if v < 1:
            return None
        if v < 2:
            return v
        return find(v - 2)

    return find(x)


@program([f64(4.0)], [f64(-1.0)])
def number_that_counts_down(x):
    def f(v, depth):
        if depth == 0:
            return v
        if v > 0:
            return f(v - 1, depth - 1)
        return f(v + 2, depth - 1) * 2

    return f(x, 5)


@program([f64(4.0)], [f64(-1.0)])
def number_that_counts_far(x):
    def f(v, depth):
        if depth == 0:
            return v
        if v > 0:
            return f(v - 1, depth - 1)
        return f(v + 2, depth - 1)

    return f(x, 60)


LAYERS = (xp.sin, xp.cos, xp.tanh, xp.exp, xp.sin, xp.cos, xp.tanh, xp.exp)


@program([f64(4.0)], [f64(-1.0)])
def number_that_python_needs(x):
    def f(v, depth):
        if depth == len(LAYERS):
            return v
        if v > 0.1:
            return f(LAYERS[depth](v), depth + 1)
        return v + depth

    return f(x, 0)


@program([f64(2.0), i64(3)], [f64(2.0), i64(0)], grad=0)
def star_arguments(x, n):
    def f(*args, scale=1.0, **options):
        if args[1] == 0:
            return args[0] * scale
        return f(args[0] * args[0], args[1] - 1, scale=scale * 0.5, **options)

    return f(x, n, scale=2.0, extra=3)


@program([f64(2.0), i64(2), {}], [f64(2.0), i64(0), {}], [f64(2.0), i64(1), {"deepest": 1}])
def key_that_every_path_sets(x, n, seen):
    def f(k):
        if k <= 0:
            seen["deepest"] = x
            return x
        v = f(k - 1) + x
        seen["last"] = v
        return v

    seen["last"] = x
    return f(n)


@program([i64(1), i64(1)], [i64(2), i64(1)], [i64(0), i64(3)], [i64(3), i64(0)], made=True, traceable=False)
def changing_tensors_from_outside():
    generator = xp.Generator(3)
    weight = xp.Parameter(f64([1.0, 2.0]))

    def f(depth, n):
        def go(k):
            for _ in range(n):
                with xp.no_grad():
                    weight.assign(weight * 2)
            found = xp.sum(weight * generator.uniform((2,)))
            return found if k <= 0 else go(k - 1) + found

        return go(depth)

    return f


WITHIN = "the graph of a function is not there while its own calls are differentiated in it"


@program([f64(1.25), i64(0)], [f64(1.25), i64(2)], refused=WITHIN, traceable=False)
def gradient_of_a_call_of_its_own(x, n):
    def slope(v, k):
        return v * v if k <= 0 else xp.grad(lambda u: slope(u, k - 1))(v) + v**3

    return slope(x, n)


@program([f64(1.25), i64(0)], [f64(1.25), i64(2)], refused=WITHIN, traceable=False)
def gradient_of_a_branch_with_a_call_of_its_own(x, n):
    def slope(v, k):
        def inner(u):
            if k > 0:
                y = slope(u, k - 1)
            else:
                y = u * u
            return y

        return xp.jvp(inner, [v], [v])[1]

    return slope(x, n)


@program([f64(1.25), i64(0)], [f64(1.25), i64(2)], grad=0)
def gradients_within_calls_and_around(x, n):
    def slope(v, k):
        g = xp.grad(lambda u: u * u * x)(v)
        return g if k <= 0 else slope(g * 0.5, k - 1)

    return slope(x, n), xp.grad(lambda v: slope(v, n))(x)
