"""Sliding windows: lists and queues of the last values, which a loop of the graph moves on; stores into slices."""

from collections import deque

import eager as xp
from support.programs import f64, i64, program

X = f64([1.0, -2.0, 3.0, 4.0, 5.0])
NONE = f64([])
COUNTS = ([X, i64(4)], [X, i64(0)], [X, i64(1)])
PLACES = ([X, i64(1)], [X, i64(0)], [X, i64(-1)], [X, i64(7)])


@program(*COUNTS, grad=0, adapts=True)
def of_one_length(x, n):
    window, firsts = [x[0], x[1], x[2]], [0.0] * 2
    total = 0.0
    for i in range(n):
        window = window[1:] + [x[i] * 2]
        firsts = [*firsts[1:], x[i]]
        total = total + window[0] * window[-1] - firsts[0]
    return total, window, firsts


@program([X], [NONE], grad=0, adapts=True)
def up_to_a_length(x):
    window, total = [], 0.0
    for v in x:
        window = (window + [v])[-3:]
        total = total + sum(window) / len(window)
    return total, window


@program([X], [NONE], grad=0, adapts=True)
def taken_from_the_front(x):
    window, other, total = [], [], 0.0
    for v in x:
        window.append(v)
        other.append(v * 2)
        if len(window) > 3:
            window.pop(0)
            del other[0]
        total = total + window[0] * other[-1]
    return total, len(other)


@program([X], [NONE], grad=0, adapts=True)
def queue_with_a_bound(x):
    window, total = deque([0.0] * 3, maxlen=3), 0.0
    for v in x:
        window.append(v)
        for weight, seen in enumerate(window):
            total = total + seen * (weight + 1)
    return total, list(window)


@program([X], [NONE], grad=0, adapts=True)
def deleted_slices(x):
    window, total = [], 0.0
    for v in x:
        window.append(v)
        del window[:-3]
        total = total + xp.sum(xp.stack(window))
    return total, window


@program([X], [NONE], grad=0)
def replaced_slices(x):
    seen, pairs = [], []
    for v in x:
        seen.append(v)
        seen[:] = seen[-2:]
        pairs.append((v, 1))
    both = seen
    seen[1:1] = [v * 2 for v in x]
    seen[:0] = seen
    pairs[7:2] = [(xp.sum(x), 2)]
    del pairs[100:]
    return both, pairs


@program(*PLACES, grad=0)
def slices_at_a_place(x, n):
    parts, rest = [x[0], x[1], x[2]], [x[0], x[1], x[2]]
    other = rest
    parts[int(n) : int(n) + 1] = [x[3], x[4]]
    del rest[int(n) :]
    other[:1] = parts
    return parts, rest


@program([X], traceable=False)
def not_to_be_gone_over(x):
    seen = []
    for v in x:
        seen.append(v)
    seen[0:1] = 5
    return seen


@program([X], refused="a slice with steps")
def slice_with_steps(x):
    seen = []
    for v in x:
        seen.append(v)
    del seen[::2]
    return seen


@program([X], refused="the list from before the loop changes in the first trip only")
def appended_to_and_bound_anew(x):
    window = []
    for v in x:
        window.append(v)
        window = window[-3:]
    return window
