"""Dicts: fixed keys as state of branches and loops, arguments, results; methods."""

from typing import Any

from support.programs import f64, i64, program

KEYS = "a dict of a graph has fixed keys"


@program([f64(1.0), i64(3)], [f64(2.0), i64(0)], grad=0)
def state_of_a_loop(x, n):
    d = {"a": x, "b": 0}
    for i in range(n):
        d["a"] = d["a"] * 2
        d["b"] += i
    return d


@program([f64(1.0)], [f64(-2.0)], grad=0)
def changed_in_a_branch(x):
    d = {"a": x, "b": x}
    if x > 0:
        d["a"] = x * 2
    else:
        d = {"a": x, "b": -x}
    return d


@program([{"a": f64(1.0)}], [{"a": f64(-1.0)}])
def an_argument(d):
    if d["a"] > 0:
        d["a"] = d["a"] * 2
    d["n"] = d["a"] + 1
    return len(d)


@program([f64(1.0)], [f64(-2.0)], adapts=True)
def methods(x):
    d = dict(a=x)
    d.update(b=x + 1)
    d.setdefault("c", x + 2)
    total = 0.0
    for _, v in d.items():
        if v > 0:
            total = total + v
    return total, d.pop("a"), sorted(d), d.get("zz", x), list(d.values())


@program([f64(1.0)], [f64(-2.0)], refused=KEYS)
def key_added_in_a_branch(x):
    d = {"a": x}
    if x > 0:
        d["b"] = x * 2
    return d


@program([f64(1.0), i64(2)], [f64(-2.0), i64(0)], refused=KEYS)
def key_added_in_a_loop(x, n):
    d = {"a": x}
    for i in range(n):
        d["b"] = x * i
    return d


@program([f64(1.0)], [f64(-2.0)])
def key_added_on_both_sides(x):
    d = {"a": x}
    if x > 0:
        d["b"] = x * 2
    else:
        d["b"] = x * 3
    return d


@program([f64(1.0)], [f64(-2.0)])
def key_before_an_error(x):
    d = {"a": x}
    if x > 0:
        d["b"] = x * 2
    else:
        raise ValueError("negative")
    return d


@program([f64(1.0)], [f64(-2.0)])
def comprehension(x):
    d = {k: x * i for i, k in enumerate("abc")}
    return {k: v if v > 0 else v * 2 for k, v in d.items()}


@program([f64(2.0), i64(3)], [f64(2.0), i64(0)], [f64(2.0), i64(1)], grad=0)
def made_and_filled_in_each_trip(x, n):
    found = {"a": x, "b": x * 2}
    for i in range(n):
        made = {}
        seen = {0}
        for name, value in found.items():
            made[name] = value * 2 + i
            seen.add(name)
        if x > 0:
            made["a"] = made["a"] + len(seen)
        found = made
    return found


