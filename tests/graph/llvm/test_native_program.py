"""Native programs as their callers see them: results, errors at the user's line, memory, what stays in NumPy."""

import math
import re

import numpy as np
import pytest

from graph.aval import Aval, ListType, SymDim, scalar
from graph.dtypes import bool_, float32, float64, int64
from graph.execute.executor import Executor
from graph.execute.failure import location_of
from graph.execute.interpreter import run
from graph.execute.native_program import NativeProgram, compile_native
from graph.ir.builder import GraphBuilder
from graph.ir.opdef import lookup
from graph.location import Loc
from support.close import assert_close
from support.control import cond, for_loop

N = SymDim.named("n")


def allocations(program: NativeProgram) -> int:
    """How many places of the optimized code ask for memory."""
    return len(re.findall(r"call .*@dy_alloc\(", program.optimized))


def test_is_an_executor() -> None:
    b = GraphBuilder("double")
    x = b.param(Aval(float64, (N,)))
    program = Executor("native").prepare(b.build([b.add(x, x)]))
    assert_close(program(np.array([1.0, 2.0])), (np.array([2.0, 4.0]),))


def test_a_chain_is_one_loop_and_one_block() -> None:
    b = GraphBuilder("chain")
    x, y = b.param(Aval(float32, (N, 200))), b.param(Aval(float32, (200,)))
    z = b.exp(b.neg(b.mul(b.add(x, y), 0.5)))
    program = compile_native(b.build([b.add(z, b.tanh(z))]))
    args = (np.linspace(-1, 1, 600, dtype=np.float32).reshape(3, 200), np.ones(200, np.float32))
    assert allocations(program) == 1
    assert_close(program(*args), run(program.graph, args))


def test_a_reduction_needs_no_memory_for_its_operand() -> None:
    b = GraphBuilder("norm")
    x = b.param(Aval(float64, (1000,)))
    program = compile_native(b.build([b.sqrt(b.sum(b.mul(x, x), axis=None, keepdims=False))]))
    assert allocations(program) == 0
    x = np.linspace(0, 1, 1000)
    assert_close(program(x), (np.sqrt(np.sum(x * x)),))


def test_small_arrays_are_registers() -> None:
    """A step on two numbers: no memory, no loop but the one that is asked for."""
    b = GraphBuilder("ode")
    y, n = b.param(Aval(float64, (2,))), b.param(scalar(int64))

    def step(c: GraphBuilder, i: object, state: object) -> list[object]:
        flipped = c.index(state, index=(slice(None, None, -1),))
        return [c.add(state, c.mul(flipped, 0.01))]

    (result,) = for_loop(b, n, [y], step)
    program = compile_native(b.build([result]))
    assert allocations(program) == 0
    assert "alloca" not in program.optimized
    args = (np.array([1.0, 2.0]), np.int64(100))
    assert_close(program(*args), run(program.graph, args))


def test_costly_values_with_two_readers_are_computed_once() -> None:
    b = GraphBuilder("shared")
    x = b.param(Aval(float64, (N,)))
    y = b.exp(x)
    total = b.sum(y, axis=None, keepdims=False)
    program = compile_native(b.build([b.div(y, total)]))
    assert allocations(program) == 2  # y, and the result
    assert_close(program(np.array([1.0, 2.0])), run(program.graph, (np.array([1.0, 2.0]),)))


def test_loops_update_in_place() -> None:
    """A buffer that a loop carries and writes to is not copied in each trip; the caller's array is, once."""
    b = GraphBuilder("fill")
    x, n = b.param(Aval(float64, (20_000,))), b.param(scalar(int64))
    (result,) = for_loop(b, n, [x], lambda c, i, x: [c.index_set(x, 1.5, i, index=("$",))])
    program = compile_native(b.build([result]))
    given = np.zeros(20_000)
    (found,) = program(given, np.int64(500))
    assert found[:500].min() == 1.5
    assert not given.any()
    assert program.loaded.peak_bytes < 2 * given.nbytes


def test_an_update_copies_what_is_needed_still() -> None:
    b = GraphBuilder("both")
    x = b.param(Aval(float64, (100,)))
    y = b.mul(x, 2.0)
    z = b.index_set(y, 0.0, index=(slice(10, None, None),))
    graph = b.build([y, z])
    assert_close(compile_native(graph)(np.ones(100)), run(graph, (np.ones(100),)))


def test_what_reads_a_tensor_is_computed_before_it_is_changed() -> None:
    b = GraphBuilder("order")
    x = b.param(Aval(float64, (N,)))
    y = b.mul(x, 2.0)
    row = b.index(y, index=(slice(0, 80, None),))
    lazy = b.add(y, 1.0)
    z = b.index_set(y, 0.0, index=(slice(None),))
    graph = b.build([lazy, row, z])
    assert_close(compile_native(graph)(np.ones(100)), run(graph, (np.ones(100),)))


def test_a_row_is_read_and_written_in_a_loop() -> None:
    b = GraphBuilder("rows")
    x, n = b.param(Aval(float64, (10, 100))), b.param(scalar(int64))

    def body(c: GraphBuilder, i: object, rows: object) -> list[object]:
        row = c.index(rows, i, index=("$",))
        return [c.index_add(rows, c.mul(row, 2.0), i, index=("$",))]

    (result,) = for_loop(b, n, [b.add(x, 1.0)], body)
    graph = b.build([result])
    program = compile_native(graph)
    args = (np.linspace(0, 1, 1000).reshape(10, 100), np.int64(10))
    assert_close(program(*args), run(graph, args))
    assert program.loaded.peak_bytes < 2 * args[0].nbytes


