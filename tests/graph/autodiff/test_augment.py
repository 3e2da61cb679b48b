"""Differentiating one region op where it stands, as tapes do that record it as a single operation."""

from typing import Any

import numpy as np

from graph.autodiff.augment import augment
from graph.autodiff.vjp import vjp
from graph.dtypes import int64
from graph.execute.interpreter import run
from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph, Op
from graph.ir.opdef import lookup
from graph.ir.regions import close
from graph.ir.value import Value
from graph.ir.verify import verify
from graph.passes.pipeline import optimize
from support.control import cond
from support.derivatives import assert_close
from support.region_graphs import CASES, F, K, graph_of

SAMPLES = ["rnn", "newton_root", "initial_value_is_captured_too", "value_carried_twice", "integers_are_carried"]


def last_op(name: str) -> tuple[Graph, Op]:
    graph = CASES[name].graph
    op = graph.ops[-1]
    assert op.regions
    return graph, op


def test_one_op_at_a_time_gives_what_vjp_gives() -> None:
    for name in SAMPLES:
        graph, op = last_op(name)
        expected = vjp(graph, _places(graph))
        b = GraphBuilder("f")
        env = {p: b.param(p.type) for p in graph.params}
        for other in graph.ops[:-1]:
            results = b.append(other.opdef, [env[v] for v in other.operands], other.attrs)
            env.update(zip(other.results, results, strict=True))
        operands = [env[v] for v in op.operands]
        active = {env[graph.params[i]] for i in _places(graph)}
        made = augment(b, op.opdef, operands, op.attrs, op.regions, active, {})
        assert made is not None
        results, flags, pullback = made
        env.update(zip(op.results, results, strict=True))
        assert flags == tuple(v.type in (F, *(p.type for p in graph.params)) and v.dtype.kind == "f" for v in results)
        floating = [i for i, v in enumerate(graph.results) if v.dtype.kind == "f"]
        given = {op.results.index(graph.results[i]): b.param(graph.results[i].type) for i in floating}
        found = pullback(b, [given.get(i) for i in range(len(results))])
        grads = [found[env[graph.params[i]]] for i in _places(graph)]
        whole = b.build([*(env[v] for v in graph.results), *grads])
        verify(whole)
        args = [*CASES[name].args[0], *(np.ones(graph.results[i].shape) for i in floating)]
        assert_close(run(optimize(whole), args), run(expected, args))


def _places(graph: Graph) -> list[int]:
    return [i for i, p in enumerate(graph.params) if p.dtype.kind == "f"]


def test_nothing_is_appended_where_nothing_is_active() -> None:
    graph, op = last_op("initial_value_is_captured_too")
    b = GraphBuilder("f")
    operands = [b.param(v.type) for v in op.operands]
    assert augment(b, op.opdef, operands, op.attrs, op.regions, set(), {}) is None
    assert b.ops == []
    assert augment(b, lookup("sin"), operands[1:2], {}, (), set(operands), {}) is None
    assert graph.ops[-1] is op


def test_what_only_the_count_depends_on_is_not_active() -> None:
    """A loop of which only the number of trips depends on what is asked for."""
    graph = graph_of("f", [F, K], lambda b, x, n: _loop(b, n, x))
    (op,) = graph.ops
    b = GraphBuilder("f")
    operands = [b.param(v.type) for v in op.operands]
    assert augment(b, op.opdef, operands, op.attrs, op.regions, {operands[0]}, {}) is None
    assert operands[0].dtype == int64


def _loop(b: GraphBuilder, n: Value, x: Value) -> Any:
    inner = GraphBuilder("body", b)
    _, y = inner.param(K), inner.param(F)
    regions, captured = close([inner], [[inner.sin(y)]])
    return b.append(lookup("for_loop"), (n, x, *captured), {"carried": 1}, regions)


def test_pullback_in_a_region_and_again_outside() -> None:
    """The tape may ask for the same pullback twice, and from within a branch of what is being staged."""
    graph, op = last_op("initial_value_is_captured_too")
    b = GraphBuilder("f")
    x, n, p = b.param(F), b.param(K), b.param(graph_of("g", [F], lambda b, x: [b.gt(x, 0.0)]).results[0].type)
    operands = {graph.params[0]: x, graph.params[1]: n}
    made = augment(b, op.opdef, [operands[v] for v in op.operands], op.attrs, op.regions, {x}, {})
    assert made is not None
    (y,), _, pullback = made

    def pulled(ct: float) -> Any:
        return lambda c: [pullback(c, [c.constant(ct)])[x]]

    inside = cond(b, p, pulled(1.0), pulled(2.0))
    outside = pullback(b, [b.constant(3.0)])[x]
    whole = b.build([y, *inside, outside])
    verify(whole)
    args = [np.float64(1.3), np.int64(3)]
    (_, grad) = run(vjp(graph, [0]), [*args, np.float64(1.0)])
    for flag, factor in ((np.True_, 1.0), (np.False_, 2.0)):
        for each in (whole, optimize(whole)):
            found = run(each, [*args, flag])
            np.testing.assert_allclose(found[1:], [factor * grad, 3.0 * grad])
