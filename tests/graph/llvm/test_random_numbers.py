"""Random numbers in native code: the kernels' own, bit by bit, however many are drawn."""

from typing import Any

import numpy as np
import pytest

from graph.aval import Aval, SymDim, scalar
from graph.dtypes import float32, float64, int64, uint64
from graph.execute.interpreter import run
from graph.execute.native_program import compile_native
from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph
from graph.ir.opdef import lookup
from support.close import assert_close
from support.control import for_loop

N = SymDim.named("n")
STATE = Aval(uint64, (2,))
STATES = [np.array(pair, np.uint64) for pair in ((5, 0), (2**64 - 1, 2**64 - 2))]
"""The second one's counter wraps."""
EXACT: list[tuple[str, dict[str, Any]]] = [
    ("random_bits", {}),
    ("random_uniform", {"dtype": float32}),
    ("random_uniform", {"dtype": float64}),
    ("random_permutation", {}),
]


def drawing(name: str, **attrs: Any) -> Graph:
    b = GraphBuilder(name)
    state, n = b.param(STATE), b.param(scalar(int64))
    return b.build(b.append(lookup(name), [state, n], {"shape": (N,), **attrs}))


@pytest.mark.parametrize(("name", "attrs"), EXACT, ids=lambda x: "" if isinstance(x, dict) else x)
def test_the_same_bits(name: str, attrs: dict[str, Any]) -> None:
    program = compile_native(drawing(name, **attrs))
    assert not program.callbacks
    for state in STATES:
        for n in (*range(18), 1000, 1001):
            found, expected = program(state, np.int64(n)), run(program.graph, (state, np.int64(n)))
            assert [x.tobytes() for x in found] == [x.tobytes() for x in expected]


@pytest.mark.parametrize("dtype", [float32, float64], ids=str)
def test_normal_numbers_but_for_last_digits(dtype: Any) -> None:
    program = compile_native(drawing("random_normal", dtype=dtype))
    assert not program.callbacks
    for n in (0, 1, 2, 3, 1000, 1001):
        args = (STATES[1], np.int64(n))
        found, expected = program(*args), run(program.graph, args)
        assert np.allclose(found[0], expected[0], rtol=4 * np.finfo(dtype).eps, atol=1e-15)
        assert found[1].tobytes() == expected[1].tobytes()


def test_integers_of_every_width() -> None:
    b = GraphBuilder("integers")
    state, low, high = b.param(STATE), b.param(scalar(int64)), b.param(scalar(int64))
    program = compile_native(b.build(b.random_integers(state, low, high, shape=(7,), dtype=int64)))
    for bounds in ((0, 1), (-3, 4), (-(2**63), 2**63 - 1), (2**62, 2**63 - 1)):
        args = (STATES[0], *map(np.int64, bounds))
        assert_close(program(*args), run(program.graph, args))
    for bounds in ((0, 0), (4, -3)):
        with pytest.raises(ValueError, match="there is no integer"):
            program(STATES[0], *map(np.int64, bounds))


def test_less_than_nothing() -> None:
    program = compile_native(drawing("random_bits"))
    with pytest.raises(ValueError, match="negative"):
        program(STATES[0], np.int64(-1))


def test_draws_in_a_loop_need_no_memory() -> None:
    b = GraphBuilder("walk")
    state, n = b.param(STATE), b.param(scalar(int64))

    def step(c: GraphBuilder, i: object, state: object, place: object) -> list[object]:
        step, after = c.random_normal(c.random_fold_in(state, i), shape=(), dtype=float64)
        moved, after = c.random_uniform(after, shape=(3,), dtype=float32)
        return [after, c.add(c.add(place, step), c.cast(c.sum(moved, axis=None, keepdims=False), dtype=float64))]

    results = for_loop(b, n, [state, b.constant(0.0, float64)], step)
    program = compile_native(b.build(list(results)))
    assert not program.callbacks
    assert "dy_alloc" not in program.optimized
    args = (STATES[0], np.int64(50))
    assert_close(program(*args), run(program.graph, args))
