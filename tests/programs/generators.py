"""Generator functions consumed by `for` and by builtins, and generator expressions."""

from collections import deque
from collections.abc import Generator

from support.programs import f64, i64, program


def multiples(x, n):
    """x * i for the i below n, without the second."""
    for i in range(n):
        if i == 1:
            continue
        yield x * i
    yield x


def positive(x):
    for v in x:
        if v > 0:
            yield v
        else:
            yield from multiples(v, 2)


def countdown(n):
    while n > 0:
        yield n
        n = n - 1
    print("counted down")


def with_end(n):
    try:
        for i in countdown(n):
            yield i * 10
            print("after", i)
    finally:
        print("end")


@program([f64(2.0), 4], [f64(2.0), 0], [f64(2.0), i64(3)], [f64(2.0), i64(0)], grad=0)
def consumed_by_for(x, n):
    total = x * 0
    for v in multiples(x, n):
        total = total + v * x
    return total


@program([f64([1.0, -2.0, 3.0])], [f64([7.0, 1.0])], [f64([])], adapts=True, grad=0)
def break_out_of_it(x):
    total = 0.0
    count = 0
    for v in positive(x):
        if v > 5:
            break
        total = total + v * v
        count += 1
    else:
        total = total + 100
    return total, count


@program([i64(4)], [i64(0)], [3])
def while_in_it(n):
    out = []
    for i in countdown(n):
        out.append(i * 2)
    return out


@program([i64(4)], [i64(1)], [2])
def in_one_another(n):
    total = 0
    for i in countdown(n):
        for j in countdown(i):
            if j == 2:
                continue
            total = total + i * j
    return total


@program([i64(4)], [i64(1)], [3], adapts=True)
def return_out_of_it(n):
    for i in countdown(n):
        if i == 2:
            return i * 100
    return -1


@program([i64(3)], [i64(0)], [2], adapts=True)
def order_of_effects(n):
    total = 0
    for v in with_end(n):
        print("took", v)
        total = total + v
    return total


@program([f64(2.0)], [f64(-3.0)], grad=0)
def taken_by_builtins(x):
    return list(multiples(x, 3)), sum(multiples(x, 4)), tuple(multiples(x, 1)), max(multiples(x, 3))


@program([f64([1.0, -2.0, 3.0])], [f64([])], adapts=True, grad=0)
def sees_what_the_loop_changes(x):
    total = 0.0

    def shifted():
        for v in x:
            yield v + total

    for w in shifted():
        total = total + w * w
    return total


@program([f64([1.0, -2.0, 3.0])], [f64([])], [[1.0, -1.0]], adapts=True, grad=0)
def expression_in_for(x):
    total = 0.0
    for w in (v * v for v in x if v > 0):
        if w > 20:
            break
        total = total + w
    return total


@program([f64([1.0, -2.0, 3.0])], [[1.0, 2.0]], grad=0)
def expressions_in_calls(x):
    return sum(v * v for v in x), list(v + 1 for v in x), max(v * 2 for v in x)


@program([f64([1.0, 2.0]), [3.0, 4.0]])
def two_loops_in_an_expression(x, ys):
    return [w for w in (v * y for v in x for y in ys if y > 3)]  # noqa: C416


@program(*([f64([1.0, -2.0, 3.0]), f64(x)] for x in (0.5, 9.0, -3.0)), adapts=True)
def next_of_one(v, x):
    first = next((w for w in v if w > x), -1.0)
    place = next((i for i, w in enumerate([0.0, 1.0, 2.0]) if w > x), None)
    doubled = next(filter(lambda w: w < x, map(lambda w: w * 2, v)), x)
    return first, place is None, doubled, next(multiples(x, 3)), next(map(abs, v))


@program([f64([1.0, 2.0])], [f64([3.0, 2.0])])
def next_of_none(v):
    try:
        return next(w for w in v if w > 2.0)
    except StopIteration:
        return v[0] * 10


