"""Random graphs: every pass keeps what a graph means, and the graph verifies."""

from typing import Any

import pytest
from hypothesis import given, settings

from graph.execute.interpreter import run
from graph.ir.op import Graph
from graph.ir.verify import verify
from graph.passes.nested import Pass
from graph.passes.pipeline import DEFAULT, TO_RUN, optimize
from graph.passes.small_tensors import small_tensors_as_numbers
from graph.text.parser import parse
from support.strategies import graphs_with_args
from support.values import assert_same, copy_of

PASSES = tuple(dict.fromkeys((*DEFAULT, *TO_RUN, small_tensors_as_numbers)))


@pytest.mark.parametrize("apply", PASSES, ids=lambda p: p.__name__)
@given(case=graphs_with_args(max_ops=12))
@settings(max_examples=60)
def test_pass_keeps_meaning(apply: Pass, case: tuple[Graph, tuple[Any, ...]]) -> None:
    graph, args = case
    before = str(graph)
    out = apply(graph)
    verify(out)
    assert str(graph) == before
    assert [p.type for p in out.params] == [p.type for p in graph.params]
    assert_same(run(out, copy_of(list(args))), run(graph, copy_of(list(args))))
    assert str(parse(str(out))) == str(out)


@given(graphs_with_args(max_ops=12))
@settings(max_examples=100)
def test_pipeline_keeps_meaning(case: tuple[Graph, tuple[Any, ...]]) -> None:
    graph, args = case
    assert_same(run(optimize(graph), copy_of(list(args))), run(graph, copy_of(list(args))))
