"""Iterators that a function finds outside: users' move in each run, others are refused."""

import itertools
from collections import deque

from support.programs import f64, program


class Walk:
    """Its items stand in a list."""

    def __init__(self, items):
        self.items = items
        self.place = 0

    def __iter__(self):
        return self

    def __next__(self):
        if self.place >= len(self.items):
            raise StopIteration
        item = self.items[self.place]
        self.place = self.place + 1
        return item


@program([f64(3.0)], [f64(-1.0)], [f64(1.0)], made=True, adapts=True)
def kept_between_calls():
    walk = Walk([1.0, 2.0, 4.0, 8.0])

    def f(x):
        if x > 0:
            x = x * next(walk, 0.5)
        for item in walk:
            return x + item, walk.place
        return x, walk.place

    return f


@program([f64(1.0)], [f64(-2.0)], made=True)
def items_of_a_user_s():
    rows = Walk([1.0, 2.0, 3.0])

    def f(x):
        return x * next(rows, 7.0), rows.place

    return f


@program([f64(1.0)], [f64(-2.0)], [f64(3.0)], made=True)
def loop_over_a_user_s():
    rows = Walk([1.0, 2.0, 3.0])

    def f(x):
        for row in rows:
            x = x + row
            if row > 1:
                break
        return x, rows.place

    return f


@program([f64(2.0)], made=True, refused="its item would be the same in every run", traceable=False)
def item_of_a_count():
    numbers = itertools.count()

    def f(x):
        return x * next(numbers)

    return f


@program([f64(2.0)], made=True, refused="its item would be the same in every run", traceable=False)
def loop_over_a_zip():
    rows = zip([1.0, 2.0, 3.0], [4.0, 5.0, 6.0], strict=True)

    def f(x):
        for a, b in rows:
            x = x + a * b
        return x

    return f


def given():
    yield 1.0
    yield 2.0


@program([f64(1.0)], [f64(-1.0)], made=True, refused="a later run would find the generator at its end", traceable=False)
def generator_from_outside():
    items = given()
    return lambda x: x + sum(items)


@program([f64(1.0)], made=True, refused="a later run would find the iterator at its end", traceable=False)
def iterator_from_outside():
    items = iter([1.0, 2.0])

    def f(x):
        for item in items:
            x = x + item
        return x

    return f


@program([f64(1.0)], made=True, refused="a later run would find the iterator at its end", traceable=False)
def iterator_spread_out():
    items = iter([1.0, 2.0])
    return lambda x: x + max(*items, 0.5)


@program([f64(1.0)], made=True, refused="`deque` may change an object of class generator", traceable=False)
def queue_of_a_generator():
    items = given()
    return lambda x: x + sum(deque(items, maxlen=1))


@program([f64(1.0)], made=True, refused="`join` may change an object of class generator", traceable=False)
def texts_of_a_generator():
    items = (f"{k}" for k in (1, 2))
    return lambda x: (x, ",".join(items))


@program([f64(1.0)], made=True, refused="`from_iterable` may change an object of class generator", traceable=False)
def chain_of_generators():
    parts = [given(), given()]
    return lambda x: x + sum(itertools.chain.from_iterable(parts))


@program([f64(1.0)], made=True, refused="a later run would find the generator at its end", traceable=False)
def list_that_takes_a_generator():
    items = given()

    def f(x):
        out = [x]
        out += items
        return out

    return f


@program([f64(1.0)], made=True, refused="a later run would find the iterator at its end", traceable=False)
def part_that_takes_an_iterator():
    items = iter([1.0, 2.0])

    def f(x):
        out = [x, x]
        out[0:1] = items
        return out

    return f


@program([f64(1.0)], [f64(-1.0)], traceable=False)
def the_same_of_ones_made_here(x):
    items, parts = given(), [given(), given()]
    text = ",".join(f"{k}" for k in (1, 2))
    return x + sum(deque(items, maxlen=1)) + sum(itertools.chain.from_iterable(parts)), text
