"""Large elementwise graphs are run block by block, with the bits of the whole; others are left as they are."""

from typing import Any

import numpy as np
import pytest

from graph.execute.in_blocks import BLOCK_BYTES, in_blocks
from graph.execute.interpreter import run
from graph.execute.numpy_program import compile_program
from graph.text.parser import parse

ROWS, COLUMNS = 3, BLOCK_BYTES // 4
SHAPE = f"{ROWS},{COLUMNS}"
CHAIN = """
graph f(%0: f64[S], %1: f32[S], %2: f64[]) -> (f64[S], bool[S]) {
  %3: f64[] = sin %2
  %4: f64[S] = mul %0, %3
  %5: f64[S] = tanh %4
  %6: f64[S] = cast %1 {dtype=f64}
  %7: f64[S] = add %5, %6
  %8: f64[S] = exp %7
  %9: bool[S] = gt %8, %2
  yield %8, %9
}
"""


class Counted:
    """A program, and how often it was run."""

    def __init__(self, text: str) -> None:
        self.graph = parse(text)
        self.program = compile_program(self.graph)
        self.count = 0
        self.run = in_blocks(self.graph, self)

    def __call__(self, *args: Any) -> tuple[Any, ...]:
        self.count += 1
        return self.program(*args)


def numbers(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.float64]:
    rng = np.random.default_rng(0)
    return rng.standard_normal(shape), rng.standard_normal(shape).astype("f4"), np.float64(0.7)


def check(counted: Counted, args: tuple[Any, ...]) -> None:
    found, expected = counted.run(*args), run(counted.graph, args)
    for x, y in zip(found, expected, strict=True):
        assert x.dtype == y.dtype
        np.testing.assert_array_equal(x, y)
        assert not any(np.shares_memory(x, arg) for arg in args)


@pytest.mark.parametrize("columns", [COLUMNS, COLUMNS + 1, COLUMNS - 1])
def test_blocks_have_the_bits_of_the_whole(columns: int) -> None:
    counted = Counted(CHAIN.replace("S", f"{ROWS},{columns}"))
    check(counted, numbers((ROWS, columns)))
    assert counted.count == -(-ROWS * columns * 8 // BLOCK_BYTES)


def test_arguments_of_other_layouts_are_taken_whole() -> None:
    counted = Counted(CHAIN.replace("S", SHAPE))
    x, y, z = numbers((ROWS, COLUMNS))
    check(counted, (np.asfortranarray(x), y, z))
    assert counted.count == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("exp %7", "flip %7 {axis=(0,)}"),
        ("%0: f64[S]", f"%0: f64[{COLUMNS}]"),
        ("S", "n,m"),
        ("S", "2,3"),
        ("%3: f64[] = sin %2", "%3: f64[] = sin %2\n  print %3 {parts=('', ''), forms=('',), stream='stdout'}"),
    ],
    ids=["elements of others", "other shapes", "open sizes", "small", "printing"],
)
def test_what_is_left_as_it_is(before: str, after: str) -> None:
    counted = Counted(CHAIN.replace(before, after).replace("S", SHAPE))
    assert counted.run is counted


def test_what_may_fail_is_left_as_it_is() -> None:
    text = "graph f(%0: i64[S], %1: i64[S]) -> (i64[S]) {\n"
    for i in range(1, 8):
        text += f"  %{i + 1}: i64[S] = pow %{i}, %0\n"
    counted = Counted(f"{text}  yield %8\n}}".replace("S", SHAPE))
    assert counted.run is counted
