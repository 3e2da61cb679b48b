"""One object under several names: what a change in place is seen by."""

import eager as xp
from support.programs import f64, i64, program

IN_A_LIST = "a graph list holds values: what is in one cannot be changed in place under another name"


@program([f64([1.0, 2.0])], refused=IN_A_LIST)
def appended_and_changed_each_trip(x):
    out = []
    a = xp.zeros(2)
    for v in x:
        a += v
        out.append(a)
    return out


@program([f64([1.0, 2.0])], refused=IN_A_LIST)
def element_by_another_name(x):
    out = [x[0] * 1, x[1] * 1]
    for v in x:
        out.append(v * 1)
    b = out[0]
    b += 1.0
    return out


@program([f64([1.0, 2.0])], [f64([1.0, 2.0, 3.0])])
def element_in_place(x):
    out = []
    for v in x:
        out.append(v * 1)
    out[0] += 1.0
    out[-1] *= 2.0
    return out


@program([f64([1.0, 2.0]), f64([5.0, 6.0])], refused=IN_A_LIST)
def element_with_another_name(x, y):
    out = []
    for _ in x:
        out.append(y)
    out[0] += 1.0
    return y, out


@program([f64([1.0, 2.0])], refused=IN_A_LIST)
def the_latest_element(x):
    out = []
    for v in x:
        w = v * 1
        out.append(w)
        out[-1] += 1.0
    return w, out


@program([f64([1.0, 2.0]), f64([5.0, 6.0])], refused=IN_A_LIST)
def popped(x, y):
    out = []
    for _ in x:
        out.append(y)
    z = out.pop()
    z += 1.0
    return y, out


@program([f64(1.0), f64([5.0, 6.0])], [f64(-1.0), f64([5.0, 6.0])], refused=IN_A_LIST)
def appended_in_a_branch(x, y):
    out = []
    if x > 0:
        out.append(y)
    y += 1.0
    return y, out


@program([f64(1.0), f64([5.0, 6.0])], [f64(-1.0), f64([5.0, 6.0])], refused=IN_A_LIST)
def changed_and_appended_in_a_branch(x, y):
    out = []
    if x > 0:
        y += 2.0
        out.append(y)
    y += 1.0
    return y, out


@program([f64([1.0, 2.0])], refused=IN_A_LIST)
def changed_while_iterated(x):
    out = []
    for v in x:
        out.append(v * 1)
    for w in out:
        w += 1.0
    return out


@program([f64([1.0, 2.0])], refused=IN_A_LIST)
def shared_by_two_lists(x):
    out = []
    for v in x:
        out.append(v * 1)
    other = out[0:1]
    other[0] += 1.0
    return out, other


@program([f64([1.0, 2.0])], [f64([-1.0, -2.0])])
def a_list_by_two_names(x):
    out = []
    other = out
    for v in x:
        if v > 0:
            out.append(v * 1)
    other.append(x[0])
    return out, other


@program([f64([1.0, 2.0])], [f64([-1.0, 2.0])])
def changed_before_it_is_appended(x):
    out = []
    for v in x:
        w = v * 1
        if v > 0:
            w += 1.0
        out.append(w)
    return out


@program([f64(1.0), f64(2.0), i64(2)], [f64(1.0), f64(2.0), i64(0)], refused=IN_A_LIST)
def an_element_changed_before_its_list_is_filled_anew(x, y, n):
    b = y * 2
    out = [x * 3, y * 3]
    for _ in range(n):
        out[-1] += x
        out.clear()
        out += [b]
    return b, out


@program([f64([1.0, 2.0])], [f64([-1.0, 2.0])])
def changed_then_appended_in_a_branch(x):
    b, out = x * 1.0, [x]
    if x[0] > 0:
        b += 1.0
        b[0] *= 2.0
        out.append(b)
    return b * 2.0, out


@program([f64([1.0, 2.0])], [f64([-1.0, 2.0])], [f64([3.0, 0.5])])
def changed_or_appended(x):
    b, out = x * 1.0, []
    if x[0] < 0:
        b *= 3.0
        out.append(x)
    else:
        b += 1.0
        if x[1] > 1:
            out.append(b)
    return b, out, len(out)


@program([f64([1.0, 2.0])], [f64([-1.0, 2.0])], refused=IN_A_LIST)
def appended_then_changed_in_a_branch(x):
    b, out = x * 1.0, [x]
    if x[0] > 0:
        out.append(b)
        b += 1.0
    return b, out


@program([f64([1.0, 2.0])], [f64([-1.0, 2.0])], refused=IN_A_LIST)
def appended_in_a_branch_and_changed_behind(x):
    b, out = x * 1.0, []
    if x[0] > 0:
        b += 1.0
        out.append(b)
    b += 1.0
    return b, out


@program([f64([1.0, 2.0])], [f64([-1.0, 2.0])], refused=IN_A_LIST)
def changed_by_the_list_behind_a_branch(x):
    b, out = x * 1.0, [x * 2.0]
    if x[0] > 0:
        b += 1.0
        out.append(b)
    out[-1] += 1.0
    return b, out


@program([f64([1.0, 2.0])], [f64([-1.0, 2.0])], refused=IN_A_LIST)
def changed_and_appended_in_branches_of_a_loop(x):
    b, out = x * 1.0, []
    for v in x:
        if v > 0:
            b += v
            out.append(b)
    return b, out


@program([f64(3.0), i64(3)], [f64(-1.0), i64(2)], refused=IN_A_LIST)
def changed_and_appended_by_each_call(x, n):
    b, out = xp.zeros(2), []

    def down(k):
        if k > 0:
            if x > 0:
                b[0] += x
                out.append(b)
            down(k - 1)

    down(n)
    return b, out
