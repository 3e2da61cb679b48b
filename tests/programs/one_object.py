"""Names that are bound on paths of the graph and mean one object: a change in place is seen by all of them."""

from dataclasses import dataclass

import eager as xp
from support.programs import f64, i64, program

PAIR = [[0.5, 2.0], [3.0, 4.0]]
TWO, NONE = [f64(PAIR), i64(2)], [f64(PAIR), i64(0)]
SOME_PATHS = "two names are one object on some paths only: what a change in place is seen by would differ"


IN_A_LIST = "what is taken out of a list of the graph stands for a value: a change of it would not be seen elsewhere"


class Holder:
    """An object with attributes."""


class Quiet:
    """A context manager that does nothing."""

    def __enter__(self):
        pass

    def __exit__(self, kind, error, traceback):
        pass


@program(TWO, NONE, grad=0)
def both_names_in_both_branches(v, n):
    if n > 1:
        y = v * 2.0
        z = y
    else:
        y = v * 3.0
        z = y
    y *= 5.0
    return z


@program(TWO, NONE, grad=0)
def one_name_for_two_before_and_in_a_branch(v, n):
    y = z = v * 1.0
    if n > 1:
        y = v * 2.0
        z = y
    y *= 5.0
    return z


@program(TWO, NONE)
def item_of_what_a_loop_binds(v, n):
    for row in v:
        z = row * 1.0
    if n > 1:
        z[0] = 5.0
    return z


@program(TWO, NONE)
def alias_of_what_a_loop_binds(v, n):
    i = 0
    while i < n:
        z = v[i] * 1.0
        i += 1
    y = z
    y *= 5.0
    return z


@program(TWO, NONE, grad=0)
def alias_in_a_branch_of_what_a_loop_binds(v, n):
    for row in v:
        z = row * 1.0
    if n > 1:
        y = z
        y *= 5.0
    return z


@program(TWO, NONE, grad=0)
def element_and_alias_after_a_loop(v, n):
    for x in v:
        z = x
    z *= v[0]
    return x, z * n


@program(TWO, NONE, grad=0)
def carried_alias(v, n):
    y = v * 1.0
    z = y
    while n > 0:
        z *= 2.0
        y = y + 1.0
        z = y
        n = n - 1
    return z


@program(TWO, NONE, grad=0)
def changed_and_replaced_in_each_trip(v, n):
    z = v * 1.0
    while n > 0:
        z *= 2.0
        z = z + 1.0
        n = n - 1
    return z


@program(TWO, NONE)
def changed_where_it_is_not_none(v, n):
    z = None
    if n > 1:
        z = v * 1.0
    if z is not None:
        z[0] = 2.0
    return z


@program(TWO, NONE)
def alias_of_what_may_be_none(v, n):
    z = None
    if n > 1:
        z = v * 1.0
    y = z
    if y is not None:
        y *= 2.0
    return z


@program(TWO, NONE)
def two_names_that_may_be_none(v, n):
    y = z = None
    if n > 1:
        y = z = v * 1.0
    if y is not None:
        y[0] = 2.0
    return z


@program(TWO, NONE, grad=0)
def attribute_and_name(v, n):
    b = Holder()
    b.z = v * 1.0
    y = b.z
    if n > 1:
        b.z = v * 2.0
        y = b.z
    y[0] = 2.0
    return b.z


@program(TWO, NONE, grad=0)
def attribute_changed_in_place_in_a_loop(v, n):
    b = Holder()
    b.total = v * 1.0
    for _ in range(n):
        b.total += v
    return b.total


@program(TWO, NONE, grad=0)
def items_changed_in_place_in_a_loop(v, n):
    held, listed = {"a": v * 1.0}, [v * 2.0]
    for _ in range(n):
        held["a"] += v
        listed[0] *= v
    return held, listed


@program(TWO, NONE)
def one_list_in_both_branches(v, n):
    if n > 1:
        items = [v * 1.0]
        same = items
    else:
        items = [v * 2.0]
        same = items
    items.append(v)
    return same


@program(TWO, NONE)
def one_dict_in_both_branches(v, n):
    if n > 1:
        items = {"a": v * 1.0}
        same = items
    else:
        items = {"a": v * 2.0}
        same = items
    items["a"] = v * 7.0
    return same


@program(TWO, [f64(PAIR), i64(1)])
def list_that_a_loop_binds(v, n):
    i = 0
    while i < n:
        found = [v * i]
        i += 1
    again = found
    again.append(v)
    return found


@program(TWO, NONE, grad=0)
def original_is_not_used_again(v, n):
    z = v * 1.0
    h = z if n > 1 else z * 2.0
    h += 1.0
    return h


@program(TWO, NONE)
def one_object_in_both_arms_of_a_try(v, n):
    try:
        assert n > 1
        y = z = v * 1.0
    except AssertionError:
        y = z = v * 3.0
    z[0] = 2.0
    return y


@program(TWO, NONE, refused=SOME_PATHS)
def original_is_used_again(v, n):
    a, b = v * 1.0, v * 2.0
    c = a if n > 1 else b
    c[0] = 100.0
    return a


@program(TWO, NONE, refused=SOME_PATHS)
def alias_in_one_branch(v, n):
    y = v * 1.0
    z = v * 2.0
    if n > 1:
        z = y
    y *= 5.0
    return z


