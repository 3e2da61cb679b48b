"""Containers that are changed by code which runs as it is: classes of the library that are written in Python, `|=` of
dicts, and dicts whose class has stores of its own."""

import contextlib
import pprint
import sys
from collections import ChainMap, Counter, OrderedDict, UserDict, UserList, defaultdict

from support.programs import f64, i64, program

NO, YES = [f64([1.0, -2.0, 3.0])], [f64([1.0, 2.0, 3.0])]


class Doubling(dict):
    def __setitem__(self, key, value):
        super().__setitem__(key, value * 2)


class Shifted(dict):
    def __getitem__(self, key):
        return super().__getitem__(key) + 1


@program(NO, YES, grad=0)
def maps_one_behind_the_other(v):
    first, both = {"a": v[0]}, ChainMap({"b": v[2]})
    both.maps.append(first)
    if v[1] > 0:
        both["b"] = v[1] * 5
        first["a"] = -v[0]
    return both["a"], both["b"], len(both)


@program(NO, YES, grad=0)
def dict_and_list_of_the_library(v):
    table, items = UserDict(a=v[0]), UserList([v[1], v[2]])
    alias = items
    if v[1] > 0:
        table["a"] = v[1] * 5
        table.update(a=table["a"] + 1)
        items[0] = items[1] * 2
        items.reverse()
    return table["a"], table.get("b", 0.0), list(alias)


@program([f64([1.0, 2.0]), i64(0)], [f64([1.0, 2.0]), i64(3)], grad=0)
def of_the_library_in_a_loop(v, n):
    table = UserDict(a=v[0] * 0)
    for i in range(n):
        table["a"] = table["a"] + v[1] * i
    return table["a"]


@program(NO, YES)
def united(v):
    ordered, lists, letters = OrderedDict(a=1.0), defaultdict(int, a=1), Counter("aab")
    alias = letters
    if v[1] > 0:
        ordered |= {"a": 2.5}
        lists |= {"a": 2}
        letters += Counter("ab")
        letters.subtract("b")
    return ordered["a"], lists["a"], alias["a"], letters["b"]


@program(NO, YES, grad=0)
def stores_of_its_own(v):
    doubling, shifted = Doubling(a=v[0]), Shifted(a=v[0])
    doubling["b"] = v[2]
    if v[1] > 0:
        doubling["a"] = v[1]
        shifted["a"] = v[1]
    doubling["b"] += 1
    shifted["a"] += 1
    return doubling["a"], doubling["b"], shifted["a"], dict.__getitem__(shifted, "a")


@program(NO, YES, refused="how many callbacks there are is known only in a run")
def callback_on_some_paths(v):
    with contextlib.ExitStack() as stack:
        if v[1] > 0:
            stack.callback(lambda: print("left"))
    return v[0]


@program(NO, YES, grad=0)
def callback_on_all_paths(v):
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: print("left"))
        total = v[0]
        if v[1] > 0:
            total = total + v[1]
    return total


class Door:
    def __init__(self, log):
        self.log = log

    def __enter__(self):
        self.log.append("in")
        return self

    def __exit__(self, kind, error, traceback):
        self.log.append("out")

    def close(self):
        self.log.append("closed")
        print("closed")


@program([f64(1.0)], [f64(-2.0)], [f64(3.0)], [f64(0.0)], made=True)
def called_by_libraries():
    log = []

    def use(x):
        try:
            with contextlib.closing(Door(log)) as door, contextlib.ExitStack() as stack:
                stack.enter_context(door)
                stack.callback(log.append, "last")
                stack.callback(print, "left", x)
                if x > 2.0:
                    raise ValueError("too much")
                x = x + 1.0
        except ValueError:
            print("caught")
        return x, len(log)

    return use


@program(NO, YES)
def left_by_what_a_run_raises(v):
    with contextlib.ExitStack() as stack:
        stack.callback(print, "left")
        assert v[1] > 0
    return v


@contextlib.contextmanager
def told(what):
    print(what)
    yield what
    print("end")


@told("scaled")
def scaled(x):
    return x * 2 if x > 0 else x


@program(NO, YES)
def decorated_by_a_manager(v):
    return scaled(v[1]), told("negated")(lambda x: -x)(v[0])


@program(NO, refused="the library would run the generator function as it is")
def generator_entered_by_a_stack(v):
    with contextlib.ExitStack() as stack:
        stack.enter_context(told("a"))
    return v


@program(NO, refused="no run would print it")
def printed_by_a_library(v):
    pprint.pprint({"a": 1})
    return v


@program(NO, YES, refused="the graph handles the exception, which Python does not know of")
def asks_for_what_is_handled(v):
    try:
        assert v[1] > 0
    except AssertionError:
        v = v * (sys.exc_info()[0] is AssertionError)
    return v
