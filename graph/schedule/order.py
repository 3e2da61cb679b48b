"""Which op waits for which, and the order that follows: Kahn's algorithm over data dependencies and effects.

Kahn, "Topological sorting of large networks", CACM 5 (1962).
"""

import heapq
from collections.abc import Iterator, Sequence

from graph.errors import CycleError
from graph.ir.op import Graph, Op
from graph.ir.opdef import Effect, effect_of
from graph.ir.value import Value
from graph.ir.walk import rebuild


def direct_dependencies(graph: Graph) -> list[list[int]]:
    """For each op, by index, the ops that it directly waits for, in ascending order.

    An op waits for those that make its operands; an ORDERED op also for the ORDERED and CAN_FAIL ops before it, and a
    CAN_FAIL op for the ORDERED one before it: what is seen from outside happens up to where the program fails.
    """
    made_by: dict[Value, int] = {v: i for i, op in enumerate(graph.ops) for v in op.results}
    last_ordered = -1
    can_fail: list[int] = []
    waits: list[list[int]] = []
    for i, op in enumerate(graph.ops):
        needed = {made_by[v] for v in op.operands if v in made_by}
        effect = effect_of(op)
        if effect is not Effect.PURE and last_ordered >= 0:
            needed.add(last_ordered)
        if effect is Effect.ORDERED:
            needed.update(can_fail)
            can_fail.clear()
            last_ordered = i
        elif effect is Effect.CAN_FAIL:
            can_fail.append(i)
        waits.append(sorted(needed))
    return waits


def topological_order(graph: Graph) -> tuple[Op, ...]:
    """The ops so that each stands behind all that it waits for; among those that are free, in program order.

    Raises CycleError naming the ops of a cycle.
    """
    waits = direct_dependencies(graph)
    followers: list[list[int]] = [[] for _ in waits]
    missing = [len(w) for w in waits]
    for i, needed in enumerate(waits):
        for j in needed:
            followers[j].append(i)
    ready = [i for i, n in enumerate(missing) if n == 0]
    order: list[int] = []
    while ready:
        i = heapq.heappop(ready)
        order.append(i)
        for j in followers[i]:
            missing[j] -= 1
            if missing[j] == 0:
                heapq.heappush(ready, j)
    if len(order) != len(waits):
        raise CycleError(f"graph {graph.name!r} has a cycle: {_describe(graph, _cycle(waits, set(order)))}")
    return tuple(graph.ops[i] for i in order)


def scheduled(graph: Graph) -> Graph:
    """`graph` with its ops, and those of its regions and functions, in topological order."""
    ops = [
        op
        if not op.regions
        else Op(op.opdef, op.operands, op.results, op.attrs, tuple(scheduled(r) for r in op.regions), op.loc)
        for op in topological_order(graph)
    ]
    inner = rebuild(graph, ops)
    if not graph.functions:
        return inner
    functions = {name: scheduled(function) for name, function in graph.functions.items()}
    return Graph(graph.name, graph.params, inner.ops, graph.results, functions)


def _cycle(waits: Sequence[Sequence[int]], done: set[int]) -> list[int]:
    """A cycle among the ops that Kahn's algorithm left over: each of them waits for another of them."""
    at = next(i for i in range(len(waits)) if i not in done)
    path: list[int] = []
    place: dict[int, int] = {}
    while at not in place:
        place[at] = len(path)
        path.append(at)
        at = next(j for j in waits[at] if j not in done)
    return path[place[at] :][::-1]


def _describe(graph: Graph, cycle: Sequence[int]) -> str:
    names = [f"{op.name!r} (op {i}" + (f", {op.loc}" if op.loc.line else "") + ")" for i, op in _at(graph, cycle)]
    return " -> ".join([*names, names[0]])


def _at(graph: Graph, indices: Sequence[int]) -> Iterator[tuple[int, Op]]:
    return ((i, graph.ops[i]) for i in indices)


def depends(graph: Graph, a: Op, b: Op) -> bool:
    """Whether op `a` must wait for op `b`, directly or through others."""
    waits = direct_dependencies(graph)
    start, goal = graph.ops.index(a), graph.ops.index(b)
    seen: set[int] = set()
    pending = list(waits[start])
    while pending:
        i = pending.pop()
        if i == goal:
            return True
        if i not in seen:
            seen.add(i)
            pending.extend(waits[i])
    return False


def depends_directly(graph: Graph, a: Op, b: Op) -> bool:
    """Whether op `a` takes a result of op `b`, or comes after it for its effect."""
    return graph.ops.index(b) in direct_dependencies(graph)[graph.ops.index(a)]


def independent(graph: Graph, a: Op, b: Op) -> bool:
    """Whether neither op waits for the other: they may run at the same time."""
    return not depends(graph, a, b) and not depends(graph, b, a)
