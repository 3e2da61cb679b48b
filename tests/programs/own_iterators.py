"""Objects of classes with an `__iter__` of their own, which branches and loops of the graph choose between."""

from support.programs import f64, i64, program


class Vector:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x, self.y = x, y

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def __mul__(self, k):
        return Vector(self.x * k, self.y * k)

    __rmul__ = __mul__

    def __abs__(self):
        return (self.x**2 + self.y**2) ** 0.5

    def __iter__(self):
        yield self.x
        yield self.y

    def __repr__(self):
        return f"Vector({self.x:.2f}, {self.y:.2f})"


def shortened(x):
    v = Vector(x, x + 1)
    if abs(v) > 2:
        v = 0.5 * v
    return v


CASES = ([f64(3.0)], [f64(0.5)])


@program(*CASES, grad=0)
def unpacked(x):
    a, b = shortened(x)
    first, *rest = shortened(x)
    return a + 2 * b, first, rest


@program(*CASES, grad=0)
def summed_up(x):
    return sum(shortened(x)), max(shortened(x)), list(shortened(x)), tuple(shortened(x)), sorted(shortened(x))


@program(*CASES, grad=0)
def gone_through(x):
    total = 0.0
    for i, part in enumerate(shortened(x)):
        total = total + (i + 1) * part
    for part in shortened(x):
        total = total * part
    return total, [part * 2 for part in shortened(x)], [a * b for a, b in zip(shortened(x), (1, 2))]


@program(*CASES, grad=0)
def steps_of_a_walk(x):
    v = Vector(x, x * 0)
    for _ in range(int(x)):
        v = v + 0.5 * Vector(v.y, -v.x)
        if abs(v) > 2.5:
            v = v * 0.5
    print(v)
    return v.x, v.y


class Countdown:
    """Its `__iter__` asks the graph."""

    def __init__(self, start):
        self.start = start

    def __iter__(self):
        left = self.start
        while left > 0:
            print("left", left)
            yield left
            left = left - 1


@program(*CASES, grad=0, adapts=True)
def with_a_loop_inside(x):
    total = 0.0
    for left in Countdown(x):
        print("got", left)
        total = total + left * x
        if total > 12:
            break
    return total, sum(Countdown(x))


def pair(x):
    yield x
    yield x * 2


@program(*CASES, grad=0)
def generators_unpacked(x):
    a, b = pair(x)
    first, *rest = pair(a)
    return a, b, first, rest


class Bag:
    def __init__(self):
        self.items = []

    def __iter__(self):
        return iter(self.items)


def positive(xs):
    bag = Bag()
    for x in xs:
        if x > 0:
            bag.items.append(x)
    return bag


@program([f64([1.0, -1.0, 3.0])], [f64([2.0, 5.0])], grad=0)
def over_a_list_inside(xs):
    total = 0.0
    for x in positive(xs):
        total = total * 2 + x
    a, b = positive(xs)
    first, *rest = positive(xs)
    doubled = [i * x for i, x in enumerate(positive(xs))]
    again = [x for x in iter(positive(xs).items)]
    return total, a - b, first, rest, doubled, again, sum(positive(xs)), list(positive(xs)), max(positive(xs))


@program([f64([1.0, -1.0, 3.0])], [f64([-2.0])], [f64([])])
def left_early(xs):
    for x in positive(xs):
        if x > 2:
            return x
    return None


def spoken(xs):
    for x in xs:
        print("gives", x)
        yield x


@program([f64([1.0, -1.0, 3.0, 2.0])], [f64([2.0, 5.0])], [f64([1.0])])
def too_many_or_too_few(xs):
    try:
        a, b = spoken(xs)
    except ValueError as error:
        print(error)
        a = b = xs[0]
    try:
        c, d = filter(lambda v: v > 0, xs)
    except ValueError as error:
        print(error)
        c = d = a
    return a, b, c, d


class Halved:
    """Its `__next__` asks the graph whether there is one item more."""

    def __init__(self, x):
        self.x = x

    def __iter__(self):
        return self

    def __next__(self):
        if self.x < 0.1:
            raise StopIteration
        self.x = self.x / 2
        return self.x


HALVED = ([f64(4.0)], [f64(0.05)], [f64(33.0)])


@program(*HALVED, grad=0, adapts=True)
def ends_when_the_graph_says_so(x):
    total = x * 0
    for part in Halved(x):
        if part == 0.5:
            continue
        total = total + part
        if total > 30:
            break
    else:
        total = -total
    return total, sum(Halved(x)), [2 * part for part in Halved(x)]


@program(*HALVED, grad=0, adapts=True)
def gone_on_with(x):
    parts = Halved(x)
    total = x * 0
    for part in parts:
        total = total + part
        if part < 1:
            break
    for part in parts:
        total = total * 10 + part
    return total, parts.x, next(parts, -1.0)


@program(*HALVED, grad=0)
def within_itself(x):
    total = x * 0
    for part in Halved(x):
        for i, other in enumerate(Halved(part)):
            total = total + part * other * i
    for part, other in zip(Halved(x), range(3)):
        total = total + part * other
    return total


@program(*HALVED, grad=0)
def asked_one_by_one(x):
    parts = Halved(x)
    total = x * 0
    while True:
        try:
            total = total + next(parts)
        except StopIteration:
            break
    return total


class Positive:
    def __init__(self, v):
        self.v = v

    def __iter__(self):
        for x in self.v:
            if x > 0:
                yield x


@program([f64([1.0, -2.0, 3.0])], [f64([2.0, 1.0])], [f64([])])
def asked_whether_it_gives(v):
    def doubled():
        for x in v:
            if x > 0:
                yield x * 2

    found = [2.0 in doubled(), -2.0 in Positive(v), 3.0 not in Positive(v), 0.5 in Halved(v.shape[0] * 1.0)]
    if 1.0 in Positive(v):
        found.append(True)
    return found, 2 in Vector(1, 2)


