"""Loops on small tensors: element by element they compute the same bits, whatever else the loops do with them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.execute.interpreter import run
from graph.execute.numpy_program import compile_program
from graph.ir.op import Graph
from graph.ir.verify import verify
from graph.ir.walk import walk
from graph.passes.small_tensors import MOST, small_tensors_as_numbers
from graph.text.parser import parse
from support.values import assert_same

VECTOR_OPS = ("add", "sub", "mul", "div", "neg", "square", "abs", "sin", "maximum", "scale", "turn", "doubled", "sum")


class Body:
    """Lines of a loop body on the vectors `%u`, `%v` and the number `%h`."""

    def __init__(self, dtype: str, size: int) -> None:
        self.vector, self.number = f"{dtype}[{size}]", f"{dtype}[]"
        self.size, self.dtype = size, dtype
        self.lines: list[str] = []
        self.vectors, self.numbers = ["%1", "%2"], ["%3"]
        self.fresh = 100

    def name(self) -> str:
        self.fresh += 1
        return f"%{self.fresh}"

    def line(self, text: str, kind: str) -> str:
        found = self.name()
        self.lines.append(f"{found}: {kind} = {text}")
        return found

    def add(self, op: str, i: int, j: int) -> None:
        x, y = self.vectors[i % len(self.vectors)], self.vectors[j % len(self.vectors)]
        h = self.numbers[(i + j) % len(self.numbers)]
        match op:
            case "neg" | "square" | "abs" | "sin":
                self.vectors.append(self.line(f"{op} {x}", self.vector))
            case "scale":
                self.vectors.append(self.line(f"mul {h}, {x}", self.vector))
            case "turn":
                parts = [self.line(f"index {x} {{index=({k - i % 2},)}}", self.number) for k in range(self.size)]
                self.vectors.append(self.line(f"stack {', '.join(parts[::-1])} {{axis=0}}", self.vector))
            case "doubled":
                test = self.line(f"lt {h}, {h}", "bool[]")
                a, b, p, q, r, s = (self.name() for _ in range(6))
                params = (f"({m}: {self.vector}, {n}: {self.vector})" for m, n in ((p, q), (r, s)))
                self.lines += [
                    f"{a}: {self.vector}, {b}: {self.vector} = cond {test}, {x}, {y} {{",
                    f"then{next(params)} {{",
                    f"yield {p}, {q}",
                    f"}} else{next(params)} {{",
                    f"yield {s}, {s}",
                    "} }",
                ]
                self.vectors += [a, b]
            case "sum":
                self.numbers.append(self.line(f"sum {x} {{axis=None, keepdims=False}}", self.number))
            case _:
                self.vectors.append(self.line(f"{op} {x}, {y}", self.vector))


@st.composite
def loops(draw: st.DrawFn) -> tuple[Graph, tuple[Any, ...]]:
    dtype, size = draw(st.sampled_from(["f64", "f32"])), draw(st.integers(1, MOST + 1))
    body = Body(dtype, size)
    for _ in range(draw(st.integers(1, 8))):
        body.add(draw(st.sampled_from(VECTOR_OPS)), draw(st.integers(0, 20)), draw(st.integers(0, 20)))
    u, v = draw(st.sampled_from(body.vectors)), draw(st.sampled_from(body.vectors))
    h = draw(st.sampled_from(body.numbers))
    vector, number = body.vector, body.number
    text = f"""graph f(%10: i64[], %11: {vector}, %12: {vector}, %13: {number}) -> ({vector}, {vector}, {number}) {{
      %20: {vector}, %21: {vector}, %22: {number} = for_loop %10, %11, %12, %13 {{carried=3}} {{
        body(%0: i64[], %1: {vector}, %2: {vector}, %3: {number}) {{
          {chr(10).join(body.lines)}
          yield {u}, {v}, {h}
        }}
      }}
      yield %20, %21, %22
    }}"""
    kind = np.float64 if dtype == "f64" else np.float32
    numbers = st.sampled_from([0.0, -0.0, 1.0, -1.5, 0.1, 3e30, 1e-30, np.inf, np.nan])
    x, y = (np.array(draw(st.lists(numbers, min_size=size, max_size=size)), kind) for _ in range(2))
    return parse(text), (np.int64(draw(st.integers(0, 3))), x, y, kind(draw(numbers)))


@given(case=loops())
@settings(max_examples=300)
def test_bits_stay(case: tuple[Graph, tuple[Any, ...]]) -> None:
    graph, args = case
    verify(graph)
    apart = small_tensors_as_numbers(graph)
    verify(apart)
    expected = run(graph, args)
    assert_same(run(apart, args), expected)
    assert_same(compile_program(apart, leave=never, when=[])(*args), expected)
    assert [p.type for p in apart.params] == [p.type for p in graph.params]


def never() -> None:
    raise AssertionError


SWING = """
graph f(%0: i64[], %1: f64[SIZE]) -> (f64[SIZE]) {
  %2: f64[SIZE] = for_loop %0, %1 {carried=1} {
    body(%3: i64[], %4: f64[SIZE]) {
      %5: f64[SIZE] = mul %4, %4
      yield %5
    }
  }
  yield %2
}
"""


@pytest.mark.parametrize(("size", "is_cut"), [("1", True), (str(MOST), True), (str(MOST + 1), False), ("n", False)])
def test_which_are_small(size: str, is_cut: bool) -> None:
    before = parse(SWING.replace("SIZE", size))
    after = small_tensors_as_numbers(before)
    assert (after is not before) == is_cut
    products = [op for op in walk(after) if op.name == "mul"]
    assert len(products) == (int(size) if is_cut else 1)


def test_what_needs_the_whole_tensor_keeps_it() -> None:
    before = parse(SWING.replace("SIZE", "2").replace("mul %4, %4", "cumsum %4 {axis=0}"))
    assert small_tensors_as_numbers(before) is before


TOTAL = """
graph f(%0: i64[], %1: f32[SIZE]) -> (f32[]) {
  %2: f32[] = constant {value=dense<f32[] 0.0>}
  %3: f32[], %4: f32[SIZE] = for_loop %0, %2, %1 {carried=2} {
    body(%5: i64[], %6: f32[], %7: f32[SIZE]) {
      %8: f32[] = sum %7 {axis=None, keepdims=False}
      %9: f32[SIZE] = neg %7
      yield %8, %9
    }
  }
  yield %3
}
"""


@pytest.mark.parametrize("size", range(1, MOST + 1))
def test_sums_are_numpys(size: int) -> None:
    graph = parse(TOTAL.replace("SIZE", str(size)))
    apart = small_tensors_as_numbers(graph)
    assert not any(op.name == "sum" for op in walk(apart))
    random = np.random.default_rng(size)
    given = [np.full(size, zero, np.float32) for zero in (0.0, -0.0)]
    given += [
        (random.standard_normal(size) * 10.0 ** random.integers(-8, 8, size)).astype(np.float32) for _ in range(50)
    ]
    for x in given:
        assert_same(run(apart, (np.int64(1), x)), run(graph, (np.int64(1), x)))
