"""Loops that run side by side: results, failures, signals and memory are those of loops one after the other."""

import multiprocessing
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any, Final

import numpy as np
import pytest

from graph.autodiff.vjp import vjp
from graph.aval import Aval, ListType, SymDim, scalar
from graph.dtypes import bool_, float64, int64
from graph.execute.failure import location_of
from graph.execute.interpreter import run
from graph.execute.native_program import NativeProgram, compile_native
from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph
from graph.ir.opdef import lookup
from graph.ir.value import Value
from graph.llvm.runtime import program as native_runtime
from graph.llvm.runtime.program import memory_use
from graph.llvm.runtime.threads import HAS_THREADS
from graph.location import Loc
from graph.passes.pipeline import optimize
from graph.schedule import side_by_side as planned
from graph.text.parser import parse
from support.close import assert_close
from support.control import attempt, for_loop, while_loop
from support.two_loops import GRAPHS, arguments, groups_so_far

pytestmark = pytest.mark.skipif(not HAS_THREADS, reason="loops have one thread here")
THREADS: Final = (1, 2, 4)
LIMITS: Final = {name: getattr(planned, name) for name in ("FORK", "TRIP", "LEAST_TRIP")}


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All loops are worth it, but where a test says otherwise. Runs forget no blocks."""
    monkeypatch.setenv("DY2STATIC_CACHE", "off")
    for name in LIMITS:
        monkeypatch.setattr(planned, name, 0)
    before = memory_use().forgotten
    yield
    assert memory_use().forgotten == before


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch, small_pieces: None) -> None:
    """What is worth it is what it is for users."""
    for name, value in LIMITS.items():
        monkeypatch.setattr(planned, name, value)


def bits(x: Any) -> Any:
    return list(map(bits, x)) if isinstance(x, list | tuple) else np.asarray(x).tobytes()  # pyright: ignore[reportUnknownArgumentType]


@pytest.mark.parametrize("name", GRAPHS)
def test_results_are_the_same(name: str) -> None:
    graph = parse(GRAPHS[name])
    one, *others = [compile_native(graph, threads=k) for k in THREADS]
    assert one.module.groups
    for n, k, m in [(100, 5, 7), (0, 3, 3), (1, 0, 0), (5, 0, 4), (200, 3, -1), (3000, 2, 3)]:
        args = arguments(n, k, m)
        before = groups_so_far()
        expected = one(*args)
        assert_close(expected, run(graph, args))
        assert groups_so_far() == before
        for program in others:
            for _ in range(3):
                assert bits(program(*args)) == bits(expected)
        if m >= 0:
            assert groups_so_far() - before == 6 * (k if name == "nested" else 1)


@pytest.mark.parametrize("name", GRAPHS)
def test_sizes_that_are_known(name: str) -> None:
    one, two = (compile_native(parse(GRAPHS[name].replace("[n]", "[70]")), threads=k) for k in (1, 2))
    args = arguments(70, 3, 2)
    before = groups_so_far()
    assert bits(two(*args)) == bits(one(*args))
    assert groups_so_far() == before + (3 if name == "nested" else 1)


@pytest.mark.parametrize(("name", "groups"), [("for", 1), ("while", 2), ("nested", 1)])
def test_gradients_are_the_same(name: str, groups: int) -> None:
    """Where both loops read a tensor, the cotangent that one adds up goes into the other."""
    joint = optimize(vjp(parse(GRAPHS[name]), (0, 1)))
    one, two = (compile_native(joint, threads=k) for k in (1, 2))
    assert len(one.module.groups) == groups
    for n, k, m in [(40, 3, 4), (7, 0, 2)]:
        args = (*arguments(n, k, m), np.ones(n), np.linspace(-1, 1, n))
        before = groups_so_far()
        expected = one(*args)
        assert_close(expected, run(joint, args))
        assert bits(two(*args)) == bits(expected)
        if name != "nested":
            assert groups_so_far() == before + groups


@pytest.mark.parametrize("name", ["for", "lists"])
def test_a_thousand_calls_hold_no_more_memory(name: str) -> None:
    program = compile_native(parse(GRAPHS[name]), threads=3)
    args = arguments(2000, 3, 4)
    expected = bits(program(*args))
    for _ in range(50):
        program(*args)
    held = memory_use().held
    for _ in range(1000):
        assert bits(program(*args)) == expected
    assert memory_use().held <= held + (1 << 20)


@pytest.mark.parametrize("name", ["for", "lists"])
def test_in_many_threads_of_python(name: str) -> None:
    program = compile_native(parse(GRAPHS[name]), threads=4)
    args = arguments(100, 30, 40)
    expected = bits(program(*args))
    wrong: list[int] = []

    def call(k: int) -> None:
        wrong.extend(k for _ in range(200) if bits(program(*args)) != expected)

    callers = [threading.Thread(target=call, args=(k,)) for k in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert not wrong


def test_results_that_are_what_was_given_share_no_memory() -> None:
    program = compile_native(parse(GRAPHS["lists"]), threads=2)
    args = arguments(100, 0, 0)
    first, second, y, both = program(*args)
    arrays = [*first, *second, y, *both, *args[:2]]
    assert not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])


# Failures


def failing(kind: str = "check") -> Graph:
    """Two loops of `k` and `l` trips, the first of which fails at trip `a`, the second at trip `b`."""
    b = GraphBuilder("failing")
    x = b.param(Aval(float64, (SymDim.named("n"),)))
    k, m, at_a, at_b = (b.param(scalar(int64)) for _ in range(4))

    def body(name: str, line: int, at: Value) -> Any:
        def trip(c: GraphBuilder, i: Value, v: Value) -> list[Value]:
            c.loc = Loc("model.py", line)
            if kind == "check":
                c.check(c.ne(i, at), i, error="ValueError", parts=(f"{name} ", ""), forms=("",))
            else:  # an index out of range, where `at` is
                c.index(v, c.where(c.eq(i, at), c.constant(10**6, int64), c.constant(0, int64)), index=("$",))
            return [c.sin(v)]

        return trip

    return b.build((*for_loop(b, k, [x], body("first", 3, at_a)), *for_loop(b, m, [x], body("second", 4, at_b))))


def error_of(program: Any, *args: Any) -> tuple[type, str, Loc | None]:
    with pytest.raises((ValueError, IndexError)) as caught:
        program(*args)
    return caught.type, str(caught.value), location_of(caught.value)


@pytest.mark.parametrize("kind", ["check", "index"])
@pytest.mark.parametrize("threads", [2, 4])
def test_the_first_failure_is_the_one(kind: str, threads: int) -> None:
    graph = failing(kind)
    alone, program = (compile_native(graph, threads=k) for k in (1, threads))
    assert program.module.groups
    x = np.linspace(0, 1, 500)
    for a, b in [(0, -1), (-1, 0), (60, 0), (0, 60), (60, 60), (-1, 60)]:
        args = (x, *map(np.int64, (80, 70, a, b)))
        before = groups_so_far()
        for _ in range(5):
            found = error_of(program, *args)
            assert found == error_of(alone, *args)
            assert found[2] == Loc("model.py", 3 if a >= 0 else 4)
        assert groups_so_far() == before + 5
        fine = (x, *map(np.int64, (80, 70, -1, -1)))
        assert_close(program(*fine), run(graph, fine))
        assert groups_so_far() == before + 6


def endless(b: GraphBuilder, x: Value, k: Value) -> tuple[Value, ...]:
    """A loop that ends when `k` is 0."""

    def test(c: GraphBuilder, v: Value) -> Value:
        return c.ne(k, 0)

    def body(c: GraphBuilder, v: Value) -> list[Value]:
        return [c.sin(v)]

    return while_loop(b, [x], test, body)


@pytest.mark.parametrize("endless_first", [False, True])
def test_what_a_failure_comes_before_does_not_have_to_end(endless_first: bool) -> None:
    b = GraphBuilder("failing")
    x, k = b.param(Aval(float64, (SymDim.named("n"),))), b.param(scalar(int64))

    def body(c: GraphBuilder, i: Value, v: Value) -> list[Value]:
        c.check(c.ne(i, 2000), error="ValueError", parts=("too far",), forms=())
        return [c.sin(v)]

    if endless_first:  # it ends, after all
        results = [*endless(b, x, b.constant(0, int64)), *for_loop(b, k, [x], body)]
    else:
        results = [*for_loop(b, k, [x], body), *endless(b, x, k)]
    program = compile_native(b.build(results), threads=2)
    for _ in range(5):
        with pytest.raises(ValueError, match="too far"):  # when the other loop has begun
            program(np.ones(1000), np.int64(3000))


def test_called_through_ctypes_pieces_run_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native_runtime, "reads_objects", lambda: False)
    graph = failing()
    program = compile_native(graph, threads=2)
    before = groups_so_far()
    fine = (np.ones(50), *map(np.int64, (8, 7, -1, -1)))
    assert_close(program(*fine), run(graph, fine))
    assert error_of(program, np.ones(50), *map(np.int64, (8, 7, 5, 0)))[1] == "first 5"
    assert groups_so_far() == before


# Signals


class AlarmError(Exception): ...


@pytest.mark.parametrize("trips", [0, 10**15])
@pytest.mark.parametrize("first_is_endless", [False, True])
def test_signals_end_all_pieces(first_is_endless: bool, trips: int) -> None:
    """Whether the caller works meanwhile, or sleeps as its piece is done."""
    b = GraphBuilder("endless")
    x, k, m = b.param(Aval(float64, (SymDim.named("n"),))), b.param(scalar(int64)), b.param(scalar(int64))

    def body(c: GraphBuilder, i: Value, v: Value) -> list[Value]:
        return [c.sin(v)]

    loops = [lambda: endless(b, x, k), lambda: for_loop(b, m, [x], body)]
    results = [v for loop in (loops if first_is_endless else loops[::-1]) for v in loop()]
    program = compile_native(b.build(results), threads=2)
    program(np.ones(10), np.int64(0), np.int64(3))

    def raises(number: int, frame: FrameType | None) -> None:
        raise AlarmError

    before = signal.signal(signal.SIGINT, raises)
    try:
        for _ in range(3):
            timer = threading.Timer(0.05, signal.raise_signal, [signal.SIGINT])
            timer.start()
            with pytest.raises(AlarmError):
                program(np.ones(1000), np.int64(1), np.int64(trips))
            timer.join()
    finally:
        signal.signal(signal.SIGINT, before)
    assert_close(program(np.ones(10), np.int64(0), np.int64(1)), run(program.graph, (np.ones(10), 0, 1)))


def call_in_child(queue: Any) -> None:
    program = compile_native(parse(GRAPHS["for"]), threads=2)
    args = arguments(100, 5, 7)
    before = groups_so_far()
    queue.put((bits(program(*args)), groups_so_far() - before))


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own() -> None:
    expected = bits(compile_native(parse(GRAPHS["for"]), threads=2)(*arguments(100, 5, 7)))
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=call_in_child, args=(queue,))
    child.start()
    assert queue.get(timeout=60) == (expected, 1)
    child.join()


# What runs side by side


def two_loops(between: Any = None, body: Any = None, n: Value | int | None = None) -> NativeProgram:
    """Two loops over `x`, with something between them, or something in the second one."""
    b = GraphBuilder("two")
    x, k = b.param(Aval(float64, (SymDim.named("n"),))), b.param(scalar(int64))

    def trip(c: GraphBuilder, i: Value, v: Value) -> list[Value]:
        return [c.sin(v)]

    first = for_loop(b, k if n is None else n, [x], trip)
    start = x if between is None else between(b, x, k, first)
    second = for_loop(b, k if n is None else n, [start], body or trip)
    return compile_native(b.build((*first, *second)), threads=2)


def test_what_is_seen_from_outside_keeps_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    def check(b: GraphBuilder, x: Value, k: Value, first: Any) -> Value:
        b.check(b.lt(k, 3), error="ValueError", parts=("between",), forms=())
        return x

    def show(b: GraphBuilder, x: Value, k: Value, first: Any) -> Value:
        b.append(lookup("print"), (k,), {"parts": ("", "\n"), "forms": ("",), "stream": "stdout"})
        return x

    def depend(b: GraphBuilder, x: Value, k: Value, first: Any) -> Value:
        return b.mul(x, *first)

    assert two_loops().module.groups
    for between in (check, show, depend):
        program = two_loops(between)
        assert not program.module.groups
        assert "dy_side_by_side" not in program.llvm
    assert_close(two_loops(show)(np.ones(3), np.int64(2)), [np.sin(np.sin(np.ones(3)))] * 2)
    assert capsys.readouterr().out == "2\n"


def test_what_calls_python_stays_where_it_is() -> None:
    def show(c: GraphBuilder, i: Value, v: Value) -> list[Value]:
        c.append(lookup("print"), (i,), {"parts": ("", "\n"), "forms": ("",), "stream": "stdout"})
        return [v]

    def product(c: GraphBuilder, i: Value, v: Value) -> list[Value]:
        return [c.mul(v, c.matmul(v, v))]

    def tried(c: GraphBuilder, i: Value, v: Value) -> list[Value]:
        return list(attempt(c, ["ValueError"], lambda d: [d.sin(v)])[2:])

    assert two_loops(body=product).module.groups
    assert not two_loops(body=show).module.groups
    assert not two_loops(body=tried).module.groups
    exact = compile_native(two_loops(body=product).graph, exact=True, threads=2)
    assert not exact.module.groups


@pytest.mark.usefixtures("limits")
def test_short_loops_stay_one_after_the_other() -> None:
    program = two_loops()
    assert program.module.groups  # whether they are long, a run knows
    before = groups_so_far()
    for n, k in [(0, 100), (10, 10), (1000, 2), (10**5, 0)]:
        program(np.ones(n), np.int64(k))
    assert groups_so_far() == before
    program(np.ones(1000), np.int64(1000))
    assert groups_so_far() == before + 1
    program(np.ones(500_000), np.int64(2))  # threads share what is in the loops
    assert groups_so_far() == before + 1
    for text in (GRAPHS["for"].replace("[n]", "[2]"), GRAPHS["while"].replace("[n]", "[4]")):
        assert not compile_native(parse(text), threads=2).module.groups
    assert not two_loops(n=2).module.groups


@pytest.mark.usefixtures("limits")
def test_one_long_loop_and_a_short_one_stay_one_after_the_other() -> None:
    program = compile_native(parse(GRAPHS["for"]), threads=2)
    x = np.ones(2000)
    before = groups_so_far()
    program(x, x, np.int64(500), np.int64(1))
    program(x, x, np.int64(1), np.int64(500))
    assert groups_so_far() == before
    program(x, x, np.int64(500), np.int64(500))
    assert groups_so_far() == before + 1


def test_many_pieces_and_few_threads() -> None:
    b = GraphBuilder("many")
    s = b.param(ListType(Aval(float64, (SymDim.named("n"),))))
    x, k = b.param(Aval(float64, (SymDim.named("n"),))), b.param(scalar(int64))

    def body(c: GraphBuilder, i: Value, v: Value, w: Value) -> list[Value]:
        return [c.sin(v), c.list_append(w, v)]

    results = [v for j in range(7) for v in for_loop(b, b.add(k, j), [b.mul(x, float(j)), s], body)]
    graph = b.build(results)
    args = ([np.ones(30)], np.linspace(0, 1, 30), np.int64(4))
    one, *others = [compile_native(graph, threads=t) for t in (1, 2, 3, 8)]
    (pieces,) = one.module.groups
    assert len(pieces) == 7
    expected = one(*args)
    assert_close(expected, run(graph, args))
    for program in others:
        for _ in range(20):
            assert bits(program(*args)) == bits(expected)


def test_peak_counts_all_pieces() -> None:
    one, two = (compile_native(parse(GRAPHS["lists"]), threads=k) for k in (1, 2))
    args = arguments(1000, 50, 50)
    for program in (one, two):
        program(*args)
    # Which of the small blocks are free again when others are asked for depends on how the threads run.
    assert 0.9 * one.loaded.peak_bytes <= two.loaded.peak_bytes <= 2 * one.loaded.peak_bytes


def test_bools_and_numbers_in_registers() -> None:
    b = GraphBuilder("small")
    x, k = b.param(scalar(float64)), b.param(scalar(int64))

    def body(c: GraphBuilder, i: Value, v: Value, flag: Value) -> list[Value]:
        return [c.sin(v), c.logical_not(flag)]

    results = [v for j in range(2) for v in for_loop(b, k, [b.mul(x, float(j)), b.constant(j == 0, bool_)], body)]
    graph = b.build(results)
    program = compile_native(graph, threads=2)
    before = groups_so_far()
    for k in range(4):
        assert_close(program(np.float64(0.7), np.int64(k)), run(graph, (np.float64(0.7), np.int64(k))))
    assert groups_so_far() == before + 4
