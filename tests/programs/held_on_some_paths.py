"""Names and attributes that hold an object on some paths, and are None, or unbound, on the others, while the object
changes: what a flag, a `break`, a `return` or a test for None says of the paths counts."""

from support.programs import f64, program

ROWS = [f64([1.0, 2.0, 3.0])], [f64([0.0, 0.1])], [f64([2.0, 3.0, -1.0, 2.0])]
SOME_PATHS = "the object changes where another name may hold it: what that name sees would differ from path to path"


class Log:
    """An object with attributes."""


@program(*ROWS)
def found_in_an_inner_branch(v):
    out = []
    best = None
    for x in v:
        if x > 0.5:
            if x > 1.5:
                best = (out, x)
                break
        out.append(x)
    return best


@program(*ROWS)
def found_in_a_nested_loop(v):
    out = []
    found = None
    for x in v:
        for y in v:
            if x + y > 3.5:
                found = out
                break
            out.append(x + y)
        if found is not None:
            break
    return found


@program(*ROWS)
def changed_while_it_is_not_held(v):
    out = []
    first = None
    for x in v:
        if first is None and x > 1.5:
            first = out
        elif first is None:
            out.append(x)
    return first, len(out)


@program(*ROWS)
def held_by_the_test_of_the_loop(v):
    sums = {"s": v * 0.0}
    found = None
    i = 0
    while found is None and i < 5:
        sums["s"] = sums["s"] + v
        if sums["s"].sum() > 10.0:
            found = sums
        i += 1
    return found["s"] if found is not None else v


@program(*ROWS)
def told_by_a_flag_of_the_program(v):
    out = []
    done = False
    found = None
    for x in v:
        if not done:
            if x > 1.5:
                found = out
                done = True
            else:
                out.append(x)
    return found


@program(*ROWS)
def changed_by_the_else_of_the_loop(v):
    t = v * 1.0
    for x in v:
        if x > 1.5:
            found = {"t": t}
            break
    else:
        t += 1.0
        found = {"t": t}
    return found["t"]


@program(*ROWS)
def changed_behind_the_loop_where_it_is_none(v):
    t = v * 1.0
    found = None
    for x in v:
        if x > 1.5:
            found = {"t": t}
            break
    if found is None:
        t += 1.0
        return t
    return found["t"]


@program(*ROWS)
def returned_by_an_inner_loop(v):
    out = []
    for x in v:
        for y in v:
            if x + y > 3.5:
                return out, y
            out.append(x)
        out.append(y)
    out.append(v[0])
    return out, v[0]


@program(*ROWS)
def returned_from_an_endless_loop(v):
    out = []
    while True:
        for x in v:
            if x > 2.5:
                return out
            out.append(x)
            if len(out) > 4:
                break
        if len(out) > 4:
            break
    out.append(v[0])
    return out


@program(*ROWS, refused=SOME_PATHS)
def changed_in_a_later_trip(v):
    out = []
    found = None
    for x in v:
        out.append(x)
        if x > 1.5 and found is None:
            found = out
    return found


@program(*ROWS, refused=SOME_PATHS)
def changed_in_a_later_trip_of_an_attribute(v):
    log = Log()
    log.best, log.out = None, []
    for x in v:
        if x > 1.5 and log.best is None:
            log.best = (log.out, x)
        log.out.append(x)
    return log.best


@program(*ROWS, refused=SOME_PATHS)
def changed_in_a_later_trip_of_an_item(v):
    out = []
    items = {"k": None}
    for x in v:
        if x > 1.5:
            items["k"] = out
        out.append(x)
    return items["k"]


@program(*ROWS, refused=SOME_PATHS)
def changed_behind_the_loop(v):
    out = []
    held = None
    for x in v:
        held = (out, x)
    out.append(v[0])
    return held


@program(*ROWS, refused=SOME_PATHS)
def changed_behind_a_loop_that_binds(v):
    t = v * 1.0
    held = None
    for x in v:
        if x > 1.5:
            held = {"t": t}
            break
    t += 1.0
    return held["t"] if held is not None else v


@program(*ROWS, refused=SOME_PATHS)
def changed_through_the_name(v):
    out = [v[0]]
    held = None
    if v.sum() > 1.0:
        held = (out,)
    if held is not None:
        held[0].append(v[1])
    return out


@program(*ROWS, refused=SOME_PATHS)
def tensor_changed_through_the_name(v):
    t = v * 1.0
    held = None
    if v.sum() > 1.0:
        held = (t,)
    if held is not None:
        u = held[0]
        u += 1.0
    return t


@program(*ROWS, refused=SOME_PATHS)
def returned_by_a_function(v):
    out = []

    def get():
        if v.sum() > 1.0:
            return out
        return None

    held = get()
    out.append(v[0])
    return held


@program(*ROWS, refused=SOME_PATHS)
def holds_what_is_one_of_two(v):
    a, b = [v[0]], [v[1]]
    one = a if v[0] > 0.5 else b
    held = None
    if v.sum() > 1.0:
        held = (one,)
    one = None
    a.append(v[1])
    return held


@program(*ROWS, refused=SOME_PATHS)
def item_of_a_list(v):
    out = []
    box = [None]
    if v.sum() > 1.0:
        box[0] = out
    out.append(v[0])
    return box


@program(*ROWS, refused=SOME_PATHS)
def changed_by_a_finally(v):
    out = []
    try:
        for x in v:
            if x > 1.5:
                return out
            out.append(x)
    finally:
        out.append(v[1])
    return out


@program(*ROWS, refused=SOME_PATHS)
def behind_a_flag_that_is_taken_back(v):
    out = []
    found = None
    did = False
    for x in v:
        if x > 1:
            found = out
            did = True
        elif x < 0:
            did = False
    if not did:
        out.append(v.sum())
    return found


@program(*ROWS, refused=SOME_PATHS)
def in_a_trip_behind_a_flag_that_is_taken_back(v):
    out = []
    found = None
    did = False
    for x in v:
        if not did:
            out.append(x)
        if x > 1:
            found = out
            did = True
        elif x < 0:
            did = False
    return found
