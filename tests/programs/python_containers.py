"""Sets, queues, arrays of numbers and iterators of Python, in steps that may fail, in branches and in loops."""

import array
import heapq
import itertools
from collections import deque

import eager as xp
from support.programs import f64, i64, program


@program([f64(2.0), i64(1)], [f64(2.0), i64(7)], traceable=False)
def in_a_step(x, n):
    seen, queue, bits, numbers, items = {0}, deque([1.0, 2.0]), bytearray(b"ab"), array.array("d", [1.0]), iter("abc")
    v = xp.stack([x, x + 1, x + 2])
    try:
        seen.add(1)
        queue.rotate(1)
        bits[0] += 1
        numbers.append(3.0)
        next(items)
        x = x + v[n]
    except IndexError:
        x = x - 1
    return x * queue[0], sorted(seen), list(queue), list(bits), list(numbers), list(items)


@program([f64(2.0)], [f64(-2.0)], grad=0)
def in_a_python_loop_with_an_exit(x):
    items, count = iter([1.0, 2.0, 3.0]), itertools.count(1)
    while True:
        item = next(items, None)
        if item is None:
            break
        x = x * 2 + item * next(count)
    return x, next(count)


@program([f64([1.0, -2.0]), i64(3)], [f64([-1.0, 2.0]), i64(0)], grad=0)
def queue_that_turns(v, n):
    queue = deque([v[0], v[1]])
    for i in range(n):
        queue.append(queue.popleft() * 2 + i)
    if queue[0] > 0:
        queue.rotate(1)
    return queue[0] - queue[1] * 3


@program([f64([1.0, -2.0])], [f64([-1.0, 2.0])], grad=0)
def queue_of_the_latest(v):
    queue = deque([v[0], v[1]], maxlen=2)
    if v[0] > 0:
        queue.append(v[0] * 5)
    else:
        queue.appendleft(v[1] * 7)
    return queue[0], queue[1]


@program([f64(2.0), i64(3)], [f64(-2.0), i64(0)])
def made_where_it_is_changed(x, n):
    i = 0
    while i < n:
        i = i + 1
        own = {1, 2}
        own.discard(1)
        items = iter([1.0, 2.0])
        x = x + len(own) * next(items)
    if x > 0:
        waiting = deque()
        waiting.append(x)
        x = x + waiting.popleft()
    return x


@program([f64(2.0)], [f64(-2.0)], made=True, traceable=False)
def kept_by_the_module():
    latest, seen = deque(maxlen=3), set()

    def f(x):
        latest.append(len(latest))
        seen.add(len(latest))
        return x * sum(latest) + len(seen)

    return f


@program([f64(2.0)], made=True, traceable=False)
def tensors_kept_by_the_module():
    latest = deque(maxlen=2)

    def f(x):
        latest.append(x * 2)
        return x + latest[0]

    return f


@program([f64(2.0)], [f64(-2.0)])
def heap_in_a_branch(x):
    heap = [3.0, 5.0]
    if x > 0:
        heapq.heappush(heap, 1.0)
    return heap[0] * x, len(heap)


@program([f64(2.0)], [f64(-2.0)])
def methods_by_their_class(x):
    items, table = [1.0], {"a": 1.0}
    if x > 0:
        list.append(items, 2.0)
        dict.update(table, a=3.0)
    return len(items), table["a"] * x


@program([f64(2.0)], refused="how many items a set has would be known only when the graph runs")
def set_changed_in_a_branch(x):
    seen = set()
    if x > 0:
        seen.add(1)
    return len(seen) + x


@program([f64(2.0)], refused="how far an iterator is would be known only when the graph runs")
def iterator_asked_in_a_branch(x):
    items = iter([1.0, 2.0])
    if x > 0:
        next(items)
    return next(items) + x


@program([f64(2.0), i64(3)], refused="how far an iterator is would be known only when the graph runs")
def counted_in_a_loop(x, n):
    count = itertools.count()
    for _ in range(n):
        x = x + next(count)
    return x


@program([f64(0.5)], refused="how far an iterator is would be known only when the graph runs")
def iterator_left_on_a_test(x):
    items = iter([1.0, 2.0, 3.0])
    for item in items:
        x = x + item
        if x > 2:
            break
    return x + next(items)
