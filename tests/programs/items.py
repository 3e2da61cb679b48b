"""Items of tuples, NumPy arrays and lists at an index that only the graph knows."""

import numpy as np

import eager as xp
from support.programs import f64, flags, i64, program

X = f64([1.0, -2.0, 3.0])
TRIPS = ([X, i64(3)], [X, i64(0)], [X, i64(-2)])
NODES, WEIGHTS = (-0.7, 0.0, 0.7), (5 / 9, 8 / 9, 5 / 9)
STEPS = ((0, 1), (1, 0), (0, -1), (-1, 0))
TABLE = np.array([[1.0, 0.5, 0.25], [0.1, 0.2, 0.3]])


@program(*TRIPS, grad=0, adapts=True)
def of_tuples_outside(x, n):
    total = 0.0
    for i in range(n):
        total += WEIGHTS[i] * xp.sum(x + NODES[i])
    return total


@program([X, i64(2)], [X, i64(-1)], [X, i64(3)], [X, i64(-4)], grad=0)
def of_a_tuple_made_here(x, n):
    parts = (x[0], x[1] * 2, xp.sum(x))
    return parts[n], parts[-1] + parts[n] * n


@program([i64(5)], [i64(0)])
def of_nested_tuples(n):
    place, seen = (0, 0), []
    for i in range(n):
        down, right = STEPS[i % 4]
        place = (place[0] + down * i, place[1] + right * (i + 1))
        seen.append(STEPS[i % 4][0])
    return place, seen


@program(*TRIPS, grad=0, adapts=True)
def of_numpy_arrays(x, n):
    total = 0.0
    for i in range(n):
        total = total + TABLE[1][i] * x[i] + xp.sum(TABLE[i % 2] * x)
    return total


@program([(1.0, 2.0), i64(1)], [(1.0, 2.0), i64(2)], [(), i64(0)], [(1, 2), flags(True)], [(1, 2), f64(0.0)])
def of_an_argument(items, n):
    return items[n] * 2


class Schedule:
    def __init__(self, rates):
        self.rates = rates

    def __call__(self, step):
        return self.rates[min(step, len(self.rates) - 1)]


@program([X, i64(5)], [X, i64(1)], grad=0)
def of_an_attribute(x, n):
    rate = Schedule((0.5, 0.25, 0.125))
    for step in range(n):
        x = x - rate(step) * x
        try:
            x = x * WEIGHTS[step + 1]
        except IndexError as error:
            print(step, error)
    return x


@program([X, flags(True)], [X, f64(1.0)], [X, i64([1])], [X, i64(1)])
def of_a_list_at_what_is_no_index(x, n):
    return [x[0], x[1]][n]


@program([flags(True)], [f64(2.0)], [i64([2])], [i64(2)])
def range_of_what_is_no_integer(n):
    total = 0
    for i in range(n):
        total += i
    return total


FACTORS = [1.0, 0.5, 0.25]


@program(*TRIPS, grad=0)
def slices_of_lists(x, n):
    ordered = sorted(x, reverse=True)
    head = ordered[:n]
    head.append(x[0] * 2)
    return head, ordered[n:], len(FACTORS[n:]), FACTORS[:n:2], [xp.sum(x), x[0]][-n:]
