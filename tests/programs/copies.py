"""Copies that are made, and changed, within branches and loops: outside of these nobody knows them."""

import copy

import numpy as np

import eager as xp
from support.programs import f64, i64, program

TRIPS = ([f64([1.0, 2.0]), i64(3)], [f64([1.0, 2.0]), i64(0)])
COUNTS = xp.asarray(np.array([5, 6]))


@program(*TRIPS, grad=0, adapts=True)
def of_what_was_there_before(x, n):
    total = 0.0
    for _ in range(n):
        y = x.copy()
        y[0] = total
        total = total + xp.sum(y)
    return total, x


@program(*TRIPS, grad=0, adapts=True)
def changed_on_some_paths(x, n):
    total = 0.0
    for i in range(n):
        y = xp.asarray(x, copy=True)
        z = y
        if i > 0:
            y *= 2
            y[1] += total
        total = total + xp.sum(z)
    return total


@program(*TRIPS, grad=0)
def made_by_a_function(x, n):
    def normalised(v):
        v = v.astype(xp.float64)
        v /= xp.sum(v)
        return v

    total = x * 0
    i = 0
    while i < n:
        total = total + normalised(x) * i
        i += 1
    return total, x


@program(*TRIPS, grad=0)
def of_a_module_and_of_what_is_an_integer(x, n):
    for i in range(n):
        counts = COUNTS.copy()
        counts[0] = i
        others = COUNTS.detach()
        others += counts
        x = x + others
    return x


@program(*TRIPS, grad=0, adapts=True)
def of_lists(x, n):
    total = 0.0
    for i in range(n):
        inner = [x, x * i]
        deep, flat = copy.deepcopy([inner, x]), copy.copy(inner)
        deep[0][0][0] = total
        deep.append(x)
        flat[1] += 1
        flat.pop(0)
        total = total + xp.sum(deep[0][0]) + xp.sum(inner[1]) + len(flat) + len(deep)
    return total, x


@program(*TRIPS, grad=0)
def deep_ones_of_a_list_of_the_graph(x, n):
    rows = [x]
    for i in range(n):
        rows.append(x * i)
    other, same = copy.deepcopy(rows), copy.copy(rows)
    other[0] = x * 7
    other.append(x)
    same.append(x)
    return rows, other, len(same), x


@program(*TRIPS, grad=0)
def arrays_of_numpy_in_a_loop(x, n):
    total = x * 0
    for _ in range(n):
        weights = np.arange(2.0)
        weights += 1
        weights.sort()
        np.multiply(weights, 2, out=weights)
        total = total + x * weights
    return total
