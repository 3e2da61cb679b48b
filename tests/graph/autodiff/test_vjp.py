"""Reverse mode through control flow, lists, optionals and sizes: against central differences, to third order."""

import itertools
from typing import Any

import numpy as np
import pytest

import eager as xp
from graph.autodiff.activity import carries_cotangents
from graph.autodiff.vjp import grad, split, vjp
from graph.aval import scalar
from graph.dtypes import bool_, complex64, float32, float64, int64
from graph.errors import NotDifferentiableError
from graph.execute.interpreter import run
from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph
from graph.ir.value import Value
from graph.ir.verify import verify
from graph.ir.walk import walk
from graph.passes.pipeline import optimize
from graph.text.parser import parse
from support.control import cond, for_loop, while_loop
from support.derivatives import assert_close, assert_vjp, directions
from support.on_tape import on_tape, tensors_of
from support.region_graphs import CASES, ROW, F, K, V, graph_of, nest

ALL = [
    pytest.param(case.graph, args, id=f"{name}-{k}") for name, case in CASES.items() for k, args in enumerate(case.args)
]
KINDS = ("if", "for", "while")


@pytest.mark.parametrize(("graph", "args"), ALL)
def test_against_differences_to_third_order(graph: Graph, args: tuple[Any, ...]) -> None:
    assert_vjp(graph, args, order=3)


@pytest.mark.parametrize("kinds", [*itertools.product(KINDS, repeat=3)], ids="-".join)
def test_nested_three_deep(kinds: tuple[str, ...]) -> None:
    assert_vjp(nest(kinds), (ROW, np.float64(0.8)), order=2)


@pytest.mark.parametrize(
    "kinds", [("for", "if", "while"), ("while", "for", "if"), ("if", "while", "for")], ids="-".join
)
def test_nested_three_deep_to_third_order(kinds: tuple[str, ...]) -> None:
    assert_vjp(nest(kinds), (ROW, np.float64(0.8)), order=3, rtol=1e-4)


@pytest.mark.parametrize(("graph", "args"), ALL)
def test_against_the_tape(graph: Graph, args: tuple[Any, ...]) -> None:
    """Eager's tape, with the control flow in Python, gives the same cotangents."""
    places = [i for i, p in enumerate(graph.params) if carries_cotangents(p.type)]
    rng = np.random.default_rng(0)
    results = run(graph, args)
    shown = [(v.type, value) for v, value in zip(graph.results, results, strict=True) if carries_cotangents(v.type)]
    cts = [directions(rng, value) for _, value in shown]

    def function(*watched: Any) -> list[xp.Tensor]:
        given = [_tensors(arg) for arg in args]
        for i, x in zip(places, watched, strict=True):
            given[i] = x
        outputs = on_tape(graph, given)
        floating = [out for v, out in zip(graph.results, outputs, strict=True) if carries_cotangents(v.type)]
        return tensors_of(floating)

    _, pull = xp.vjp(function, *(_tensors(args[i]) for i in places))
    expected = pull(tensors_of(_tensors(cts)))
    found = run(vjp(graph, places), [*args, *cts])[len(results) :]
    assert_close(found, [_arrays(x) for x in expected])


def _tensors(value: Any) -> Any:
    if isinstance(value, list):
        return [_tensors(item) for item in value]
    return None if value is None else xp.asarray(value)


def _arrays(value: Any) -> Any:
    return [_arrays(item) for item in value] if isinstance(value, list) else np.asarray(value)


@pytest.mark.parametrize(("graph", "args"), ALL)
def test_split_halves_make_the_whole(graph: Graph, args: tuple[Any, ...]) -> None:
    """Forward, then backward: what `vjp` gives at once."""
    places = [i for i, p in enumerate(graph.params) if carries_cotangents(p.type)]
    halves = split(graph, places)
    forward = Graph("forward", halves.forward.params, halves.forward.ops, halves.forward.results, graph.functions)
    verify(forward)
    verify(halves.backward)
    yielded = run(optimize(forward), args)
    results, residuals = yielded[: len(graph.results)], yielded[len(graph.results) :]
    rng = np.random.default_rng(0)
    cts = {
        k: directions(rng, value)
        for k, (v, value) in enumerate(zip(graph.results, results, strict=True))
        if carries_cotangents(v.type)
    }
    given = [ct for k, ct in cts.items() if halves.active_results[k]]
    saved = [*(args[i] for i in halves.from_params), *residuals]
    assert halves.seeded == ()
    found = dict(zip(halves.outputs, run(optimize(halves.backward), [*saved, *given]), strict=True))
    expected = run(vjp(graph, places), [*args, *cts.values()])[len(results) :]
    assert_close([found[i] for i in places], expected)


