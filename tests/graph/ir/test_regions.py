"""Sibling regions get the same captured values, in one order."""

from collections.abc import Sequence

from graph.aval import Aval, scalar
from graph.dtypes import bool_, float64
from graph.ir.builder import GraphBuilder
from graph.ir.opdef import lookup
from graph.ir.regions import close, trimmed
from graph.ir.value import Value
from graph.ir.verify import verify
from support.control import cond, for_loop, while_loop
from support.region_graphs import F, K, graph_of


def test_captures_of_all_siblings_in_order_of_use() -> None:
    b = GraphBuilder("f")
    x, y, z, p = (b.param(F, name) for name in "xyzp")
    then, other = GraphBuilder("then", b), GraphBuilder("else", b)
    own = other.param(F, "own")
    regions, captured = close([then, other], [[then.mul(y, x)], [other.add(own, other.mul(z, y))]])
    assert captured == (y, x, z)
    assert [[p.hint for p in r.params] for r in regions] == [["y", "x", "z"], ["own", "y", "x", "z"]]
    assert p not in captured


def test_results_may_be_outer_values() -> None:
    b = GraphBuilder("f")
    x, y, p = b.param(F), b.param(F), b.param(scalar(bool_))
    results = cond(b, p, lambda c: [x, x], lambda c: [y, x])
    graph = b.build(results)
    verify(graph)
    then, other = graph.ops[0].regions
    assert then.results == (then.params[0], then.params[0])
    assert other.results == (other.params[1], other.params[0])


def test_captures_through_three_levels_enter_each() -> None:
    def make(b: GraphBuilder, x: Value, w: Value, n: Value) -> Sequence[Value]:
        def body(c: GraphBuilder, i: Value, y: Value) -> Sequence[Value]:
            (z,) = cond(c, c.gt(y, 0.0), lambda d: for_loop(d, n, [y], lambda e, j, u: [e.mul(u, w)]), lambda d: [x])
            return [c.add(i, 1), z]

        return while_loop(b, [b.constant(0), x], lambda c, i, y: c.lt(i, n), body)

    graph = graph_of("f", [F, F, K], make)
    verify(graph)
    (loop,) = (op for op in graph.ops if op.regions)
    assert set(loop.operands) == {*graph.params, graph.ops[0].result}
    branch = next(op for op in loop.regions[1].ops if op.regions)
    inner = next(op for op in branch.regions[0].ops if op.regions)
    assert len(inner.operands) == 3


def test_same_value_by_two_ways_is_captured_once() -> None:
    b = GraphBuilder("f")
    x = b.param(F)
    inner = GraphBuilder("body", b)
    innermost = GraphBuilder("then", inner)
    assert inner.lift(x) is inner.lift(x)
    assert innermost.lift(x) is innermost.lift(inner.lift(x))


def test_trimmed_drops_what_no_sibling_reads() -> None:
    b = GraphBuilder("f")
    p, x, y, z = b.param(scalar(bool_)), b.param(F, "x"), b.param(F, "y"), b.param(F, "z")
    then, other = GraphBuilder("then"), GraphBuilder("else")
    a, c = ([each.param(F, hint) for hint in "xyz"] for each in (then, other))
    regions = [then.build([then.sin(a[2])]), other.build([c[0]])]
    kept, operands = trimmed(regions, (x, y, z))
    assert operands == (x, z)
    assert [[v.hint for v in r.params] for r in kept] == [["x", "z"], ["x", "z"]]
    verify(b.build(b.append(lookup("cond"), (p, *operands), {}, kept)))


def test_sizes_of_builders_that_share_them_differ() -> None:
    b = GraphBuilder("f")
    apart, inner, other = GraphBuilder("a", sizes=b), GraphBuilder("b", b), GraphBuilder("c")
    names = [str(each.fresh_dim()) for each in (b, apart, inner, b)]
    assert names == ["u0", "u1", "u2", "u3"]
    assert str(other.fresh_dim()) == "u0"


def test_sizes_of_a_graph_to_be_copied_are_avoided() -> None:
    """Also those of its regions, and of elements of lists."""
    b = GraphBuilder("f")
    five = [b.fresh_dim() for _ in range(5)]
    x, p = b.param(Aval(float64, (five[1],))), b.param(scalar(bool_))
    (y,) = cond(b, p, lambda c: [c.index(x, c.gt(x, 0.0), index=("$",))], lambda c: [x])
    graph = b.build([y])
    again = GraphBuilder("g")
    again.avoid_sizes_of(graph)
    assert str(again.fresh_dim()) not in str(graph)
    named = GraphBuilder("h")
    named.param(Aval(float64, (five[4],)))
    listed = GraphBuilder("i")
    listed.avoid_sizes_of(named.build([]))
    assert str(listed.fresh_dim()) == "u5"
