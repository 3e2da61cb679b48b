"""Dead code: ops, results, carried values, operands and parameters that nothing needs."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from types import MappingProxyType

from graph.ir.op import Graph, Op
from graph.ir.opdef import Effect, effect_of
from graph.ir.value import Value
from graph.ir.walk import walk
from graph.passes.nested import replaced, with_body


def dce(graph: Graph) -> Graph:
    """Drop pure ops whose results nobody reads, loops that may not end included; order is kept.

    `cond` and loops lose results that nobody reads, loops the carried values that only serve themselves, and all of
    them the operands that no region reads. Parameters of the graph itself stay. Functions that nobody calls go.
    """
    result = _trimmed(graph, range(len(graph.results)))
    called: dict[str, Graph] = {}
    pending = [result]
    while pending:
        for op in walk(pending.pop()):
            name = str(op.attrs["function"]) if op.name == "call" else None
            if name is not None and name not in called:
                function = graph.functions[name]
                called[name] = _trimmed(function, range(len(function.results)))
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
                    values.update([op.operands[i] for i in self.operands(op, values)] if op.regions else op.operands)
            self._known[key] = frozenset(values)
        return self._known[key]

    def results(self, op: Op, needed: AbstractSet[Value]) -> list[int]:
        """The results of a region op that must stay: for loops, with the carried values that those need."""
        live = {i for i, v in enumerate(op.results) if v in needed}
        if op.name not in ("while_loop", "for_loop"):
            return sorted(live)
        lead = 1 if op.name == "for_loop" else 0
        while True:
            read = self._read(op, live)
            grown = live | {i for i in range(len(op.results)) if lead + i in read}
            if grown == live:
                return sorted(live)
            live = grown

    def _read(self, op: Op, live: Iterable[int]) -> set[int]:
        """Parameters, by index, that some region needs for the live results."""
        read: set[int] = set()
        for region in op.regions:
            is_test = op.name == "while_loop" and region is op.regions[0]
            needed = self.needed(region, [0] if is_test else live)
            read.update(i for i, p in enumerate(region.params) if p in needed)
        return read

    def operands(self, op: Op, needed: AbstractSet[Value]) -> list[int]:
        """The operands that must stay."""
        if op.name not in ("cond", "while_loop", "for_loop"):
            return list(range(len(op.operands)))
        live = self.results(op, needed)
        read = self._read(op, live)
        if op.name == "cond":
            return [0, *(i + 1 for i in sorted(read))]
        lead = 1 if op.name == "for_loop" else 0
        always = {*range(lead), *(lead + i for i in live)}
        carried = set(range(lead, lead + len(op.results)))
        return sorted(always | (read - carried))


def _is_kept(op: Op, needed: AbstractSet[Value]) -> bool:
    return not needed.isdisjoint(op.results) or effect_of(op) is not Effect.PURE


def _trimmed(graph: Graph, results: Iterable[int], liveness: _Liveness | None = None) -> Graph:
    """`graph` with these of its results, and only the ops that they and the effects need."""
    known = _Liveness() if liveness is None else liveness
    wanted = list(results)
    needed = known.needed(graph, wanted)
    ops: list[Op] = []
    for op in graph.ops:
        if _is_kept(op, needed):
            ops.append(_trimmed_op(op, needed, known) if op.regions else op)
    return with_body(graph, ops, [graph.results[i] for i in wanted])


def _trimmed_op(op: Op, needed: AbstractSet[Value], known: _Liveness) -> Op:
    if op.name not in ("cond", "while_loop", "for_loop"):
        return op
    live = known.results(op, needed)
    operands = known.operands(op, needed)
    lead = 1 if op.name == "cond" else 0
    regions: list[Graph] = []
    for region in op.regions:
        is_test = op.name == "while_loop" and region is op.regions[0]
        inner = _trimmed(region, [0] if is_test else live, known)
        params = tuple(region.params[i - lead] for i in operands if i >= lead)
        regions.append(inner if params == region.params else Graph(region.name, params, inner.ops, inner.results))
    is_whole = op.name == "cond" or len(live) == len(op.results)
    attrs = op.attrs if is_whole else MappingProxyType({**op.attrs, "carried": len(live)})
    return replaced(
        op,
        operands=[op.operands[i] for i in operands],
        results=[op.results[i] for i in live],
        attrs=attrs,
        regions=regions,
    )
