"""The parser: everything that the printer writes comes back; what is wrong is said with its place."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from graph.aval import Aval, ListType, OptionalType, SymDim
from graph.dtypes import SHORT_NAMES, bfloat16, complex128, float32, float64, int64
from graph.errors import ParseError
from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph
from graph.ir.printer import print_attr, print_graph
from graph.location import Loc
from graph.text.parser import parse


def assert_round_trip(graph: Graph) -> Graph:
    again = parse(str(graph))
    assert str(again) == str(graph)
    return again


ATTRIBUTES: Sequence[Any] = (
    None,
    True,
    -3,
    0.1,
    -0.0,
    1e300,
    float("inf"),
    -float("inf"),
    float("nan"),
    complex(1.5, -0.0),
    'it\'s "quoted"\n # {not} a comment, %0',
    "",
    float32,
    bfloat16,
    Aval(float64, (2, SymDim.named("n"))),
    ListType(OptionalType(Aval(int64, ()))),
    ListType(Aval(float64, (SymDim.named("?"), SymDim.named("?1")))),
    SymDim((("m", -1), ("n", 2)), -3),
    (),
    (1,),
    (1, (2.0, None), "x"),
    slice(None, -1, 2),
    (slice(None), SymDim.named("n"), "..."),
    np.float32(0.1),
    np.int64(-1),
    np.bool_(True),
    np.complex64(1 - 2j),
)


def same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and print_attr(a) == print_attr(b)


@pytest.mark.parametrize("value", ATTRIBUTES, ids=repr)
def test_attribute_round_trip(value: Any) -> None:
    text = print_attr(value)
    graph = parse(f"graph f() -> () {{\n  print {{parts={text}}}\n  yield\n}}")
    (op,) = graph.ops
    assert same(op.attrs["parts"], value)
    assert_round_trip(graph)


@pytest.mark.parametrize("dtype", SHORT_NAMES, ids=str)
@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (3,), (2, 3), (65,), (9, 9)], ids=str)
def test_dense_round_trip(dtype: Any, shape: tuple[int, ...]) -> None:
    count = int(np.prod(shape))
    array = np.arange(count).astype(dtype).reshape(shape)
    if array.dtype.kind == "f" and array.size > 1:
        array.flat[:2] = [np.nan, -0.0]
    if array.dtype.kind == "c" and array.size > 1:
        array.flat[:2] = [complex(np.nan, 1.0), complex(-0.0, -np.inf)]
    b = GraphBuilder("f")
    graph = b.build([b.constant(array)])
    (op,) = assert_round_trip(graph).ops
    value = op.attrs["value"]
    assert isinstance(value, np.ndarray)
    assert (value.dtype, value.shape, value.tobytes()) == (array.dtype, array.shape, array.tobytes())
    assert not value.flags.writeable


def test_names_need_not_be_identifiers() -> None:
    b = GraphBuilder("Model.<locals>.<lambda>")
    x = b.param(Aval(complex128, ()), "x")
    functions = {"a.b<c>": GraphBuilder("a.b<c>").build([])}
    graph = b.build([b.neg(x)], functions)
    again = assert_round_trip(graph)
    assert again.name == graph.name
    assert list(again.functions) == ["a.b<c>"]
    assert again.params[0].hint == "x"


def test_locations_come_back() -> None:
    b = GraphBuilder("f")
    b.loc = Loc("/home/me/model.py", 7)
    x = b.param(Aval(float64, ()))
    graph = b.build([b.neg(x)])
    (op,) = assert_round_trip(graph).ops
    assert op.loc == Loc("model.py", 7)


def test_comments_and_space_are_free() -> None:
    graph = parse("# head\ngraph f ( %0 : f64[ 2 ] )->(f64[2]){%1:f64[2]=neg %0 # no place\nyield %1}")
    assert str(graph) == "graph f(%0: f64[2]) -> (f64[2]) {\n  %1: f64[2] = neg %0\n  yield %1\n}"


HEAD = "graph f(%0: f64[2]) -> (f64[2]) {\n"
ERRORS = [
    ("", 1, 1, "`graph`"),
    ("graph f(%0: f64[2] -> ()", 1, 20, "`,` or `)`"),
    ("graph f(%0: f63[2])", 1, 13, "a type, such as `f32[2,n]`"),
    ("graph f(%0: f64[], %0: f64[])", 1, 20, "a new value; %0 is defined already"),
    (HEAD + "  %1: f64[2] = nege %0\n", 2, 16, "the name of an op, or `yield`"),
    (HEAD + "  %1: f64[2] = neg %7\n", 2, 20, "a value defined before in this region; %7 is not"),
    (HEAD + "  %0: f64[2] = neg %0\n", 2, 3, "a new value; this one is defined already"),
    (HEAD + "  %1: f64[2] = sum %0 {axis=}\n", 2, 29, "an attribute's value"),
    (HEAD + "  %1: f64[1] = constant {value=dense<f64[1] ...>}\n", 2, 45, "an attribute's value"),
    (HEAD + "  %1: f64[2] = constant {value=dense<f64[2] [1.0]>}\n", 2, 38, "data of the type f64[2]"),
    (HEAD + "  %1: f64[2] = constant {value=dense<f64[2] b64:AAA>}\n", 2, 38, "data of the type f64[2]"),
    (HEAD + "  yield\n}", 1, 25, "result types (), those of what it yields"),
    (HEAD + "  yield %0 %0\n}", 2, 12, "`}`"),
    (HEAD + "  yield %0\n} graph", 3, 3, "`function`, or the end of the text"),
    (HEAD + "  yield $0\n}", 2, 9, "a token"),
]


@pytest.mark.parametrize(("text", "line", "column", "expected"), ERRORS)
def test_error_says_where_and_what_was_expected(text: str, line: int, column: int, expected: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(text)
    first, *_ = str(caught.value).splitlines()
    assert first == f"line {line}, column {column}: expected {expected}"


def test_error_quotes_the_line_with_a_caret() -> None:
    with pytest.raises(ParseError) as caught:
        parse(HEAD + "  %1: f64[2] = neg %7\n  yield %1\n}")
    assert str(caught.value) == (
        "line 2, column 20: expected a value defined before in this region; %7 is not\n"
        "      %1: f64[2] = neg %7\n"
        "                       ^\n"
        "  Next: graphs are written as `str(graph)` prints them."
    )


def test_regions_are_closed() -> None:
    text = """graph f(%0: bool[], %1: f64[]) -> (f64[]) {
  %2: f64[] = cond %0 {
    then() {
      yield %1
    }
    else() {
      yield %1
    }
  }
  yield %2
}"""
    with pytest.raises(ParseError, match="line 4, column 13"):
        parse(text)


def test_elided_constants_do_not_parse() -> None:
    b = GraphBuilder("f")
    graph = b.build([b.constant(np.zeros(100))])
    with pytest.raises(ParseError):
        parse(print_graph(graph, elide=True))
