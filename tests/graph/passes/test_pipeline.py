"""The pipeline: verifies between passes, shows each, and grows about linearly with the graph."""

import pytest

from graph.errors import VerifyError
from graph.ir.op import Graph
from graph.passes.dce import dce
from graph.passes.pipeline import is_checked, optimize, print_passes
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


def test_users_graphs_are_verified_in_tests_only(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_checked()
    monkeypatch.delenv("DY2STATIC_VERIFY")
    assert not is_checked()


def test_observer_sees_the_input_and_every_result() -> None:
    seen: list[tuple[str, int]] = []
    optimize(GRAPH, (simplify, dce), observe=lambda name, graph: seen.append((name, len(graph.ops))))
    assert seen == [("input", 2), ("simplify", 1), ("dce", 0)]


def test_passes_print(capsys: pytest.CaptureFixture[str]) -> None:
    optimize(GRAPH, (simplify,), observe=print_passes)
    out = capsys.readouterr().out
    assert out.startswith("--- input\ngraph f(%0: f64[])")
    assert "--- simplify\ngraph f" in out


def test_a_pass_is_not_asked_of_what_it_made() -> None:
    asked: list[str] = []

    def doubled(graph: Graph) -> Graph:
        asked.append("doubled")
        return Graph(graph.name, graph.params, graph.ops, graph.results)

    def same(graph: Graph) -> Graph:
        asked.append("same")
        return graph

    optimize(GRAPH, (doubled, same, doubled, same))
    assert asked == ["doubled", "same"]
