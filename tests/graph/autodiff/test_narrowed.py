"""Backward halves for when cotangents come of some results alone."""

import numpy as np

from graph.autodiff.vjp import grad, split
from graph.execute.interpreter import run
from graph.ir.walk import walk
from graph.passes.pipeline import optimize
from graph.text.parser import parse

NEWTON = """
graph newton(%0 x: f64[]) -> (f64[], f64[]) {
  %1: f64[] = constant {value=dense<f64[] 1.0>}
  %2: f64[], %3: f64[] = while_loop %0, %1 {carried=2} {
    test(%4 y: f64[], %5 change: f64[]) {
      %6: f64[] = constant {value=dense<f64[] 1e-12>}
      %7: bool[] = gt %5, %6
      yield %7
    }
    body(%8 y: f64[], %9 change: f64[]) {
      %10: f64[] = constant {value=dense<f64[] 2.0>}
      %11: f64[] = div %10, %8
      %12: f64[] = add %8, %11
      %13: f64[] = constant {value=dense<f64[] 0.5>}
      %14: f64[] = mul %13, %12
      %15: f64[] = sub %14, %8
      %16: f64[] = square %15
      %17: f64[] = sqrt %16
      yield %14, %17
    }
  }
  yield %2, %3
}
"""


def test_a_loop_goes_back_without_what_nothing_comes_from() -> None:
    derived = optimize(grad(parse(NEWTON), [0]))
    (loop,) = [op for op in walk(derived) if op.name == "for_loop"]
    assert loop.attrs["carried"] == 1
    assert not [op for op in walk(loop.regions[0]) if op.name == "sqrt"]
    assert abs(float(run(derived, [np.float64(1.5)])[-1])) < 1e-12


SET_ANEW = """
graph set_anew(%0 v: f64[3]) -> (f64[]) {
  %1: i64[] = constant {value=dense<i64[] 3>}
  %2: f64[] = sum %0 {axis=None, keepdims=False}
  %3: f64[], %4: f64[] = for_loop %1, %2, %2, %0 {carried=2} {
    body(%5 i: i64[], %6 h: f64[], %7 y: f64[], %8 v: f64[3]) {
      %9: f64[] = index %8, %5 {index=('$',)}
      %10: f64[] = tanh %6
      %11: f64[] = mul %10, %9
      %12: f64[] = sqrt %9
      yield %11, %12
    }
  }
  %13: f64[] = add %3, %4
  yield %13
}
"""


def test_what_each_trip_sets_anew_goes_back_through_the_last_one() -> None:
    derived = optimize(grad(parse(SET_ANEW), [0]))
    forward, others = [op for op in walk(derived) if op.name == "for_loop"]
    assert (forward.attrs["carried"], others.attrs["carried"]) == (4, 2)
    assert [op.name for op in derived.ops].count("div") == 1  # the derivative of the root; the loop of one trip is gone
    assert not [op for op in walk(others.regions[0]) if op.name == "div"]
    with np.errstate(all="ignore"):
        found = run(derived, [np.array([0.0, 0.0, 4.0])])[-1]
    assert found.tolist() == [0.0, 0.0, 0.25]


def test_halves_narrowed_keep_their_residuals() -> None:
    cut = split(parse(NEWTON), [0])
    narrowed = cut.narrowed([0])
    assert narrowed is not cut
    assert narrowed.forward.results == cut.forward.results
    assert narrowed.from_params == cut.from_params
    assert len(narrowed.backward.params) == len(cut.backward.params) - 1
    x = np.float64(1.5)
    values = run(cut.forward, [x])
    residuals = [*([x][i] for i in cut.from_params), *values[2:]]
    assert np.isnan(run(cut.backward, [*residuals, np.float64(1.0), np.float64(0.0)])[0])
    assert abs(float(run(narrowed.backward, [*residuals, np.float64(1.0)])[0])) < 1e-12


def test_all_that_is_asked_is_the_whole() -> None:
    cut = split(parse(NEWTON), [0])
    assert cut.narrowed([0, 1]) is cut
    assert cut.narrowed([1]) is not cut.narrowed([0])
