"""Queues that a function makes: `deque`, bounded or not, in branches, in loops and in objects."""

import collections
import copy
import itertools
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import eager as xp
from support.programs import f64, i64, program

X = f64([1.0, -2.0, 3.0, 4.0])
NONE = f64([])


@program([X, 3], [NONE, 2], [X, 1], [X, 0], traceable=False)
def window(xs, k):
    latest = deque(maxlen=k)
    sums = []
    for x in xs:
        latest.append(x)
        sums.append(sum(latest))
    return sums, len(latest)


@program([X], [NONE], grad=0, adapts=True)
def taken_from_both_ends(xs):
    queue = deque()
    for x in xs:
        if x > 0:
            queue.append(x)
        else:
            queue.appendleft(x * 2)
    total, count = 0.0, 0
    while queue:
        total = total * 0.5 + queue.popleft()
        count += 1
        if queue and count > 1:
            total = total - queue.pop()
    return total, count


@program([X], [NONE], traceable=False)
def returned(xs):
    queue = deque([xp.asarray(0.0)], maxlen=3)
    for x in xs:
        queue.append(x)
    return queue


@program([X], [f64([-1.0])], traceable=False)
def longer_on_some_paths(xs):
    queue = deque([1.0, 2.0])
    if xs[0] > 0:
        queue.append(3.0)
    print(len(queue), queue[0], queue[-1], queue)
    kinds = isinstance(queue, deque), type(queue) is deque, isinstance(queue, list), queue.__class__ is deque
    return queue, list(queue), kinds


@program([X], [f64([-1.0])], traceable=False)
def methods(xs):
    queue = deque([1.0, 2.0, 3.0], maxlen=5)
    queue.rotate()
    queue.extend([4, 5, 6])
    queue.extendleft([7.0])
    queue.reverse()
    other, empty = queue.copy(), copy.copy(queue)
    other.remove(4)
    other.insert(1, 8.0)
    empty.clear()
    other[0] = xs[0]
    del other[1]
    print(queue, other, empty, queue == other, other.index(3.0), other.count(3.0), 4 in queue, queue.maxlen)
    print([*queue], max(queue), sorted(queue), queue + other, queue * 2)
    a, *rest = queue
    doubled = [(i, x * 2) for i, x in enumerate(queue)]
    return queue, other, list(reversed(queue)), doubled, xs[0] * queue[1], a, rest


@program([X, 2], [X, -1], [X, 0], traceable=False)
def gone_through(xs, k):
    queue = deque(xs)
    queue.rotate(k)
    total = 0.0
    for i, (x, y) in enumerate(zip(queue, xs)):
        total = total + i * x * y
    return total, [x * 2 for x in queue], xp.stack(list(queue)), list(itertools.islice(queue, 2))


@program([X], [NONE], adapts=True)
def empty_by_then(xs):
    queue = deque()
    for x in xs:
        if x > 0:
            queue.append(x)
    try:
        for _ in range(5):
            queue.popleft()
    except IndexError as error:
        print(error)
    try:
        return queue[0]
    except IndexError as error:
        print(error)
    return len(queue)


@program([X], [NONE])
def index_that_is_not_there(xs):
    queue = deque()
    for x in xs:
        if x > 0:
            queue.append(x)
    return queue[2] * queue[-3]


@program([i64(3), X], [i64(0), X], [i64(9), X], traceable=False)
def index_of_the_graph(i, xs):
    queue = deque(xs)
    queue[i % 4] = xs[0] * 10
    queue.append(xs[1])
    if xs[0] > 0:
        queue.append(xs[2])
    return queue[i], queue


@program([X, 3.0], [X, 9.0], [X, 4.0], [X, 1.0], traceable=False)
def changed_while_a_loop_goes_over_it(xs, k):
    numbers, queue = deque([1.0, 2.0, 3.0]), deque(xs)
    for v in numbers:
        if v == k:
            numbers.remove(v)
            break
    for v in queue:
        if v == k:
            queue.popleft()
    return list(numbers), queue


@program([X], [NONE], traceable=False)
def two_names_for_one(xs):
    a = b = deque()
    for x in xs:
        if x > 0:
            a.append(x)
    return len(b), b is a, a


