"""Lists, queues, dicts, tensors and objects that a loop changes in place, and that it also gives way to new ones."""

from collections import deque
from dataclasses import dataclass

import eager as xp
from support.programs import f32, f64, program

MIXED, NONE, ONE = f64([-1.0, 0.5, 0.25, 2.0, 1.5, -0.5, 3.0]), f64([]), f64([0.5])
ROWS = [MIXED], [NONE], [f32([2.0, 1.0, 0.5])]
SEEN = "another name for the object is used afterwards, which has changed on some paths only"
LISTED = "the list of the graph has it on some paths, and would not see the change"


@program([MIXED, 2], [NONE, 2], [ONE, 2], [MIXED, 7], grad=0)
def batches(xs, size):
    sums, batch = [], []
    for x in xs:
        batch.append(x * x)
        if len(batch) == size:
            sums.append(sum(batch))
            batch = []
    if batch:
        sums.append(sum(batch))
    return sums, len(batch)


@program(*ROWS, grad=0, traceable=False)
def ascending_runs(xs):
    runs, run = [], []
    for x in xs:
        if run and x < run[-1]:
            runs.append(run)
            run = []
        run.append(x * 2)
    runs.append(run)
    return runs


@program([MIXED, 2], [NONE, 2], [MIXED, 0], grad=0)
def the_last_ones(xs, count):
    row, sums = [], []
    for x in xs:
        if len(row) > count:
            row = row[1:]
        row.append(x * 2)
        sums.append(sum(row))
    return sums


@program(*ROWS, grad=0)
def the_longest_so_far(xs):
    best, now = [], []
    for x in xs:
        now.append(x)
        if x > 0 and len(now) > len(best):
            best = now
            now = []
    return best, now


@program(*ROWS, grad=0, traceable=False)
def tensors_put_away_when_full(xs):
    done, total, count = [], xp.zeros(2, dtype=xs.dtype), 0
    for x in xs:
        total += x
        count += 1
        if x > 1:
            done.append(total)
            total = xp.zeros(2, dtype=xs.dtype)
    return done, total, count


@program(*ROWS, grad=0, adapts=True)
def jobs_that_are_kept_for_later(xs):
    ready, spent = deque([1.0, 2.0, 0.5]), 0.0
    for x in xs:
        kept = deque()
        while ready:
            job = ready.popleft()
            if job > x:
                kept.append(job - 0.25)
            else:
                spent = spent + job
        ready = kept
        if x > 1:
            ready = deque([x], maxlen=2)
        ready.append(x)
    return spent, list(ready)


class Batcher:
    def __init__(self):
        self.open = []
        self.closed = []

    def put(self, x):
        self.open.append(x)
        if x > 0.4:
            self.flush()

    def flush(self):
        if self.open:
            self.closed.append(self.open)
        self.open = []


@program(*ROWS, grad=0, traceable=False)
def lists_of_an_object(xs):
    batcher = Batcher()
    for x in xs:
        batcher.put(x * 3)
    last = len(batcher.open)
    batcher.flush()
    return batcher.closed, last


@dataclass
class Particle:
    place: object
    hits: int = 0

    def move(self, step):
        self.place = self.place + step
        self.hits += 1


@program(*ROWS, grad=0, adapts=True)
def objects_that_begin_anew(xs):
    particle, other = Particle(0.0), Particle(1.0)
    for x in xs:
        if x > 1:
            particle = Particle(x)
        particle.move(x)
        if x < 0:
            particle, other = other, particle
    return particle.place, particle.hits, other.place, other.hits


@program(*ROWS, grad=0, adapts=True)
def dicts_that_begin_anew(xs):
    best, now = {"sum": 0.0, "items": []}, {"sum": 0.0, "items": []}
    for x in xs:
        now["sum"] = now["sum"] + x
        now["items"].append(x)
        if now["sum"] > best["sum"]:
            best = now
            now = {"sum": 0.0, "items": []}
    return best["sum"], best["items"], now["items"]


@program(*ROWS, grad=0)
def lists_that_change_places(xs):
    a, b = [], []
    for x in xs:
        a.append(x)
        if x > 0.4:
            a, b = b, a
    return a, b


@program(*ROWS, traceable=False)
def in_nested_loops(xs):
    done, row = [], []
    for limit in xs:
        own = []
        for x in xs:
            row.append(x)
            own.append(x * limit)
            if x > limit:
                done.append(row)
                row = []
        done.append(own)
    return done, row


