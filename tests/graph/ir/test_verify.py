"""The invariants: each broken once; messages show the op and its neighbours."""

from types import MappingProxyType

import pytest

from graph.aval import Aval, SymDim, scalar
from graph.dtypes import float32, float64
from graph.errors import VerifyError
from graph.ir.op import Graph, Op
from graph.ir.opdef import lookup
from graph.ir.value import Value
from graph.ir.verify import agrees, verify
from graph.text.parser import parse
from support.golden import assert_golden

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


COND = """
graph f(%0: bool[], %1: f64[2]) -> (f64[2]) {{
  %2: f64[2] = cond %0, %1 {{  # model.py:3
    {then}
    {other}
  }}
  yield %2
}}
"""
SAME = "else(%9: f64[2]) { yield %9 }"
LOOP = """
graph f(%0: i64[], %1: f64[2]) -> (f64[2]) {{
  %2: f64[2] = neg %1
  %3: f64[2] = for_loop %0, %2 {{{attrs}}} {{
    {body}
  }}
  %4: f64[2] = neg %3
  yield %4
}}
"""
WHILE = """
graph f(%1: f64[2]) -> (f64[2]) {{
  %3: f64[2] = while_loop %1 {{carried=1}} {{
    {test}
    body(%7: f64[2]) {{ yield %7 }}
  }}
  yield %3
}}
"""
TAKES_NOTHING = "then() { %5: f64[2] = full {shape=(2,), value=0, dtype=f64} yield %5 }"
TAKES_F32 = "then(%5: f32[2]) { %6: f64[2] = cast %5 {dtype=f64} yield %6 }"
SHRINKS = "body(%5: i64[], %6: f64[2]) { %7: f64[1] = index %6 {index=(slice(1, None, None),)} yield %7 }"
TWO_BOOLS = "test(%5: f64[2]) { %6: bool[] = constant {value=dense<bool[] True>} yield %6, %6 }"
REGIONS = {
    "cond_branch_takes_too_little": COND.format(then=TAKES_NOTHING, other=SAME),
    "cond_branch_takes_another_type": COND.format(then=TAKES_F32, other=SAME),
    "cond_branches_yield_two_types": COND.format(
        then="then(%5: f64[2]) { %6: bool[2] = isnan %5 yield %6 }", other=SAME
    ),
    "cond_branches_yield_two_counts": COND.format(then="then(%5: f64[2]) { yield %5, %5 }", other=SAME),
    "cond_has_one_branch": COND.format(then="then(%5: f64[2]) { yield %5 }", other=""),
    "loop_carries_more_than_it_yields": LOOP.format(attrs="carried=1", body="body(%5: i64[], %6: f64[2]) { yield }"),
    "loop_changes_a_type": LOOP.format(
        attrs="carried=1", body="body(%5: i64[], %6: f64[2]) { %7: bool[2] = isnan %6 yield %7 }"
    ),
    "loop_changes_a_size": LOOP.format(attrs="carried=1", body=SHRINKS),
    "loop_has_no_index": LOOP.format(attrs="carried=1", body="body(%6: f64[2]) { yield %6 }"),
    "loop_without_attribute": LOOP.format(attrs="other=1", body="body(%5: i64[], %6: f64[2]) { yield %6 }"),
    "while_test_is_no_bool": WHILE.format(test="test(%5: f64[2]) { yield %5 }"),
    "while_test_yields_two": WHILE.format(test=TWO_BOOLS),
}


@pytest.mark.parametrize("name", REGIONS)
def test_broken_region_reads_well(name: str) -> None:
    """The message shows the op, marked, and what stands around it."""
    with pytest.raises(VerifyError) as caught:
        verify(parse(REGIONS[name]))
    assert_golden(f"verify/{name}.txt", str(caught.value))


def test_functions_are_verified() -> None:
    text = "graph f() -> () { yield }\nfunction g = g(%0: f64[]) -> (f64[]) { %1: f32[] = neg %0 yield %0 }"
    with pytest.raises(VerifyError, match="op 'neg' in graph 'g'"):
        verify(parse(text))


def test_call_passes_what_the_function_takes() -> None:
    text = "graph f(%0: f64[]) -> (f64[]) { %1: f64[] = call %0 {function='g'} yield %1 }\n"
    with pytest.raises(VerifyError, match="1 operands, the function takes 2"):
        verify(parse(text + "function g = g(%0: f64[], %1: f64[]) -> (f64[]) { yield %0 }"))
    with pytest.raises(VerifyError, match=r"a result is f64\[\], its shape rule gives bool\[\]"):
        verify(parse(text + "function g = g(%0: f64[]) -> (bool[]) { %1: bool[] = isnan %0 yield %1 }"))


def test_function_may_call_one_that_comes_later() -> None:
    call = "(%0: f64[]) -> (f64[]) { %1: f64[] = call %0 {function='NAME'} yield %1 }\n"
    text = "graph f" + call.replace("NAME", "g") + "function g = g" + call.replace("NAME", "h")
    verify(parse(text + "function h = h(%0: f64[]) -> (f64[]) { yield %0 }"))
    with pytest.raises(VerifyError, match="op 'call' in graph 'g': there is no function 'h'"):
        verify(parse(text))


def test_unknown_attribute_and_wrong_number_of_operands_are_refused() -> None:
    with pytest.raises(VerifyError, match=r"op 'neg' .* refuses it: .*unexpected keyword argument 'axis'"):
        verify(parse("graph f(%0: f64[]) -> () { %1: f64[] = neg %0 {axis=1} yield }"))
    with pytest.raises(VerifyError, match=r"op 'sum_to' .* refuses it: .*missing 1 required positional argument"):
        verify(parse("graph f(%0: f64[]) -> () { %1: f64[] = sum_to %0 yield }"))
    with pytest.raises(VerifyError, match=r"op 'is_some' .* refuses it: .*takes a value that may be missing"):
        verify(parse("graph f(%0: bool[]) -> () { %1: bool[] = is_some %0 yield }"))
