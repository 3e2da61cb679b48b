"""Loops that threads share: results are the same however many there are, whoever else runs, and after a fork."""

import multiprocessing
import re
import threading
from typing import Any, Final

import numpy as np
import pytest

from graph.aval import Aval
from graph.execute.interpreter import run
from graph.execute.native_program import NativeProgram, compile_native
from graph.ir.op import Graph
from graph.llvm import parallel, products
from graph.llvm.runtime.pool import default_threads
from graph.text.parser import parse
from support.close import assert_close

THREADS: Final = (1, 2, 5)
GRAPHS: Final = {
    "elementwise": """graph f(%0 x: f64[n], %1 y: f64[]) -> (f64[n]) {
  %2: f64[n] = sin %0
  %3: f64[n] = mul %2, %1
  yield %3
}""",
    "broadcast": """graph f(%0 x: f32[n,1,7], %1 y: f32[5,1]) -> (f32[n,5,7], f32[7,5,n]) {
  %2: f32[n,5,7] = add %0, %1
  %3: f32[7,5,n] = transpose %2 {axes=(2, 1, 0)}
  %4: f32[7,5,n] = exp %3
  yield %2, %4
}""",
    "rows": """graph f(%0 x: f32[n,90]) -> (f32[n,90], f32[n], f32[90], f32[]) {
  %1: f32[n,90] = softmax %0 {axis=-1}
  %2: f32[n] = sum %1 {axis=(1,), keepdims=False}
  %3: f32[90] = sum %0 {axis=(0,), keepdims=False}
  %4: f32[] = sum %0 {axis=None, keepdims=False}
  yield %1, %2, %3, %4
}""",
    "products": """graph f(%0 x: f32[n,40], %1 w: f32[40,130], %2 b: f32[130]) -> (f32[n,130], f32[130,40], f32[n,n]) {
  %3: f32[n,130] = matmul %0, %1
  %4: f32[n,130] = add %3, %2
  %5: f32[130,n] = transpose %3 {axes=(1, 0)}
  %6: f32[130,40] = matmul %5, %0
  %7: f32[40,n] = transpose %0 {axes=(1, 0)}
  %8: f32[n,n] = matmul %0, %7
  yield %4, %6, %8
}""",
    "batches": """graph f(%0 x: f64[n,3,20,30], %1 y: f64[3,30,20], %2 z: f64[99,30]) -> (f64[n,3,20,20], f64[99,20]) {
  %3: f64[n,3,20,20] = matmul %0, %1
  %4: f64[30,20] = index %1 {index=(0,)}
  %5: f64[99,20] = matmul %2, %4
  yield %3, %5
}""",
    "in a loop": """graph f(%0 x: f64[n], %1 k: i64[]) -> (f64[n], list<f64[n]>) {
  %2: list<f64[n]> = list_make {element=f64[n]}
  %3: f64[n], %4: list<f64[n]> = for_loop %1, %0, %2 {carried=2} {
    body(%10 i: i64[], %11 x: f64[n], %12 l: list<f64[n]>) {
      %13: f64[] = cast %10 {dtype=f64}
      %14: f64[n] = add %11, %13
      %15: f64[n] = cos %14
      %16: list<f64[n]> = list_append %12, %15
      yield %15, %16
    }
  }
  yield %3, %4
}""",
}


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of a few elements, so that small arrays have many."""
    monkeypatch.setenv("DY2STATIC_CACHE", "off")
    monkeypatch.setattr(parallel, "CHUNK", 3)
    monkeypatch.setattr(products, "PART", 40_000)


def arguments(graph: Graph, n: int) -> list[Any]:
    random = np.random.default_rng(n)
    found: list[Any] = []
    for p in graph.params:
        assert isinstance(p.type, Aval)
        shape = [d if isinstance(d, int) else n for d in p.shape]
        made = random.standard_normal(shape) if p.dtype.kind == "f" else np.full(shape, 5)
        found.append(made.astype(p.dtype)[()])
    return found


def bits(x: Any) -> Any:
    return list(map(bits, x)) if isinstance(x, list | tuple) else np.asarray(x).tobytes()  # pyright: ignore[reportUnknownArgumentType]


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("n", [0, 1, 2, 33, 200])
def test_results_are_the_same(name: str, n: int) -> None:
    for text in (GRAPHS[name], GRAPHS[name].replace("n,", f"{n},").replace("[n]", f"[{n}]").replace(",n]", f",{n}]")):
        graph = parse(text)
        programs = [compile_native(graph, threads=k) for k in THREADS]
        assert "dy_parallel" in programs[0].llvm or "n" not in str(graph.params[0].type)
        args = arguments(graph, n)
        expected = run(graph, args)
        first = programs[0](*args)
        assert_close(first, expected)
        for program in programs:
            for _ in range(3):
                if name == "products":  # a library's: parts of a small one are computed by another function
                    assert_close(program(*args), first)
                else:
                    assert bits(program(*args)) == bits(first)


@pytest.mark.parametrize("name", GRAPHS)
def test_exact_results_have_the_same_bits(name: str) -> None:
    graph = parse(GRAPHS[name])
    args = arguments(graph, 150)
    programs = [compile_native(graph, exact=True, threads=k) for k in THREADS]
    first = bits(programs[0](*args))
    for program in programs:
        assert bits(program(*args)) == first


def chain(threads: int | None) -> tuple[NativeProgram, np.ndarray, bytes]:
    program = compile_native(parse(GRAPHS["elementwise"]), threads=threads)
    x = np.linspace(-3, 3, 5000)
    (expected,) = compile_native(parse(GRAPHS["elementwise"]), threads=1)(x, 2.0)
    return program, x, expected.tobytes()


def test_parts_that_others_have_begun_are_waited_for() -> None:
    """Long ones: when the caller has done its own, others are at work. What was computed last is read first."""
    graph = parse("""graph f(%0 x: f64[n]) -> (f64[n], f64[]) {
  %1: f64[n] = sin %0
  %2: f64[n] = flip %1 {axis=(0,)}
  %3: f64[n] = cumsum %2 {axis=0}
  %4: f64[] = index %3 {index=(-1,)}
  yield %1, %4
}""")
    one, many = (compile_native(graph, threads=k) for k in (1, 4))
    for k in range(80):
        x = np.linspace(-1e6, k * 1e4, 500_000)
        assert bits(many(x)) == bits(one(x))


def test_programs_in_many_threads_of_python() -> None:
    program, x, expected = chain(4)
    wrong: list[int] = []

    def call(k: int) -> None:
        wrong.extend(k for _ in range(200) if program(x, 2.0)[0].tobytes() != expected)

    callers = [threading.Thread(target=call, args=(k,)) for k in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert not wrong


def call_in_child(queue: Any) -> None:
    program, x, expected = chain(3)
    queue.put(program(x, 2.0)[0].tobytes() == expected)


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own() -> None:
    program, x, expected = chain(3)
    assert program(x, 2.0)[0].tobytes() == expected
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=call_in_child, args=(queue,))
    child.start()
    assert queue.get(timeout=60)
    child.join()
    assert program(x, 2.0)[0].tobytes() == expected


def test_a_failure_in_a_loop_that_threads_share() -> None:
    graph = parse("""graph f(%0 x: i64[n], %1 y: i64[n]) -> (i64[n]) {
  %2: i64[n] = add %0, %1
  %3: i64[n] = pow %2, %1
  yield %3
}""")
    program = compile_native(graph, threads=3)
    x = np.arange(500)
    y = np.full(500, 2)
    assert bits(program(x, y)) == bits(run(graph, [x, y]))
    y[470] = -1
    with pytest.raises(ValueError, match="negative integer powers"):
        program(x, y)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"DY2STATIC_THREADS": "3", "OMP_NUM_THREADS": "5"}, 3),
        ({"OMP_NUM_THREADS": "5,2"}, 5),
        ({"DY2STATIC_THREADS": "many", "OMP_NUM_THREADS": "2"}, 2),
    ],
)
def test_environment_says_how_many(variables: dict[str, str], expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DY2STATIC_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    default_threads.cache_clear()
    try:
        assert default_threads() == expected
    finally:
        default_threads.cache_clear()


def test_number_of_processors_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DY2STATIC_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    default_threads.cache_clear()
    try:
        assert 1 <= default_threads() <= 8
    finally:
        default_threads.cache_clear()


def steps(text: str) -> list[int]:
    """Of each loop that is shared, what the sizes of its parts are multiples of."""
    calls = re.findall(r'call void @"dy_parallel"\(.*, i64 (\d+)\)', compile_native(parse(text)).llvm)
    return [int(step) for step in calls]


def test_parts_of_elements_are_multiples_of_vectors_and_others_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DY2STATIC_CACHE", "off")
    elements = "graph f(%0 x: f32[999999]) -> (f32[999999]) {\n %1: f32[999999] = tanh %0\n yield %1\n}"
    assert steps(elements) == [parallel.STEP]
    batch = """graph f(%0 x: f32[8,128,32], %1 y: f32[8,32,128]) -> (f32[8,128,128]) {
  %2: f32[8,128,128] = matmul %0, %1
  yield %2
}"""
    assert steps(batch) == [1]
