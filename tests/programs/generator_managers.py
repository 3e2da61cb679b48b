"""Managers that `contextlib.contextmanager` makes of generators: how often they yield, and what fails in the body."""

import contextlib

from support.programs import f64, i64, program

SIGNS = ([f64(2.0)], [f64(-1.0)])


@contextlib.contextmanager
def catching(kind):
    try:
        yield
    except kind as error:
        print("caught", error)


@contextlib.contextmanager
def sometimes(x, kind):
    if x > 0:
        try:
            yield x
        except kind as error:
            print("caught", error)


@program(*SIGNS, grad=0, traceable=False)
def a_body_that_always_raises(x):
    with catching(ValueError):
        raise ValueError(x)
    return x * 2.0


@program(*SIGNS, grad=0, traceable=False)
def a_body_that_changes_and_raises(x):
    n = 0
    with catching(ValueError):
        n += 1
        raise ValueError(x)
    return x * n


@program(*SIGNS, grad=0, traceable=False)
def yields_on_some_paths(x):
    y = x
    with sometimes(x, ValueError) as z:
        y = y * z
    return y


@program(*SIGNS, grad=0, traceable=False)
def yields_on_some_paths_to_a_body_that_raises(x):
    y = x
    with sometimes(x, ValueError) as z:
        y = y * z
        raise ValueError(x)
    return y


@contextlib.contextmanager
def item_of(x, k):
    try:
        yield x[k]
    except IndexError as error:
        print("caught", error)


@program([f64([1.0, 2.0]), i64(1)], [f64([1.0, 2.0]), i64(2)], grad=0, traceable=False)
def fails_before_it_yields(x, k):
    y = x.sum()
    with item_of(x, k) as z:
        y = y * z
    return y


@contextlib.contextmanager
def again(x):
    k = 0
    while k < x:
        k += 1
        yield k


@program([f64(1.0)], [f64(2.0)], [f64(0.0)], traceable=False)
def yields_again(x):
    y = x
    with again(x) as z:
        y = y * z
        print("body", z)
    return y


@program(*SIGNS, grad=0, traceable=False)
def raises_in_some_trips(x):
    out = []
    for k in range(3):
        with catching(ValueError):
            out.append(k)
            if x > k:
                raise ValueError(x)
            out.append(-k)
    return out
