"""A graph that looks at the clock: ops that take the time are put around those that are worth it."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from graph.aval import Aval
from graph.execute.timeline import Event, Site, Total, in_order
from graph.ir.lowering import (
    BuiltIn,
    Callback,
    Elementwise,
    Gather,
    Generate,
    Reshape,
    View,
)
from graph.ir.op import Attrs, Graph, Op
from graph.ir.opdef import Effect, NotDifferentiable, OpDef, lowering_of
from graph.ir.value import Value
from graph.llvm.abi import is_unrolled
from graph.passes.nested import with_body

MOST_EVENTS: Final = 100_000
"""Events of one run that are kept; totals are of all."""
LOOPS: Final = ("while_loop", "for_loop")
FREE: Final = frozenset(
    [
        *("constant", "full", "dim", "stop_gradient", "compact", "narrow"),
        *("some", "none", "is_some", "unwrap", "unwrap_or_zeros"),
    ]
)
"""Ops that are names of what is there already, or nearly so."""
PENDING: Final = (Elementwise, View, Gather, Reshape, Generate)
"""Forms that native code computes where they are needed."""

Names = Callable[[Graph], Mapping[Value, str]]
"""What the user calls the values of a graph."""
Timed = Callable[[Op, int], bool]
"""Whether an op is timed, by the number of the loop around it."""


def timed_in_python(op: Op, loop: int) -> bool:
    """What the interpreter and NumPy programs time: each op."""
    return op.name not in FREE


def timed_in_native(op: Op, loop: int) -> bool:
    """What native code times: loops, calls, call-backs, and ops that compute something large at their place."""
    if op.name in LOOPS or op.name == "call":
        return True
    if op.regions:
        return loop < 0
    form = lowering_of(op)
    if form is None or isinstance(form, Callback):
        return True
    return op.name not in FREE and not isinstance(form, PENDING) and any(map(_is_large, (*op.operands, *op.results)))


def _is_large(v: Value) -> bool:
    return isinstance(v.type, Aval) and not is_unrolled(v.type)


class Stamps:
    """Puts stamps into a scheduled graph; `sites` are what they time."""

    def __init__(self, is_timed: Timed, take: Callable[..., tuple[()]], names_in: Names, *, is_native: bool) -> None:
        self.sites: list[Site] = []
        self._names_in = names_in
        self._names: Mapping[Value, str] = {}
        self._is_timed, self._is_native = is_timed, is_native
        self._stamp = _opdef("stamp", take)
        self._result = _opdef("timed_result", take)

    def graph(self, graph: Graph) -> Graph:
        """The graph with stamps. What its functions do is part of the calls."""
        self._names = self._names_in(graph)
        stamped = self._region(graph, -1)
        return self._with_timed_results(stamped) if self._is_native else stamped

    def _region(self, graph: Graph, loop: int) -> Graph:
        ops: list[Op] = []
        for op in graph.ops:
            is_timed = self._is_timed(op, loop)
            site = self._site(op, loop) if is_timed else -1
            changed = self._with_regions(op, site if op.name in LOOPS else loop)
            ops += [self._at(site, "begin"), changed, self._at(site, "end")] if is_timed else [changed]
        return with_body(graph, ops)

    def _with_regions(self, op: Op, loop: int) -> Op:
        if not op.regions:
            return op
        regions = [self._region(region, loop) for region in op.regions]
        if op.name in LOOPS:
            body = regions[-1]
            regions[-1] = with_body(body, (self._at(loop, "trip"), *body.ops))
        return Op(op.opdef, op.operands, op.results, op.attrs, tuple(regions), op.loc)

    def _with_timed_results(self, graph: Graph) -> Graph:
        """What native code leaves to the end of the run is timed there."""
        made_by = {v: op for op in graph.ops for v in op.results}
        ops = list(graph.ops)
        results: dict[Value, Value] = {}
        for v in dict.fromkeys(graph.results):
            op = made_by.get(v)
            if op is not None and _is_large(v) and isinstance(lowering_of(op), PENDING):
                results[v] = Value(v.type, v.hint)
                attrs: Attrs = {"site": self._site(op, -1)}
                ops.append(Op(self._result, (v,), (results[v],), attrs, (), op.loc))
        return with_body(graph, ops, [results.get(v, v) for v in graph.results])

    def _site(self, op: Op, loop: int) -> int:
        first = next(iter(op.results), None)
        variable = "" if first is None or len(op.results) > 1 else self._names.get(first, "")
        self.sites.append(Site(op.name, variable, "" if first is None else str(first.type), op.loc, loop))
        return len(self.sites) - 1

    def _at(self, site: int, when: str) -> Op:
        return Op(self._stamp, (), (), {"site": site, "when": when})


def _opdef(name: str, take: Callable[..., Any]) -> OpDef:
    """An op that belongs to no vocabulary: it is put into graphs that are about to run."""
    return OpDef(
        name,
        infer=_infer,
        kernel=take,
        vjp=NotDifferentiable("it takes the time"),
        promote=None,
        effect=Effect.ORDERED,
        lower=BuiltIn(),
    )


def _infer(*types: Any, **attrs: Any) -> tuple[Any, ...]:
    return types


class Stopwatch:
    """Takes the time in Python. `begin` is when the run began."""

    def __init__(self) -> None:
        self.begin = 0
        self._open: list[list[int]] = []
        self._events: list[Event] = []
        self._totals: dict[int, Total] = {}

    def start(self) -> None:
        """A run begins."""
        self._open, self._events, self._totals = [], [], {}
        self.begin = time.perf_counter_ns()

    def take(self, *, site: int, when: str) -> tuple[()]:
        """The kernel of stamps."""
        now = time.perf_counter_ns()
        match when:
            case "begin":
                self._open.append([site, now, 0])
            case "trip":
                self._open[-1][2] += 1
            case _:
                while True:  # what an exception has left open has no end
                    opened, start, trips = self._open.pop()
                    if opened == site:
                        break
                self._note(site, start, now - start, trips)
        return ()

    def _note(self, site: int, start: int, duration: int, trips: int) -> None:
        total = self._totals.get(site, Total())
        self._totals[site] = Total(total.times + 1, total.duration + duration, total.trips + trips)
        if len(self._events) < MOST_EVENTS:
            self._events.append(Event(site, start - self.begin, duration, trips))

    def events(self, sites: Sequence[Site]) -> tuple[Event, ...]:
        """The events of the run."""
        is_loop = [site.op in LOOPS for site in sites]
        return in_order([e if is_loop[e.site] else Event(e.site, e.start, e.duration) for e in self._events])

    def totals(self, count: int) -> tuple[Total, ...]:
        """The totals of the sites."""
        return tuple(self._totals.get(i, Total()) for i in range(count))
