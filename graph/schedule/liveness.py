"""Last uses of values, and what follows for buffers: which may be overwritten by which op, and which become free."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from graph.aval import Aval, ListType, OptionalType
from graph.ir.op import Graph, Op
from graph.ir.value import Value
from graph.schedule.aliasing import AliasClasses, has_storage

YIELDED: Final = 1 << 60
"""The last use of a value that outlives all ops of its graph."""


def last_uses(graph: Graph) -> dict[Value, int]:
    """For each value that is read, the index of the last op that takes it, or YIELDED. Regions are not looked into."""
    last: dict[Value, int] = {}
    for i, op in enumerate(graph.ops):
        for value in op.operands:
            last[value] = i
    for value in graph.results:
        last[value] = YIELDED
    return last


@dataclass(frozen=True, slots=True)
class Buffers:
    """What may happen to storage, by op. Operands are given by index."""

    overwritable: Mapping[Op, frozenset[int]]
    """Operands that are whole buffers of the program's own which nobody reads after the op."""
    freed: Mapping[Op, tuple[Value, ...]]
    """Values whose buffers are of no use after the op."""
    entry_copies: Mapping[Op, frozenset[int]]
    """Carried values of loops whose initial value must be copied, as the loop updates it in place."""
    classes: AliasClasses
    results: tuple[str, ...]
    """For each result of the graph: "as_is", "copy" where it may share storage with an argument, a constant or another
    result, "writable" where it may be a read-only view, "deep" for lists and optionals."""


def plan_buffers(graph: Graph, *, takes_lists: bool = False) -> Buffers:
    """The plan for an outermost graph or a function, regions included. Ops run in the order in which they stand.

    With `takes_lists`, its lists are its own: those that it is given, and those that it yields.
    """
    classes = AliasClasses(graph, takes_lists=takes_lists)
    sweep = _Sweep(classes)
    sweep.graph(graph, frozenset())
    return Buffers(
        sweep.overwritable,
        sweep.freed,
        {op: frozenset(c) for op, c in sweep.entry_copies.items()},
        classes,
        _plan_lists(graph, classes) if takes_lists else _plan_results(graph, classes),
    )


def _plan_results(graph: Graph, classes: AliasClasses) -> tuple[str, ...]:
    plan: list[str] = []
    seen: set[Value] = set()
    for value in graph.results:
        if not has_storage(value.type):
            plan.append("as_is")
        elif isinstance(value.type, ListType | OptionalType):
            plan.append("deep")
        elif classes.is_shared(value) or classes.root(value) in seen:
            plan.append("copy")
        else:
            plan.append("as_is" if classes.is_owned(value) else "writable")
        if has_storage(value.type):
            seen.add(classes.root(value))
    return tuple(plan)


def _plan_lists(graph: Graph, classes: AliasClasses) -> tuple[str, ...]:
    """What a function that hands over its lists yields: "list" is a list that somebody else may hold."""
    plan: list[str] = []
    seen: set[Value] = set()
    for value in graph.results:
        is_own = classes.is_owned(value) and classes.root(value) not in seen
        plan.append("list" if isinstance(value.type, ListType) and not is_own else "as_is")
        seen.add(classes.root(value))
    return tuple(plan)


@dataclass(slots=True)
class _Sweep:
    """Walks ops in order, counting for each class the values that are still needed, in this graph or an outer one."""

    classes: AliasClasses
    live: dict[Value, int] = field(default_factory=dict[Value, int])
    overwritable: dict[Op, frozenset[int]] = field(default_factory=dict[Op, frozenset[int]])
    freed: dict[Op, tuple[Value, ...]] = field(default_factory=dict[Op, tuple[Value, ...]])
    entry_copies: dict[Op, set[int]] = field(default_factory=dict[Op, set[int]])

    def _count(self, value: Value, change: int) -> None:
        root = self.classes.root(value)
        self.live[root] = self.live.get(root, 0) + change

    def _is_dead(self, value: Value) -> bool:
        return self.live.get(self.classes.root(value), 0) == 0

    def graph(self, graph: Graph, held: frozenset[Value]) -> None:
        """`held` are parameters that outlive the region: what a loop captures, and all that its test reads."""
        last = {v: at for v, at in last_uses(graph).items() if has_storage(v.type)}
        last.update({v: YIELDED for v in held if has_storage(v.type)})
        dying: dict[int, list[Value]] = {}
        for value, at in last.items():
            dying.setdefault(at, []).append(value)
        for param in graph.params:
            if param in last:
                self._count(param, 1)
        for i, op in enumerate(graph.ops):
            dead = dying.get(i, [])
            for value in dead:
                self._count(value, -1)
            given_up = self._visit(op)
            for value in op.results:
                if value in last:
                    self._count(value, 1)
            self.freed[op] = self._freed([v for v in dead if v not in given_up])
        for value in dying.get(YIELDED, []):
            self._count(value, -1)

    def _freed(self, dead: list[Value]) -> tuple[Value, ...]:
        free: dict[Value, Value] = {}
        for value in dead:
            if isinstance(value.type, Aval) and self.classes.is_owned(value) and self._is_dead(value):
                free.setdefault(self.classes.root(value), value)
        return tuple(free.values())

    def _visit(self, op: Op) -> set[Value]:
        """Returns initial values that a loop takes over."""
        dead = frozenset(
            i
            for i, v in enumerate(op.operands)
            if has_storage(v.type) and self.classes.is_owned(v) and self._is_dead(v)
        )
        self.overwritable[op] = dead
        if not op.regions:
            return set()
        lead = 1 if op.name in ("cond", "for_loop") else 0
        given_up: set[Value] = set()
        if op in self.classes.entry_copies:
            copies = self.classes.entry_copies[op]
            moved = {i for i in copies if i + lead in dead and is_alone(self.classes, op, i + lead)}
            self.entry_copies[op] = copies - moved
            given_up = {op.operands[i + lead] for i in moved}
        is_loop = op.name in ("while_loop", "for_loop")
        for region in op.regions:
            held: tuple[Value, ...] = ()
            if is_loop:
                is_test = len(op.regions) == 2 and region is op.regions[0]
                held = region.params if is_test else region.params[lead + len(op.results) :]
            self.graph(region, frozenset(held))
        return given_up


def is_alone(classes: AliasClasses, op: Op, index: int) -> bool:
    """Whether no other operand of the op may share storage with this one."""
    root = classes.root(op.operands[index])
    return not any(i != index and has_storage(v.type) and classes.root(v) is root for i, v in enumerate(op.operands))