def test_tables_are_not_stored_in_each_trip() -> None:
    b = GraphBuilder("table")
    n, v = b.param(scalar(int64)), b.param(Aval(float64, (5,)))
    table = b.constant(np.arange(5.0) * 1.5)

    def body(c: GraphBuilder, i: object, total: object) -> list[object]:
        k = c.mod(i, c.constant(5, int64))
        product = c.mul(c.index(table, k, index=("$",)), c.index(v, k, index=("$",)))
        return [c.add(total, product)]

    graph = b.build(for_loop(b, n, [b.constant(0.0)], body))
    program = compile_native(graph)
    args = (np.int64(13), np.linspace(1, 2, 5))
    assert_close(program(*args), run(graph, args))
    _, _, loop = program.optimized.partition("\ntrip:")
    assert "store" not in loop.partition("\ndone:")[0]


def test_branches_may_change_what_they_are_given() -> None:
    b = GraphBuilder("branches")
    x, p = b.param(Aval(float64, (100,))), b.param(scalar(bool_))
    y = b.mul(x, 2.0)
    (z,) = cond(b, p, lambda c: [c.index_set(y, 0.0, index=(3,))], lambda c: [c.neg(y)])
    graph = b.build([z])
    program = compile_native(graph)
    for truth in (np.True_, np.False_):
        assert_close(program(np.ones(100), truth), run(graph, (np.ones(100), truth)))
    assert program.loaded.peak_bytes < 2 * 100 * 8 + 1024


def test_lists_grow_and_give_back() -> None:
    b = GraphBuilder("lists")
    x, n = b.param(Aval(float64, (100,))), b.param(scalar(int64))
    empty = b.append(lookup("list_make"), (), {"element": x.type})[0]

    def push(c: GraphBuilder, i: object, items: object) -> list[object]:
        return [c.list_append(items, c.mul(x, c.cast(i, dtype=float64)))]

    (items,) = for_loop(b, n, [empty], push)
    rest, last = b.list_pop(items, -1)
    graph = b.build([rest, last])
    program = compile_native(graph)
    args = (np.ones(100), np.int64(20))
    for _ in range(3):
        assert_close(program(*args), run(graph, args))
    with pytest.raises(IndexError):
        program(np.ones(100), np.int64(0))
    assert isinstance(graph.results[0].type, ListType)


def test_errors_are_those_of_the_kernels_at_the_users_line() -> None:
    b = GraphBuilder("fails")
    x, i = b.param(Aval(float64, (N,))), b.param(scalar(int64))
    b.loc = Loc("model.py", 7, 4, "x[i]")
    graph = b.build([b.index(x, i, index=("$",))])
    with pytest.raises(IndexError, match="out of bounds") as caught:
        compile_native(graph)(np.ones(3), np.int64(3))
    loc = location_of(caught.value)
    assert loc is not None
    assert loc.line == 7


def test_sizes_that_do_not_fit() -> None:
    b = GraphBuilder("sizes")
    x, y = b.param(Aval(float64, (N,))), b.param(Aval(float64, (SymDim.named("m"),)))
    program = compile_native(b.build([b.add(x, y)]))
    for sizes in ((3, 3), (1, 4), (4, 1), (1, 1), (0, 1), (0, 0)):
        args = tuple(np.ones(n) for n in sizes)
        assert_close(program(*args), run(program.graph, args))
    with pytest.raises(ValueError, match="broadcast"):
        program(np.ones(2), np.ones(3))


@pytest.mark.parametrize("k", [0, 1, 3, 200])
def test_products_over_any_number_of_terms(k: int) -> None:
    b = GraphBuilder("products")
    x, y, v = b.param(Aval(float64, (100, N))), b.param(Aval(float64, (N, 70))), b.param(Aval(float64, (N,)))
    w = b.param(Aval(float64, (N, 100)))
    turned = b.transpose(w, axes=(1, 0))
    graph = b.build([b.matmul(x, y), b.matmul(x, v), b.matmul(v, y), b.matmul(v, v), b.matmul(turned, y)])
    rng = np.random.default_rng(k)
    args = [rng.standard_normal(shape) for shape in ((100, k), (k, 70), (k,), (k, 100))]
    program = compile_native(graph)
    for _ in range(2):
        assert_close(program(*args), run(graph, args))


def test_what_stays_in_numpy_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    b = GraphBuilder("prints")
    x = b.param(Aval(float64, (N,)))
    b.print(x, parts=("x = ", "\n"), forms=("",), stream="stdout")
    program = compile_native(b.build([b.mul(x, 2.0)]))
    (site,) = program.callbacks
    assert site.op.name == "print"
    assert "Python" in site.reason
    assert_close(program(np.array([1.0, -1.0])), (np.array([2.0, -2.0]),))
    assert capsys.readouterr().out == "x = [ 1. -1.]\n"


@pytest.mark.parametrize("n", [0, 1, 7, 8, 130, 1000])
def test_exact_sums_are_taken_in_numpys_order(n: int) -> None:
    b = GraphBuilder("total")
    x = b.param(Aval(float32, (N,)))
    program = compile_native(b.build([b.sum(x, axis=None, keepdims=False)]), exact=True)
    assert "reassoc" not in program.llvm
    x = np.random.default_rng(n).standard_normal(n).astype(np.float32)
    assert program(x)[0] == np.sum(x)


def test_a_minimum_machine_runs_it_too() -> None:
    b = GraphBuilder("small")
    x = b.param(Aval(float32, (N,)))
    graph = b.build([b.exp(x), b.sum(b.sin(x), axis=None, keepdims=False)])
    program = compile_native(graph, cpu="x86-64")
    assert "zmm" not in program.asm
    args = (np.linspace(-3, 3, 100, dtype=np.float32),)
    assert_close(program(*args), run(graph, args))
    assert math.isfinite(float(program(*args)[1]))