@program([X], [NONE], traceable=False)
def in_a_list(xs):
    queues = [deque(), deque(maxlen=1)]
    for x in xs:
        for queue in queues:
            queue.append(x)
    return queues


@dataclass
class Buffers:
    items: Any = field(default_factory=deque)
    recent: Any = field(default_factory=lambda: deque(maxlen=2))


@program([X], [NONE], adapts=True, traceable=False)
def in_a_dataclass(xs):
    buffers = Buffers()
    for x in xs:
        if x > 0:
            buffers.items.append(x)
        buffers.recent.append(x)
    return buffers.items, sum(buffers.recent), len(buffers.items)


class Frames:
    def __init__(self) -> None:
        self.held = collections.deque(maxlen=3)
        self.seen = 0

    def push(self, x):
        self.held.append(x)
        self.seen += 1
        return xp.stack(list(self.held)) if len(self.held) == self.held.maxlen else None


@program([X], [NONE], traceable=False)
def in_an_object(xs):
    frames, last = Frames(), None
    for x in xs:
        stacked = frames.push(x)
        if stacked is not None:
            last = xp.sum(stacked)
    return last, frames.seen, frames.held


@program([X], [NONE], made=True, traceable=False)
def kept_by_the_caller():
    kept = {}

    def run(xs):
        queue = deque()
        for x in xs:
            if x > 0:
                queue.append(x)
        kept["queue"] = queue
        return len(queue)

    return run


@program([i64([[0, 0, 0], [1, 1, 0], [0, 0, 0]])], [i64([[0, 1], [1, 0]])])
def breadth_first(grid):
    rows, columns = grid.shape
    steps = xp.full((rows, columns), -1)
    steps[0, 0] = 0
    queue = deque([(0, 0)])
    while queue:
        r, c = queue.popleft()
        for dr, dc in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            y, x = r + dr, c + dc
            if 0 <= y < rows and 0 <= x < columns and grid[y, x] == 0 and steps[y, x] < 0:
                steps[y, x] = steps[r, c] + 1
                queue.append((y, x))
    return steps


@program([X, i64(2)], [X, i64(0)], [NONE, i64(1)], traceable=False)
def returned_on_some_paths(xs, n):
    queue = None
    if n > 0:
        queue = deque([xp.asarray(0.0)], maxlen=3)
        for x in xs:
            queue.append(x)
    if n > 1:
        return queue, None
    return queue, (deque(xs), 1)


@program([X, i64(2)], [X, i64(0)], traceable=False)
def made_anew_in_each_trip(xs, n):
    latest = None
    while n > 0:
        n = n - 1
        latest = deque(maxlen=2)
        for x in xs:
            latest.append(x * n)
    return latest


@program([deque([1.0, 2.0], maxlen=3), X], [deque([-2.0]), X], traceable=False)
def with_one_of_the_caller(outside, xs):
    made = deque([xs[0], 2.0])
    both, other = outside + made, made + outside
    outside += made
    other += outside
    answers = outside == made, made == outside, outside != made, deque([1.0, 2.0]) == outside, outside > deque([0.0])
    return both, other, answers, collections.OrderedDict(deque([("a", xs[0])])), outside


@program([X, 2.0], [X, 5.0], [NONE, 2.0])
def moved_round_on_some_paths(xs, most):
    queue = deque(xs)
    total = xs.sum()
    for x in queue:
        total = total + x * 2.0
        if x > most:
            queue.append(queue.popleft())  # as many items as before: Python says so all the same
    return total, list(queue)


@program([X, 2.0], [X, 5.0], traceable=False)
def turned_on_some_paths(xs, most):
    queue = deque([xs[0], xs[1], xs[2]])
    for x in queue:
        if x > most:
            queue.rotate(3)
    return list(queue)


@program([X, i64(2)], [X, i64(0)], traceable=False)
def left_where_it_moves(xs, n):
    queue = deque([xs[0], xs[2]])
    for _ in range(n):
        for x in queue:
            if x > 2.0:
                queue.append(x)
                break
    return list(queue), len(queue)


@program([X, i64(2)], [X, i64(0)], traceable=False)
def turned_back_or_cleared(xs, n):
    queue = deque([xs[0], xs[2]])
    for x in queue:
        queue.reverse()
        queue[0] = x * 2.0
        if n > 1:
            queue.clear()
    return list(queue)
