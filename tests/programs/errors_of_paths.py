"""Exceptions that Python raises on a path that the graph decides on: they are those of runs that come there."""

import contextlib
import json

import eager as xp
from support.programs import f64, i64, program

NO, YES = [f64(2.0), i64(0)], [f64(2.0), i64(1)]


class TwoPartError(Exception):
    def __init__(self, part, other):
        super().__init__(part, other)
        self.count = 3


class Readings:
    """An iterator that fails behind its first item."""

    def __init__(self):
        self.given = 0

    def __iter__(self):
        return self

    def __next__(self):
        if self.given:
            raise TwoPartError("sensor", 7)
        self.given += 1
        return 4.0


@program(NO, YES, grad=0)
def dict_changed_in_a_loop_that_is_left(x, n):
    table = {"a": 1, "b": 2}
    for key in table:
        table["c"] = x * table[key]
        if n:
            break
    return table["c"]


@program(NO, YES)
def returned_from_a_loop_that_would_fail(x, n):
    table = {"a": x, "b": 2}
    for _ in table:
        table.setdefault("c")
        if n:
            return ()
    return table


@program(NO, YES, grad=0)
def view_changed_in_a_loop_that_is_left(x, n):
    table = {"a": x}
    for key, value in table.items():
        table[key + "b"] = value * 2
        if n:
            return value
    return x


@program(NO, YES)
def set_changed_in_a_loop_that_is_left(x, n):
    seen = {1, 2}
    for _ in seen:
        seen.add(9)
        if n:
            break
    return x * len(seen)


@program(NO, YES, grad=0)
def iterator_that_fails(x, n):
    for value in Readings():
        x = x * value
        if n:
            break
    return x


@program(NO, YES, grad=0)
def iterator_whose_failure_is_caught(x, n):
    try:
        for value in Readings():
            if n:
                break
            print(value)
    except TwoPartError as error:
        print(error, error.args)
        return -x
    return x


@program(NO, YES, grad=0)
def of_a_library(x, n):
    try:
        if n:
            json.loads("{")
        x = x * 2
    except ValueError as error:
        print(error)
        x = x * 3
    return x


@program(NO, YES, [f64(2.0), i64(2)], grad=0)
def of_a_library_in_a_loop(x, n):
    for i in range(n):
        with contextlib.suppress(ValueError):
            if i:
                json.loads("{")
            x = x * 2
        try:
            if i:
                {"a": 1}["b", 2]
            x = x * 3
        finally:
            print(i)
    return x


@program(NO, YES, grad=0)
def key_that_is_a_tuple(x, n):
    table = {(0, "a"): x}
    if n:
        return table[0, "a"]
    return table[1, "b"]


@program(
    NO, YES, refused="the shapes of a path do not fit, which its handler would see in some runs only", traceable=False
)
def shapes_that_do_not_fit(x, n):
    try:
        if n:
            x = xp.reshape(x, (3,))
        x = x * 2
    except ValueError:
        x = x * 3
    return x


@program(NO, YES, refused="a library takes no number of the graph, and its error is none of a run")
def what_a_library_does_not_take(x, n):
    number = int(n) + 1
    try:
        text = json.dumps(number)
    except TypeError:
        return x
    return x * len(text)


@program(NO, YES, refused="a graph cannot raise an exception that holds a file's name")
def file_that_is_not_there(x, n):
    try:
        if n:
            open("no such file of a test")
    except OSError:
        return x * 2
    return x


@program(NO, YES, grad=0)
def what_a_number_cannot_do(x, n):
    number = int(n) + 1
    found = 0
    for use in (iter, len, lambda k: k[0], lambda k: k()):
        try:
            use(number)
        except TypeError as error:
            print(error)
            found += 1
    return x * found
