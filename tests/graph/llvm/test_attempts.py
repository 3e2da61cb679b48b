"""`attempt` in native code: what is caught, what passes, and that a block that fails leaves nothing behind."""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from graph.aval import Aval, ListType, SymDim, scalar
from graph.dtypes import bool_, float64, int64
from graph.execute.failure import location_of
from graph.execute.interpreter import run
from graph.execute.native_program import NativeProgram, compile_native
from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph
from graph.ir.opdef import lookup
from graph.ir.value import Value
from graph.llvm import abi
from graph.llvm.runtime import program as native_runtime
from graph.llvm.runtime.program import memory_use
from graph.location import Loc
from graph.ops.raised import caught_error
from support.close import assert_close
from support.control import attempt, cond, for_loop

WIDE = Aval(float64, (SymDim.named("n"),))
WIDES = ListType(Aval(float64, (100,)))


def failing(errors: Sequence[str], error: str = "ValueError", *, with_list: bool = False) -> Graph:
    """Where the sum is not positive, the block raises; all results of the `attempt` are the graph's."""
    b = GraphBuilder("failing")
    x = b.param(WIDE)

    def body(c: GraphBuilder) -> Sequence[Value]:
        doubled = c.mul(x, 2.0)
        total = c.sum(doubled, axis=None, keepdims=False)
        c.loc = Loc("model.py", 7)
        c.check(c.gt(total, 0.0), total, error=error, parts=("sum is ", ""), forms=("",))
        return [doubled, c.list_make(doubled, element=WIDE)] if with_list else [doubled]

    return b.build(attempt(b, errors, body))


def memory_is_left(program: NativeProgram, *args: Any) -> bool:
    before = memory_use().forgotten
    program(*args)
    return memory_use().forgotten != before


@pytest.mark.parametrize("error", ["ValueError", "KeyError", "ZeroDivisionError"])
def test_what_is_caught(error: str) -> None:
    graph = failing(["OSError", error, "Exception"], error, with_list=True)
    program = compile_native(graph)
    assert program.callbacks == ()
    for x in (np.ones(100), -np.ones(100), np.ones(0)):
        assert_close(program(x)[:2], run(graph, (x,))[:2])
        assert not memory_is_left(program, x)


def test_the_first_class_counts() -> None:
    program = compile_native(failing(["ArithmeticError", "LookupError", "IndexError"], "IndexError"))
    assert program(-np.ones(3))[0] == 2
    assert repr(caught_error(program(-np.ones(3))[1])) == "IndexError('sum is -6.0')"


def test_fillers_are_values() -> None:
    """Nobody may read them, but they have to be there: a list is empty, an array has its static sizes."""
    b = GraphBuilder("fillers")
    x, xs = b.param(Aval(float64, (3, 100))), b.param(WIDES)

    def body(c: GraphBuilder) -> Sequence[Value]:
        c.fail(error="ValueError", parts=(), forms=())
        return [c.mul(x, 2.0), xs, c.some(x), c.list_get(xs, 0)]

    graph = b.build(attempt(b, ["ValueError"], body))
    args = (np.ones((3, 100)), [np.ones(100)])
    assert_close(compile_native(graph)(*args), run(graph, args))


def test_others_pass_with_the_users_line() -> None:
    program = compile_native(failing(["KeyError"]))
    with pytest.raises(ValueError, match=r"sum is -6.0") as caught:
        program(-np.ones(3))
    loc = location_of(caught.value)
    assert loc is not None
    assert (loc.file, loc.line) == ("model.py", 7)


def test_an_interrupt_passes() -> None:
    b = GraphBuilder("interrupted")
    x = b.param(scalar(float64))

    def body(c: GraphBuilder) -> Sequence[Value]:
        c.apply("raise", (), {"error": "KeyboardInterrupt", "args": (), "fields": ()})
        return [x]

    program = compile_native(b.build(attempt(b, ["Exception", "BaseException"], body)))
    with pytest.raises(KeyboardInterrupt):
        program(np.float64(1))


def test_recursion_without_end_is_caught() -> None:
    inner = GraphBuilder("deeper")
    n = inner.param(scalar(int64))
    call = lookup("call")
    types = [scalar(int64)]
    (found,) = inner.append(call, [inner.add(n, 1)], {"function": "deeper"}, types=types)
    deeper = inner.build([inner.add(found, 1)])
    b = GraphBuilder("outer")
    start = b.param(scalar(int64))

    def body(c: GraphBuilder) -> Sequence[Value]:
        return c.append(call, [start], {"function": "deeper"}, types=types)

    failed, text, _ = attempt(b, ["RecursionError"], body)
    program = compile_native(b.build([failed, text], {"deeper": deeper}))
    assert program(np.int64(0))[0] == 1
    error = caught_error(program(np.int64(0))[1])
    assert isinstance(error, RecursionError)
    assert str(error).startswith("maximum recursion depth")


