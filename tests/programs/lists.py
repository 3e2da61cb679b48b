"""Python lists: displays, append, pop, index, in loops of the graph and outside."""

import numpy as np

import eager as xp
from support.programs import f64, i64, program

VECTORS = ([f64([1.0, 2.0, 3.0])], [f64([2.0])], [f64([])])


@program(*VECTORS, grad=0)
def append_in_for(x):
    out = []
    for v in x:
        out.append(v * v)
    return out


@program([f64(20.0)], [f64(0.5)], grad=0)
def append_in_while(x):
    out = []
    while x > 1:
        x = x / 2
        out.append(x)
    return out, len(out)


@program(*VECTORS[:2], grad=0)
def stacked(x):
    out = []
    for v in x:
        out.append(xp.sin(v))
    return xp.stack(out)


@program(*VECTORS, grad=0)
def only_some(x):
    out = []
    for v in x:
        if v > 1.5:
            out.append(v * 2)
    total = xp.asarray(0.0)
    for v in out:
        total = total + v
    return total, len(out)


@program([f64([1.0, 2.0, 3.0, 4.0])], [f64([5.0])], [f64([])], grad=0)
def a_stack(x):
    stack = []
    total = xp.asarray(0.0)
    for v in x:
        stack.append(v)
        if v > 2.5:
            total = total + stack.pop() * stack.pop()
    return total, stack


@program([i64(3)], [i64(1)])
def index_and_set(n):
    values = [1.0, 2.0, 3.0, 4.0]
    for i in range(n):
        values[i] = values[i + 1] * 2
    return values


@program([i64(2), f64(1.0)], [i64(-1), f64(1.0)], [i64(9), f64(1.0)], [i64(-4), f64(2.0)])
def index_out_of_range(i, x):
    values = [x, x * 2, x * 3]
    return values[i]


@program([i64(3)], [i64(0)])
def pop_from_an_empty_one(n):
    values = [1, 2]
    for i in range(n):
        values.pop()
    return values


@program([f64([3.0, 1.0])], [f64([-3.0, 1.0])])
def changed_in_a_branch(x):
    out = [x[0]]
    if x[0] > 0:
        out.append(x[1])
    else:
        out[0] = x[1] * 10
    return out


@program([f64(1.0)], [f64(-1.0)])
def two_names_for_one_list(x):
    a = [x]
    b = a
    if x > 0:
        b.append(x * 2)
    return a, b, len(a)


@program([i64(3)], [i64(0)])
def list_of_numbers(n):
    out = []
    for i in range(n):
        out.append(i * i)
    return out


@program([i64(4)], [i64(0)])
def list_of_tuples(n):
    out = []
    for i in range(n):
        out.append((i, i * 0.5))
    return out


@program([f64([1.0, 2.0]), [f64(1.0)]], [f64([]), [f64(1.0), f64(5.0)]])
def an_argument_that_grows(x, out):
    for v in x:
        out.append(v)
    return len(out)


@program([f64(3.0), [1.0, 2.0]], [f64(-3.0), [1.0, 2.0]])
def an_argument_that_is_set(x, values):
    if x > 0:
        values[0] = values[1] + 5.0
    return x


@program([f64([1.0, 2.0, 3.0])], [f64([])])
def extend_and_insert(x):
    out = [xp.asarray(0.0)]
    for v in x:
        out.extend([v, -v])
        out.insert(0, v * 10)
    return out


@program([f64([1.0, 2.0, 3.0])], [f64([1.0])])
def reverse_and_slices(x):
    out = []
    for v in x:
        out.append(v)
    out.reverse()
    return out, out[1:], out[:1], out[-1], out[::2]


@program([f64([1.0, 2.0, 3.0])])
def python_list_untouched(x):
    values = [x[i] for i in range(3)]
    values.append(x[0] * 5)
    values.sort(key=float) if False else None
    return values[::-1], values.pop(1), values


@program([f64([1.0, 2.0, 3.0])], [f64([-1.0, -1.0, -1.0])], grad=0)
def history_indexed(x):
    history = [x]
    i = 0
    while xp.sum(history[i]) > 1:
        history.append(history[i] * 0.5)
        i += 1
    return history[-1], i


@program([i64(5)], [i64(1)], [i64(0)])
def fibonacci(n):
    values = [0, 1]
    while len(values) < n:
        values.append(values[-1] + values[-2])
    return values


@program([i64(3)], [i64(0)])
def plus_equals(n):
    out = [1]
    for i in range(n):
        out += [i, i + 1]
    return out


@program([f64([1.0, 2.0])], [f64([-1.0, 2.0])])
def list_plus_list(x):
    a = [x[0]]
    if x[0] > 0:
        a = a + [x[1]]
    return a


@program([f64([1.0, 2.0, 3.0])], [f64([])])
def copies_are_apart(x):
    a = []
    for v in x:
        a.append(v)
        b = list(a)
        b.append(v * 100)
    return a


@program([i64(3)], [i64(0)])
def truth_of_a_list(n):
    out = []
    for i in range(n):
        out.append(i)
    if out:
        return out[0]
    return -1