@program(*ROWS, traceable=False)
def left_early(xs):
    done, row = [], []
    for x in xs:
        if x > 2:
            break
        row.append(x)
        if x > 1:
            done.append(row)
            row = []
            continue
        row.append(x * 2)
    k = 0
    while k < len(xs):
        row.append(xs[k])
        k += 1
        if len(row) == 2:
            done.append(row)
            row = []
    return done, row


@program(*ROWS, traceable=False)
def left_by_an_exception(xs):
    row = []
    try:
        for x in xs:
            if x > 0:
                row = []
            row.append(x)
            assert x < 2, "too much"
    except AssertionError as error:
        row.append(xs[0] * 2)
        print(error)
    return row


@program([MIXED], refused=SEEN)
def the_first_list_afterwards(xs):
    row = first = []
    for x in xs:
        if x > 0:
            row = [x]
        row.append(x)
    return len(row), len(first)


@program([MIXED], refused=SEEN)
def the_first_list_in_the_loop(xs):
    held = row = []
    count = 0
    for x in xs:
        held.append(x)
        if row and row[-1] > x:
            count += 1
            row = []
    return count


@program([MIXED], refused=SEEN, adapts=True)
def an_attribute_of_the_first_object(xs):
    particle = first = Particle(0.0)
    for x in xs:
        if x > 0:
            particle = Particle(x)
        particle.move(x)
    return particle.place, isinstance(first.hits, int)


@program([MIXED], refused=SEEN, adapts=True)
def a_list_of_the_first_dict(xs):
    now = {"items": [], "count": 0}
    items = now["items"]
    for x in xs:
        if x > 0:
            now = {"items": [], "count": 0}
        now["items"].append(x)
        now["count"] += 1
    return now["count"], len(items)


@program([MIXED], refused=LISTED, traceable=False)
def put_away_and_changed_later(xs):
    done, row = [], []
    for x in xs:
        if x > 1:
            done.append(row)
        elif x > 0:
            row.append(x)
        else:
            row = []
    return [len(one) for one in done]


@program([MIXED], refused=LISTED, traceable=False)
def put_away_and_changed_by_another_name(xs):
    done, row = [], []
    held = row
    for x in xs:
        if x > 1:
            done.append(row)
            row = []
        elif x > 0:
            row = []
            held.append(x)
    return [len(one) for one in done]


@program([MIXED], refused=LISTED, traceable=False)
def put_away_and_changed_behind_the_loop(xs):
    done, row = [], []
    for x in xs:
        done.append(row)
        if x > 9:
            row = [x]
    row.append(1.0)
    return [len(one) for one in done]


@program([f64(1.0)], [f64(-1.0)], refused=LISTED)
def put_away_in_a_branch(x):
    row = same = [x]
    done = []
    if x > 0:
        done.append(row)
    same.append(x)
    return [len(one) for one in done]


@program([MIXED], refused=LISTED)
def an_attribute_put_away_and_kept(xs):
    batcher = Batcher()
    for x in xs:
        batcher.open.append(x)
        if x > 0:
            batcher.closed.append(batcher.open)
    return [len(one) for one in batcher.closed]


@program([MIXED], refused=SEEN)
def another_list_comes_in_its_place(xs):
    spare, batcher = [1.0, 2.0], Batcher()
    for x in xs:
        batcher.open.append(x)
        batcher.open = spare
    return len(spare), len(batcher.open)


@program([MIXED], refused=LISTED, adapts=True)
def put_away_beside_an_object_that_begins_anew(xs):
    row = same = []
    rows, particle = [], Particle(0.0)
    for x in xs:
        row += [x]
        particle = Particle(x)
        rows.append(same)
    particle.move(1.0)
    return [len(one) for one in rows]


@program([f64(1.0), NONE], refused=SEEN, adapts=True)
def put_into_a_list_that_leaves(x, xs):
    row, rows = [], []
    now = {"row": row}
    for v in xs:
        now = {"row": [v]}
    now["row"].append(x)
    if x > 0:
        rows.append(row)
    return rows


@program([MIXED, 0], refused=LISTED)
def put_away_and_not_replaced(xs, limit):
    done, row = [], []
    for x in xs:
        done.append(row)
        if limit:
            row = [x]
    row.append(1.0)
    return [len(one) for one in done]


@program([MIXED], refused=SEEN)
def one_tensor_where_the_loop_was_left(xs):
    a, b, c = xs * 0, xs * 0, xs * 0
    for x in xs:
        a = c
        if x > 0:
            b, c = c, b
            break
    a += 1.0
    return a, b
