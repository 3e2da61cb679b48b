"""Iterators that a function finds outside: users' move in each run, others are refused."""

import itertools

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


class Rows:
    """Goes over numbers, and knows how far it is."""

    def __init__(self):
        self.rows = [1.0, 2.0, 3.0]
        self.i = 0

    def __iter__(self):
        return self

    def __next__(self):
        if self.i >= len(self.rows):
            raise StopIteration
        self.i += 1
        return self.rows[self.i - 1]


@program([f64(1.0)], [f64(-2.0)], made=True)
def items_of_a_user_s():
    rows = Rows()

    def f(x):
        return x * next(rows, 7.0), rows.i

    return f


@program([f64(1.0)], [f64(-2.0)], [f64(3.0)], made=True)
def loop_over_a_user_s():
    rows = Rows()

    def f(x):
        for row in rows:
            x = x + row
            if row > 1:
                break
        return x, rows.i

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
