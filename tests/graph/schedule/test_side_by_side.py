"""Which loops are brought together, what comes before them, and what work is taken for."""

from typing import Final

import numpy as np
import pytest

from graph.aval import SymDim
from graph.execute.interpreter import run
from graph.ir.op import Graph, Op
from graph.schedule import side_by_side as planned
from graph.schedule.side_by_side import may_be_worth_it, side_by_side
from graph.schedule.work import largest_within, nanoseconds, work_of
from graph.text.parser import parse
from support.close import assert_close

N: Final = SymDim.named("n")


def together(graph: Graph) -> Graph:
    return side_by_side(graph, lambda op: op.name != "floor")


def names(graph: Graph) -> list[str]:
    return [op.name for op in graph.ops]


def loop(result: str, trips: str, start: str, body: str = "tanh", result_type: str = "f64[400]") -> str:
    return f"""
  {result}: {result_type} = for_loop {trips}, {start} {{carried=1}} {{
    body({result}0 i: i64[], {result}1: {result_type}) {{
      {result}2: {result_type} = {body} {result}1
      yield {result}2
    }}
  }}"""


def graph_of(*lines: str, results: str) -> Graph:
    types = ", ".join(["f64[400]"] * len(results.split(",")))
    head = f"graph f(%0 x: f64[400], %1 k: i64[], %2 t: bool[]) -> ({types})"
    return parse("\n".join([head + " {", *lines, f"yield {results}", "}"]))


def test_what_a_loop_needs_comes_before_both_and_the_rest_stays() -> None:
    graph = graph_of(
        loop("%3", "%1", "%0"),
        "%4: f64[400] = neg %3",
        "%5: f64[400] = abs %0",
        "%6: f64[400] = square %0",
        loop("%7", "%1", "%6"),
        "%8: f64[400] = add %4, %7",
        results="%8, %5",
    )
    found = together(graph)
    assert names(found) == ["square", "side_by_side", "neg", "abs", "add"]
    args = (np.linspace(0, 1, 400), np.int64(3), np.bool_(True))
    assert_close(run(found, args), run(graph, args))


def test_loops_that_depend_on_each_other() -> None:
    first, second, third = loop("%3", "%1", "%0"), loop("%4", "%1", "%3"), loop("%5", "%1", "%0")
    found = together(graph_of(first, second, third, results="%4, %5"))
    assert names(found) == ["side_by_side", "for_loop"]
    assert [r.ops[0].results[0] for r in found.ops[0].regions] == [found.ops[0].results[0], found.results[1]]
    assert names(together(graph_of(first, second, results="%4"))) == ["for_loop", "for_loop"]


@pytest.mark.parametrize("between", ["check", "index"])
def test_what_may_fail_keeps_its_place(between: str) -> None:
    text = {
        "check": "check %2 {error='ValueError', parts=('',), forms=()}",
        "index": "%9: f64[] = index %0, %1 {index=('$',)}",
    }[between]
    loops = loop("%3", "%1", "%0"), loop("%4", "%1", "%0", "sin")
    assert names(together(graph_of(loops[0], text, loops[1], results="%3, %4"))).count("for_loop") == 2
    assert names(together(graph_of(text, *loops, results="%3, %4"))) == [between, "side_by_side"]
    assert names(together(graph_of(*loops, text, results="%3, %4"))) == ["side_by_side", between]


def test_what_is_no_native_code() -> None:
    loops = loop("%3", "%1", "%0"), loop("%4", "%1", "%0", "floor")
    assert names(together(graph_of(*loops, results="%3, %4"))) == ["for_loop", "for_loop"]


def worth(trips: int | None, body: str, size: int) -> bool:
    t = f"f64[{size}]"
    count = "" if trips is None else f"%9: i64[] = constant {{value=dense<i64[] {trips}>}}"
    text = loop("%3", "%1" if trips is None else "%9", "%0", body, t)
    graph = parse(f"graph f(%0 x: {t}, %1 k: i64[]) -> ({t}) {{ {count} {text} \n yield %3 }}")
    constants = {op.result: op for op in graph.ops if op.name == "constant"}
    return may_be_worth_it(graph.ops[-1], constants)


