"""`map`, `filter`, `zip`, `enumerate` ask for an item when its trip begins, `any` and `all` only for what they need."""

from support.programs import f64, i64, program

THREE, NONE = f64([0.5, -2.0, 3.0]), f64([])
RISING = f64([1.0, 3.0, 2.0, 4.0])


@program([RISING], [f64([4.0, 1.0])], [NONE], grad=0)
def filter_reads_what_the_loop_binds(v):
    highest = v.sum() * 0.0
    seen = []
    for highest in filter(lambda x: x > highest, v):
        seen.append(highest * 2.0)
    return highest, seen


@program([RISING], [NONE], grad=0)
def map_reads_what_the_loop_binds(v):
    total = v.sum() * 0.0
    for x in map(lambda x: x + total, v):
        total = total + x * x
    return total


@program([f64(2.0), 2], [f64(-1.0), 5], grad=0)
def filter_over_ordinary_items(x, n):
    last = 0
    for last in filter(lambda i: i > last, [1, 2, 1, n, 3]):
        x = x * last
    for y in filter(lambda y: y > x, [x - 1.0, x + 2.0, x * x]):
        x = x + y
    return x, last


def shown(what):
    def is_shown(x):
        print(what, x)
        return x > 0.0

    return is_shown


@program([THREE], [NONE], grad=0)
def prints_in_order(v):
    total = v.sum() * 0.0
    for x in map(lambda x: x * 2.0, filter(shown("asked"), v)):
        print("taken", x)
        total = total + x * x
    for i, x in enumerate(filter(shown("numbered"), v), 1):
        print("taken", i, x)
        total = total + x * i
    return total


@program([THREE], [f64([-1.0])], [NONE], adapts=True, grad=0)
def ends_early(v):
    total = v.sum() * 0.0
    for x in filter(shown("asked"), v):
        total = total + x
        if total > 0.2:
            break
    else:
        total = total - 1.0
    for i, x in enumerate(map(shown("mapped"), v)):
        if x:
            return total * i
    return total * 7.0


@program([THREE], [f64([-1.0, 2.0])], [NONE], adapts=True)
def any_and_all_stop(v):
    is_shown = shown("asked")
    return (
        any(is_shown(x) for x in v),
        all(is_shown(x) for x in v),
        any(map(shown("mapped"), v)),
        all(filter(shown("kept"), v)),
        any(is_shown(i) for i in range(-1, 3)),
        all(is_shown(i) and v.sum() > i for i in (3, 2, 1, 0)),
    )


@program([THREE, i64(2)], [THREE, i64(5)], [NONE, i64(0)], [THREE, 2])
def zip_asks_in_order(v, n):
    out = []
    for x, i in zip(map(shown("first"), v), range(n)):
        out.append(x + i)
    for i, x in zip(range(n), map(shown("second"), v)):
        out.append(x + i)
    for x, i in zip(filter(shown("kept"), v), range(n)):
        out.append(i * 2 + (x > 1.0))
    for i, x in zip(range(n), filter(shown("last"), v)):
        out.append(i * 3 + (x > 1.0))
    return out


@program([THREE], [f64([-2.0])], grad=0)
def zip_of_a_filter(v):
    total = v.sum() * 0.0
    for a, x, b in zip(v, filter(lambda x: x > total - 1.0, v), [1.0, 2.0, 3.0]):
        total = total + a * x * b
    return total, [a * b for a, b in zip((x for x in v if x > 0.0), v)]


@program([RISING, RISING], [RISING, THREE], [THREE, RISING])
def zip_of_a_filter_strictly(v, w):
    return [a * b for a, b in zip(filter(lambda x: x > 0.0, v), w, strict=True)]


@program([RISING, RISING], [RISING, THREE], [THREE, RISING])
def zip_of_three_strictly(v, w):
    out = [a * b * c for a, b, c in zip(v, v, map(lambda x: x + 1.0, w), strict=True)]
    return out, [a * b * c for a, b, c in zip(w, v, filter(lambda x: x > 0.0, v), strict=True)]


@program([THREE], grad=0)
def filter_over_a_list_that_grows(v):
    out = [x * 1.0 for x in v]
    for x in filter(lambda x: x < 3.0, out):
        if len(out) < 6:
            out.append(x * 2.0 + 1.0)
    for x in map(lambda x: x * 3.0, out):
        if x > 0.0 and len(out) < 9:
            out.append(x)
    return out


@program([f64(2.0)], [f64(-2.0)], grad=0)
def expression_over_a_list_that_grows(x):
    out = [x, x + 1.0]
    for y in (z * z for z in out):
        if y > 3.0 and len(out) < 5:
            out.append(y / 3.0)
    return out


@program([f64(2.0)], [f64(-2.0)], refused="the list has items of a run when the second loop goes on")
def expression_over_a_list_that_grew(x):
    out = [x, x + 1.0]
    made = (z * z for z in out)
    for y in made:
        if y > 3.0 and len(out) < 5:
            out.append(y / 3.0)
    return sum(made), out


@program([THREE], [NONE], grad=0, adapts=True)
def consumed_by_builtins(v):
    kept = list(filter(lambda x: x > 0.0, v))
    kept += map(lambda x: x + 1.0, v)
    kept.extend(filter(lambda x: x < 0.0, v))
    first = max(filter(lambda x: x < 2.0, v), default=v.sum())
    return kept, first, sum(map(lambda x: x * x, v)), sorted(filter(lambda x: x < 2.0, v))