@program([i64(3)])
def comprehension_over_a_list(n):
    out = [i * 2 for i in range(3)]
    total = n * 0
    for v in out:
        total = total + v * n
    return total, sum(out), max(out)


@program([f64([[1.0, 2.0], [3.0, 4.0]])], [f64([[1.0, 2.0]])])
def list_of_lists(x):
    rows = [[1, 2], [3]]
    rows[0].append(4)
    total = x[0, 0] * 0
    for row in rows:
        for v in row:
            total = total + v * x[0, 1]
    return total, rows


@program([i64(4), i64(2)], [i64(4), i64(0)], [i64(0), i64(1)])
def a_queue(n, m):
    queue = []
    total = 0
    for i in range(n):
        queue.append(i * i)
    while len(queue) > m:
        total = total * 3 + queue.pop(0)
    return total, queue


@program([f64(3.0)], [f64(-1.0)], [f64(1.0)], grad=0)
def sorted_in_place(x):
    values = [x, x * 0.5, x + 1]
    same = values
    values.sort()
    rows = [(x, 1), (x * 0.5, 2)]
    rows.sort(key=lambda row: row[0], reverse=True)
    grown = []
    while x > 0:
        grown.append(x * (-1) ** len(grown))
        x = x - 1
    grown.sort()
    return same, rows, grown


@program([f64(2.0), f64(3.0), i64(1)], [f64(2.0), f64(3.0), i64(-2)], [f64(2.0), f64(3.0), i64(2)], grad=(0, 1))
def none_put_among_tensors(x, y, n):
    out = [x, y]
    out[n % 3] = None
    total = x * 0
    for o in out:
        if o is not None:
            total = total + o * o
    return total, out


@program([f64(2.0), i64(0)], [f64(2.0), i64(3)], grad=(0,))
def none_and_tensors_by_turns(x, n):
    out = [x]
    for i in range(n):
        out.append(None if i % 2 == 0 else x * i)
    marks = []
    for i in range(n):
        marks.append(None)
    marks.extend(out)
    count = sum(1 for mark in marks if mark is None)
    return out, marks, count


@program([f64(2.0), i64(0)], [f64(2.0), i64(3)], adapts=True)
def numbers_with_tensors_after_them(x, n):
    counts = [1, 2]
    counts[n % 2] = 7
    for _ in range(n):
        counts.append(x)
    return counts


@program(
    [f64(2.0), f64([1.0, 2.0, 3.0]), i64(0)],
    [f64(2.0), f64([1.0, 2.0, 3.0]), i64(2)],
    [f64(-2.0), f64([1.0, 2.0, 3.0]), i64(2)],
    grad=(0, 1),
)
def lists_of_vectors_of_another_size_on_each_path(x, v, n):
    out = [v]
    for i in range(n):
        out.append(v * 2.0)
    if x > 0:
        pairs = [xp.stack([x, x * x])]
        for i in range(n):
            pairs.append(xp.stack([x, i * x]))
        out = pairs
    return out


@program([f64(2.0), f64([1.0, 2.0, 3.0]), i64(0)], [f64(2.0), f64([1.0, 2.0, 3.0]), i64(2)], grad=(0, 1))
def returned_from_a_loop_in_another_size(x, v, n):
    for i in range(n):
        if x > i:
            return v, x
    return xp.stack([x]), x * x


STAYS = "an element that was taken out before is used, and on some paths it is the one that is changed"


@program([f64([1.0, 2.0]), i64(2)], refused=STAYS)
def element_that_was_taken_is_changed(x, n):
    out = []
    for i in range(n):
        out.append(x[i] * 1)
    first = out[0]
    out[0] += 1
    return first, out


@program([f64([1.0, 2.0]), i64(2)], [f64([1.0, 2.0]), i64(1)], grad=0)
def element_that_was_taken_is_used_before(x, n):
    out = []
    for i in range(n):
        out.append(x[i] * 1)
    for i in range(n):
        first = out[0]
        out[i] += first * out[0]
        out[-1] *= 2
    return out


LATER = "what is put into the list keeps another name, and further trips change it there"


@program([f64(1.0), f64([1.0, 2.0, 3.0])], refused=LATER)
def element_changed_before_more_are_put_in(x, v):
    own = x * 1
    out = []
    for i, item in enumerate(v):
        if i > 1:
            out[0] += item
        out.append(own)
    return out, own


@program([f64(1.0), f64([1.0, 2.0, 3.0])], [f64(1.0), f64([])], grad=(0, 1), adapts=True)
def element_changed_before_others_are_put_in(x, v):
    out, totals, total = [], [], x
    for i, item in enumerate(v):
        if i > 1:
            out[0] += item
        total = total + item
        totals.append(total * 1)
        out.append(item * 2)
    return out, totals, total


@program([f64(2.0)], [f64(-1.0)], refused="NumPy asks for its items, and there are none while the graph is built")
def given_to_numpy(x):
    out = [x]
    while x > 0:
        out.append(x)
        x = x - 1
    return np.mean(out)