@pytest.mark.parametrize(("graph", "args"), ALL)
def test_graphs_from_text_are_differentiated_alike(graph: Graph, args: tuple[Any, ...]) -> None:
    again = parse(str(graph))
    places = [i for i, p in enumerate(graph.params) if carries_cotangents(p.type)]
    derived = vjp(again, places)
    assert str(derived) == str(vjp(graph, places))
    assert str(parse(str(derived))) == str(derived)


@pytest.mark.parametrize("name", ["newton_root", "rnn", "early_exit", "integers_are_carried", "branch"])
def test_float32(name: str) -> None:
    """Single precision gives single precision, close to what double precision gives."""
    graph, (args, *_) = CASES[name].graph, CASES[name].args
    single = parse(str(graph).replace("f64", "f32"))
    _assert_narrow(graph, single, args, float32)


def test_complex64() -> None:
    graph, (args, *_) = CASES["complex_values_are_carried"].graph, CASES["complex_values_are_carried"].args
    narrow = parse(str(graph).replace("f64", "f32").replace("c128", "c64"))
    _assert_narrow(graph, narrow, args, float32)
    assert complex64 in [v.dtype for v in vjp(narrow, [0, 1]).results]


def _assert_narrow(wide: Graph, narrow: Graph, args: tuple[Any, ...], dtype: Any) -> None:
    names = {"float64": "float32", "complex128": "complex64"}
    places = [i for i, p in enumerate(wide.params) if carries_cotangents(p.type)]
    results = run(wide, args)
    cts = [np.ones_like(value) for v, value in zip(wide.results, results, strict=True) if carries_cotangents(v.type)]
    wide_args = [*args, *cts]
    narrow_args = [np.asarray(x, names.get(np.asarray(x).dtype.name))[()] for x in wide_args]
    derived = vjp(narrow, places)
    verify(derived)
    for graph in (derived, optimize(derived)):
        found = run(graph, narrow_args)
        assert [np.asarray(x).dtype for x in found] == [v.dtype for v in derived.results]
        assert float64 not in [v.dtype for v in derived.results]
        for a, b in zip(found, run(vjp(wide, places), wide_args), strict=True):
            np.testing.assert_allclose(a, b, rtol=2e-3, atol=1e-4)


def test_parameters_the_results_do_not_depend_on_get_zeros() -> None:
    graph = graph_of("f", [F, V, F], lambda b, x, v, y: [b.sin(x)])
    derived = assert_vjp(graph, (np.float64(0.3), ROW, np.float64(1.0)), order=3)
    _, _, dv, dy = run(derived, [np.float64(0.3), ROW, np.float64(1.0), np.float64(1.0)])
    assert_close([dv, dy], [np.zeros(3), np.float64(0.0)])


def test_what_the_test_depends_on_gets_zero() -> None:
    """Only the bool depends on `x`: the gradient is zero, not missing."""

    def make(b: GraphBuilder, x: Value, y: Value) -> Any:
        return cond(b, b.gt(x, 0.0), lambda c: [c.mul(y, 2.0)], lambda c: [y])

    derived = vjp(graph_of("f", [F, F], make), [0, 1])
    assert run(derived, [np.float64(1.0), np.float64(1.0), np.float64(1.0)])[1:] == (0.0, 2.0)