def test_what_may_be_worth_it() -> None:
    assert worth(None, "tanh", 400)
    assert not worth(None, "tanh", 2)
    assert not worth(None, "neg", 400)
    assert worth(100_000, "tanh", 2)
    assert worth(200, "tanh", 400)
    assert not worth(3, "tanh", 400)
    assert not worth(0, "tanh", 400_000)
    assert not worth(-1, "tanh", 400_000)


def test_loops_within_which_threads_share_ops() -> None:
    t = "f64[4000000]"
    text = loop("%3", "%1", "%0", "tanh", t) + loop("%4", "%1", "%0", "sin", t)
    graph = parse(f"graph f(%0 x: {t}, %1 k: i64[]) -> ({t}, {t}) {{ {text} \n yield %3, %4 }}")
    assert names(together(graph)) == ["for_loop", "for_loop"]


def cost(text: str, n: int = 100) -> float:
    return nanoseconds(work_of(parse(text)), lambda dim: {N: n}.get(dim, 1))


def test_work_is_counted_with_the_sizes_of_a_run() -> None:
    text = (
        "graph f(%0 x: f32[n,64], %1 w: f32[64,128]) -> (f32[n,128]) {\n %2: f32[n,128] = matmul %0, %1\n yield %2\n}"
    )
    assert work_of(parse(text)) == {(N,): pytest.approx(64 * 128 * 4 * 0.0075)}
    assert cost(text, 200) == pytest.approx(2 * cost(text, 100))


def test_work_of_branches_and_loops() -> None:
    text = """graph f(%0 x: f64[n], %1 k: i64[], %2 t: bool[]) -> (f64[n]) {
  %3: f64[n] = cond %2, %0 {
    then(%10: f64[n]) {
      %11: f64[n] = sin %10
      yield %11
    }
    else(%12: f64[n]) {
      %13: f64[n] = neg %12
      yield %13
    }
  }
  yield %3
}"""
    one = cost("graph f(%0 x: f64[n]) -> (f64[n]) {\n %1: f64[n] = neg %0\n yield %1\n}")
    assert cost(text) == pytest.approx(one)
    body = loop("%3", "%9", "%0", "neg", "f64[n]")
    ten = f"graph f(%0 x: f64[n]) -> (f64[n]) {{\n %9: i64[] = constant {{value=dense<i64[] 10>}} {body}\n yield %3\n}}"
    assert cost(ten) == pytest.approx(10 * one)
    assert cost(ten.replace("10>", "-3>")) == 0
    (_, counted) = parse(ten).ops
    assert largest_within(counted) == {(N,): pytest.approx(one / 100)}


def test_loops_in_a_loop_are_brought_together_too() -> None:
    inner = loop("%3", "%22", "%21") + loop("%4", "%22", "%21", "sin")
    text = f"""graph f(%0 x: f64[400], %1 k: i64[]) -> (f64[400]) {{
  %5: f64[400] = for_loop %1, %0, %1 {{carried=1}} {{
    body(%20 i: i64[], %21: f64[400], %22: i64[]) {{ {inner}
      %6: f64[400] = add %3, %4
      yield %6
    }}
  }}
  yield %5
}}"""
    outer: Op
    (outer,) = together(parse(text)).ops
    assert names(outer.regions[0]) == ["side_by_side", "add"]
    args = (np.linspace(0, 1, 400), np.int64(2))
    assert_close(run(together(parse(text)), args), run(parse(text), args))


def test_limits_are_those_that_the_documentation_states() -> None:
    assert (planned.FORK, planned.TRIP, planned.LARGE) == (100_000, 10_000, 320_000)
