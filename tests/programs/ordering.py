"""What is ordered by several values, or by an order of its own: tuples, `heapq`, `bisect`, `itertools` that test."""

import bisect
import heapq
import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

import eager as xp
from support.programs import f64, i64, program

SCORES = ([f64([3.0, 1.0, 2.0])], [f64([1.0, 1.0, 2.0])], [f64([5.0])])
TRIPS = ([f64([3.0, 1.0, 2.0, 1.5]), i64(4)], [f64([3.0, 1.0, 2.0, 1.5]), i64(1)], [f64([3.0, 1.0]), i64(0)])


@program(*SCORES, grad=0)
def best_with_its_place(x):
    best = max((v, i) for i, v in enumerate(x))
    worst = min([(v, -i) for i, v in enumerate(x)])
    return best, worst, min((x[0], 1), (x[-1], 2))


@program(*SCORES, grad=0, adapts=True)
def tuples_compared(x):
    best = (0.0, -1)
    for i, v in enumerate(x):
        if (v, i) > best:
            best = (v, i)
        if (best[1], v) <= (i, x[0]):
            best = (best[0] + 1, best[1])
    return best, best > (x[0], 0), (x[0], 1) < (x[0], 1, 2)


@program(*SCORES, grad=0)
def sorted_by_several_keys(x):
    pairs = sorted([(v, -i) for i, v in enumerate(x)])
    turned = sorted(pairs, key=lambda pair: (pair[0] > 1.5, (pair[1], pair[0])), reverse=True)
    return pairs, turned, sorted(x, key=lambda v: (v > 1.5, -v))


@program(*TRIPS, grad=0)
def list_of_the_graph_sorted_by_several_keys(x, n):
    found = []
    for i in range(n):
        found.append((x[i] // 1, x[i], i))
    found.sort(reverse=True)
    return found, sorted(found, key=lambda item: (item[2] % 2, item[1]))


@dataclass(order=True)
class Candidate:
    cost: Any
    place: int


class Bid:
    def __init__(self, amount: Any, name: int) -> None:
        self.amount, self.name = amount, name

    def __lt__(self, other):
        return self.amount < other.amount

    def __gt__(self, other):
        return self.amount > other.amount


@program([f64([3.0, 1.0, 2.0])], [f64([1.0, 1.0, 2.0])], grad=0)
def objects_with_an_order(x):
    found = [Candidate(x[0], 0), Candidate(x[1], 1), Candidate(x[2], 2)]
    bids = [Bid(x[0], 0), Bid(x[1], 1), Bid(x[2], 2)]
    return max(found), min(bids).name, [bid.name for bid in sorted(bids)], [bid.amount for bid in sorted(bids)]


@program(*TRIPS)
def heap_of_numbers(x, n):
    heap = list(x)
    heapq.heapify(heap)
    cost = 0.0
    while len(heap) > 1:
        a = heapq.heappop(heap)
        b = heapq.heappop(heap)
        cost = cost + a + b
        heapq.heappush(heap, a + b)
    return cost, heap, heapq.nsmallest(2, x), heapq.nlargest(2, x, key=lambda v: -v)


@program(*TRIPS, grad=0)
def heap_of_the_graph(x, n):
    heap = []
    for i in range(n):
        heapq.heappush(heap, (x[i], i))
        if len(heap) > 2:
            heapq.heappop(heap)
    out = []
    while heap:
        value, i = heapq.heappop(heap)
        out.append(value * i)
    return out


@program([f64([3.0, 1.0, 2.0]), f64(0.5)], [f64([3.0, 1.0, 2.0]), f64(2.5)], grad=(0, 1))
def heap_that_is_replaced(x, v):
    heap = [x[1], x[0], x[2]]
    first = heapq.heapreplace(heap, v)
    second = heapq.heappushpop(heap, v * 2)
    return first, second, heap


WEIGHTS = f64([[0.0, 4.0, 1.0, 0.0], [4.0, 0.0, 2.0, 5.0], [1.0, 2.0, 0.0, 8.0], [0.0, 5.0, 8.0, 0.0]])


@program([WEIGHTS], [WEIGHTS[:2, :2]], [f64(np.zeros((3, 3)))])
def dijkstra_with_a_heap(w):
    n = w.shape[0]
    distance = xp.full(n, xp.inf)
    distance[0] = 0.0
    heap = [(xp.asarray(0.0), xp.asarray(0))]
    steps = 0
    while heap:
        d, u = heapq.heappop(heap)
        if d > distance[u]:
            continue
        steps += 1
        for v in range(n):
            if w[u, v] > 0 and d + w[u, v] < distance[v]:
                distance[v] = d + w[u, v]
                heapq.heappush(heap, (distance[v] * 1, xp.asarray(v)))
    return distance, steps


@program([f64([1.0, 2.0, 2.0, 5.0]), f64(2.0)], [f64([1.0, 2.0, 2.0, 5.0]), f64(9.0)], [f64([]), f64(9.0)])
def places_in_order(x, v):
    kept = [x[i] for i in range(len(x))]
    bisect.insort(kept, v)
    bisect.insort_left(kept, v + 1)
    return bisect.bisect_left(x, v), bisect.bisect(x, v), bisect.bisect_left(kept, -v, key=lambda item: -item), kept


@program(*SCORES, grad=0, adapts=True)
def iterators_that_test(x):
    highest = list(itertools.accumulate(x, max))
    decayed = [total for total in itertools.accumulate(x, lambda total, v: total * 0.5 + v, initial=1.0)]
    total = 0.0
    for v in itertools.takewhile(lambda v: v > 1.5, x):
        total += v
    for v in itertools.dropwhile(lambda v: v > 1.5, x):
        total -= v
    rest = list(itertools.filterfalse(lambda v: v > 1.5, x)) + list(itertools.compress(x, x > 1.5))
    return highest, decayed, total, rest


@program([f64([2.0, -1.0])], [f64([-3.0, 4.0])], grad=0)
def sorted_by_what_is_known(x):
    losses = {"total": x[0], "kl": x[1], "rec": x[0] * x[1]}
    print(", ".join(f"{name}: {value:.2f}" for name, value in sorted(losses.items())))
    ranked = sorted(((len(name), name, value) for name, value in losses.items()), reverse=True)
    return [value for _, value in sorted(losses.items())], [name for _, name, _ in ranked], max(losses.items())
