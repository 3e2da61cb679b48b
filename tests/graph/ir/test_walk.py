"""Traversal and copying of graphs."""

from graph.aval import scalar
from graph.dtypes import float64
from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph
from graph.ir.verify import verify
from graph.ir.walk import copy_op, inline, rebuild, uses, walk
from graph.text.parser import parse

NESTED = parse(
    """
    graph f(%0 x: f64[], %1 p: bool[]) -> (f64[], f64[]) {
      %2: f64[] = sin %0  # model.py:3
      %3: f64[] = cond %1, %2 {  # model.py:4
        then(%4 x: f64[]) {
          %5: i64[] = constant {value=dense<i64[] 2>}
          %6: f64[] = for_loop %5, %4 {carried=1} {
            body(%7: i64[], %8: f64[]) {
              %9: f64[] = exp %8
              yield %9
            }
          }
          yield %6
        }
        else(%10: f64[]) {
          %11: f64[] = neg %10
          yield %11
        }
      }
      %12: f64[] = mul %3, %3
      yield %12, %2
    }
    """
)


def test_walk_is_outer_before_inner_in_program_order() -> None:
    assert [op.name for op in walk(NESTED)] == ["sin", "cond", "constant", "for_loop", "exp", "neg", "mul"]


def test_uses_counts_reads_of_this_graph_and_its_results() -> None:
    x, p = NESTED.params
    sine, branch, product = (op.result for op in NESTED.ops)
    assert uses(NESTED) == {x: 1, p: 1, sine: 2, branch: 2, product: 1}
    assert not set(NESTED.ops[1].regions[0].params) & set(uses(NESTED))


def test_inline_copies_a_graph_into_another() -> None:
    """Twice, the second time with the same argument twice; places and regions come along."""
    b = GraphBuilder("g")
    x, p = b.param(scalar(float64)), b.param(NESTED.params[1].type)
    y, _ = inline(b, NESTED, [x, p])
    z, w = inline(b, NESTED, [y, p])
    made = b.build([z, w])
    verify(made)
    assert [op.name for op in made.ops] == ["sin", "cond", "mul"] * 2
    assert [op.loc for op in made.ops[:3]] == [op.loc for op in NESTED.ops]
    assert not {v for op in made.ops for v in op.results} & {v for op in NESTED.ops for v in op.results}
    assert made.ops[3].operands == (y,)


def test_inline_in_a_region_captures_the_arguments() -> None:
    b = GraphBuilder("g")
    x, p = b.param(scalar(float64)), b.param(NESTED.params[1].type)
    inner = GraphBuilder("body", b)
    made = inner.build(inline(inner, NESTED, [x, p]))
    assert list(inner.captured()) == [x, p]
    verify(made)


def test_inline_of_a_graph_that_yields_its_parameter() -> None:
    b = GraphBuilder("g")
    x = b.param(scalar(float64))
    swap = parse("graph f(%0: f64[], %1: f64[]) -> (f64[], f64[], f64[]) { yield %1, %0, %0 }")
    y = b.sin(x)
    assert inline(b, swap, [x, y]) == (y, x, x)


def test_copy_op_with_other_regions() -> None:
    b = GraphBuilder("g")
    env = {p: b.param(p.type) for p in NESTED.params}
    sine, branch, _ = NESTED.ops
    copy_op(b, sine, env)
    copy_op(b, branch, env, (branch.regions[1], branch.regions[0]))
    made = b.build([env[branch.result]])
    verify(made)
    assert made.ops[1].regions == branch.regions[::-1]
    assert made.ops[1].loc == branch.loc
    assert len(env) == 4


def test_rebuild_renames_operands_and_results() -> None:
    x, _ = NESTED.params
    sine, branch, product = NESTED.ops
    dropped = rebuild(NESTED, [branch, product], {sine.result: x})
    verify(dropped)
    assert dropped.results == (product.result, x)
    assert dropped.ops[1] is product
    same: Graph = rebuild(NESTED, NESTED.ops)
    assert str(same) == str(NESTED)
