"""Variables that a loop binds to the object that they name already or to another, and what it changes in the object."""

from dataclasses import dataclass
from typing import Any

from support.programs import f64, i64, program

ONE, NONE = [f64(1.5), i64(3)], [f64(1.5), i64(0)]
SOME_PATHS = "the object from before the loop is changed in the first trip only"


@dataclass
class Cell:
    a: Any


@program(ONE, NONE, grad=0)
def attribute_of_what_is_bound_again(x, n):
    cell = Cell(x * 2.0)
    other = cell
    for t in range(n):
        cell = cell
        cell.a = cell.a * x + t
    return cell.a, other.a


@program(ONE, NONE, grad=0)
def tensor_in_a_tuple_that_is_bound_again(x, n):
    pair = (x * 1.0, x + 1.0)
    first = pair[0]
    for _ in range(n):
        h, c = pair
        h *= 2.0
        c -= h
        pair = pair
    return first, pair


@program(ONE, NONE, grad=0)
def dataclass_in_a_tuple_in_a_dict(x, n):
    cell = Cell(x * 1.0)
    state = {"s": (cell, 2), "total": x}
    for _ in range(n):
        state = state
        state["s"][0].a = state["s"][0].a * 0.5
        state["total"] = state["total"] + cell.a
    return cell.a, state["total"]


@program(ONE, NONE, grad=0)
def list_in_a_dict_that_is_bound_again(x, n):
    state = {"seen": [x * 1.0], "last": x}
    for _ in range(n):
        state = state
        state["seen"].append(state["last"])
        state["last"] = state["last"] * x
    return state


@program(ONE, NONE, grad=0)
def new_tuple_of_what_was_changed(x, n):
    state = (x * 1.0, x + 1.0)
    for _ in range(n):
        h, c = state
        h = h * 0.5
        c += h
        state = (h, c)
    return state


@program(ONE, NONE, grad=0)
def items_of_a_list_set_and_changed(x, n):
    items = [x * 1.0, x + 1.0]
    same = items
    for _ in range(n):
        items = items
        items[0] *= 2.0
        items[1] = x
    return items, same


@program(ONE, NONE, grad=0)
def attribute_of_what_the_first_trip_makes(x, n):
    for t in range(n):
        if t == 0:
            cell = Cell(x)
        cell.a = cell.a + 1.0
        x = x + cell.a
    return x


@program(ONE, NONE, refused=SOME_PATHS)
def attribute_changed_then_replaced(x, n):
    cell = Cell(x * 2.0)
    other = cell
    for _ in range(n):
        cell.a = cell.a * x
        cell = Cell(cell.a + 1.0)
    return cell.a, other.a


@program(ONE, NONE, refused=SOME_PATHS)
def dict_changed_then_replaced(x, n):
    state = {"a": x * 1.0}
    other = state
    for _ in range(n):
        state["a"] = x + 1.0
        state = {"a": x}
    return state, other


@program(ONE, NONE, refused=SOME_PATHS)
def tensor_in_a_tuple_changed_then_replaced(x, n):
    pair = (x * 1.0, x * 3.0)
    other = pair
    for _ in range(n):
        h, c = pair
        h *= 2.0
        pair = (c, h)
    return pair, other


@program(ONE, NONE, refused=SOME_PATHS)
def inner_list_changed_then_replaced(x, n):
    rows = [[x * 1.0], [x * 3.0]]
    other = rows
    for _ in range(n):
        rows[1][0] = x
        rows = [[x], [x * 2.0]]
    return rows, other


@program(ONE, NONE, refused=SOME_PATHS)
def element_of_a_list_under_another_name(x, n):
    items = [x * 1.0, x * 3.0]
    first = items[0]
    for _ in range(n):
        items = items
        items[0] *= 2.0
        items[1] = x
    return first, items


@program([f64([1.5, 2.0]), i64(0)], [f64([1.5, 2.0]), i64(1)], grad=0)
def dict_whose_list_is_replaced_on_some_paths(v, n):
    bins = {"low": [v * 2.0], "high": [v, v + 1.0]}
    for _ in range(2):
        for x in v:
            if n > 0:
                bins["low"] = [x * k for k in bins["high"]]
            bins = bins
    return bins["low"][0], len(bins["low"])


@program([f64([1.5, 2.0]), i64(0)], [f64([1.5, 2.0]), i64(1)], grad=0)
def attribute_that_is_replaced_on_some_paths(v, n):
    cell = Cell([v * 2.0])
    for _ in range(2):
        for x in v:
            if n > 0:
                cell.a = [x * v, v]
            cell = cell
    return cell.a[0], len(cell.a)


class Kept:
    """What the caller keeps between calls."""

    def __init__(self, first):
        self.rows = [first]
        self.nested = ([first], [[first]])


OF_THE_CALLER = "which of the caller's lists is changed is known only when the graph runs"


@program([f64(1.0)], [f64(-2.0)], made=True, refused=OF_THE_CALLER)
def list_of_one_or_another():
    a, b = Kept(1.0), Kept(2.0)

    def f(x):
        rows = a.rows if x > 0 else b.rows
        rows.append(x)
        return a.rows, b.rows

    return f


@program([f64(1.0)], [f64(-2.0)], made=True, refused=OF_THE_CALLER)
def item_of_one_list_or_another():
    a, b = Kept(1.0), Kept(2.0)

    def f(x):
        rows = a.rows
        if x > 0:
            rows = b.nested[1][0]
        rows[0] = x
        return a.rows, b.nested

    return f


@program([f64([1.0, 2.0])], made=True, refused=OF_THE_CALLER)
def list_of_one_or_another_in_a_loop():
    a, b = Kept(1.0), Kept(2.0)

    def f(v):
        rows = a.rows
        for x in v:
            rows += [x]
            rows = b.rows
        return a.rows, b.rows

    return f


@program([f64(1.0)], [f64(-2.0)], made=True, refused="a list in a tuple of the caller's changes its length on one path")
def list_in_a_tuple_grows_on_one_path():
    a = Kept(1.0)

    def f(x):
        if x > 0:
            a.nested[0].append(x)
        return a.nested[0]

    return f


@program([f64(1.0)], [f64(-2.0)], made=True, adapts=True)
def list_in_a_tuple_changes_on_one_path():
    a, b = Kept(1.0), Kept(2.0)

    def f(x):
        if x > 0:
            a.nested[0][0] = x * 2.0
        b.nested[1][0][0] = x
        return a.nested, b.nested, (a.rows if x > 0 else b.rows)[0]

    return f
