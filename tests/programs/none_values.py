"""Values that are None on some paths: tests for None, uses of what is there, Python's errors where it is not."""

import copy
import math
from dataclasses import dataclass

import numpy as np

import eager as xp
from support.programs import f64, i64, program

SOME = f64([1.0, 2.0, -3.0])
EMPTY = f64(np.zeros(0))
ONE_SIDE = ([f64(1.0)], [f64(-1.0)])


@program(*ONE_SIDE, grad=0)
def set_on_one_side(x):
    y = None
    if x > 0:
        y = x * 2
    if y is None:
        return x * 3
    return y + 1


@program(*ONE_SIDE)
def returned(x):
    if x > 0:
        return x


@program(*ONE_SIDE)
def two_returned(x):
    y = None
    z = x * 2
    if x > 0:
        y, z = z, y
    return y, [z, 3], {"y": y}


@program(*ONE_SIDE)
def a_number(x):
    y = None if x > 0 else 3
    print(y, f"{y} {y!r:>6}", [y])
    return y


@program(*ONE_SIDE)
def added(x):
    y = None
    if x > 0:
        y = x * 2
    return y + 1


@program(*ONE_SIDE)
def added_from_the_right(x):
    y = None
    if x > 0:
        y = x * 2
    return x + y


@program(*ONE_SIDE)
def compared_with_a_number(x):
    y = 2.0 if x > 0 else None
    return y < 1


@program(*ONE_SIDE)
def negated(x):
    y = 2.0 if x > 0 else None
    return -y


@program(*ONE_SIDE)
def method_of(x):
    y = None
    if x > 0:
        y = xp.stack([x, x])
    print("before")
    return y.sum()


@program(*ONE_SIDE)
def item_of(x):
    y = (x, x + 1) if x > 0 else None
    return y[1]


@program(*ONE_SIDE)
def unpacked_where_it_is_there(x):
    y = (x, x + 1) if x > 0 else None
    if y is not None:
        a, b = y
        return a * b
    return x


@program([SOME], [f64([-1.0])], [EMPTY])
def best_so_far(xs):
    best = None
    for x in xs:
        if best is None or x > best:
            best = x
    return best


@program([SOME], [f64([-1.0])], grad=0)
def sum_so_far(xs):
    total = None
    for x in xs:
        if total is not None:
            total = total + x * x
        else:
            total = x
    return total


@program([SOME], [f64([-1.0])], grad=0)
def in_place(xs):
    total = None
    for x in xs:
        if total is None:
            total = x * 1
        else:
            total += x * x
    return total


@program([SOME, i64(2)], [SOME, i64(0)], [EMPTY, i64(1)], adapts=True)
def index_of_the_first(xs, n):
    found = None
    for i, x in enumerate(xs):
        if x > n:
            found = i
            break
    return -1 if found is None else found + n


@program([f64(40.0)], [f64(1.0)])
def while_it_is_not_there(x):
    answer = None
    tries = 0
    while answer is None:
        tries += 1
        if x < 2:
            answer = x * tries
        x = x / 2
    return answer + 1, tries


@program([f64(40.0)], [f64(1.0)])
def while_it_is_there(x):
    step = 1.0
    while step is not None:
        x = x - step
        step = step * 2 if x > 0 else None
    return x, step


@program(*ONE_SIDE)
def truth_of(x):
    y = x - 1 if x > 0 else None
    z = x if x > 0 else None
    return (1 if y else 2), (1 if z else 2), (3 if not z else 4), bool(y), bool(z)


@program(*ONE_SIDE)
def default_with_or(x):
    y = x * 2 if x > 0 else None
    return y or x * 5


@program(*ONE_SIDE)
def guarded_by_and(x):
    y = x * 2 if x > 0 else None
    if y is not None and y > 1:
        return y * 10
    return x


@program(*ONE_SIDE)
def asserted(x):
    y = x * 2 if x > 0 else None
    assert y is not None, f"no y for {x}"
    return y * 2


@program(*ONE_SIDE)
def raised(x):
    y = x * 2 if x > 0 else None
    if y is None:
        raise ValueError("nothing there")
    return y * 2


@program(*ONE_SIDE)
def passed_on(x):
    def twice(v, scale=None):
        if scale is None:
            return v * 2
        return v * scale

    y = x if x < 0 else None
    return twice(x), twice(x, x), twice(x, y)


@dataclass
class Pair:
    a: object
    b: object


@program(*ONE_SIDE)
def in_a_dataclass(x):
    pair = Pair(x, None)
    if x > 0:
        pair = Pair(x * 2, x)
    return pair, pair.b is None


@program(*ONE_SIDE)
def a_dataclass_or_none(x):
    pair = Pair(x, x * 2) if x > 0 else None
    return 0.0 * x if pair is None else pair.a + pair.b


class Node:
    def __init__(self, value):
        self.value = value
        self.next = None


@program(*ONE_SIDE)
def attribute(x):
    node = Node(x)
    if x > 0:
        node.next = x * 2
    if node.next is not None:
        node.value = node.next + 1
    return node.value, node.next


@program(*ONE_SIDE)
def a_function_or_none(x):
    f = xp.sin if x > 0 else None
    return f(x)


@program(*ONE_SIDE)
def a_text_or_none(x):
    mode = "up" if x > 0 else None
    if mode is None:
        return x
    return x * 2 if mode == "up" else x * 3


@program([i64(4)], [i64(0)])
def from_a_loop_of_none(n):
    last = None
    for _ in range(n):
        last = None
    return last


@program(*ONE_SIDE)
def compared_with_none(x):
    y = x if x > 0 else None
    return y == None, y != None  # noqa: E711


