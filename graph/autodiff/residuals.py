"""What the primal saves: a joint forward-and-backward op list is cut in two.

Residuals are the forward values that live backward ops read. Constants are made again instead of being saved.
"""

from collections.abc import Iterable, Mapping, Sequence

from graph.ir.differentiator import Split
from graph.ir.op import Graph, Op
from graph.ir.opdef import Effect, effect_of
from graph.ir.value import Value


def partition(
    *,
    name: str,
    params: Sequence[Value],
    ops: Sequence[Op],
    mark: int,
    results: Sequence[Value],
    active_results: tuple[bool, ...],
    cts: Sequence[Value],
    seeds: Mapping[int, Value],
    outputs: Mapping[int, Value],
) -> Split:
    """Cut `ops` at `mark`. `outputs` are the cotangents, by parameter; `seeds` the sums that came in, by parameter."""
    backward_ops = live(ops[mark:], outputs.values())
    made_forward = {v: op for op in ops[:mark] for v in op.results}
    is_param = set(params)
    again: list[Op] = []
    saved: dict[Value, None] = {}
    remade: set[Value] = set()
    for value in [v for op in backward_ops for v in op.operands] + list(outputs.values()):
        if value in saved or value in remade:
            continue
        op = made_forward.get(value)
        if op is not None and not op.operands and not op.regions and effect_of(op) is Effect.PURE:
            again.append(op)
            remade.update(op.results)
        elif op is not None or value in is_param:
            saved[value] = None
    from_params = tuple(i for i, p in enumerate(params) if p in saved)
    residuals = [v for v in saved if v not in is_param]
    seeded = tuple(sorted(seeds))
    backward = Graph(
        name,
        (*(params[i] for i in from_params), *residuals, *cts, *(seeds[i] for i in seeded)),
        (*again, *backward_ops),
        tuple(outputs[i] for i in sorted(outputs)),
    )
    forward = Graph(name, tuple(params), tuple(ops[:mark]), (*results, *residuals))
    return Split(forward, backward, from_params, active_results, seeded, tuple(sorted(outputs)))


def live(ops: Sequence[Op], roots: Iterable[Value]) -> list[Op]:
    """The ops that `roots` depend on, and those with effects, in order."""
    needed: set[Value] = set(roots)
    kept: list[Op] = []
    for op in reversed(ops):
        if effect_of(op) is Effect.PURE and not any(v in needed for v in op.results):
            continue
        needed.update(op.operands)
        kept.append(op)
    kept.reverse()
    return kept