@program(TWO, NONE, refused=SOME_PATHS)
def item_is_a_name_on_one_path(v, n):
    y = v * 1.0
    held = {"a": v * 2.0}
    if n > 1:
        y = v * 2.0
        held["a"] = y
    y *= 5.0
    return held["a"]


@program(TWO, NONE, refused=SOME_PATHS)
def tuple_of_it(v, n):
    if n > 1:
        y = v * 1.0
        t = (y, y)
    else:
        y = v * 2.0
        t = (y, v * 1.0)
    y[0] = 2.0
    return t


@program(TWO, NONE, refused=SOME_PATHS)
def handed_through_a_function(v, n):
    def doubled_or_not(q):
        if n > 1:
            return q
        return q * 2.0

    w = v * 1.0
    r = doubled_or_not(w)
    r[0] = 100.0
    return w


@program(TWO, NONE, refused=SOME_PATHS)
def first_trip_changes_what_was_there_before(v, n):
    z = v * 1.0
    y = z
    while n > 0:
        z *= 2.0
        z = z + 1.0
        n = n - 1
    return y, z


@program(TWO, NONE, refused=SOME_PATHS)
def best_so_far_is_changed_later(v, n):
    best = xp.zeros((2, 2))
    x = v * 1.0
    while n > 0:
        x = x * 2.0
        if x.sum() > best.sum():
            best = x
        x -= 1.0
        n = n - 1
    return best


@program(TWO, refused="a list that is unbound on some paths is changed in a block that would not give it back")
def list_that_a_loop_binds_changed_in_a_branch(v, n):
    i = 0
    while i < n:
        found = [v * i]
        i += 1
    if n > 1:
        found.append(v)
    return found


def halved(k, acc):
    if k <= 0:
        return acc
    return halved(k - 1, acc * 0.5)


@program(TWO, NONE, refused=SOME_PATHS)
def handed_through_a_recursion(v, n):
    w = v * 1.0
    r = halved(n, w)
    r[0] = 100.0
    return w


@dataclass
class Point:
    a: object


@program(TWO, NONE, grad=0)
def one_dataclass_in_both_branches(v, n):
    if n > 1:
        p = Point(v * 1.0)
        q = p
    else:
        p = Point(v * 2.0)
        q = p
    p.a = v * 7.0
    return q.a


@program(TWO, NONE, grad=0)
def dataclass_made_anew_in_each_trip(v, n):
    p = Point(v * 1.0)
    q = p
    for _ in range(n):
        p = Point(p.a * 2.0)
        q = p
    p.a = p.a * 9.0
    return q.a


@program(TWO, NONE, refused=SOME_PATHS)
def dataclass_that_is_another_on_one_path(v, n):
    p = Point(v * 1.0)
    q = p
    if n > 1:
        p = Point(v * 2.0)
    p.a = v * 9.0
    return q.a


@program(TWO, NONE, refused=SOME_PATHS)
def dict_that_is_another_on_one_path(v, n):
    if n > 1:
        d = {"a": v * 1.0}
        e = d
    else:
        d = {"a": v * 2.0}
        e = {"a": v * 3.0}
    d["a"] = v * 7.0
    return e


BOTH = [f64([1.0, 2.0])], [f64([-1.0, -2.0])]


@program(*BOTH, refused=SOME_PATHS)
def a_list_or_none_that_changes_behind(v):
    out = []
    kept = None
    if v.sum() > 0:
        kept = out
    out.append(1.0)
    return kept


@program(*BOTH, refused=SOME_PATHS)
def in_a_tuple_or_none(v):
    out = [v[0]]
    kept = None
    if v.sum() > 0:
        kept = (out,)
    out.append(v[1])
    return kept


@program(*BOTH, refused=SOME_PATHS)
def a_dict_or_unbound_that_changes_behind(v):
    out = {}
    if v.sum() > 0:
        kept = (out,)
    out["a"] = v[0]
    return kept


@program(*BOTH, refused=SOME_PATHS)
def a_tensor_in_a_tuple_or_none(v):
    t = v * 1
    kept = None
    if v.sum() > 0:
        kept = (t,)
    t += 1
    return kept


@program([f64([1.0, 2.0, 3.0])], [f64([0.5])], [f64([])])
def found_by_a_loop(v):
    out = []
    found = None
    for x in v:
        if x > 1.5:
            found = out
            break
        out.append(x)
    return found


@program([f64([1.0, 2.0, 3.0])], [f64([0.5])], adapts=True)
def a_dict_that_a_loop_finds(v):
    d = {"n": 0.0}
    last = None
    for x in v:
        if x > 1.5:
            last = d
            break
        d["n"] = d["n"] + x
    return last["n"] if last is not None else -1.0


@program([f64(1.0), f64(2.0)], [f64(2.0), f64(1.0)], refused=IN_A_LIST)
def element_that_leaves_a_with(y, w):
    with Quiet():
        z = sorted([y, w])[0]
    z += 0.5
    return y, w, z


@program([f64(1.0), f64(2.0)], [f64(2.0), f64(1.0)], refused=IN_A_LIST)
def element_that_leaves_a_finally(y, w):
    try:
        z = sorted([y, w])[0]
    finally:
        w = w + 1
    z += 0.5
    return y, w, z
