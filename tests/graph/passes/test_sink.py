"""Sinking: what one branch reads goes into it, as deep as the other passes can follow."""

import numpy as np
import pytest

from graph.execute.interpreter import run
from graph.ir.op import Graph
from graph.ir.verify import verify
from graph.passes.sink import MOST_NESTED, sink
from graph.text.parser import parse


def chain(count: int) -> Graph:
    """`for i in range(count): if x > i: z = x * i`, without the loop."""
    ops: list[str] = []
    z = "%1"
    for i in range(count):
        number, test, after = f"%{10 * i + 2}", f"%{10 * i + 3}", f"%{10 * i + 4}"
        x, kept = f"%{10 * i + 5}", f"%{10 * i + 6}"
        product, other, before = f"%{10 * i + 7}", f"%{10 * i + 8}", f"%{10 * i + 9}"
        ops.append(f"""
          {number}: f64[] = constant {{value=dense<f64[] {float(i)}>}}
          {test}: bool[] = gt %0, {number}
          {after}: f64[] = cond {test}, %0, {z} {{
            then({x}: f64[], {kept}: f64[]) {{
              {product}: f64[] = mul {x}, {x}
              yield {product}
            }}
            else({other}: f64[], {before}: f64[]) {{
              yield {before}
            }}
          }}""")
        z = after
    return parse(f"graph f(%0 x: f64[], %1 z: f64[]) -> (f64[]) {{{''.join(ops)}\n  yield {z}\n}}")


def depth(graph: Graph) -> int:
    return max((1 + depth(region) for op in graph.ops for region in op.regions), default=0)


@pytest.mark.parametrize("count", [2, MOST_NESTED])
def test_a_result_that_is_read_nowhere_else_is_computed_in_the_branch_that_reads_it(count: int) -> None:
    sunk = sink(chain(count))
    assert [op.name for op in sunk.ops] == ["constant", "gt", "cond"]
    assert depth(sunk) == count


def test_a_variable_that_hundreds_of_branches_set_does_not_nest_as_many() -> None:
    graph = chain(500)
    sunk = sink(graph)
    verify(sunk)
    assert MOST_NESTED <= depth(sunk) <= MOST_NESTED + 2
    assert [op.name for op in sunk.ops].count("cond") == -(-500 // (MOST_NESTED + 1))
    for x in (-1.0, 7.0, 499.5):
        args = [np.float64(x), np.float64(3.0)]
        assert run(sunk, args) == run(graph, args)