@program([f64([1.0, 2.0])])
def kinds_of_iterators(v):
    made = (w for w in v), map(abs, v), zip(v, v), enumerate(v), filter(None, v), reversed([v, 1.0]), iter([v])
    return [isinstance(x, (Generator, map, zip)) for x in made], [type(x).__name__ for x in made], next(made[1])


@program([f64([1.0, 2.0])], refused="nothing may take the items after the first")
def next_of_one_twice(v):
    positive = (w for w in v if w > 0.0)
    return next(positive), next(positive)


@program([f64(2.0), [1, 2, 3, 4]], [f64(2.0), []], grad=0)
def expressions_in_pythons_hands(x, items):
    made = (i * x for i in items if i != 2)
    first = next(made, x)
    pairs = [a * b for a, b in zip((i + x for i in items), items, strict=True)]
    return first, list(made), pairs, dict(enumerate(i * 2 for i in items)), ",".join(str(i) for i in items)


@program([f64(2.0), 2], [f64(2.0), 9], [f64(-2.0), 0], grad=0)
def left_and_taken_up_again(x, n):
    made = ((i, i * x) for i in range(5))
    total = x * 0
    for i, v in made:
        if i == n:
            break
        total = total + v
    for i, v in made:
        total = total + v * i * 100
    return total


@program([f64(2.0)], refused="how far the first loop has come is known only when the graph runs")
def left_on_a_tensor_test(x):
    made = (i * x for i in range(5))
    total = x * 0
    for v in made:
        if v > 3:
            break
        total = total + v
    for v in made:
        total = total + v * 100
    return total


class Base:
    def values(self, x):
        yield x * self.scale
        yield x + 1


class Derived(Base):
    scale = 3

    def values(self, x):
        for v in super().values(x):
            if v > 2:
                yield v * 10
        yield from super().values(x * 2)


@program([f64(1.0)], [f64(-1.0)], grad=0)
def methods(x):
    total = x * 0
    for v in Derived().values(x):
        total = total + v
    return total


def parsed(texts):
    for text in texts:
        try:
            yield int(text)
        except ValueError:
            yield 0


@program([f64(1.0)], [f64(-1.0)], grad=0)
def caught_around_a_yield(x):
    total = x * 0
    for number in parsed(["1", "b", "3"]):
        total = total + number * x
    return total, [number * x for number in parsed("12x")]


@program([f64(1.0)])
def passes_by_what_the_loop_raises(x):
    try:
        for number in parsed(["1", "b", "3"]):
            if number == 3:
                raise ValueError("three")
            x = x + number
    except ValueError as error:
        print(error, x)
    for number in parsed(["b"]):
        x = x + int("c")
    return x


def made_positive(xs):
    for v in xs:
        try:
            if v < 0:
                raise ValueError(v)
            yield v
        except ValueError:
            yield -v


@program([f64([1.0, -2.0, 3.0])], [f64([])], adapts=True)
def caught_in_the_graph_around_a_yield(xs):
    total = 0.0
    for v in made_positive(xs):
        if v > 2.5:
            break
        total = total + v
    return total


@program([f64([1.0, 2.0]), i64(3)], [f64([]), i64(0)], grad=0, adapts=True)
def taken_whole(xs, n):
    out = [*multiples(2.0, 3), xs.sum()]
    out[1:2] = multiples(3.0, 2)
    out += multiples(xs.sum(), 4)
    last = deque(multiples(xs.sum(), 3), maxlen=2)
    first, *others = [*(k * 2 for k in range(3)), n]
    table = {"a": xs.sum()}
    table |= zip("bc", multiples(xs.sum(), 3))
    return out, list(last), others, table


@program([f64([1.0, 2.0])], [f64([])], grad=0, adapts=True)
def a_list_takes_what_the_graph_gives(xs):
    out = [xs.sum()]
    out += made_positive(xs)
    out[0:1] = made_positive(xs)
    return out


@program([f64(1.0)], adapts=True)
def no_bytes(x):
    text = bytearray()
    try:
        text += (int(k) for k in (1, 2))
    except TypeError as error:
        print(error)
    return x