class Descent:
    """An iterator by hand."""

    def __init__(self, start):
        self.left = start

    def __iter__(self):
        return self

    def __next__(self):
        if self.left <= 0:
            raise StopIteration
        self.left -= 1
        return self.left


@program([f64(1.0), 3], [f64(-1.0), 1], [f64(1.0), 0], adapts=True, grad=0)
def asked_through_iter(x, n):
    items = iter(Descent(n))
    try:
        first = next(items)
        if x > 0:
            first = first * x
    except StopIteration:
        first = x
    return first, list(items), sum(Descent(n)), [k * x for k in Descent(n)]


@program([f64(1.0), 3], [f64(-1.0), 1], [f64(1.0), 0], grad=0)
def made_by_iter_and_asked_until_it_stops(x, n):
    items, out = iter(Descent(n)), []
    while True:
        try:
            k = next(items)
        except StopIteration:
            break
        out.append(x * k)
    return out


@program(*HALVED, grad=0, adapts=True)
def in_generator_expressions(x):
    total = sum(part for part in Halved(x))
    for part in (2 * part for part in Halved(x)):
        total = total * 10 + part
        if part < 1:
            break
    return total, [part + 1 for part in (part for part in Halved(x))], any(part < 0.5 for part in Halved(x))


@program([f64([1.0, -2.0, 3.0])], [f64([-2.0, 1.0])], [f64([])], grad=0, adapts=True)
def in_generator_expressions_over_generators(v):
    return sum(2 * x for x in Positive(v)), all(x > 1 for x in Positive(v)), list(x * x for x in Positive(v))


@program([f64([1.0, 2.0, 3.0])], [f64([2.0, -2.0, 1.0])], [f64([])], grad=0, adapts=True)
def starts_where_the_trip_before_said(v):
    start, total = 1, 0
    for x in v:
        if x > 0:
            total = total * 10 + sum(k + 1 for k in Descent(start))
            start = start + 1
    return total


@program([f64([1.0, 2.0])], [f64([2.0, -2.0])], grad=0, adapts=True)
def taken_up_again(v):
    parts = (k * 2 for k in Descent(4))
    total = next(parts)
    for part in parts:
        total = total * 10 + part
        if part < 3:
            break
    return total, [total * x for x in parts], next(parts, -1), [k for k in Descent(int(v.sum()))]


COUNTS = ([f64(3.0), i64(3)], [f64(-1.0), i64(0)], [f64(1.0), i64(5)])


@program(*COUNTS, grad=0, adapts=True)
def asked_in_loops_of_the_graph(x, n):
    parts, total = Descent(2), x * 0
    while x > 0:
        try:
            total = total * 10 + next(parts)
        except StopIteration:
            total = total * 10 + 9
        x = x - 1
    more = Descent(4)
    for _ in range(n):
        try:
            total = total * 10 + next(more)
        except StopIteration:
            break
    return total, parts.left, more.left, next(more, -1)


@program(*COUNTS, grad=0, adapts=True)
def asked_on_one_path_only(x, n):
    parts, k = Descent(6), 0
    if x > 2:
        k = next(parts)
    elif n > 4:
        k = next(parts) + parts.__next__()
    return x * k, next(parts), parts.left, list(parts)


@program(*COUNTS, grad=0, adapts=True)
def left_when_a_run_says_so(x, n):
    parts, total = Descent(5), x * 0
    for k in parts:
        total = total + k
        if total > n:
            break
    others = Descent(4)
    for i, k in enumerate(others):
        total = total + i * k
        if total > n + 8:
            break
    return total, parts.left, others.left, next(parts, -1)


@program(*COUNTS, grad=0, adapts=True)
def taken_by_builtins_on_one_path(x, n):
    parts, others, k = Descent(6), Descent(3), 0
    if x > 0:
        k = 4 in parts
        k = k + sum(others)
    return x * k, list(parts), list(others)


@program([f64(3.0), 2], [f64(-1.0), 3], made=True, adapts=True)
def taken_apart():
    left = Descent(7)

    def f(x, n):
        first = next(left)
        for k in left:
            x = x + k
            if k == n:
                break
        return x, first, left.left

    return f


@program([f64(3.0)], [f64(-1.0)], refused="how many items there are would be known only when the graph runs")
def spread_out(x):
    parts = Descent(3)
    if x > 0:
        next(parts)
    return [*parts]


class Pairs:
    """It goes over another iterator."""

    def __init__(self, items):
        self.items = iter(items)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.items), next(self.items)


@program([f64(3.0)], [f64(-1.0)], grad=0)
def over_another_iterator(x):
    pairs = Pairs([1, 2, 3, 4, 5])
    a, b = next(pairs)
    return x * a - b, list(pairs)


@program([f64(3.0)], refused="how far an iterator is would be known only when the graph runs")
def over_another_iterator_in_a_branch(x):
    pairs = Pairs([1, 2, 3, 4])
    if x > 0:
        next(pairs)
    return x + next(pairs)[0]


class Scaled:
    """A property that gives a generator."""

    def __init__(self, items):
        self.items = items

    @property
    def doubled(self):
        for item in self.items:
            yield 2 * item


@program([f64([3.0, 1.0])], [f64([])], grad=0, adapts=True)
def generator_of_a_property(v):
    scaled, total = Scaled(v), v.sum() * 0
    for item in scaled.doubled:
        total = total * 2 + item
    return total, sum(scaled.doubled), list(Scaled([1, 2]).doubled)