@program([THREE], grad=0)
def in_pythons_hands(v):
    a, *rest = map(lambda x: x * 2.0, v)
    print(*enumerate(map(float, [1, 2])), dict(zip("abc", [1, 2, 3])))
    first = next(map(lambda i: a * i, (i + 1 for i in [2, 3])))
    return a, rest, first, dict(zip("abc", v)), tuple(zip(v, v))


@program([THREE, f64(1.0)], [THREE, f64(-1.0)], grad=0)
def made_before_a_test(v, x):
    pairs = zip(v, v)
    positive = filter(lambda y: y > 0.0, v)
    if x > 0.0:
        for a, b in pairs:
            x = x + a * b
        x = x * sum(positive)
    return x


@program([THREE], refused="the second loop has nothing left")
def consumed_twice(v):
    pairs = enumerate(v)
    total = v.sum()
    for i, x in pairs:
        total = total + i * x
    for i, x in pairs:
        total = total - i * x
    return total


@program([THREE], refused="the trips after the first have nothing left")
def consumed_in_each_trip(v):
    positive = filter(lambda y: y > 0.0, v)
    return [sum(positive) + x for x in v]


@program([f64(2.0)], [f64(-2.0)], grad=0)
def values_of_one_item_taken_apart(x):
    made = (y * i for y in [x, x + 1.0] for i in (1, 2))
    return next(made), list(made)


@program([THREE], [NONE])
def has_no_length(v):
    return len(filter(None, v))


@program([THREE], [NONE])
def zip_has_no_length(v):
    return len(zip(v, v))


@program([THREE])
def not_reversible(v):
    return list(reversed(enumerate(v)))


@program([THREE, f64([1.0, 2.0])], [f64([0.5, 1.0]), THREE], [THREE, THREE], [NONE, NONE])
def strict_zip_is_checked_at_its_end(v, w):
    total = v.sum() * 0.0
    for a, b in zip(map(lambda x: x * 2.0, v), w, strict=True):
        print(a, b)
        total = total + a * b
        if total > 100.0:
            break
    return total


@program([f64(2.0)], [f64(-2.0)], adapts=True)
def error_of_an_iterator_behind_a_break(x):
    for a, b in zip([x, x], [1.0], strict=True):
        x = x + a * b
        if x > 1.0:
            break
    return x


@program([f64(2.0)], [f64(-1.0)])
def asked_where_each_run_asks(x):
    numbered, pairs, back = enumerate([5, 6, 7]), zip([1, 2, 3], "abc"), reversed([1, 2, 3])
    items, held = [4, 5, 6].__iter__(), {"a": 1, "b": 2}.items().__iter__()
    found = [next(numbered), next(pairs), next(back), next(items), next(held)]
    try:
        found.append(next(numbered))
        found.append(next(held))
        found.append(next(held))
    except StopIteration:
        found.append("end")
    if x > 0:
        inner = enumerate(["a", "b"])
        next(inner)
        x = x * next(inner)[0]
    return x, found, list(numbered), list(pairs), 1 in back, list(back), list(enumerate(items)), next(items, None)


@program([f64(2.0)], [f64(-1.0)])
def walked_in_pairs(x):
    items = iter([1, 2, 3, 4, 5])
    for a, b in zip(items, items):
        x = x * a + b
    return x, next(items, 9)


@program([f64(2.0)], refused="how far `enumerate` has come would be known only when the graph runs")
def enumerate_asked_in_a_branch(x):
    items = enumerate([1.0, 2.0, 3.0])
    if x > 0:
        next(items)
    return x + next(items)[1]


@program([f64(2.0)], refused="how far `zip` has come would be known only when the graph runs")
def zip_asked_in_a_loop(x):
    items = zip([1.0, 2.0, 3.0], [1, 2, 3])
    while x > 0:
        try:
            x = x - next(items)[0]
        except StopIteration:
            break
    return x


@program([f64(2.0)], refused="how far `reversed` has come would be known only when the graph runs")
def reversed_asked_in_a_loop(x):
    items = reversed([1.0, 2.0, 3.0])
    while x > 0:
        x = x - next(items, 5.0)
    return x


@program([f64(2.0)], refused="how far the iterator has come would be known only when the graph runs")
def iterator_of_a_method_asked_in_a_branch(x):
    items = [1.0, 2.0, 3.0].__iter__()
    if x > 0:
        next(items)
    return x + next(items)


@program([f64(2.0)], refused="how far the iterator has come would be known only when the graph runs")
def iterator_left_in_another(x):
    items = iter([1.0, 2.0, 3.0])
    for i, item in enumerate(items):
        x = x + item * i
        if x > 2:
            break
    return x + next(items)


@program([f64([1.0, 2.0]), i64(-1)], [f64([3.0]), i64(4)])
def numbered_from_a_tensor(x, n):
    print([i for i, _ in enumerate(x, n)], list(enumerate([1.0, 2.0], n)))
    for i, v in enumerate(x, n):
        print([i], v)
    for i, v in enumerate((v * 2 for v in x), n + 1):
        print((i, v))
    return i