class Momentum:
    """An optimizer that makes the state of a parameter when it first sees it."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}

    def step(self, name, p):
        own = self.state.setdefault(name, {"step": 0, "mean": p * 0})
        own["step"] += 1
        own["mean"] = 0.9 * own["mean"] + p
        return p - own["mean"] / own["step"]


@program([f64([1.0, 2.0]), i64(3)], [f64([1.0, 2.0]), i64(0)], grad=0)
def state_that_is_there_by_default(x, n):
    optimizer = Momentum()
    params = {"w": optimizer.step("w", x), "b": optimizer.step("b", x[0])}
    for _ in range(n):
        params = {name: optimizer.step(name, p) for name, p in params.items()}
        params.update(b=params["b"] + 1)
    return params, optimizer.state


@program([f64(1.0), f64(3.0), {"a": f64(5.0)}], [f64(-1.0), f64(3.0), {"a": f64(5.0)}])
def replaced_or_changed_in_place(x, y, d):
    before = d["a"]
    if x > 0:
        d["a"] = y
    else:
        d["a"] *= y
    return before


@program([f64(1.0), f64(3.0), {"i": {"a": f64(5.0)}}], [f64(-1.0), f64(3.0), {"i": {"a": f64(5.0)}}])
def a_dict_replaced_or_changed_in_place(x, y, d):
    before = d["i"]
    if x > 0:
        before["a"] *= y
    d["i"] = {"a": y * 2}
    return before


@program([f64([0.5, 2.0]), f64([1.0, 3.0]), {"a": f64(1.0)}])
def key_that_a_loop_sets_beside_tensors(x, v, d):
    z = x * 2.0
    for row in v:
        d.setdefault("c")
        z[0] = z[0] + row
        x, z = z, x
    return x, z


ROWS = ([f64([1.0, -2.0, 3.0]), i64(0)], [f64([1.0, -2.0, 3.0]), i64(1)], [f64([1.0, 2.0, 3.0]), i64(3)])


@program(*ROWS, grad=0)
def key_that_each_trip_sets(v, n):
    d = {"total": 0.0}
    for row in v:
        d["last"] = row
        d["total"] = d["total"] + row * n
    return d


@program(*ROWS, grad=0)
def key_of_a_loop_that_is_left(v, n):
    d = {}
    known = d
    for i, row in enumerate(v):
        known["row"] = row * 2 + d.get("row", 0.0)
        d.setdefault("first", row)
        if i == n:
            break
    else:
        d["row"] = -d["row"]
    return known, d is known


@program(*ROWS, grad=0)
def key_returned_from_a_loop(v, n):
    d = {}
    for i, row in enumerate(v):
        d["row"] = row
        if i == n:
            return d
    return {"row": v[0] * 10}


@program(*ROWS, grad=0)
def key_of_a_loop_without_a_test(v, n):
    d = {}
    i = 0
    while True:
        d["part"] = v * i
        i += 1
        if i >= n:
            break
    return d, i


@program(*ROWS, grad=0)
def keys_in_keys(v, n):
    d = {"gone": v}
    for row in v:
        d["inner"] = {}
        for other in v:
            d["inner"]["product"] = row * other
        d.pop("gone", None)
        if row > n:
            break
    return d


@program(*ROWS, grad=0)
def key_set_before_a_failure(v, n):
    d = {}
    try:
        for i, row in enumerate(v):
            d["row"] = row
            if i == n:
                raise ValueError
    except ValueError:
        d["row"] = d["row"] * 10
    return d


@program(*ROWS, refused=KEYS)
def key_of_a_loop_that_may_have_no_trip(v, n):
    d = {}
    for i in range(n):
        d["part"] = v[i]
    return d


@program(*ROWS, refused=KEYS)
def key_that_a_trip_may_not_set(v, n):
    d = {}
    for i, row in enumerate(v):
        if i == n:
            continue
        d["row"] = row
    return d


@program([f64(1.0)], [f64(-2.0)], grad=0, adapts=True)
def updated_by_an_iterator(x):
    d = {"a": x, "b": x}
    d.update(zip("bc", map(abs, [-2.0, 3.0])))
    d.update((key, value * x) for key, value in [("d", x), ("e", 2.0)])
    if x > 0:
        d.update(iter([("a", x * 3), ("b", x * 4)]))
    else:
        d.__ior__({"c": x * 5})
    return d


@program([f64(1.0)], [f64(-2.0)])
def updated_as_far_as_the_pairs_go(x):
    d = {"a": x}
    try:
        d.update(iter([("a", x * 2), ("b",)]))
    except ValueError as error:
        print(error)
    return d


class Doubled(dict[str, Any]):
    def __setitem__(self, key, value):
        super().__setitem__(key, value * 2)

    def add(self, key, value):
        dict.update(self, {key: value})


@program([f64(1.0)], [f64(-2.0)], grad=0)
def updated_by_methods_of_its_class(x):
    d = Doubled()
    d["a"] = x
    if x > 0:
        d["a"] = x + 3.0
    else:
        d.add("a", x + 5.0)
    return d["a"], len(d)


@program([f64(1.0), i64(3)], [f64(2.0), i64(0)], grad=0)
def made_by_a_union_and_changed(x, n):
    d = {"a": x}
    for i in range(n):
        e = d | {"a": x * i}
        e |= {"a": e["a"] * 3}
        x = x + e["a"]
        if x > 5:
            d = d | {"a": x * 2}
            d |= {"a": x - 1}
    return x, d