@pytest.mark.parametrize("x", [0.0, -1.0])
def test_nan_of_the_branch_not_taken_stays_there(x: float) -> None:
    """`where` computes both sides, and its gradient is nan; `cond` does not."""

    def in_branch(b: GraphBuilder, x: Value) -> Any:
        return cond(b, b.gt(x, 0.0), lambda c: [c.mul(c.log(x), c.sqrt(x))], lambda c: [c.mul(x, 3.0)])

    def in_loop(b: GraphBuilder, x: Value) -> Any:
        return for_loop(b, 2, [x], lambda c, i, y: cond(c, c.gt(x, 0.0), lambda d: [d.log(d.mul(x, y))], lambda d: [y]))

    def by_where(b: GraphBuilder, x: Value) -> Any:
        return [b.where(b.gt(x, 0.0), b.sqrt(x), b.mul(x, 3.0))]

    args = [np.float64(x), np.float64(1.0)]
    for order in (1, 2, 3):
        results = []
        for make in (in_branch, in_loop, by_where):
            graph, given = graph_of("f", [F], make), [*args]
            for _ in range(order - 1):
                graph, given = vjp(graph, [0]), [*given, *np.ones(len(graph.results))]
            given = [*given[: len(graph.params)], *np.ones(len(graph.results))]
            results.append(run(optimize(vjp(graph, [0])), given)[-1])
        assert np.isfinite(results[0])
        assert np.isfinite(results[1])
        assert np.isnan(results[2])


def test_missing_cotangent_is_zero() -> None:
    graph, (_, *rest) = CASES["optional_is_carried"].graph, CASES["optional_is_carried"].args[0]
    derived = vjp(graph, [0])
    for each in (derived, optimize(derived)):
        assert_close(run(each, [ROW, *rest, np.zeros(3), None])[-1:], [np.zeros(3)])


def test_sizes_that_only_values_decide_in_two_regions() -> None:
    def make(b: GraphBuilder, x: Value) -> Any:
        picked = b.index(x, b.gt(x, 0.0), index=("$",))

        def body(c: GraphBuilder, i: Value, y: Value) -> Any:
            more = c.index(y, c.gt(y, -1.0), index=("$",))
            return [c.mul(c.sum(more, axis=(0,), keepdims=False), c.sin(y))]

        return for_loop(b, 2, [picked], body)

    graph = graph_of("f", [V], make)
    assert_vjp(graph, (ROW,), order=2)


def test_effects_happen_once_in_the_forward_half(capsys: pytest.CaptureFixture[str]) -> None:
    def say(b: GraphBuilder, text: str, *operands: Value) -> None:
        parts = (text, *[" "] * (len(operands) - 1), "\n") if operands else (text + "\n",)
        b.apply("print", operands, {"parts": parts, "forms": ("",) * len(operands), "stream": "stdout"})

    def make(b: GraphBuilder, x: Value) -> Any:
        def test(c: GraphBuilder, i: Value, y: Value) -> Value:
            say(c, "test ", i)
            return c.lt(i, 2)

        def body(c: GraphBuilder, i: Value, y: Value) -> Any:
            def then(d: GraphBuilder) -> Any:
                say(d, "then")
                return [d.sin(d.mul(y, x))]

            def other(d: GraphBuilder) -> Any:
                say(d, "else")
                return [d.exp(y)]

            return [c.add(i, 1), *cond(c, c.eq(i, 0), then, other)]

        say(b, "start")
        return while_loop(b, [b.constant(0), x], test, body)

    graph = graph_of("f", [F], make)
    run(graph, [np.float64(0.5)])
    expected = capsys.readouterr().out
    assert expected == "start\ntest 0\nthen\ntest 1\nelse\ntest 2\n"
    once = vjp(graph, [0])
    twice = vjp(once, [0])
    for derived in (once, optimize(once), twice, optimize(twice), optimize(vjp(optimize(once), [0]))):
        run(derived, [np.float64(0.5), *np.ones(len(derived.params) - 1)])
        assert capsys.readouterr().out == expected
    halves = split(graph, [0])
    assert "print" in str(halves.forward)
    assert "print" not in str(halves.backward)


def test_gradient_of_one_result() -> None:
    graph = graph_of("f", [V, K], lambda b, x, n: [n, b.sum(b.mul(x, x), axis=(0,), keepdims=False), x])
    derived = grad(graph, [0], result=1)
    assert [str(v.type) for v in derived.results] == ["i64[]", "f64[]", "f64[3]", "f64[3]"]
    np.testing.assert_allclose(run(derived, [ROW, np.int64(1)])[3], 2 * ROW)


@pytest.mark.parametrize(("result", "shown"), [(0, r"i64\[\]"), (1, r"f64\[3\]"), (2, r"c128\[\]")])
def test_gradient_needs_a_number(result: int, shown: str) -> None:
    graph = graph_of("f", [V, K], lambda b, x, n: [n, x, b.constant(1j)])
    with pytest.raises(NotDifferentiableError, match=f"the gradient of `f` needs a 0-d floating result, .* {shown}"):
        grad(graph, [0], result)