def test_too_much_memory_is_caught() -> None:
    b = GraphBuilder("memory")
    n = b.param(scalar(int64))

    def body(c: GraphBuilder) -> Sequence[Value]:
        return [c.list_make(c.mul(c.broadcast_to(c.cast(n, dtype=float64), [n]), 2.0), element=WIDE)]

    graph = b.build(attempt(b, ["MemoryError"], body)[:1])
    program = compile_native(graph)
    assert program(np.int64(4)) == (0,)
    assert program(np.int64(2**50)) == (1,)


def test_a_caught_exception_is_raised_again() -> None:
    b = GraphBuilder("again")
    x = b.param(WIDE)

    def body(c: GraphBuilder) -> Sequence[Value]:
        c.check(c.gt(c.sum(x, axis=None, keepdims=False), 0.0), error="KeyError", parts=("no 'x'",), forms=())
        return [c.mul(x, 2.0)]

    failed, text, doubled = attempt(b, ["LookupError"], body)

    def again(c: GraphBuilder) -> Sequence[Value]:
        c.raise_again(text)
        return [x]

    graph = b.build(cond(b, b.eq(failed, 0), lambda c: [doubled], again))
    program = compile_native(graph)
    assert program.callbacks == ()
    assert_close(program(np.ones(80)), run(graph, (np.ones(80),)))
    with pytest.raises(KeyError, match="no 'x'"):
        program(-np.ones(80))


def test_what_a_block_changes_is_a_copy() -> None:
    """In place would be seen by the handler."""
    b = GraphBuilder("changes")
    x, p = b.param(Aval(float64, (100,))), b.param(scalar(bool_))
    y = b.mul(x, 2.0)

    def body(c: GraphBuilder) -> Sequence[Value]:
        changed = c.index_set(y, 0.0, index=(slice(None),))
        c.check(p, error="ValueError", parts=(), forms=())
        return [c.index_add(changed, 1.0, index=(0,))]

    failed, _, changed = attempt(b, ["ValueError"], body)
    graph = b.build(cond(b, b.eq(failed, 0), lambda c: [changed], lambda c: [c.add(y, 1.0)]))
    program = compile_native(graph)
    for truth in (np.True_, np.False_):
        assert_close(program(np.ones(100), truth), run(graph, (np.ones(100), truth)))
        assert not memory_is_left(program, np.ones(100), truth)


def test_memory_is_flat_over_failures() -> None:
    """Each trip has a list of arrays when it fails."""
    b = GraphBuilder("trips")
    x, n = b.param(Aval(float64, (1000,))), b.param(scalar(int64))

    def trip(c: GraphBuilder, k: Value, caught: Value) -> Sequence[Value]:
        def body(d: GraphBuilder) -> Sequence[Value]:
            more = d.list_make(d.mul(x, 2.0), d.mul(x, 3.0), element=Aval(float64, (1000,)))
            return [d.list_get(more, d.add(k, 2))]

        failed, _, _ = attempt(c, ["IndexError"], body)
        return [c.add(caught, failed)]

    program = compile_native(b.build(for_loop(b, n, [b.constant(0)], trip)))
    assert program(np.ones(1000), np.int64(2000)) == (2000,)
    assert program.loaded.peak_bytes < 100_000
    assert not memory_is_left(program, np.ones(1000), np.int64(10))


def test_many_threads() -> None:
    graph = failing(["ValueError"], with_list=True)
    program = compile_native(graph)
    wrong: list[Any] = []

    def work(sign: float) -> None:
        for _ in range(200):
            code, _, doubled, _ = program(sign * np.ones(500))
            if code != (sign < 0) or (sign > 0 and doubled.sum() != 1000):
                wrong.append((sign, code))

    threads = [threading.Thread(target=work, args=(sign,)) for sign in (1.0, -1.0) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("unrolled", [64, 1])
def test_the_plain_way_in(monkeypatch: pytest.MonkeyPatch, unrolled: int) -> None:
    """For builds of Python whose objects are not read as memory."""
    monkeypatch.setattr(abi, "UNROLLED", unrolled)
    monkeypatch.setenv("DY2STATIC_CACHE", "off")
    monkeypatch.setattr(native_runtime, "reads_objects", lambda: False)
    graph = failing(["ValueError"])
    program = compile_native(graph)
    for x in (np.ones(5), -np.ones(5)):
        assert_close(program(x)[:2], run(graph, (x,))[:2])
    with pytest.raises(ValueError, match="sum is"):
        compile_native(failing(["KeyError"]))(-np.ones(5))
