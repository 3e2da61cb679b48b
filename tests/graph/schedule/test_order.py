"""Dependencies and Kahn's order; cycles are named."""

from types import MappingProxyType

import pytest

from graph.aval import scalar
from graph.dtypes import float64
from graph.errors import CycleError
from graph.ir.op import Graph, Op
from graph.ir.opdef import lookup
from graph.ir.value import Value
from graph.ir.verify import verify
from graph.location import Loc
from graph.schedule.order import depends, depends_directly, independent, scheduled, topological_order
from graph.text.parser import parse

DIAMOND = parse(
    """
    graph f(%0 x: f64[], %1 t: bool[]) -> (f64[]) {
      %2: f64[] = exp %0
      %3: f64[] = neg %2
      %4: f64[] = tanh %2
      print %0 {parts=('', '\\n'), forms=('',), stream='stdout'}
      check %1 {error='ValueError', parts=('',), forms=()}
      %5: f64[] = add %3, %4
      yield %5
    }
    """
)


def op(name: str, graph: Graph = DIAMOND) -> Op:
    return next(o for o in graph.ops if o.name == name)


def test_direct_and_indirect_dependencies() -> None:
    assert depends_directly(DIAMOND, op("neg"), op("exp"))
    assert not depends_directly(DIAMOND, op("add"), op("exp"))
    assert depends(DIAMOND, op("add"), op("exp"))
    assert not depends(DIAMOND, op("exp"), op("add"))


def test_independent_ops() -> None:
    assert independent(DIAMOND, op("neg"), op("tanh"))
    assert independent(DIAMOND, op("neg"), op("print"))
    assert not independent(DIAMOND, op("neg"), op("add"))


def test_ops_seen_from_outside_keep_their_order() -> None:
    assert depends_directly(DIAMOND, op("check"), op("print"))


def test_op_that_can_fail_stays_between_ordered_ones() -> None:
    graph = parse(
        """
        graph f(%0 x: f64[3], %1 i: i64[]) -> (f64[]) {
          print {parts=('a',), forms=(), stream='stdout'}
          %2: f64[] = index %0, %1 {index=('$',)}
          %3: f64[3] = neg %0
          print {parts=('b',), forms=(), stream='stdout'}
          yield %2
        }
        """
    )
    first, index, negation, second = graph.ops
    assert depends_directly(graph, index, first)
    assert depends_directly(graph, second, index)
    assert independent(graph, negation, second)


def test_order_is_program_order_where_that_is_free() -> None:
    assert topological_order(DIAMOND) == DIAMOND.ops


def test_order_mends_a_shuffled_graph() -> None:
    shuffled = Graph("f", DIAMOND.params, DIAMOND.ops[::-1], DIAMOND.results)
    ordered = scheduled(shuffled)
    verify(ordered)
    names = [o.name for o in ordered.ops]
    assert names.index("exp") < min(names.index("neg"), names.index("tanh")) < names.index("add")


def test_cycle_is_named() -> None:
    t = scalar(float64)
    x, a, b, c = (Value(t) for _ in range(4))

    def unary(name: str, operand: Value, result: Value, line: int) -> Op:
        return Op(lookup(name), (operand,), (result,), MappingProxyType({}), (), Loc("model.py", line))

    ops = (unary("exp", x, Value(t), 1), unary("neg", c, a, 2), unary("tanh", a, b, 3), unary("sin", b, c, 4))
    with pytest.raises(CycleError) as caught:
        topological_order(Graph("f", (x,), ops, (c,)))
    assert str(caught.value) == (
        "graph 'f' has a cycle: 'tanh' (op 2, model.py:3) -> 'sin' (op 3, model.py:4) -> 'neg' (op 1, model.py:2) "
        "-> 'tanh' (op 2, model.py:3)"
    )
