"""Instances of classes that are registered as containers: values, as tuples are."""

import eager as xp
from support.programs import f64, i64, program

UP, DOWN = [f64([1.5, 2.0]), i64(3)], [f64([-1.5, 2.0]), i64(0)]


class Dual:
    """A value and its derivative."""

    def __init__(self, value, slope):
        self.value = value
        self.slope = slope

    def __mul__(self, other):
        return Dual(self.value * other.value, self.value * other.slope + self.slope * other.value)

    def __lt__(self, other):
        return self.value < other.value


xp.register_pytree(Dual, lambda x: ((x.value, x.slope), None), lambda _, parts: Dual(*parts))


@program(UP, DOWN, grad=0)
def made_in_both_branches(v, n):
    if v[0] > 0:
        x = Dual(v[0], v[1])
    else:
        x = Dual(v[1], v[0] * 2.0)
    return x.value, x.slope


@program(UP, DOWN, grad=0)
def carried_by_a_loop(v, n):
    x = total = Dual(v[0], v[1])
    for _ in range(n):
        total = total * x
        if total < x:
            total = x
    return total.value, total.slope


@program(UP, DOWN, grad=0)
def returned_from_a_branch(v, n):
    def larger(a, b):
        if a < b:
            return b
        return a

    return larger(Dual(v[0], v[1]), Dual(v[1], v[0])).slope


@program([[Dual(f64(1.5), f64(1.0)), Dual(f64(-2.0), f64(0.5))]])
def argument_and_result(pair):
    a, b = pair
    if b < a:
        a = a * b
    return (a.value, b.slope)