@program(*ONE_SIDE)
def of_different_sizes(x):
    y = None
    if x > 0:
        y = xp.ones(3) * x
    elif x < -5:
        y = xp.ones(2) * x
    return 0 if y is None else y.shape[0]


@program(*ONE_SIDE)
def a_text_printed(x):
    mode = "up" if x > 0 else None
    print("mode", mode, x)
    return mode


@program([SOME, i64(1)], [SOME, i64(5)], [EMPTY, i64(0)])
def list_of_maybes(xs, n):
    out = []
    for x in xs:
        out.append(x if x > n else None)
    count = 0
    for y in out:
        if y is not None:
            count += 1
    return count


@program([SOME], [EMPTY])
def history(xs):
    previous = None
    changes = []
    for x in xs:
        if previous is not None:
            changes.append(x - previous)
        previous = x
    return changes, previous


@program([SOME, i64(3)], [SOME, i64(0)], grad=0)
def nested_loops(xs, n):
    worst = None
    for i in range(n):
        low = None
        for x in xs:
            if low is None or x * i < low:
                low = x * i
        if worst is None or (low is not None and low < worst):
            worst = low
    return xp.sum(xs) if worst is None else worst * 2


@program([f64([1.0, 2.0]), i64(2)], [f64([1.0, 2.0]), i64(0)], grad=0)
def given_to_a_function_of_the_library(x, n):
    y = None
    if n > 1:
        y = x * 2.0
    if y is None:
        return x
    return xp.sin(xp.reshape(y, (2,)))


@program([f64(1.0), f64(2.0)], [f64(-1.0), f64(2.0)])
def compared_from_the_right(x, y):
    z = None
    if x > 0:
        z = x
    return y > z


@program([f64(1.0), f64(2.0)], [f64(-1.0), f64(2.0)])
def compared_as_the_middle(x, y):
    z = None
    if x > 0:
        z = 1.5
    return 1 <= z < y


@program([f64(1.0), f64(2.0)], [f64(-1.0), f64(2.0)], [f64(-1.0), f64(-2.0)])
def compared_with_another(x, y):
    z = w = None
    if x > 0:
        z = x
    if y > 0:
        w = 2.5
    return z < w


@program([f64(1.0), f64(2.0)], [f64(-1.0), f64(2.0)], [f64(1.0), f64(-2.0)], [f64(-1.0), f64(-2.0)])
def added_to_another(x, y):
    z = w = None
    if x > 0:
        z = x
    if y > 0:
        w = y * 2
    return z + w


@program([f64(1.0), f64(1.0)], [f64(1.0), f64(-1.0)])
def added_in_place(x, z):
    u = None if z > 0 else 2.0
    x += u
    return x


@program([i64(3), f64(1.0)], [i64(3), f64(-1.0)])
def added_to_a_number(n, z):
    total = int(n)
    step = None if z > 0 else 2
    total += step
    return total


@program([f64(1.0)], [f64(-1.0)])
def called_with(x):
    o = None if x > 0 else int(x)
    try:
        return abs(o), divmod(o, 2)
    except TypeError as error:
        print(error)
        return None


@program([f64(1.0)], [f64(-1.0)])
def a_function_of_math(x):
    o = None if x > 0 else -x
    try:
        return math.sqrt(o)
    except TypeError as error:
        print(error)
        return None


@program([f64(1.0)], [f64(-1.0)])
def walked(x):
    o = None if x > 0 else [x, x * 2]
    try:
        return sum(o), max(o), [y + 1 for y in o], len(tuple(o)), list(reversed(o)), list(zip(o, o, strict=True))
    except TypeError as error:
        print(error)
        return None


@program([f64(1.0)], [f64(-1.0)])
def asked(x):
    o = None if x > 0 else x
    return callable(o), getattr(o, "nope", 3), getattr(o, "ndim", 3), hasattr(o, "shape"), f"{o!r} {o}", repr(o)


@program([f64(1.0)], [f64(-1.0)])
def beside_what_python_has(x):
    o = None if x > 0 else int(x)
    said = []
    for left in ([1], (1, 2)):
        try:
            said.append(len([1] * o))
        except TypeError as error:
            print(error)
        try:
            left + o
        except TypeError as error:
            print(error)
    return said


@program([f64(1.0)], [f64(-1.0)])
def beside_numbers_of_the_graph(x):
    o = None if x > 0 else x
    n = int(x * 3)
    a = x if x > 5 else n
    try:
        return n + o, n < o, 2 - a + o
    except TypeError as error:
        print(error)
        return None


@program([f64(1.0)], [f64(-1.0)])
def in_what_may_be_none(x):
    o = None if x > 0 else [x]
    try:
        return x in o, 2 not in o
    except TypeError as error:
        print(error)
        return None


@program([f64(1.0)], refused="some paths it is None")
def added_to_a_list_in_place(x):
    kept = [x] if x > 0 else None
    also = kept
    kept += [x]
    return kept, also


@program([f64(1.0)], [f64(-1.0)])
def truth_of_a_vector(x):
    v = None if x > 0 else xp.stack([x, x])
    try:
        return x if v else -x
    except ValueError as error:
        print(error)
        return x * 0


@program([f64(1.0)], [f64(-1.0)])
def copied(x):
    o = None if x > 0 else x
    return copy.copy(o), copy.deepcopy([o, x])


@program([f64(2.0)], [f64(0.5)], [f64(-1.0)], grad=0, adapts=True)
def in_what_may_be_none_itself(x):
    inner = (x, x * 2) if x > 1 else None
    outer = [inner, x] if x > 0 else None
    total = 0.0
    if outer is not None:
        total = 5.0 * outer[1] if outer[0] is None else outer[0][0] + outer[0][1]
    return total, outer
