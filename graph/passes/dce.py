"""Dead code: ops, results, carried values, operands and parameters that nothing needs."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Final

from graph.ir.op import Graph, Op
from graph.ir.opdef import Effect, effect_of
from graph.ir.value import Value
from graph.ir.walk import walk
from graph.passes.nested import replaced, settle, with_body


def dce(graph: Graph) -> Graph:
    """Drop pure ops whose results nobody reads, loops that may not end included; order is kept.

    `cond` and loops lose results that nobody reads, loops the carried values that only serve themselves, and all of
    them the operands that no region reads. Parameters of the graph itself stay. Functions that nobody calls go.
    """
    liveness = _Liveness()
    result, _ = _trimmed(graph, range(len(graph.results)), liveness)
    if not graph.functions:
        return result
    called: dict[str, Graph] = {}
    pending = [result]
    while pending:
        for op in walk(pending.pop()):
            name = str(op.attrs["function"]) if op.name == "call" else None
            if name is not None and name not in called:
                function = graph.functions[name]
                called[name], _ = _trimmed(function, range(len(function.results)), liveness)
                pending.append(called[name])
    functions = {name: called[name] for name in graph.functions if name in called}
    if len(functions) == len(graph.functions) and all(f is graph.functions[name] for name, f in functions.items()):
        return result
    return Graph(result.name, result.params, result.ops, result.results, functions)


class _Liveness:
    """Which values are needed; answers about regions are kept, as the fixed points of nested loops ask again."""

    def __init__(self) -> None:
        self._known: dict[tuple[Graph, frozenset[int]], frozenset[Value]] = {}

    def needed(self, graph: Graph, results: Iterable[int]) -> frozenset[Value]:
        """The values of `graph` (not of its regions) that its effects and the given results need."""
        wanted = frozenset(results)
        key = graph, wanted
        if key not in self._known:
            values = {graph.results[i] for i in wanted}
            for op in reversed(graph.ops):
                if _is_kept(op, values):
                    values.update(self._operands(op, values) if op.regions else op.operands)
            self._known[key] = frozenset(values)
        return self._known[key]

    def results(self, op: Op, needed: AbstractSet[Value]) -> list[int]:
        """The results of a `cond` or loop that must stay: for loops, with the carried values that those need."""
        live = {i for i, v in enumerate(op.results) if v in needed}
        if op.name == "cond":
            return sorted(live)
        if op.name == "while_loop":
            live |= self._carried(op, op.regions[0], [0])
        while len(live) < len(op.results):
            grown = live | self._carried(op, op.regions[-1], live)
            if grown == live:
                break
            live = grown
        return sorted(live)

    def _carried(self, op: Op, region: Graph, results: Iterable[int]) -> set[int]:
        """The carried values of a loop that the results of one of its regions need."""
        needed, lead = self.needed(region, results), _lead(op)
        return {i for i, param in enumerate(region.params[lead : lead + len(op.results)]) if param in needed}

    def _read(self, op: Op, live: Iterable[int]) -> set[int]:
        """Parameters, by index, that some region needs for the live results."""
        read: set[int] = set()
        for region in op.regions:
            needed = self.needed(region, _wanted(op, region, live))
            read.update([i for i, p in enumerate(region.params) if p in needed])
        return read

    def _operands(self, op: Op, needed: AbstractSet[Value]) -> list[Value]:
        """The operands that must stay."""
        if op.name not in TRIMMED:
            return list(op.operands)
        live = self.results(op, needed)
        return [op.operands[i] for i in _kept_operands(op, live, self._read(op, live))]


TRIMMED: Final = frozenset({"cond", "while_loop", "for_loop"})
"""The ops that lose what is not needed of them."""


def _lead(op: Op) -> int:
    """How many operands of a loop come before those that it carries."""
    return 1 if op.name == "for_loop" else 0


def _wanted(op: Op, region: Graph, live: Iterable[int]) -> Iterable[int]:
    """The results of a region that the live results of its op need."""
    return [0] if op.name == "while_loop" and region is op.regions[0] else live


def _kept_operands(op: Op, live: Iterable[int], read: AbstractSet[int]) -> list[int]:
    """The operands that must stay, where these parameters are read."""
    if op.name == "cond":
        return [0, *[i + 1 for i in sorted(read)]]
    lead = _lead(op)
    always = {*range(lead), *[lead + i for i in live]}
    carried = range(lead, lead + len(op.results))
    return sorted(always.union([i for i in read if i not in carried]))


def _is_kept(op: Op, needed: AbstractSet[Value]) -> bool:
    return not needed.isdisjoint(op.results) or effect_of(op) is not Effect.PURE


def _trimmed(graph: Graph, results: Iterable[int], liveness: _Liveness) -> tuple[Graph, set[Value]]:
    """`graph` with these of its results, and only the ops that they and the effects need; and what it needs."""
    wanted = list(results)
    needed = {graph.results[i] for i in wanted}
    if len(wanted) == len(graph.results) and dce in graph.settled:
        return graph, needed.union(*[op.operands for op in graph.ops])
    ops: list[Op] = []
    for op in reversed(graph.ops):
        if _is_kept(op, needed):
            kept = _trimmed_op(op, needed, liveness) if op.name in TRIMMED else op
            needed.update(kept.operands)
            ops.append(kept)
    ops.reverse()
    result = with_body(graph, ops, [graph.results[i] for i in wanted])
    if result is graph:
        settle(graph, dce)
    return result, needed


def _trimmed_op(op: Op, needed: AbstractSet[Value], liveness: _Liveness) -> Op:
    live = liveness.results(op, needed)
    trimmed = [_trimmed(region, _wanted(op, region, live), liveness) for region in op.regions]
    read = {i for region, values in trimmed for i, p in enumerate(region.params) if p in values}
    operands = _kept_operands(op, live, read)
    lead = 1 if op.name == "cond" else 0
    regions: list[Graph] = []
    for region, _ in trimmed:
        params = tuple([region.params[i - lead] for i in operands if i >= lead])
        is_same = len(params) == len(region.params)
        regions.append(region if is_same else Graph(region.name, params, region.ops, region.results))
    is_whole = op.name == "cond" or len(live) == len(op.results)
    attrs = op.attrs if is_whole else MappingProxyType({**op.attrs, "carried": len(live)})
    return replaced(
        op,
        operands=[op.operands[i] for i in operands],
        results=[op.results[i] for i in live],
        attrs=attrs,
        regions=regions,
    )
