"""Random graphs print and parse back to themselves."""

from hypothesis import given, settings

from graph.ir.op import Graph
from graph.ir.verify import verify
from graph.text.parser import parse
from support.strategies import graphs


@given(graphs(max_ops=12))
@settings(max_examples=100)
def test_graphs_parse_back_to_themselves(graph: Graph) -> None:
    again = parse(str(graph))
    assert str(again) == str(graph)
    verify(again)
