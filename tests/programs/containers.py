"""Tuples, dicts, named tuples, dataclasses and nested containers as state, arguments and results."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import eager as xp
from support.programs import f64, i64, program


class Point(NamedTuple):
    x: Any
    y: Any


@dataclass
class Body:
    position: Any
    speed: Any
    trips: int = 0


@dataclass(frozen=True)
class Fixed:
    a: Any
    b: Any


@program([f64(1.0), i64(3)], [f64(1.0), i64(0)], grad=0)
def tuple_state(x, n):
    state = (x, x * 2, 0)
    for i in range(n):
        a, b, c = state
        state = (b, a + b, c + 1)
    return state


@program([f64(1.0), i64(3)], [f64(1.0), i64(0)], grad=0)
def dict_state(x, n):
    state = {"x": x, "n": 0}
    for i in range(n):
        state = {"x": state["x"] * 2, "n": state["n"] + 1}
    return state


@program([f64(1.0)], [f64(-1.0)])
def dict_item_in_a_branch(x):
    d = {"a": x, "b": 1}
    if x > 0:
        d["a"] = x * 5
        d["b"] = 2
    return d


@program([{"x": f64(1.0), "y": f64(2.0)}], [{"x": f64(-1.0), "y": f64(2.0)}])
def dict_argument_changed(d):
    if d["x"] > 0:
        d["y"] = d["y"] * 10
    d["x"] = d["x"] + 1
    return d["x"]


@program([Point(f64(1.0), f64(2.0)), i64(2)], [Point(f64(1.0), f64(2.0)), i64(0)])
def named_tuple_state(p, n):
    for i in range(n):
        p = Point(p.y, p.x + p.y)
    return p


@program([Body(f64(1.0), f64(0.5)), i64(3)], [Body(f64(1.0), f64(0.5)), i64(0)])
def dataclass_changed_in_a_loop(body, n):
    for i in range(n):
        body.position = body.position + body.speed
        body.speed = body.speed * 0.9
        body.trips += 1
    return body.position


@program([f64(1.0), i64(3)], [f64(-1.0), i64(2)])
def dataclass_made_inside(x, n):
    body = Body(x, x * 0.5)
    for i in range(n):
        if body.position > 0:
            body.position = body.position - 1.0
        else:
            body.speed = body.speed + 1.0
    return body


@program([Fixed(f64(1.0), f64(2.0)), i64(2)], [Fixed(f64(1.0), f64(2.0)), i64(0)])
def frozen_dataclass_replaced(s, n):
    for i in range(n):
        s = replace(s, a=s.b, b=s.a * 2)
    return s


@program([f64(2.0)], [f64(-2.0)])
def result_of_nested_containers(x):
    if x > 0:
        r = {"p": Point(x, 1), "q": [(x, 2), (x * 2, 3)]}
    else:
        r = {"p": Point(-x, 5), "q": [(x, 7), (x * 3, 9)]}
    return r


@program([[f64(1.0), (f64(2.0), {"z": f64(3.0)})]], [[f64(-1.0), (f64(2.0), {"z": f64(3.0)})]])
def nested_arguments(tree):
    a, (b, d) = tree
    if a > 0:
        return a + b, d["z"]
    return a - b, d["z"] * 2


@program([f64([1.0, 2.0, 3.0])], [f64([5.0, 2.0, 3.0])], grad=0)
def unpacking(x):
    a, *rest = [x[0], x[1], x[2]]
    (b, c), d = (rest[0], rest[1]), a
    if b > a:
        a, b = b, a
    return a * 2 + b, c, d


@program([OrderedDict(a=f64(1.0), b=f64(2.0))], [OrderedDict(a=f64(-1.0), b=f64(2.0))])
def ordered_dict(d):
    total = xp.asarray(0.0)
    for key in d:
        if d[key] > 0:
            total = total + d[key]
    return total, list(d)


@program([f64(1.0), i64(2)], [f64(1.0), i64(0)])
def dict_of_lists(x, n):
    log = {"values": [], "count": 0}
    for i in range(n):
        log["values"].append(x * i)
        log["count"] += 1
    return log


@program([(f64(1.0), None)], [(f64(1.0), f64(2.0))])
def none_in_arguments(pair):
    a, b = pair
    if b is None:
        return a * 2, None
    return a, b


@program([f64(3.0)], [f64(-3.0)])
def tuple_of_numbers(x):
    best = (0, 0.0)
    for i in range(3):
        if x * i > best[1]:
            best = (i, best[1] + 1.5)
    return best


@program(
    [{"w": f64([1.0, 2.0]), "b": f64(0.5)}, f64([3.0, 4.0])], [{"w": f64([1.0, -2.0]), "b": f64(0.5)}, f64([3.0, 4.0])]
)
def parameters_in_a_dict(p, x):
    y = xp.sum(p["w"] * x) + p["b"]
    if y < 0:
        y = y * 0.01
    return {name: value * y for name, value in p.items()}
