"""Derived graphs: the vector-Jacobian product and the gradient of a graph."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from types import MappingProxyType

from graph.autodiff.activity import carries_cotangents
from graph.autodiff.reverse import Reverse, ReverseBuilder
from graph.aval import Aval
from graph.dtypes import is_float
from graph.errors import NotDifferentiableError
from graph.ir.differentiator import Split
from graph.ir.op import Graph
from graph.ir.value import Value


def vjp(graph: Graph, wrt: Sequence[int], of: Collection[int] | None = None) -> Graph:
    """The joint graph: parameters, then a cotangent for each floating result -> results, then cotangents of `wrt`.

    Parameters that the results do not depend on get zeros. With `of`, cotangents come of these results alone.
    """
    b = ReverseBuilder(f"{graph.name}_vjp")
    reverse, params, results = _sweep_forward(b, graph, wrt)
    for i, (v, original) in enumerate(zip(results, graph.results, strict=True)):
        if carries_cotangents(original.type) and (of is None or i in of):
            reverse.add(v, b.param(v.type))
    return _finish(graph, b, reverse, params, results, wrt)


def grad(graph: Graph, wrt: Sequence[int], result: int = 0) -> Graph:
    """The gradient of one 0-d floating result: parameters -> results, then gradients with respect to `wrt`.

    Raises: NotDifferentiableError when that result is not a 0-d float.
    """
    target = graph.results[result].type
    if not (isinstance(target, Aval) and target.ndim == 0 and is_float(target.dtype)):
        raise NotDifferentiableError(
            f"the gradient of `{graph.name}` needs a 0-d floating result, this one is {target}",
            next_step="reduce it to a number first (`sum`, `mean`), or use `vjp` with a cotangent of its shape.",
        )
    b = ReverseBuilder(f"{graph.name}_grad")
    reverse, params, results = _sweep_forward(b, graph, wrt)
    reverse.add(results[result], b.full((), 1, target.dtype))
    return _finish(graph, b, reverse, params, results, wrt)


def split(graph: Graph, wrt: Sequence[int]) -> Split:
    """The graph as a forward half that yields residuals and a backward half that takes them and cotangents."""
    outer = Reverse(ReverseBuilder(graph.name), dict(graph.functions))
    outer.b.avoid_sizes_of(graph)
    active = [i in set(wrt) for i in range(len(graph.params))]
    dense = [i for i, on in enumerate(active) if on]
    cut = outer.split(graph, active, dense=dense, at_hand=range(len(graph.params)))

    def complete(cut: Split) -> Split:
        def narrow(wanted: frozenset[int], dense: frozenset[int]) -> Split:
            return complete(cut.narrow(wanted, dense))

        halves = _with(cut.forward, outer.functions), _with(cut.backward, outer.functions)
        return replace(cut, forward=halves[0], backward=halves[1], narrow=narrow)

    return complete(cut)


def active_results(graph: Graph, wrt: Sequence[int]) -> tuple[bool, ...]:
    """Which results depend on the parameters `wrt`, for a gradient."""
    active = [i in set(wrt) for i in range(len(graph.params))]
    return Reverse(ReverseBuilder(graph.name), dict(graph.functions)).active_results(graph, active)


def _with(graph: Graph, functions: dict[str, Graph]) -> Graph:
    return Graph(graph.name, graph.params, graph.ops, graph.results, MappingProxyType(dict(functions)))


def _sweep_forward(
    b: ReverseBuilder, graph: Graph, wrt: Sequence[int]
) -> tuple[Reverse, list[Value], tuple[Value, ...]]:
    reverse = Reverse(b, dict(graph.functions))
    b.avoid_sizes_of(graph)
    params = [b.param(p.type, p.hint) for p in graph.params]
    for i in wrt:
        if not carries_cotangents(params[i].type):
            what = f"parameter {i} of `{graph.name}` is {params[i].type}: no gradient flows to it"
            raise NotDifferentiableError(what)
    b.active.update(params[i] for i in wrt)
    return reverse, params, reverse.forward(graph, params)


def _finish(
    graph: Graph,
    b: ReverseBuilder,
    reverse: Reverse,
    params: Sequence[Value],
    results: Sequence[Value],
    wrt: Sequence[int],
) -> Graph:
    reverse.backward()
    grads: list[Value] = []
    for i in wrt:
        total = reverse.sums.get(params[i])
        grads.append(b.zeros_like(params[i]) if total is None else total)
    return b.build([*results, *grads], MappingProxyType(dict(reverse.functions)))
