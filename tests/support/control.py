"""Control flow for graphs built in tests: branches, tests and bodies are functions, closed over what they use."""

from collections.abc import Callable, Sequence

from graph.aval import Type, scalar
from graph.dtypes import int64
from graph.ir.builder import GraphBuilder
from graph.ir.opdef import lookup
from graph.ir.regions import close
from graph.ir.value import Value
from graph.ops.attempt import fillers_of

Branch = Callable[[GraphBuilder], Sequence[Value]]
Region = Callable[..., Sequence[Value]]
"""`region(b, *parameters)`: what it yields, built with `b`."""


def cond(b: GraphBuilder, pred: Value, then: Branch, other: Branch) -> tuple[Value, ...]:
    """`cond` whose branches capture what they use."""
    builders = [GraphBuilder("then", b), GraphBuilder("else", b)]
    results = [branch(inner) for branch, inner in zip((then, other), builders, strict=True)]
    regions, captured = close(builders, results)
    return b.append(lookup("cond"), (pred, *captured), {}, regions)


def while_loop(
    b: GraphBuilder,
    initial: Sequence[Value],
    test: Callable[..., Value],
    body: Region,
    types: Sequence[Type] | None = None,
) -> tuple[Value, ...]:
    """`while_loop`; `types` are those of the carried parameters, where they differ from those of `initial`."""
    builders = [GraphBuilder("test", b), GraphBuilder("body", b)]
    carried = types or [v.type for v in initial]
    params = [[inner.param(t) for t in carried] for inner in builders]
    results = [[test(builders[0], *params[0])], body(builders[1], *params[1])]
    regions, captured = close(builders, results)
    return b.append(lookup("while_loop"), (*initial, *captured), {"carried": len(initial)}, regions)


def for_loop(
    b: GraphBuilder, n: Value | int, initial: Sequence[Value], body: Region, types: Sequence[Type] | None = None
) -> tuple[Value, ...]:
    """`for_loop`, whose body takes the index first."""
    inner = GraphBuilder("body", b)
    params = [inner.param(t) for t in (scalar(int64), *(types or [v.type for v in initial]))]
    regions, captured = close([inner], [body(inner, *params)])
    trips = b.constant(n, int64) if isinstance(n, int) else n
    return b.append(lookup("for_loop"), (trips, *initial, *captured), {"carried": len(initial)}, regions)


def attempt(b: GraphBuilder, errors: Sequence[str], body: Branch) -> tuple[Value, ...]:
    """`attempt` whose body captures what it uses."""
    inner = GraphBuilder("body", b)
    regions, captured = close([inner], [body(inner)])
    attrs = {"errors": tuple(errors), "fillers": fillers_of(regions[0])}
    return b.append(lookup("attempt"), captured, attrs, regions)
