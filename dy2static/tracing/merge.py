"""Several traces of one function as one graph: where Python took two decisions on one value, there is a `cond`.

The traces do the same ops until the first decision that differs. There the graph branches, and the rest of each trace
is a branch; it may branch again. So the graph has one path for each example, and its size is theirs together.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from dy2static.cache.compiled import CompiledGraph
from dy2static.cache.guard_set import GuardSet
from dy2static.cache.program import Program
from dy2static.errors import StagingError
from dy2static.staging.stage import Staged
from dy2static.tracing.decision import Decision
from dy2static.tracing.merge_specs import CannotMergeError, Outcome, Yielded, merge_outcomes
from dy2static.tracing.record import Trace
from graph.dtypes import of_scalar
from graph.errors import GraphError
from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph, Op
from graph.ir.opdef import lookup
from graph.ir.regions import close
from graph.ir.value import Value
from graph.location import UNKNOWN, Loc
from graph.ops.effects import short
from graph.passes.structure import attr_key, graph_key

BRANCHED: Final = frozenset({"bool", "int", "len"})
"""Kinds of decisions on which a graph can branch. Others are compared bit by bit, which no op does."""


def merged(traces: Sequence[Trace]) -> Trace:
    """One trace that serves all calls that one of `traces` serves, and those that mix their decisions.

    They are traces of one function for arguments of one type. Raises: StagingError where they do not fit together.
    """
    try:
        return _merged(traces)
    except CannotMergeError as error:
        raise StagingError(
            f"the traces of {len(traces)} examples cannot become one graph: {error}",
            next_step="trace the examples one by one, or convert the source with `@to_static`.",
            loc=error.loc if isinstance(error, _CannotMergeAtError) else UNKNOWN,
        ) from None


class _CannotMergeAtError(CannotMergeError):
    """The same, at a line."""

    def __init__(self, what: str, loc: Loc) -> None:
        super().__init__(what)
        self.loc = loc


@dataclass(slots=True)
class _Path:
    """The rest of one trace: its ops from `at` on, and what its values are in the graph that is built."""

    graph: Graph
    yielded: Sequence[Yielded]
    known: dict[Value, Value]
    at: int = 0

    def next_op(self) -> Op | None:
        return self.graph.ops[self.at] if self.at < len(self.graph.ops) else None

    def split(self) -> "_Path":
        return _Path(self.graph, self.yielded, dict(self.known), self.at)


def _merged(traces: Sequence[Trace]) -> Trace:
    programs = [trace.program for trace in traces]
    held, positions = _captured(programs)
    leaves = [trace.leaves for trace in traces]
    outcome = merge_outcomes([program.staged for program in programs], positions, leaves)
    name = programs[0].staged.graph.name
    builder = GraphBuilder(name)
    own = len(programs[0].staged_leaves)
    arguments = [builder.param(p.type, p.hint) for p in programs[0].staged.graph.params[:own]]
    params = [builder.param(p.type, p.hint) for _, p, _ in held]
    paths: list[_Path] = []
    for program, places, yielded in zip(programs, positions, outcome.yielded, strict=True):
        graph = program.staged.graph
        inputs = [*arguments, *(params[place] for place in places)]
        paths.append(_Path(graph, yielded, dict(zip(graph.params, inputs, strict=True))))
    graph = builder.build(_emit(builder, paths))
    return _trace(traces, graph, outcome, held)


Held = tuple[Any, Value, Callable[[], Any]]
"""A captured tensor, its parameter in one of the graphs, and how to find it in a later call."""


def _captured(programs: Sequence[Program]) -> tuple[list[Held], list[list[int]]]:
    """The captured tensors of all, and for each program where its own are among these."""
    found: dict[int, int] = {}
    held: list[Held] = []
    positions: list[list[int]] = []
    for program in programs:
        own = len(program.staged_leaves)
        places: list[int] = []
        params = program.staged.graph.params[own:]
        for x, param, load in zip(program.staged.captured, params, program.captured, strict=True):
            if id(x) not in found:
                found[id(x)] = len(held)
                held.append((x, param, load))
            places.append(found[id(x)])
        positions.append(places)
    return held, positions


def _trace(traces: Sequence[Trace], graph: Graph, outcome: Outcome, held: Sequence[Held]) -> Trace:
    first = traces[0]
    programs = [trace.program for trace in traces]
    gradients = {id(leaf): leaf for program in programs for leaf in program.staged.gradients}
    staged = Staged(graph, tuple(x for x, _, _ in held), outcome.result, outcome.writes, tuple(gradients.values()), ())
    guards = {(g.source.key, g.how): g for program in programs for g in program.guards.all}
    program = Program(
        staged=staged,
        compiled=CompiledGraph(graph),
        pattern=first.program.pattern,
        guards=GuardSet(guards.values()),
        staged_leaves=first.program.staged_leaves,
        dynamic=(),
        captured=tuple(load for _, _, load in held),
        reason=f"{len(traces)} examples",
    )
    return Trace(
        program=program,
        decisions=tuple(_decisions(graph)),
        key=first.key,
        arguments=first.arguments,
        writes_handles=any(trace.writes_handles for trace in traces),
        captured=frozenset(id(x) for x, _, _ in held),
        leaves=first.leaves,
    )


def _decisions(graph: Graph) -> list[Decision]:
    """What is still fixed: the guards that are left."""
    found: list[Decision] = []
    for op in graph.ops:
        if op.name == "guard":
            found.append(Decision(str(op.attrs["kind"]), op.attrs["expected"], op.loc))
        for region in op.regions:
            found += _decisions(region)
    return found


def _emit(b: GraphBuilder, paths: list[_Path]) -> list[Value]:
    """Append what the paths do; the values that they yield."""
    while True:
        ops = [path.next_op() for path in paths]
        first = ops[0]
        if first is None or any(op is None for op in ops):
            return _end(b, paths, ops)
        keys = [_key(cast(Op, op), path) for op, path in zip(ops, paths, strict=True)]
        b.loc = first.loc
        if all(key == keys[0] for key in keys):
            operands = [paths[0].known[v] for v in first.operands]
            results = b.append(first.opdef, operands, first.attrs, first.regions)
            for op, path in zip(ops, paths, strict=True):
                path.known.update(zip(cast(Op, op).results, results, strict=True))
                path.at += 1
            continue
        return _branch(b, paths, [cast(Op, op) for op in ops])


def _end(b: GraphBuilder, paths: Sequence[_Path], ops: Sequence[Op | None]) -> list[Value]:
    if any(op is not None for op in ops):
        op = next(op for op in ops if op is not None)
        raise _CannotMergeAtError("some examples go on here where others end, without a decision", op.loc)
    found = [[_yielded(path, y) for y in path.yielded] for path in paths]
    if any(other != found[0] for other in found):
        raise CannotMergeError("they give different results without a decision on a tensor")
    b.loc = UNKNOWN
    return [x if isinstance(x, Value) else b.constant(*x[1:]) for x in found[0]]


def _yielded(path: _Path, y: Yielded) -> Value | tuple[str, Any, Any]:
    return path.known[y] if isinstance(y, Value) else (repr(y), y, of_scalar(y))


def _branch(b: GraphBuilder, paths: Sequence[_Path], ops: Sequence[Op]) -> list[Value]:
    """A `cond` on the first decision that differs, with the rest of the paths in it."""
    first = ops[0]
    values = [path.known[op.operands[0]] if op.name == "guard" else None for op, path in zip(ops, paths, strict=True)]
    kinds = {str(op.attrs.get("kind")) for op in ops}
    if any(value is None or value is not values[0] for value in values) or len(kinds) > 1:
        raise _CannotMergeAtError("the examples do different things here, without a decision on a tensor", first.loc)
    kind, expected = str(first.attrs["kind"]), first.attrs["expected"]
    if kind not in BRANCHED:
        others = ", ".join(dict.fromkeys(short(op.attrs["expected"]) for op in ops))
        raise _CannotMergeAtError(
            f"Python is given {'an' if kind == 'array' else 'a'} {kind} that differs ({others}), and a graph branches "
            "on truths, integers and lengths only",
            first.loc,
        )
    value = cast(Value, values[0])
    same = [op.attrs["expected"] == expected for op in ops]
    then, other = (
        [p for p, on in zip(paths, same, strict=True) if on],
        [p for p, on in zip(paths, same, strict=True) if not on],
    )
    if kind == "bool" and not expected:
        then, other = other, then
    pred = _test(b, value, kind, expected)
    builders = (GraphBuilder("then", b), GraphBuilder("else", b))
    yielded: list[list[Value]] = []
    for inner, group, is_decided in zip(builders, (then, other), (True, kind == "bool"), strict=True):
        inside = [path.split() for path in group]
        for path in inside:
            path.at += is_decided
        yielded.append(_emit(inner, inside))
    b.loc = first.loc
    regions, captured = close(builders, yielded)
    try:
        return list(b.append(lookup("cond"), (pred, *captured), {}, regions))
    except GraphError as error:
        raise _CannotMergeAtError(error.what, first.loc) from None


def _test(b: GraphBuilder, value: Value, kind: str, expected: Any) -> Value:
    """Whether the decision is `expected`; of a truth, whether it is true."""
    if kind == "len":
        return b.eq(b.shape_of(value)[0], expected)
    if value.ndim:
        value = b.reshape(value, ())
    if kind == "bool":
        return value if value.dtype.kind == "b" else b.ne(value, 0)
    if value.dtype.kind not in "iub":
        value = b.trunc(value)
    return b.eq(value, expected)


def _key(op: Op, path: _Path) -> Any:
    """What makes two ops the same: what they do, and to which values. A guard is told by its decision too."""
    attrs: Mapping[str, Any] = op.attrs
    kept = frozenset((name, attr_key(value)) for name, value in attrs.items() if name != "site")
    return (op.name, kept, tuple(path.known[v] for v in op.operands), tuple(map(graph_key, op.regions)))
