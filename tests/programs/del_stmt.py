"""`del` of names, items and attributes."""

from support.programs import f64, i64, program


class Box:
    pass


@program([f64(1.0)], [f64(-1.0)])
def a_name(x):
    y = x * 2
    z = y
    del y
    return z, y  # noqa: F821


@program([f64(1.0)], [f64(-1.0)])
def a_name_in_a_branch(x):
    y = x
    if x > 0:
        del y
    return y


@program([i64(3)], [i64(0)], [3])
def a_name_in_a_loop(n):
    total = 0
    for i in range(n):
        t = total + i
        total = t
        del t
    t = total
    return t


@program([f64(1.0)])
def an_unbound_name(x):
    del y  # noqa: F821
    y = x
    return y


@program([f64(1.0)], [f64(-1.0)])
def items(x):
    d = {"a": x, "b": 1}
    xs = [x, x * 2, x * 3]
    if x > 0:
        d["a"] = x + 1
    del d["b"], xs[0], xs[-1]
    return d, xs


@program([f64([1.0, 2.0, 3.0])], [f64([])], [f64([-1.0])])
def items_of_a_list_of_the_graph(x):
    kept = []
    for v in x:
        kept.append(v)
        if v > 1:
            del kept[0]
    return kept


@program([f64(1.0)])
def attributes(x):
    box = Box()
    box.a, box.b = x, 2
    del box.a
    return hasattr(box, "a"), hasattr(box, "b"), x


@program([f64(1.0), {"k": f64(2.0), "z": 1}])
def items_of_an_argument(x, d):
    y = d["k"] * x
    del d["k"]
    return y


@program([f64(1.0), {"a": 1}])
def a_key_that_is_not_there(x, d):
    del d["b"]
    return x


@program([f64(2.0)])
def del_in_finally(x):
    kept = x
    try:
        y = x * 2
    finally:
        del kept
    for _ in ():
        kept = y
    return y + kept
