"""What staging has to take back and stage again: nothing of the first time may be left."""

import random

import numpy as np

import eager as xp
from support.programs import f64, i64, program


def checked(value):
    if value is None:
        raise ValueError("none")
    return value


@program([f64(3.0)], [f64(-3.0)], adapts=True)
def unbound_in_the_test_of_a_loop(x):
    if x > 0:
        z = x
    i = 0
    while i < z:
        i = i + 1
    return i


@program([f64(3.0)], [f64(-3.0)], adapts=True)
def check_in_the_test_of_a_loop(x):
    limit = None
    if x > 0:
        limit = x
    i = 0
    while i < checked(limit):
        i = i + 1
    return i


@program([f64(3.0)], [f64(-3.0)], [f64(9.0)])
def check_in_a_message(x):
    found = None
    if x > 0:
        found = x * 2
    assert x > 5, f"not {checked(found)}"
    return found


@program([f64(3.0)], [f64(-3.0)])
def check_in_an_operand(x):
    found = None
    if x > 0:
        found = x * 2
    if x > -5 and checked(found) is not None and "yes":
        return found + 1
    return x


@program([f64(2.0), i64(1)], [f64(2.0), i64(7)], traceable=False)
def seeded_generator_in_a_step(x, n):
    drawn, other = np.random.default_rng(3), random.Random(4)
    v = xp.stack([x, x + 1, x + 2])
    try:
        x = x + drawn.random() + other.random()
        x = x + v[n]
    except IndexError:
        x = x - 1
    for _ in range(3):
        x = x * 2 + drawn.normal() + other.uniform(1, 2)
    return x


@program([f64(2.0), i64(3)], [f64(2.0), i64(0)])
def seeded_generator_in_a_function(x, n):
    def drawn(state):
        try:
            return state.rand() + x
        finally:
            state.rand()

    state = np.random.RandomState(3)
    total = drawn(state)
    for _ in range(n):
        total = total + x
    return total + drawn(state)


@program([f64(2.0), i64(3)], refused="a generator of Python draws where the graph decides how often")
def seeded_generator_in_a_loop(x, n):
    drawn = np.random.default_rng(3)
    for _ in range(n):
        x = x + drawn.random()
    return x


@program([f64(2.0)], refused="a generator of Python draws where the graph decides how often")
def seeded_generator_in_a_branch(x):
    drawn = np.random.default_rng(3)
    if x > 0:
        x = x + drawn.random()
    return x + drawn.random()
