"""The pipeline: verifies between passes, shows each, and grows about linearly with the graph."""

import time

import pytest

import graph.ops  # noqa: F401 (fills the registry)
from graph.aval import Aval
from graph.dtypes import float64
from graph.errors import VerifyError
from graph.execute.numpy_program import compile_program
from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph
from graph.passes.dce import dce
from graph.passes.pipeline import DEFAULT, optimize, print_passes
from graph.passes.simplify import simplify
from graph.text.parser import parse

GRAPH = parse("graph f(%0: f64[]) -> (f64[]) { %1: f64[] = neg %0 %2: f64[] = neg %1 yield %2 }")


def break_graph(graph: Graph) -> Graph:
    return Graph(graph.name, graph.params, (), (graph.ops[0].result,))


def test_failure_names_the_pass() -> None:
    with pytest.raises(VerifyError, match="after the pass 'break_graph'"):
        optimize(GRAPH, (break_graph,))


def test_check_can_be_left_out() -> None:
    assert optimize(GRAPH, (break_graph,), check=False).ops == ()


def test_observer_sees_the_input_and_every_result() -> None:
    seen: list[tuple[str, int]] = []
    optimize(GRAPH, (simplify, dce), observe=lambda name, graph: seen.append((name, len(graph.ops))))
    assert seen == [("input", 2), ("simplify", 1), ("dce", 0)]


def test_passes_print(capsys: pytest.CaptureFixture[str]) -> None:
    optimize(GRAPH, (simplify,), observe=print_passes)
    out = capsys.readouterr().out
    assert out.startswith("--- input\ngraph f(%0: f64[])")
    assert "--- simplify\ngraph f" in out


@pytest.mark.slow
def test_time_is_about_linear_in_the_number_of_ops() -> None:
    """Four times the ops take less than eight times as long, in the pipeline and in the program's making."""

    def seconds(count: int) -> float:
        b = GraphBuilder("f")
        x = y = b.param(Aval(float64, (4,)))
        for k in range(count):
            y = b.add(b.mul(y, 1.0 + k), b.tanh(x if k % 3 else y))
        graph = b.build([y])
        start = time.perf_counter()
        compile_program(optimize(graph, DEFAULT))
        return time.perf_counter() - start

    seconds(100)
    small, large = (min(seconds(count) for _ in range(2)) for count in (500, 2000))
    assert large < 8 * small
