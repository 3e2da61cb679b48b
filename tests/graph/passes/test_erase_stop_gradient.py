"""`stop_gradient` in graphs: passes keep it, differentiation ends there, and graphs that are only run lose it."""

import numpy as np

from graph.autodiff.vjp import vjp
from graph.execute.interpreter import run
from graph.ir.verify import verify
from graph.passes.erase_stop_gradient import erase_stop_gradient
from graph.passes.pipeline import optimize
from graph.text.parser import parse

TEXT = """
graph f(%0 p: bool[], %1 x: f64[2]) -> (f64[2], f64[2]) {
  %2: f64[2] = stop_gradient %1
  %3: f64[2] = mul %1, %2
  %4: f64[2] = cond %0, %3 {
    then(%5: f64[2]) {
      %6: f64[2] = stop_gradient %5
      yield %6
    }
    else(%7: f64[2]) {
      %8: f64[2] = neg %7
      yield %8
    }
  }
  yield %4, %2
}
"""


def test_the_way_of_gradients_ends():
    graph = optimize(parse(TEXT))
    assert str(graph).count("stop_gradient") == 2
    x = np.array([2.0, 3.0])
    ones = np.ones(2)
    for p, expected in ((True, 0 * x), (False, -x)):
        *_, ct = run(vjp(graph, (1,)), (np.bool_(p), x, ones, ones))
        np.testing.assert_array_equal(ct, expected)


def test_erasing_keeps_values():
    graph = parse(TEXT)
    erased = erase_stop_gradient(graph)
    verify(erased)
    assert "stop_gradient" not in str(erased)
    for p in (True, False):
        args = (np.bool_(p), np.array([2.0, 3.0]))
        for a, b in zip(run(graph, args), run(erased, args), strict=True):
            np.testing.assert_array_equal(a, b)
