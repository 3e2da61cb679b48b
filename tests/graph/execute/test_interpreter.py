"""The oracle: results, the observer, and what becomes of exceptions."""

import numpy as np
import pytest

from graph.errors import IndexRangeError
from graph.execute.failure import location_of
from graph.execute.interpreter import run
from graph.text.parser import parse

COUNT = """
graph f(%0 n: i64[]) -> (i64[], i64[]) {
  %1: i64[] = constant {value=dense<i64[] 0>}
  %2: i64[], %3: i64[] = while_loop %1, %1, %0 {carried=2} {
    test(%4: i64[], %5: i64[], %6: i64[]) {
      %7: bool[] = lt %4, %6
      yield %7
    }
    body(%8: i64[], %9: i64[], %10: i64[]) {
      %11: i64[] = constant {value=dense<i64[] 1>}
      %12: i64[] = add %8, %11
      %13: i64[] = add %9, %8
      yield %12, %13
    }
  }
  yield %2, %3
}
"""


@pytest.mark.parametrize(("n", "total"), [(-1, 0), (0, 0), (1, 0), (5, 10)])
def test_loop_runs_as_often_as_its_test_says(n: int, total: int) -> None:
    assert run(parse(COUNT), [np.int64(n)]) == (max(n, 0), total)


def test_observer_sees_every_op_in_order() -> None:
    seen: list[str] = []
    run(parse(COUNT), [np.int64(1)], on_op=lambda op, results: seen.append(f"{op.name}:{len(results)}"))
    assert seen == ["constant:1", "lt:1", "constant:1", "add:1", "add:1", "lt:1", "while_loop:2"]


def test_wrong_number_of_arguments() -> None:
    with pytest.raises(TypeError, match="graph 'f' takes 1 arguments, 2 were given"):
        run(parse(COUNT), [1, 2])


FAILING = """
graph f(%0 x: f64[3], %1 i: i64[], %2 t: bool[]) -> (f64[]) {
  %3: f64[] = cond %2, %0, %1 {  # model.py:1
    then(%4: f64[3], %5: i64[]) {
      %6: f64[] = index %4, %5 {index=('$',)}  # model.py:2
      yield %6
    }
    else(%7: f64[3], %8: i64[]) {
      %9: f64[] = constant {value=dense<f64[] 0.0>}
      yield %9
    }
  }
  yield %3
}
"""


def test_exception_is_that_of_the_shape_rule_with_one_note_of_the_innermost_line() -> None:
    with pytest.raises(IndexRangeError) as caught:
        run(parse(FAILING), [np.zeros(3), np.int64(3), np.True_])
    assert caught.value.what == "index 3 is out of bounds for axis 0 with size 3"
    assert caught.value.__notes__ == ["model.py:2"]
    loc = location_of(caught.value)
    assert loc is not None
    assert loc.line == 2


def test_branch_not_taken_does_not_run() -> None:
    assert run(parse(FAILING), [np.zeros(3), np.int64(3), np.False_]) == (0.0,)


def test_functions_may_call_themselves() -> None:
    graph = parse(
        """
        graph f(%0 n: i64[]) -> (i64[]) {
          %1: i64[] = call %0 {function='fib'}
          yield %1
        }
        function fib = fib(%0 n: i64[]) -> (i64[]) {
          %1: i64[] = constant {value=dense<i64[] 2>}
          %2: bool[] = lt %0, %1
          %3: i64[] = cond %2, %0 {
            then(%4: i64[]) {
              yield %4
            }
            else(%5: i64[]) {
              %6: i64[] = constant {value=dense<i64[] 1>}
              %7: i64[] = sub %5, %6
              %8: i64[] = sub %7, %6
              %9: i64[] = call %7 {function='fib'}
              %10: i64[] = call %8 {function='fib'}
              %11: i64[] = add %9, %10
              yield %11
            }
          }
          yield %3
        }
        """
    )
    assert run(graph, [np.int64(12)]) == (144,)
