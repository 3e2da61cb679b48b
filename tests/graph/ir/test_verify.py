"""The invariants: each broken once; messages show the op and its neighbours."""

from types import MappingProxyType

import pytest

import graph.ops  # noqa: F401 (fills the registry)
from graph.aval import Aval, SymDim, scalar
from graph.dtypes import float32, float64
from graph.errors import VerifyError
from graph.ir.op import Graph, Op
from graph.ir.opdef import lookup
from graph.ir.value import Value
from graph.ir.verify import agrees, verify
from graph.text.parser import parse

T = scalar(float64)


def neg(operand: Value, result: Value) -> Op:
    return Op(lookup("neg"), (operand,), (result,), MappingProxyType({}))


def test_operand_must_be_defined_before() -> None:
    x, y, z = Value(T, "x"), Value(T), Value(T)
    graph = Graph("f", (x,), (neg(x, y), neg(z, Value(T))), (y,))
    with pytest.raises(VerifyError) as caught:
        verify(graph)
    assert str(caught.value).splitlines() == [
        "op 'neg' in graph 'f': operand 0 is not defined before this op (or in another region)",
        "  graph f(%0 x: f64[]) -> (f64[]) {",
        "    %1: f64[] = neg %0",
        ">   %2: f64[] = neg %?",
        "    yield %1",
        "  }",
    ]


def test_value_is_defined_once() -> None:
    x = Value(T)
    with pytest.raises(VerifyError, match="a value is defined twice"):
        verify(Graph("f", (x,), (neg(x, x),), ()))
    with pytest.raises(VerifyError, match="a value is defined twice"):
        verify(Graph("f", (x, x), (), ()))


def test_result_must_be_defined() -> None:
    with pytest.raises(VerifyError, match="a result is not defined in the graph"):
        verify(Graph("f", (), (), (Value(T),)))


def test_type_must_be_what_the_shape_rule_gives() -> None:
    x = Value(T)
    with pytest.raises(VerifyError, match=r"a result is f32\[\], its shape rule gives f64\[\]"):
        verify(Graph("f", (x,), (neg(x, Value(scalar(float32))),), ()))


def test_number_of_results() -> None:
    x = Value(T)
    op = Op(lookup("neg"), (x,), (Value(T), Value(T)), MappingProxyType({}))
    with pytest.raises(VerifyError, match="2 results, its shape rule gives 1"):
        verify(Graph("f", (x,), (op,), ()))


def test_refusal_of_the_shape_rule_is_quoted() -> None:
    graph = parse("graph f(%0: f64[2], %1: f64[3]) -> (f64[2]) { %2: f64[2] = add %0, %1 yield %2 }")
    with pytest.raises(VerifyError, match=r"its shape rule refuses it: .*do not broadcast"):
        verify(graph)


def test_regions_are_verified() -> None:
    graph = parse(
        """
        graph f(%0: bool[], %1: f64[]) -> (f64[]) {
          %2: f64[] = cond %0, %1 {
            then(%3: f64[]) {
              %4: f32[] = neg %3
              yield %3
            }
            else(%5: f64[]) {
              yield %5
            }
          }
          yield %2
        }
        """
    )
    with pytest.raises(VerifyError, match="op 'neg' in graph 'then'"):
        verify(graph)


def test_called_function_must_be_there_and_yield_these_types() -> None:
    text = "graph f(%0: f64[]) -> (f64[]) { %1: f64[] = call %0 {function='g'} yield %1 }\n"
    with pytest.raises(VerifyError, match="there is no function 'g'"):
        verify(parse(text))
    verify(parse(text + "function g = g(%0: f64[]) -> (f64[]) { yield %0 }"))
    with pytest.raises(VerifyError, match=r"operand 0 is f64\[\], the function takes f32\[\]"):
        verify(parse(text + "function g = g(%0: f32[]) -> (f32[]) { yield %0 }"))


@pytest.mark.parametrize(
    ("declared", "inferred", "expected"),
    [((2,), (2,), True), ((2,), (3,), False), ((2,), (SymDim.named("n"),), True), ((2,), (2, 1), False)],
)
def test_symbolic_dims_agree_with_any(declared: tuple[int, ...], inferred: tuple[int, ...], expected: bool) -> None:
    assert agrees(Aval(float64, declared), Aval(float64, inferred)) is expected
