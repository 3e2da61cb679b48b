"""Inlining: sizes of the function become those of the operands; recursion stays; big functions called often stay."""

import numpy as np

from graph.execute.interpreter import run
from graph.ir.verify import verify
from graph.passes.inline_calls import MAX_OPS, inline_calls
from graph.text.parser import parse

DOUBLED = """
function twice = twice(%0 x: f64[n]) -> (f64[n]) {
  %1: i64[] = dim %0 {axis=0}
  %2: f64[] = constant {value=dense<f64[] 2.0>}
  %3: f64[n] = broadcast_to %2, %1 {shape=(<n>,)}
  %4: f64[n] = mul %0, %3
  yield %4
}
"""


def test_static_operand_makes_sizes_static() -> None:
    graph = parse(
        "graph f(%0 x: f64[3]) -> (f64[3]) {\n  %1: f64[3] = call %0 {function='twice'}\n  yield %1\n}\n" + DOUBLED
    )
    inlined = inline_calls(graph)
    verify(inlined)
    assert "<n>" not in str(inlined)
    assert "broadcast_to %2 {shape=(3,)}" in str(inlined)
    np.testing.assert_array_equal(run(inlined, [np.arange(3.0)])[0], [0.0, 2.0, 4.0])


def test_sizes_of_two_copies_have_two_names() -> None:
    graph = parse(
        """
        graph f(%0 x: bool[a], %1 y: bool[b]) -> (i64[u0], i64[u1]) {
          %2: i64[u0] = call %0 {function='where_true'}
          %3: i64[u1] = call %1 {function='where_true'}
          yield %2, %3
        }
        function where_true = where_true(%0 x: bool[n]) -> (i64[u0]) {
          %1: i64[u0] = nonzero %0
          yield %1
        }
        """
    )
    inlined = inline_calls(graph)
    verify(inlined)
    assert inlined.ops[0].result.type != inlined.ops[1].result.type


def test_large_function_is_inlined_only_where_it_is_called_once() -> None:
    lines = "\n".join(f"%{i + 1}: f64[] = neg %{i}" for i in range(MAX_OPS + 1))
    function = f"function g = g(%0: f64[]) -> (f64[]) {{ {lines} yield %{MAX_OPS + 1} }}"
    once = parse("graph f(%0: f64[]) -> (f64[]) { %1: f64[] = call %0 {function='g'}\n yield %1 }" + function)
    twice = parse(
        "graph f(%0: f64[]) -> (f64[]) { %1: f64[] = call %0 {function='g'}\n %2: f64[] = call %1 {function='g'}\n"
        " yield %2 }" + function
    )
    assert not inline_calls(once).functions
    assert [op.name for op in inline_calls(twice).ops] == ["call", "call"]
