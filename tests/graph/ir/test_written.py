"""Graphs for another process: what is read is what was written, places and names of values included."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from graph.aval import Aval, ListType, OptionalType, SymDim
from graph.dtypes import SHORT_NAMES, bfloat16, float32, float64, int64
from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph, Op
from graph.ir.opdef import lookup
from graph.ir.printer import print_graph
from graph.ir.value import Value
from graph.ir.verify import verify
from graph.ir.walk import walk
from graph.ir.written import read, read_graph, read_type, written, written_graph, written_type
from graph.location import Loc
from graph.text.parser import parse
from support.strategies import graphs


def values(graph: Graph) -> Iterator[Value]:
    for part in (graph, *graph.functions.values()):
        yield from part.params
        for op in walk(part):
            yield from op.results
            for region in op.regions:
                yield from region.params


def assert_round_trip(graph: Graph) -> Graph:
    again = read(written(graph))
    assert print_graph(again) == print_graph(graph)
    for one, other in zip_longest(walk(again), walk(graph)):
        assert one is not None
        assert other is not None
        assert one.loc == other.loc
        assert one.opdef is other.opdef
    assert [(v.type, v.hint) for v in values(again)] == [(v.type, v.hint) for v in values(graph)]
    return again


@given(graphs(max_ops=12))
@settings(max_examples=100)
def test_graphs_come_back(graph: Graph) -> None:
    verify(assert_round_trip(graph))


ATTRIBUTES: Sequence[Any] = (
    *(None, True, False, -3, 2**70, 0.1, -0.0, 1e300, float("inf"), float("nan"), complex(1.5, -0.0), ...),
    *('it\'s "quoted"\n # {not} a comment, %0', "", "\ud800", float32, bfloat16),
    *(Aval(float64, (2, SymDim.named("n"))), ListType(OptionalType(Aval(int64, ())))),
    *(SymDim((("m", -1), ("n", 2)), -3), (), (1,), (1, (2.0, None), "x"), ("dtype", "f32")),
    *(slice(None, -1, 2), (slice(None), SymDim.named("n"), "...")),
    *(np.float32(0.1), np.int64(-1), np.bool_(True), np.complex64(1 - 2j), bfloat16.type(1.5)),
)


def printing(value: Any) -> Graph:
    """A graph whose only op has the attribute."""
    return Graph("f", (), (Op(lookup("print"), (), (), {"parts": value}),), ())


@pytest.mark.parametrize("value", ATTRIBUTES, ids=ascii)
def test_attributes_come_back(value: Any) -> None:
    (op,) = assert_round_trip(printing(value)).ops
    found = op.attrs["parts"]
    assert type(found) is type(value)
    assert repr(found) == repr(value)


@pytest.mark.parametrize("dtype", SHORT_NAMES, ids=str)
@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (3,), (9, 9)], ids=str)
def test_arrays_come_back(dtype: Any, shape: tuple[int, ...]) -> None:
    array = np.arange(int(np.prod(shape))).astype(dtype).reshape(shape)
    b = GraphBuilder("f")
    (op,) = assert_round_trip(b.build([b.constant(np.array(array, order="F"))])).ops
    value = op.attrs["value"]
    assert isinstance(value, np.ndarray)
    assert (value.dtype, value.shape, value.tobytes()) == (array.dtype, array.shape, array.tobytes())
    assert not value.flags.writeable


def test_places_names_and_functions_come_back() -> None:
    b = GraphBuilder("Model.<locals>.<lambda>")
    b.loc = Loc("/home/me/model.py", 7, 3, 9, "forward", has_text=False)
    x = b.param(Aval(float64, (SymDim.named("n"),)), "x[0]")
    inner = GraphBuilder("a.b<c>")
    inner.loc = Loc("/home/me/other.py", 2)
    y = inner.param(Aval(float64, ()), "y")
    again = assert_round_trip(b.build([b.neg(x)], {"a.b<c>": inner.build([inner.neg(y)])}))
    assert again.params[0].hint == "x[0]"
    assert again.ops[0].loc == b.loc
    assert again.functions["a.b<c>"].ops[0].loc == inner.loc


def test_a_graph_is_made_when_it_is_asked_for() -> None:
    graph = parse("graph f(%0 x: f64[n], %1: list<f32[2]>) -> (f64[n]) {\n  %2: f64[n] = neg %0\n  yield %2\n}")
    name, types, text, _ = written_graph(graph)
    late = read_graph(name, types, text, b"")
    assert (late.name, late.types, late.text) == ("f", tuple(p.type for p in graph.params), print_graph(graph))
    with pytest.raises(ValueError, match="no graph"):
        _ = late.graph
    assert str(read_graph(*written_graph(graph)).graph) == str(graph)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"N",
        b"i\x01\x00\x00\x00",
        b"nonsense",
        written(parse("graph f(%0: f64[2]) -> (f64[2]) {\n  %1: f64[2] = neg %0\n  yield %1\n}")).replace(
            b"neg", b"gen"
        ),
    ],
    ids=repr,
)
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"no graph|bad marshal"):
        read(data)


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(TypeError, match="an attribute of class object"):
        written(printing(object()))


@pytest.mark.parametrize("t", [Aval(float32, ()), ListType(Aval(int64, (SymDim.named("n"), 3)))], ids=str)
def test_types_come_back(t: Any) -> None:
    assert read_type(written_type(t)) == t
