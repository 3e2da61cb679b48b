"""Branches and loops whose course is known: the branch taken is written in place, loops of no trip vanish."""

from collections.abc import Sequence
from types import MappingProxyType

import numpy as np

from graph.ir.op import Graph, Op
from graph.ir.opdef import Effect, effect_of, lookup
from graph.ir.value import Value
from graph.passes.nested import copied_ops, has_regions, in_functions, once, renamed, visited, with_body
from graph.passes.structure import are_equal


def prune_branch(graph: Graph) -> Graph:
    """Inline a `cond` on a constant or with equal branches, and a `for_loop` of one trip; drop loops of no trip."""
    return in_functions(_prune(graph), _prune)


@once
def _prune(graph: Graph) -> Graph:
    if not has_regions(graph):
        return graph
    env: dict[Value, Value] = {}
    constants: dict[Value, np.ndarray] = {}
    ops: list[Op] = []

    def keep(kept: Sequence[Op]) -> None:
        for op in kept:
            ops.append(op)
            if op.name == "constant":
                constants[op.result] = np.asarray(op.attrs["value"])

    for old in graph.ops:
        op = visited(old, env, _prune)
        inlined: tuple[Sequence[Op], tuple[Value, ...]] | None
        match op.name:
            case "cond":
                course = _taken(op, constants)
                inlined = None if course is None else copied_ops(course, op.operands[1:])
            case "while_loop":
                inlined = ([], op.operands[: len(op.results)]) if _is_never(op.regions[0]) else None
            case "for_loop":
                inlined = _few_trips(op, constants)
            case _:
                inlined = None
        if inlined is None:
            keep([op])
        else:
            keep(inlined[0])
            env.update(zip(op.results, inlined[1], strict=True))
    return with_body(graph, ops, renamed(graph.results, env))


def _taken(op: Op, constants: dict[Value, np.ndarray]) -> Graph | None:
    """The branch that a `cond` runs whatever happens."""
    test = constants.get(op.operands[0])
    if test is not None:
        return op.regions[0] if test else op.regions[1]
    then, other = op.regions
    return then if are_equal(then, other) else None


def _is_never(test: Graph) -> bool:
    """Whether a loop's test is false at once, whatever the operands, and does nothing else."""
    made = {v: op for op in test.ops for v in op.results}
    op = made.get(test.results[0])
    is_false = op is not None and op.name == "constant" and not np.asarray(op.attrs["value"])
    return is_false and all(effect_of(inner) is Effect.PURE for inner in test.ops)


def _few_trips(op: Op, constants: dict[Value, np.ndarray]) -> tuple[list[Op], tuple[Value, ...]] | None:
    """A `for_loop` of no trip or one, written in place."""
    trips = constants.get(op.operands[0])
    if trips is None or trips > 1:
        return None
    if trips < 1:
        return [], op.operands[1 : 1 + len(op.results)]
    first = _zero(op)
    ops, results = copied_ops(op.regions[0], (first.result, *op.operands[1:]))
    return [first, *ops], results


def _zero(op: Op) -> Op:
    """The index of the first trip: a constant like the trip count."""
    zero = np.zeros((), np.int64)
    zero.setflags(write=False)
    return Op(lookup("constant"), (), (Value(op.operands[0].type),), MappingProxyType({"value": zero}), (), op.loc)
