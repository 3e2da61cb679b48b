"""Lists that are changed while a loop goes over them."""

import itertools

import eager as xp
from support.programs import f64, i64, program

WALKED = "the list is changed while a loop goes over it, and the graph decides how often"
THREE, NONE = f64([0.5, 2.0, 3.0]), f64([])


@program([THREE], grad=0)
def items_replaced(v):
    out = [2.0 * x for x in v]
    for i, x in enumerate(out):
        out[i] = x * x
    return out


@program([THREE], grad=0)
def items_of_later_trips_replaced(v):
    out = [2.0 * x for x in v]
    for i, x in enumerate(out):
        if i + 1 < len(out):
            out[i + 1] = x * x
    return out


@program([THREE], [NONE])
def items_of_later_trips_replaced_among_tensors(v):
    out = [v.sum(), v.max(initial=1.0), v.min(initial=1.0)]
    seen = v.sum() * 0.0
    i = 1
    for x, z in zip(v, out):
        seen += x * z
        if i < 3:
            out[i] = seen
        i += 1
    return seen


@program([THREE, i64(1)], [THREE, i64(2)], refused=WALKED)
def item_replaced_by_a_staged_index(v, n):
    out = [v[0], v[1], v[2]]
    seen = v[0] * 0.0
    for x in out:
        seen += x
        out[n] = seen
    return seen


@program([THREE], [NONE])
def a_copy_is_walked(v):
    out = [x * 2.0 for x in v]
    for x in list(out):
        out.append(x + 1.0)
    return xp.stack(out).sum() if out else v.sum()


@program([THREE], grad=0)
def grows_while_zipped(v):
    out = [v[0]]
    for x, z in zip(v, out):
        out.append(x + z)
    return out


@program([THREE], grad=0)
def grows_in_a_branch(v):
    out = [v[0]]
    for x in out:
        if x < 3.0:
            out.append(x + 1.0)
    return out


@program([THREE], grad=0)
def shrinks(v):
    out = [x * 2.0 for x in v]
    for _ in out:
        out.pop()
    return out


@program([THREE], grad=0)
def grows_in_a_function(v):
    out = [x * 2.0 for x in v]

    def note(x):
        out.append(x * 10.0)

    for x in out:
        if x < 100.0:
            note(x)
    return out


@program([THREE], grad=0)
def grows_as_in_python(v):
    out = [v[0]]
    for x in out:
        if len(out) < 5:
            out.append(x * 2.0)
    return xp.stack(out)


@program([i64(30)], [i64(4)], [i64(3)])
def grows_and_the_loop_ends(n):
    found = []
    for candidate in range(2, n):
        for divisor in found:
            if divisor * divisor > candidate:
                found.append(candidate)
                break
            if candidate % divisor == 0:
                break
        else:
            found.append(candidate)
    return xp.stack(found)


@program([THREE, i64(9)], [THREE, i64(8)], refused=WALKED)
def grows_while_numbered(v, n):
    out = [x * 2.0 for x in v]
    for i, x in enumerate(out, 1):
        if i < n:
            out.append(x + i)
    return out


@program([THREE], refused=WALKED)
def grows_while_reversed(v):
    out = [x * 2.0 for x in v]
    for x in reversed(out):
        out.append(x)
    return out


@program([THREE], grad=0)
def emptied(v):
    out = [x * 2.0 for x in v]
    seen = v.sum() * 0.0
    for x in out:
        seen += x
        if x > 3.0:
            out.clear()
    return seen, out


@program([THREE], grad=0)
def ordinary_list_is_emptied(v):
    out = [v[0], v[1], v[2]]
    seen = v[0] * 0.0
    for x in out:
        seen += x
        if x > 1.0:
            out.pop()
    return seen, out


@program([THREE], grad=0)
def grows_in_a_loop_within(v):
    out = [v[0]]
    for x, z in zip(v, out):
        if x < 3.0:
            for w in v:
                out.append(w + z)
    return out


@program([THREE, i64(3)], [THREE, i64(0)])
def list_of_the_graph_grows(v, n):
    out = []
    for i in range(n):
        out.append(v[i] * 2.0)
    seen = v.sum() * 0.0
    for x in out:
        seen += x
        if x < 5.0:
            out.append(x + 3.0)
    return seen


@program([THREE, i64(3)], [THREE, i64(0)])
def later_items_of_a_list_of_the_graph(v, n):
    out = []
    for i in range(n):
        out.append(v[i] * 2.0)
    for i, x in enumerate(out):
        if i + 1 < len(out):
            out[i + 1] = x * x
    seen = v.sum() * 0.0
    for x in out:
        seen += x
    return seen


@program([THREE, i64(3)], [THREE, i64(1)])
def list_of_the_graph_grows_while_numbered(v, n):
    out = []
    for i in range(n):
        out.append(v[i] * 2.0)
    for i, x in enumerate(out, 1):
        if i < 6:
            out.append(x + i)
    return xp.stack(out).sum()


@program([f64(1.5)], [f64(20.0)], grad=0)
def no_end_of_items_on_a_path_that_is_not_taken(x):
    out = [x]
    if x > 1000.0:
        for y in out:
            out.append(y)
    return out


@program([f64(1.5)], [f64(20.0)], grad=0)
def items_added_until_a_test_of_the_graph(x):
    out = [x]
    if x > 10.0:
        for y in out:
            if y > 3000.0:
                break
            out.append(y * 1.01)
    return out[-1], len(out)


@program([f64(1.5)])
def many_items_added_to_a_python_list(x):
    out = [0]
    for i in out:
        if i < 500:
            out.append(i + 1)
    return x, len(out)


@program([f64(1.5)], refused="this loop adds items to the list that it goes over and has not ended after 10000")
def no_end_of_numbered_items(x):
    out = [x]
    if x > 1000.0:
        for i, y in enumerate(out):
            out.append(y)
    return out


@program([f64([1.0, 2.0, 3.0])], [f64([2.0])])
def tensor_changed_while_a_library_goes_over_it(v):
    w = v * 1.0
    total = 0.0
    for x in itertools.chain(w, w):
        w[-1] += x
        total = total * 2.0 + x
    for x, y in itertools.product(iter(w), (2.0,)):
        w = w * 1.0
        w += x * y
        total = total * 2.0 + x
    return total, w


@program([f64([1.0, 2.0, 3.0])], [f64([2.0])], grad=0)
def tensor_changed_while_it_is_asked_item_by_item(v):
    w, out = v * 1.0, []
    items = iter(w)
    while True:
        try:
            x = next(items)
            w[-1] = w[-1] + x
        except StopIteration:
            break
        out.append(x)
    return out, w
