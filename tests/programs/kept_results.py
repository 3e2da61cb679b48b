"""Functions of `functools.cache` and `functools.lru_cache`: called once for what is kept, in a run and over runs."""

import functools

import numpy as np

import eager as xp
from support.programs import f64, program

SIGNS = ([f64(1.0)], [f64(-2.0)], [f64(3.0)])
BACK = ([f64(-2.0)], [f64(1.0)], [f64(3.0)])


@program(*SIGNS, made=True)
def called_once():
    calls = []

    @functools.lru_cache
    def double(k):
        calls.append(k)
        return k * 2

    def use(x):
        return x * double(3) + double(4) + double(3), len(calls)

    return use


@program(*SIGNS, made=True, traceable=False)
def what_is_kept_changes():
    @functools.cache
    def log(name):
        return []

    @functools.cache
    def buffer(n):
        return xp.zeros((n,))

    def use(x):
        entries, total = log("x"), buffer(2)
        entries.append(1)
        total += x
        return len(entries), xp.sum(total)

    return use


class Outer:
    def __init__(self):
        self.scale = 1.0
        self.calls = 0

    @functools.lru_cache(maxsize=None)
    def table(self, n):
        self.calls += 1
        return xp.arange(n) * self.scale


@program(*SIGNS, made=True, traceable=False)
def keeps_what_it_read():
    outer = Outer()

    def use(x):
        y = xp.sum(outer.table(3)) * x
        outer.scale = outer.scale + 1.0
        return y, outer.calls

    return use


@program(*SIGNS, made=True)
def dropped_again():
    calls = []

    @functools.lru_cache(maxsize=1)
    def double(k):
        calls.append(k)
        return k * 2

    def use(x):
        return x * double(1) + double(2), len(calls)

    return use


@program(*SIGNS, made=True)
def named_arguments():
    calls = []

    @functools.lru_cache(typed=True)
    def pick(a, b=1):
        calls.append(a)
        return a

    def use(x):
        return x * pick(1) + pick(1, b=2) + pick(1.0) + pick((1, 2))[0] + pick(a=3) + pick(1, b=2), len(calls)

    return use


@functools.lru_cache
def lower(n):
    mask = np.zeros((n, n))
    mask[0] = 1
    return xp.asarray(mask)


@functools.cache
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


@program(*BACK, grad=0)
def first_on_one_path(x):
    if x > 0:
        x = xp.sum(lower(2)) * x
    return x * fibonacci(8)


@program(*BACK, made=True)
def kept_before_the_branch():
    calls = []

    @functools.cache
    def double(k):
        calls.append(k)
        return k * 2

    def use(x):
        double(3)
        if x > 0:
            x = x * double(3)
        for _ in range(2):
            x = x + double(3)
        return x, len(calls)

    return use


@program(*SIGNS, grad=0)
def made_in_each_run(x):
    calls = []

    def power(k):
        calls.append(k)
        return x**k

    kept = functools.lru_cache(maxsize=1)(power)

    @functools.cache
    def scaled(k):
        calls.append(k)
        return x * k

    y = kept(1) + kept(2) + kept(1) + kept(1) + scaled(2)
    if x > 0:
        y = y + scaled(2)
    return y + scaled(3), len(calls)


class Row:
    def __init__(self, x):
        self.x = x

    @functools.cache
    def scaled(self, k):
        return self.x * k


@program(*SIGNS, grad=0)
def of_an_object_of_each_run(x):
    row = Row(x)
    return row.scaled(2) + row.scaled(2)


@program(*BACK, made=True, refused="whether the function is called is known only when the graph runs")
def counts_on_one_path():
    calls = []

    @functools.cache
    def double(k):
        calls.append(k)
        return k * 2

    def use(x):
        if x > 0:
            x = x * double(3)
        return x, len(calls)

    return use


@program(*BACK, made=True, traceable=False, refused="what the function reads may change before a run calls it")
def reads_on_one_path():
    outer = Outer()

    def use(x):
        outer.scale = outer.scale + 1.0
        if x > 0:
            x = xp.sum(outer.table(3)) * x
        return x

    return use


@program(*BACK, made=True, refused="runs find what is kept without asking for it")
def counted_and_dropped():
    @functools.cache
    def double(k):
        return k * 2

    def use(x):
        hits = double(1) + double.cache_info().hits
        double.cache_clear()
        return x * hits

    return use
