"""`itertools` over lists of the graph, generators and counts of T."""

import itertools
import re

import numpy as np

from support.programs import f64, i64, program

TRIPS = ([f64([3.0, 1.0, 2.0]), i64(2)], [f64([3.0, 1.0, 2.0]), i64(0)], [f64([]), i64(3)])


def grown(x, n):
    out = []
    for i in range(n):
        out.append(x.sum() * i + 1.0)
    return out


def doubled(x):
    while x < 9:
        print("given", x)
        yield x
        x = x * 2


@program(*TRIPS, adapts=True, grad=0)
def chained(x, n):
    out = grown(x, n)
    total = 0.0
    for v in itertools.chain(x, out, [total]):
        total = total * 0.5 + v
    return total, list(itertools.chain(out, x)), sum(itertools.chain.from_iterable([out, x, out]))


@program([f64(1.0)], [f64(20.0)], adapts=True, grad=0)
def generators_one_after_the_other(x):
    return [v * x for v in itertools.chain(doubled(x), [x], doubled(x + 2))]


@program(*TRIPS, adapts=True, grad=0)
def neighbours(x, n):
    out = grown(x, n)
    return [b - a for a, b in itertools.pairwise(out)], sum(a * b for a, b in itertools.pairwise(x))


@program([f64(1.0)], [f64(7.0)], [f64(20.0)], adapts=True, grad=0)
def neighbours_in_a_generator(x):
    steps = 0.0
    for a, b in itertools.pairwise(doubled(x)):
        steps = steps + (b - a) * x
    return steps


@program([f64([3.0, 1.0, 2.0]), i64(2)], [f64([3.0, 1.0, 2.0]), i64(0)], [f64([3.0]), i64(5)], adapts=True, grad=0)
def first_items(x, n):
    total = x[0] * 0
    for v in itertools.islice(x, n):
        total = total * 2 + v
    out = grown(x, n)
    return total, list(itertools.islice(out, 1)), list(itertools.islice(x, n, None)), list(itertools.islice(x, 0, n, 2))


@program([i64(3), i64(0), i64(2)], [i64(0), i64(3), i64(1)], [i64(4), i64(2), i64(5)], [i64(1), i64(2), i64(0)])
def slices_with_bounds_of_the_graph(stop, start, step):
    return list(itertools.islice(range(10), start, stop, step))


@program([i64(-1), i64(1)], [i64(-2), i64(1)], [i64(2), i64(-1)], [i64(2), i64(1)])
def bounds_that_are_none(stop, start):
    first = list(itertools.islice([1, 2, 3], stop))
    return first, list(itertools.islice([1, 2, 3], start, None))


@program([f64(1.0), i64(2)], [f64(1.0), i64(0)], [f64(20.0), i64(2)], adapts=True, grad=0)
def no_more_than_is_asked_for(x, n):
    """The generator prints what it gives: no item behind the slice is asked for."""
    out = list(itertools.islice(doubled(x), n))
    for v in itertools.islice(doubled(x), n, 1):
        out.append(-v)
    return out, sum(itertools.islice(doubled(x), 1, 3))


@program(*TRIPS, adapts=True, grad=0)
def applied_to_items(x, n):
    out = grown(x, n)
    return list(itertools.starmap(lambda a, b: a * b, zip(out, x, strict=False)))


@program([f64(2.0), i64(3)], [f64(2.0), i64(0)], [f64(2.0), i64(-2)], adapts=True, grad=0)
def repeated(x, n):
    return list(itertools.repeat(x, n)), sum(itertools.repeat(x * x, times=n))


@program(*TRIPS, adapts=True, grad=0)
def round_and_round(x, n):
    out = grown(x, n)
    turns = [a * i for i, a in zip(range(5), itertools.cycle(out), strict=False)]
    total = 0.0
    for v in itertools.cycle(out):
        total = total + v
        if total > 20:
            break
    return turns, total


@program(*TRIPS, adapts=True, grad=0)
def all_pairs(x, n):
    out = grown(x, n)
    every = [a * b for a, b in itertools.product(out, x)]
    return every, sum(a * b - c for a, b, c in itertools.product(out, repeat=3))


@program(*TRIPS, adapts=True, grad=0)
def chosen_items(x, n):
    out = grown(x, n)
    return [a * b for a, b in itertools.combinations(out, 2)], sum(a * b for a, b in itertools.combinations(x, 2))


@program([f64(1.0)], [f64(20.0)], adapts=True, grad=0)
def generators_that_are_tested(x):
    small = list(itertools.takewhile(lambda v: v < 5, doubled(x)))
    return small, list(itertools.accumulate(doubled(x)))


@program([f64(2.0)], [f64(-1.0)])
def matches_asked_one_by_one(x):
    matches = re.finditer("[0-9]", "a5b6c7")
    first = int(next(matches).group())
    second, third = itertools.tee(matches)
    return x * first, [m.group() for m in second], [m.group() for m in third]


@program([f64(2.0)], refused="how far the iterator has come would be known only when the graph runs")
def matches_asked_in_a_loop(x):
    matches = re.finditer("[0-9]", "a5b6c7")
    while x > 0:
        try:
            x = x - int(next(matches).group())
        except StopIteration:
            break
    return x


@program([f64(2.0)], refused="how far the iterator has come would be known only when the graph runs")
def chain_asked_in_a_branch(x):
    items = itertools.chain([1.0, 2.0], [3.0])
    if x > 0:
        next(items)
    return x + next(items)


@program([f64(2.0)], refused="an iterator of NumPy would be asked in a branch")
def array_asked_in_a_branch(x):
    items = np.ndenumerate(np.asarray([1.0, 2.0]))
    if x > 0:
        next(items)
    return x + next(items)[1]
