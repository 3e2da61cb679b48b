"""Loops that count: where nobody can tell, the programs that run meanwhile count with Python's integers."""

from typing import Any

import numpy as np
import pytest

from graph.execute.interpreter import run
from graph.execute.numpy_program import compile_program
from graph.text.parser import parse
from support.values import assert_same

LOOP = """
graph f(%0: i64[], %1: f64[]) -> (f64[], i64[]) {
  %2: i64[] = START
  %3: i64[] = neg %0
  %4: f64[], %5: i64[] = while_loop %1, %2, %0, %3 {carried=2} {
    test(%6: f64[], %7 i: i64[], %8: i64[], %9: i64[]) {
      %10: bool[] = TEST
      yield %10
    }
    body(%11: f64[], %12 i: i64[], %13: i64[], %14: i64[]) {
      %15: i64[] = constant {value=dense<i64[] 3>}
      %16: bool[] = le %12, %15
      %17: f64[] = cond %16, %11 {
        then(%18: f64[]) { %19: f64[] = add %18, %18 yield %19 }
        else(%20: f64[]) { yield %20 }
      }
      %21: i64[] = constant {value=dense<i64[] STEP>}
      %22: i64[] = add %12, %21
      MORE
      yield %17, NEXT
    }
  }
  yield %4, %5
}
"""
USUAL = {
    "START": "constant {value=dense<i64[] 0>}",
    "TEST": "lt %7, %8",
    "STEP": "2",
    "MORE": "",
    "NEXT": "%22",
}


def never() -> None:
    raise AssertionError


def counts(**changes: str) -> bool:
    """Whether the program counts with Python's integers; it gives what the interpreter gives."""
    text = LOOP
    for word, replacement in {**USUAL, **changes}.items():
        text = text.replace(word, replacement)
    graph = parse(text)
    program = compile_program(graph, leave=never, when=[])
    for n in (-2, 0, 1, 9):
        args: tuple[Any, ...] = (np.int64(n), np.float64(0.75))
        found = program(*args)
        assert_same(found, run(graph, args))
        assert type(found[1]) is np.int64
    return "limit" in program.source or "i = int(i)" in program.source


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"START": "constant {value=dense<i64[] -7>}"},
        {"STEP": "1"},
        {"TEST": "gt %8, %7"},
        {"TEST": "lt %7, %9"},
    ],
)
def test_what_counts(changes: dict[str, str]) -> None:
    assert counts(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"START": "add %0, %0"},  # it may be near the end of the int64
        {"START": f"constant {{value=dense<i64[] {-(2**63)}>}}", "TEST": "lt %8, %7"},
        {"STEP": str(2**60)},
        {"MORE": "%23: i64[] = mul %22, %22", "NEXT": "%23", "STEP": "5"},
        {"MORE": "%23: f64[] = cast %12 {dtype=f64} %24: i64[] = cast %23 {dtype=i64}", "NEXT": "%22"},
        {"MORE": "%23: bool[] = lt %12, %13 %24: bool[] = logical_not %23 check %24, %24 {error='ValueError', "
        "forms=('!s:',), parts=('','')}", "TEST": "lt %7, %9"},
    ],
    ids=["unknown start", "far start", "large step", "no sum", "read by others", "read as a tensor"],
)  # fmt: skip
def test_what_does_not(changes: dict[str, str]) -> None:
    assert not counts(**changes)


def test_the_program_that_is_read_is_as_before() -> None:
    text = LOOP
    for word, replacement in USUAL.items():
        text = text.replace(word, replacement)
    assert "i = i + 2" in compile_program(parse(text)).source
    assert "int(i)" not in compile_program(parse(text)).source
