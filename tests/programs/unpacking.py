"""Unpacking of tuples and tensors, starred names, several targets."""

import eager as xp
from support.programs import f64, i64, program


@program([f64([1.0, -2.0, 3.0])], grad=0)
def of_a_tensor(x):
    a, b, c = x
    return a * b + c


@program([f64([1.0, -2.0, 3.0])], [f64([1.0])], [f64([])])
def starred(x):
    first, *rest = x
    return first, rest


@program([f64([1.0, 2.0])], [f64([1.0, 2.0, 3.0])], [f64([1.0])])
def wrong_number(x):
    a, b = x
    return a * b


@program([f64([[1.0, 2.0], [3.0, 4.0]])], grad=0)
def nested(x):
    (a, b), (c, d) = x
    [e, (f, *g)] = a, (b, c, d)
    return a * d - b * c, e, f, g


@program([f64(2.0)], grad=0)
def several_targets(x):
    a = b = x * 2
    c, d = e = (a, b)
    a += 1
    return a, b, c, d, e


@program([f64([[1.0, 2.0], [3.0, 4.0]])], [f64([[1.0, 2.0]] * 3)], adapts=True)
def in_a_for(x):
    total = 0.0
    for i, (a, *others) in enumerate(x):
        total = total + a * i + len(others)
    return total


@program([f64(1.0), f64(2.0)], [f64(3.0), f64(2.0)], grad=(0, 1))
def swaps(a, b):
    if a > b:
        a, b = b, a
    items = [a, b]
    items[0], items[1] = items[1], items[0] * 2
    return a - b, items


@program([f64(0.0)])
def of_a_number(x):
    a, b = x
    return a


GROWN = [f64(1.0), i64(0)], [f64(1.0), i64(1)], [f64(1.0), i64(2)], [f64(1.0), i64(4)]


@program(*GROWN, grad=0)
def of_a_list_of_the_graph(x, n):
    found = [x]
    for i in range(n):
        found.append(x * i)
    a, b = found
    return a - b


@program(*GROWN, grad=0)
def starred_of_a_list_of_the_graph(x, n):
    found = [x]
    for i in range(n):
        found.append(x * i + 1)
    first, *rest = found
    *start, last = found
    first, *middle, last = found
    rest.append(first)
    return first, rest, start, middle, last


@program(*GROWN, grad=0)
def of_a_stack(x, n):
    kept = xp.stack([x * k for k in range(3) if k < n])
    (a, b), c = kept, n
    return a * b + c


@program(*GROWN)
def of_iterators(x, n):
    a, b = range(n)
    (i, c), (j, d) = enumerate([x * k for k in range(n)])
    return a + b + i + j, c + d


@program(*GROWN, grad=0)
def caught(x, n):
    found = [x]
    for i in range(n):
        found.append(x * i)
    try:
        a, b, *c = found
        a, b = found
    except ValueError as error:
        print(error)
        return x
    return a + b


@program([f64(2.0), None], [f64(2.0), (1.0, 2.0)], [f64(-2.0), (1.0, 2.0)])
def of_what_may_be_none(x, pair):
    if x < 0:
        pair = None
    a, b = pair
    return a + b * x


@program([f64(2.0), 5], [f64(2.0), (1, 2)], [f64(2.0), "ab"], [f64(2.0), ()])
def of_what_does_not_fit(x, value):
    first, *rest = value
    return first, rest, x


def printed(v):
    print("asked for", v)
    return v * v


@program(*GROWN, grad=0, traceable=False)
def two_of_what_a_call_gives(x, n):
    kept = []
    for i in range(n):
        kept.append(x + i)
    first = second = x
    try:
        first, second = map(printed, kept)
    except ValueError as error:
        print(error)
    return first, second


@program(*GROWN, grad=0, traceable=False)
def ends_of_what_a_call_gives(x, n):
    kept = []
    for i in range(n):
        kept.append(x + i)
    first = last = x
    between = []
    try:
        first, *between, last = map(printed, kept)
    except ValueError as error:
        print(error)
    return first, between, last


@program([f64([1.0, 2.0]), f64(3.0), i64(2)], [f64([-1.0, 2.0]), f64(3.0), i64(0)], grad=(0, 1))
def attributes_and_items_within_patterns(v, x, n):
    """Each waits for those before it, further in too."""
    box, d = Box(), {"a": x}
    pair = (x * 2.0, (x * 3.0, n))
    (box.first, (d["a"], box.last)), x = pair, x + 1.0
    if x > v[0]:
        [box.first, *box.rest], d["b"] = [x, d["a"], box.first], v[1]
    else:
        (d["b"], box.rest), *box.kept = (x, [v[0]]), n
    return x, box.first, box.last, box.rest, d


class Box:
    rest = ()


V = ([f64([1.0, -2.0, 3.0])], [f64([-1.0, -2.0])], [f64([5.0])])


@program(*V, grad=0, adapts=True)
def spread_in_front(v):
    rows = [v[0]]
    for i, z in enumerate(v):
        rows = [z, *rows] if i < 2 else [z, z * 2]
    return rows[0] * 3 + rows[-1], len(rows)


@program(*V, adapts=True)
def spread_out_in_lists(v):
    """Of a list that the graph knows the length of, each as it is when its turn comes."""
    rows = []
    for z in v:
        if z > 0:
            rows.append(z)

    def more():
        rows.append(v[0])
        return v[0] * 7

    both = [v[0] * 0, *rows, more(), *rows, *reversed(rows), *(z * 2 for z in rows if z < 4), *range(3), *v]
    copied = [*rows]
    rows.append(v[0] * 5)
    return both, copied, [*zip(rows, copied, strict=False)], [*rows], [*enumerate(rows)]


@program(*V, adapts=True)
def spread_where_nothing_holds_on(v):
    rows, y = [v[0]], v[0]
    for z in v:
        rows.append(z)
        if z > 2:
            rows.pop()
    for z in [v[0], *rows, v[-1]]:
        y = y * 0.5 + z
    return (
        y,
        xp.stack([*rows, y]).sum(),
        sum([*rows, y]),
        max([*rows, *rows]),
        [z * 2 for z in [*rows, y]],
        v[0] in [*rows, y],
    )


@program(*V, adapts=True)
def spread_of_nothing(v):
    rows = None
    if v[0] > 0:
        rows = [v[0]]
    return [v[0], *rows]


@program(*V, adapts=True)
def spread_out_of_one_that_stops(v):
    def stop(_):
        raise StopIteration("no more")

    try:
        return [*(stop(z) for z in v)]
    except RuntimeError as error:
        return str(error)
