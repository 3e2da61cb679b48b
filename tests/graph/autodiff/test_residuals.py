"""What gradients save: goldens that a person has read, and the rules behind them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from graph.autodiff.activity import carries_cotangents
from graph.autodiff.vjp import split, vjp
from graph.aval import Aval, ListType, SymDim
from graph.dtypes import float64, int64
from graph.execute.numpy_program import compile_program
from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph, Op
from graph.ir.value import Value
from graph.ir.walk import walk
from graph.passes.pipeline import optimize
from support.control import cond, for_loop
from support.derivatives import assert_vjp
from support.golden import assert_golden
from support.region_graphs import CASES, ROW, ROWS, F, K, M, V, graph_of

Region = Sequence[Value]


def derived(graph: Graph) -> Graph:
    return vjp(graph, [i for i, p in enumerate(graph.params) if carries_cotangents(p.type)])


def stacks(graph: Graph) -> list[str]:
    """The element types of the lists that are pushed on, each list once."""
    return [str(op.operands[1].type) for op in walk(graph) if op.name == "list_append"]


def of(graph: Graph, name: str) -> list[Op]:
    return [op for op in walk(graph) if op.name == name]


@pytest.mark.parametrize(
    "name",
    ["newton_root", "rnn", "branch", "rows_in_a_loop", "rows_are_written_and_read", "early_exit", "vector_grows"],
)
def test_gradient_reads_as_its_golden_says(name: str) -> None:
    assert_golden(f"autodiff/{name}.ir", str(optimize(derived(CASES[name].graph))))


def test_rnn_pushes_its_states_alone() -> None:
    """Weights and inputs are captured; what `tanh` gives is the next state: one list holds both."""
    assert stacks(derived(CASES["rnn"].graph)) == ["f64[3]"]


def test_state_that_changes_its_size_has_lists_of_its_own() -> None:
    """What comes and what goes have two types, which one list would have to mix."""

    def body(c: GraphBuilder, i: Value, x: Value) -> Region:
        return [c.exp(c.concat(c.sin(x), c.sum(x, axis=(0,), keepdims=True), axis=0))]

    size = Aval(float64, (SymDim.named("m"),))
    graph = graph_of("f", [F], lambda b, x: for_loop(b, 3, [b.reshape(x, (1,))], body, [size]))
    assert sorted(stacks(derived(graph))) == ["f64[m+1]", "f64[m]"]
    assert_vjp(graph, (np.float64(0.1),), order=2)


def test_linear_loop_pushes_nothing() -> None:
    graph = graph_of("f", [F, M], lambda b, x, m: for_loop(b, 4, [x], lambda c, i, y: [c.mul(y, 2.0)]))
    assert stacks(derived(graph)) == []


def test_gradient_of_indexing_is_one_running_sum() -> None:
    """In three loops around `x[i]` the sum is carried through all of them, and is added to in place."""

    def body(depth: int, x: Value) -> Any:
        def make(c: GraphBuilder, i: Value, y: Value) -> Region:
            if depth:
                return for_loop(c, 2, [y], body(depth - 1, x))
            return [c.add(y, c.sin(c.index(x, i, index=("$",))))]

        return make

    graph = graph_of("f", [M], lambda b, x: for_loop(b, 2, [b.constant(np.zeros(3))], body(2, x)))
    for each in (derived(graph), optimize(derived(graph))):
        assert stacks(each) == []
        (added,) = of(each, "index_add")
        inner = next(r for op in walk(each) for r in op.regions if added in r.ops)
        assert added.operands[0] in inner.params
        assert added.result in inner.results
    assert "index_add_inplace" in compile_program(optimize(derived(graph))).source
    assert_vjp(graph, (ROWS,), order=2)


def test_running_sum_goes_through_branches() -> None:
    def body(x: Value) -> Any:
        def make(c: GraphBuilder, i: Value, y: Value) -> Region:
            return cond(c, c.gt(c.sum(y), 0.0), lambda d: [d.add(y, d.index(x, i, index=("$",)))], lambda d: [d.sin(y)])

        return make

    def make(b: GraphBuilder, x: Value, y: Value) -> Region:
        return for_loop(b, 4, [y], body(x))

    graph = graph_of("f", [M, V], make)
    (added,) = of(derived(graph), "index_add")
    branch = next(r for op in walk(derived(graph)) for r in op.regions if r.name == "then" and _has(r, "index_add"))
    assert _op(branch, "index_add").operands[0] in branch.params
    assert added.name == "index_add"
    assert_vjp(graph, (ROWS, ROW), order=2)


def _has(region: Graph, name: str) -> bool:
    return any(op.name == name for op in region.ops)


def _op(region: Graph, name: str) -> Op:
    return next(op for op in region.ops if op.name == name)


def test_rows_of_what_is_captured_are_read_again() -> None:
    """They are views of a tensor that the backward loop has anyway."""
    graph = CASES["rows_in_a_loop"].graph
    assert stacks(derived(graph)) == ["f64[3]"]  # the running total, for the gradient of the factor


def test_rows_of_what_changes_are_saved_as_copies() -> None:
    """A view would keep every version of the matrix, and stop the loop from updating it in place."""
    graph = CASES["rows_are_written_and_read"].graph
    assert sorted(stacks(derived(graph))) == ["f64[3]", "f64[3]"]
    assert len(of(derived(graph), "compact")) == 1
    source = compile_program(optimize(derived(graph))).source
    assert "index_add_kernel" not in source


def test_small_parts_of_a_large_state_stay_small() -> None:
    """A loop that carries a table and reads two entries of it a trip saves the entries, not the table."""

    def body(c: GraphBuilder, i: Value, table: Value) -> Region:
        y = c.mul(c.index(table, i, index=("$",)), c.index(table, c.add(i, 1), index=("$",)))
        return [c.index_set(table, y, c.add(i, 2), index=("$",))]

    graph = graph_of("f", [Aval(float64, (8,))], lambda b, x: for_loop(b, 5, [x], body))
    assert sorted(stacks(derived(graph))) == ["f64[]", "f64[]"]
    assert_vjp(graph, (np.linspace(0.5, 1.5, 8),), order=2)


def test_inner_loop_does_not_save_the_table_of_the_outer_one() -> None:
    """The table changes in the outer loop: to the inner loop it is captured, yet it is not at hand."""

    def outer(c: GraphBuilder, i: Value, table: Value) -> Region:
        def inner(d: GraphBuilder, j: Value, y: Value) -> Region:
            entry = d.index(table, d.add(i, j), index=("$",))
            return [d.add(y, d.mul(entry, entry))]

        (y,) = for_loop(c, 2, [c.constant(0.0)], inner)
        return [c.index_set(table, c.sin(y), c.add(i, 2), index=("$",))]

    graph = graph_of("f", [Aval(float64, (8,))], lambda b, x: for_loop(b, 5, [x], outer))
    assert sorted(stacks(derived(graph))) == ["f64[]", "f64[]", "list<f64[]>"]
    assert_vjp(graph, (np.linspace(0.5, 1.5, 8),), order=2)


def test_only_the_size_is_saved_where_only_the_size_is_read() -> None:
    graph = graph_of(
        "f",
        [Aval(float64, (SymDim.named("n"),)), F],
        lambda b, x, w: for_loop(
            b, 3, [w, x], lambda c, i, y, x: [c.add(y, c.sum(x, axis=(0,), keepdims=False)), c.mul(x, 2.0)]
        ),
    )
    assert stacks(derived(graph)) == ["i64[]"]
    assert_vjp(graph, (ROW, np.float64(1.0)), order=2)


def test_index_arithmetic_is_done_again() -> None:
    def body(x: Value) -> Any:
        def make(c: GraphBuilder, i: Value, y: Value) -> Region:
            return [c.add(y, c.index(x, c.mod(c.mul(i, 3), 4), index=("$",)))]

        return make

    graph = graph_of("f", [M, V], lambda b, x, y: for_loop(b, 4, [y], body(x)))
    assert stacks(derived(graph)) == []


def test_counted_loops_count_no_trips() -> None:
    assert len(of(derived(CASES["rows_in_a_loop"].graph), "for_loop")[0].results) == 2
    (loop,) = of(derived(CASES["newton_root"].graph), "while_loop")
    assert [str(v.type) for v in loop.results].count("i64[]") == 1


def test_branches_share_what_they_save() -> None:
    """Residuals of one type are paired; only those left over may be missing."""
    even = derived(CASES["branch"].graph)
    assert of(even, "some") == of(even, "unwrap") == []

    def make(b: GraphBuilder, x: Value, v: Value) -> Region:
        total = b.sum(v, axis=(0,), keepdims=False)
        return cond(b, b.gt(x, 0.0), lambda c: [c.mul(c.sin(x), c.exp(total))], lambda c: [c.sum(c.exp(v))])

    odd = derived(graph_of("f", [F, V], make))
    assert len(of(odd, "some")) == len(of(odd, "unwrap")) == 3
    assert_vjp(graph_of("f", [F, V], make), (np.float64(0.4), ROW), order=3)


def test_backward_branches_take_what_they_read() -> None:
    """In a loop everything else would be pushed."""

    def body(m: Value) -> Any:
        def make(c: GraphBuilder, i: Value, y: Value, t: Value) -> Region:
            def then(d: GraphBuilder) -> Region:
                return [d.add(y, d.sum(t, axis=(0,), keepdims=False))]

            return [*cond(c, c.gt(y, 0.0), then, lambda d: [y]), c.mul(t, 2.0)]

        return make

    graph = graph_of("f", [F, V], lambda b, x, v: for_loop(b, 3, [x, v], body(v)))
    assert stacks(derived(graph)) == ["bool[]"]
    assert_vjp(graph, (np.float64(0.4), ROW), order=2)


def test_untaken_path_of_a_loop_costs_a_missing_value() -> None:
    """What one branch saves is pushed as an optional: nothing where the other branch ran."""

    def body(c: GraphBuilder, i: Value, y: Value) -> Region:
        return cond(c, c.lt(i, 1), lambda d: [d.matmul(d.sin(y), d.cos(y))], lambda d: [y])

    graph = graph_of("f", [Aval(float64, (3, 3))], lambda b, x: for_loop(b, 3, [x], body))
    assert sorted(stacks(derived(graph))) == ["f64[3,3]", "optional<f64[3,3]>", "optional<f64[3,3]>"]
    assert_vjp(graph, (ROWS[:3],), order=2)


def test_halves_meet_in_arguments_and_residuals_alone() -> None:
    def make(b: GraphBuilder, x: Value, v: Value, n: Value) -> Region:
        return [b.mul(b.sin(x), b.sum(b.index(v, n, index=("$",)))), b.index(v, index=(slice(1, None),))]

    halves = split(graph_of("f", [F, M, K], make), [0, 1])
    residuals = [str(v.type) for v in halves.residuals]
    assert residuals == ["f64[]", "f64[]"]
    assert halves.from_params == (0, 2)


def test_lists_are_not_saved_for_their_length() -> None:
    rows = ListType(V)

    def make(b: GraphBuilder, x: Value, lst: Value) -> Region:
        def body(c: GraphBuilder, i: Value, grown: Value, y: Value) -> Region:
            both = c.list_concat(grown, lst)
            return [both, c.mul(y, c.list_get(both, i))]

        return for_loop(b, 2, [lst, x], body)

    graph = graph_of("f", [V, rows], make)
    assert "list<f64[3]>" not in stacks(derived(graph))
    assert_vjp(graph, (ROW, [ROW, ROW + 1]), order=2)


def test_dead_carried_cotangents_go() -> None:
    """The gradient with respect to `w` alone carries no cotangent of what does not depend on it."""

    def make(b: GraphBuilder, w: Value, x: Value) -> Region:
        return for_loop(b, 3, [x, w], lambda c, i, p, q: [c.sin(p), c.mul(q, p)])

    graph = graph_of("f", [F, F], make)
    backward = of(vjp(graph, [0]), "for_loop")[1]
    assert len(backward.results) == 1
    assert int64 not in [v.dtype for v in backward.results]
