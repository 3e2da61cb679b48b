"""Containers that are changed by code which runs as it is: classes of the library that are written in Python, `|=` of
dicts, and dicts whose class has stores of its own."""

import contextlib
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
