"""What the passes over products compute: the interpreter agrees with itself, and native code with it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from graph.aval import Aval
from graph.execute.interpreter import run
from graph.execute.native_program import compile_native
from graph.ir.op import Graph
from graph.ir.verify import verify
from graph.llvm.runtime.program import memory_use
from graph.passes.batch_products import batch_products
from graph.passes.pipeline import FOR_NATIVE, optimize
from graph.text.parser import parse
from support.close import assert_close
from support.golden import GOLDEN_DIR
from support.values import copy_of

TRIPS = (-1, 0, 1, 2, 17, 63, 64, 65, 130)
"""Of a loop whose blocks have 64 trips."""


@pytest.fixture(autouse=True)
def no_code_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DY2STATIC_CACHE", "off")


def golden(name: str) -> Graph:
    return parse((GOLDEN_DIR / "passes" / f"{name}.before.ir").read_text(encoding="utf-8"))


def arguments(graph: Graph, trips: int, **sizes: int) -> list[Any]:
    """Small normal numbers for the tensors of a graph; integers are numbers of trips, but 0 behind the first."""
    random = np.random.default_rng(0)
    made: list[Any] = []
    for p in graph.params:
        assert isinstance(p.type, Aval)
        if p.dtype.kind == "i":
            made.append(np.int64(0 if any(x is not None and np.ndim(x) == 0 for x in made) else trips))
            continue
        shape = [d if isinstance(d, int) else sizes[d.names[0]] for d in p.shape]
        made.append((random.standard_normal(shape) * 0.2).astype(p.dtype))
    return made


def check(graph: Graph, after: Graph, args: list[Any]) -> None:
    """The results of the graph, of what a pass made of it, and of native code, which leaves no memory behind."""
    verify(after)
    expected = run(graph, copy_of(args))
    assert_close(run(after, copy_of(args)), expected)
    program = compile_native(graph)
    before = memory_use().forgotten
    assert_close(program(*copy_of(args)), expected)
    assert memory_use().forgotten == before


@pytest.mark.parametrize("trips", TRIPS)
def test_products_of_blocks(trips: int) -> None:
    graph = golden("batch_products")
    check(graph, batch_products(graph), arguments(graph, trips, t=max(trips, 1), b=max(trips, 1)))


@pytest.mark.parametrize("name", ["hoist_transposes", "fuse_products"])
@pytest.mark.parametrize("trips", [0, 1, 5])
def test_products_by_trip(name: str, trips: int) -> None:
    graph = golden(name)
    for m in (0, 1, 80):
        check(graph, optimize(graph, FOR_NATIVE), arguments(graph, trips, m=m))


OUTER = """
graph f(%0 n: i64[], %1 x: f64[t,80], %2 y: f64[t,1,96], %3 s: f64[80,96]) -> (f64[80,96]) {
  %4: f64[80,96] = for_loop %0, %3, %1, %2 {carried=1} {
    body(%10 i: i64[], %11 s: f64[80,96], %12 x: f64[t,80], %13 y: f64[t,1,96]) {
      %14: f64[80] = index %12, %10 {index=('$',)}
      %15: f64[80,1] = expand_dims %14 {axis=(1,)}
      %16: f64[1,96] = index %13, %10 {index=('$',)}
      %17: f64[80,96] = matmul %15, %16
      %18: f64[80,96] = add %11, %17
      yield %18
    }
  }
  yield %4
}
"""
VECTOR = """
graph f(%0 n: i64[], %1 x: f32[t,80], %2 w: f32[96,80], %3 h: f32[96]) -> (f32[96]) {
  %4: f32[96] = for_loop %0, %3, %1, %2 {carried=1} {
    body(%10 i: i64[], %11 h: f32[96], %12 x: f32[t,80], %13 w: f32[96,80]) {
      %14: i64[] = constant {value=dense<i64[] 1>}
      %15: i64[] = add %14, %10
      %16: f32[80] = index %12, %15 {index=('$',)}
      %17: f32[96] = matmul %13, %16
      %18: f32[96] = add %11, %17
      %19: f32[96] = sin %18
      yield %19
    }
  }
  yield %4
}
"""


@pytest.mark.parametrize("text", [OUTER, VECTOR], ids=["outer products", "a weight on the left, an offset"])
@pytest.mark.parametrize("trips", [0, 1, 127, 128, 129, 300])
def test_vectors(text: str, trips: int) -> None:
    graph = parse(text)
    after = batch_products(graph)
    assert after is not graph
    check(graph, after, arguments(graph, trips, t=trips + 1))


def message(call: Callable[[], Any]) -> str:
    with pytest.raises(IndexError) as caught:
        call()
    return str(caught.value)


def test_what_is_out_of_range_is_so_at_the_same_trip() -> None:
    graph = parse(VECTOR)
    args = arguments(graph, 70, t=66)
    expected = message(lambda: run(graph, args))
    assert "66" in expected
    assert message(lambda: run(batch_products(graph), args)) == expected
    assert message(lambda: compile_native(graph)(*args)) == expected


def test_a_sum_that_is_read_stays() -> None:
    graph = parse(OUTER.replace("yield %18", "%19: f64[80,96] = sin %11\n %20: f64[80,96] = add %18, %19\n yield %20"))
    assert batch_products(graph) is graph