def test_integers_have_no_gradient() -> None:
    graph = graph_of("f", [V, K], lambda b, x, n: [b.mul(x, n)])
    with pytest.raises(NotDifferentiableError, match=r"parameter 1 of `f` is i64\[\]: no gradient flows to it"):
        vjp(graph, [0, 1])


POWER = """
graph f(%0 x: f64[], %1 n: i64[]) -> (f64[]) {
  %2: f64[] = call %0, %1 {function='power'}
  yield %2
}
function power = power(%0 x: f64[], %1 n: i64[]) -> (f64[]) {
  print %1 {parts=('n ', '\\n'), forms=('',), stream='stdout'}
  %2: i64[] = constant {value=dense<i64[] 0>}
  %3: bool[] = eq %1, %2
  %4: f64[] = cond %3, %0, %1 {
    then(%5: f64[], %6: i64[]) {
      %7: f64[] = constant {value=dense<f64[] 1.0>}
      yield %7
    }
    else(%8: f64[], %9: i64[]) {
      %10: i64[] = constant {value=dense<i64[] 1>}
      %11: i64[] = sub %9, %10
      %12: f64[] = call %8, %11 {function='power'}
      %13: f64[] = mul %8, %12
      yield %13
    }
  }
  yield %4
}
"""


@pytest.mark.parametrize("n", [0, 1, 5])
def test_a_function_that_calls_itself(n: int, capsys: pytest.CaptureFixture[str]) -> None:
    """To the third derivative; what the function prints is printed once."""
    graph, x = parse(POWER), np.float64(1.3)
    factor = 1.0
    for order in range(1, 4):
        factor *= n - order + 1
        graph = grad(graph, [0], order - 1)
        verify(graph)
        capsys.readouterr()
        found = run(graph, [x, np.int64(n)])[-1]
        assert capsys.readouterr().out == "".join(f"n {k}\n" for k in range(n, -1, -1))
        assert np.isclose(found, factor * x ** max(n - order, 0))
    cut = split(parse(POWER), [0])
    values = run(cut.forward, [x, np.int64(n)])
    residuals = [*([x, np.int64(n)][i] for i in cut.from_params), *values[1:]]
    assert np.isclose(run(cut.backward, [*residuals, np.float64(1.0)])[0], n * x ** max(n - 1, 0))


def test_one_parameter_asked_twice() -> None:
    graph = graph_of("f", [F], lambda b, x: [b.mul(x, x)])
    assert run(vjp(graph, [0, 0]), [np.float64(3.0), np.float64(1.0)]) == (9.0, 6.0, 6.0)


def test_stop_gradient_in_a_loop() -> None:
    graph = graph_of("f", [F], lambda b, x: for_loop(b, 2, [x], lambda c, i, y: [c.mul(c.stop_gradient(y), x)]))
    assert run(vjp(graph, [0]), [np.float64(2.0), np.float64(1.0)]) == (8.0, 4.0)


def test_deep_nests_are_differentiated_in_good_time() -> None:
    """The number of questions about what is active grows with the depth, not as a power of it."""

    def level(b: GraphBuilder, depth: int, x: Value) -> Value:
        if not depth:
            return b.sin(x)
        one = b.constant(1.0)
        return for_loop(b, 2, [one, one, one], lambda c, i, p, q, r: [q, r, level(c, depth - 1, c.mul(p, x))])[0]

    graph = graph_of("f", [F], lambda b, x: [level(b, 14, x)])
    derived = vjp(graph, [0])
    assert len(list(walk(derived))) < 100 * len(list(walk(graph)))


@pytest.mark.parametrize("dtype", [bool_, int64])
def test_carried_values_without_gradient_are_no_part_of_the_backward_loop(dtype: Any) -> None:
    zero = np.zeros((), dtype)
    graph = graph_of(
        "f", [F, scalar(dtype)], lambda b, x, n: for_loop(b, 2, [x, n], lambda c, i, y, m: [c.sin(y), c.constant(zero)])
    )
    derived = vjp(graph, [0])
    backward = derived.ops[-1]
    while backward.name != "for_loop":
        backward = derived.ops[derived.ops.index(backward) - 1]
    assert [str(v.type) for v in backward.results] == ["f64[]"]
