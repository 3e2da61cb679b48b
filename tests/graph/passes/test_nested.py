"""What passes share: blocks that a pass has left as they were."""

from graph.ir.op import Graph
from graph.passes.dce import dce
from graph.passes.nested import in_functions, once, visited, with_body
from graph.text.parser import parse

TEXT = """
graph f(%0: f32[], %1: bool[]) -> (f32[]) {
  %2: f32[] = cond %1, %0 {
    then(%3: f32[]) {
      %4: f32[] = neg %3
      yield %4
    }
    else(%5: f32[]) {
      %6: f32[] = DROPPED %5
      yield %5
    }
  }
  yield %2
}
"""


def test_a_pass_looks_once_at_a_block_that_it_leaves_as_it_is() -> None:
    seen: list[str] = []

    @once
    def keep_exp(graph: Graph) -> Graph:
        seen.append(graph.name)
        return with_body(graph, [visited(op, {}, keep_exp) for op in graph.ops if op.name != "exp"])

    graph = parse(TEXT.replace("DROPPED", "exp"))
    first = in_functions(keep_exp(graph), keep_exp)
    assert first is not graph
    assert seen == ["f", "then", "else"]
    second = keep_exp(first)
    assert second is first
    assert seen == ["f", "then", "else", "f", "else"]
    assert keep_exp(second) is second
    assert len(seen) == 5


def test_dead_code_is_looked_for_once() -> None:
    first = dce(parse(TEXT.replace("DROPPED", "exp")))
    assert "exp" not in str(first)
    assert dce(first) is first
    (cond,) = first.ops
    assert all(dce in graph.settled for graph in (first, *cond.regions))
