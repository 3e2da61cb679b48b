"""Numbers in the loops of programs that run meanwhile are Python's floats: their bits are those of NumPy's, and nobody
else is given any."""

import itertools
from typing import Any

import numpy as np
import pytest

from graph.execute.interpreter import run
from graph.execute.numpy_program import NumpyProgram, compile_program
from graph.text.parser import parse
from support.values import assert_same

LOOP = """
graph f(%0: f64[], %1: f64[], %2: f64[], %3: f64[2]) -> (RESULTS) {
  %4: i64[] = constant {value=dense<i64[] 2>}
  %5: f64[] = constant {value=dense<f64[] CONSTANT>}
  %6: TYPE = START
  %7: f64[], %8: f64[], %9: TYPE = for_loop %4, %0, %1, %6, %2, %3 {carried=3} {
    body(%10: i64[], %11: f64[], %12: f64[], %13: TYPE, %14: f64[], %15: f64[2]) {
      %16: f64[] = constant {value=dense<f64[] CONSTANT>}
      %41: f64[] = maximum %11, %11
      %42: f64[] = maximum %12, %12
      BODY
      yield %42, %41, %20
    }
  }
  yield %7, %8, %9
}
"""
VALUES = [0.0, -0.0, 1.0, -1.5, 0.1, 5e-324, -2.2e-308, 1.7e308, np.inf, -np.inf, np.nan]
NUMBER = {"TYPE": "f64[]", "START": "add %5, %5"}
FLAG = {"TYPE": "bool[]", "START": "lt %5, %0"}
BODIES = [
    *(({**NUMBER, "BODY": f"%20: f64[] = {op} %11, %12"}) for op in ("add", "sub", "mul", "div", "pow", "atan2")),
    *(({**NUMBER, "BODY": f"%20: f64[] = {op} %11, %12"}) for op in ("minimum", "maximum", "floor_div", "mod")),
    *(({**NUMBER, "BODY": f"%20: f64[] = {op} %11, %16"}) for op in ("sub", "div", "minimum", "maximum")),
    *(({**NUMBER, "BODY": f"%20: f64[] = {op} %16, %11"}) for op in ("sub", "div", "minimum", "maximum")),
    *(({**NUMBER, "BODY": f"%20: f64[] = {op} %11"}) for op in ("neg", "abs", "sqrt", "square", "exp", "floor")),
    *(({**FLAG, "BODY": f"%20: bool[] = {op} %11, %12"}) for op in ("lt", "le", "gt", "ge", "eq", "ne")),
    {**NUMBER, "BODY": "%20: f64[] = clip %11, %12, %14"},
    {**NUMBER, "BODY": "%20: f64[] = clip %11, %16, %14"},
    {**FLAG, "BODY": "%19: bool[] = lt %11, %12 %20: bool[] = logical_not %19"},
    {**FLAG, "BODY": "%19: bool[] = lt %11, %12 %20: bool[] = logical_or %19, %13"},
    {**FLAG, "BODY": "%20: bool[] = isnan %11"},
    {**NUMBER, "BODY": "%18: bool[] = lt %11, %12 %20: f64[] = where %18, %11, %12"},
    {**NUMBER, "BODY": "%18: bool[] = le %11, %12 %20: f64[] = cond %18, %11 { THEN ELSE }"},
    {"TYPE": "i64[]", "START": "sub %4, %4", "BODY": "%18: bool[] = isfinite %12 %20: i64[] = cast %18 {dtype=i64}"},
    {"TYPE": "f32[]", "START": "cast %0 {dtype=f32}", "BODY": "%20: f32[] = cast %12 {dtype=f32}"},
    {**NUMBER, "BODY": "%18: f32[] = cast %12 {dtype=f32} %20: f64[] = cast %18 {dtype=f64}"},
    {**NUMBER, "BODY": "%18: f64[] = cast %10 {dtype=f64} %20: f64[] = mul %18, %12"},
    {"TYPE": "f64[2]", "START": "mul %3, %0", "BODY": "%20: f64[2] = mul %15, %11"},
    {"TYPE": "f64[2]", "START": "mul %3, %0", "BODY": "%20: f64[2] = stack %11, %12 {axis=0}"},
    {"TYPE": "list<f64[]>", "START": "list_make {element=f64[]}", "BODY": "%20: list<f64[]> = list_append %13, %11"},
    {"TYPE": "optional<f64[]>", "START": "none {type=f64[]}", "BODY": "%20: optional<f64[]> = some %11"},
    {
        "TYPE": "optional<f64[]>",
        "START": "some %0",
        "BODY": "%18: f64[] = mul %11, %11 %20: optional<f64[]> = some %18",
    },
]


def graph_of(body: dict[str, str], constant: str = "0.5") -> Any:
    # What a function of NumPy's gives is Python's float again: that is what the op is tried on.
    tried = body["BODY"].replace("%11", "%41").replace("%12", "%42")
    text = LOOP.replace("BODY", tried).replace("START", body["START"]).replace("CONSTANT", constant)
    text = text.replace("THEN", "\nthen(%30: f64[]) { yield %30 }").replace("ELSE", "\nelse(%31: f64[]) { NEG }\n")
    text = text.replace("NEG", "%32: f64[] = neg %31 yield %32")
    return parse(text.replace("RESULTS", f"f64[], f64[], {body['TYPE']}").replace("TYPE", body["TYPE"]))


def quick(graph: Any) -> NumpyProgram:
    return compile_program(graph, leave=lambda: None, when=[])


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body["BODY"])
@pytest.mark.parametrize("constant", ["0.5", "0.0", "-0.0"])
def test_bits_are_those_of_numpy(body: dict[str, str], constant: str) -> None:
    graph = graph_of(body, constant)
    program = quick(graph)
    with np.errstate(all="ignore"):
        for x, y in itertools.product(VALUES, VALUES):
            for z in (2.0, np.nan):
                args = (np.float64(x), np.float64(y), np.float64(z), np.array([x, 1.0]))
                found = program(*args)
                assert_same(found, run(graph, args))
                assert not any(type(item) in (float, bool) for item in found)


def test_arithmetic_is_pythons() -> None:
    source = quick(graph_of({**NUMBER, "BODY": "%19: f64[] = mul %11, %16 %20: f64[] = sqrt %19"})).source
    assert "* 0.5" in source
    assert "sqrt(" in source
    assert "float(np.sqrt(" in source


def test_what_comes_into_a_loop_is_pythons_there() -> None:
    lines = quick(graph_of({**NUMBER, "BODY": "%20: f64[] = mul %14, %13"})).source.splitlines()
    begin = next(i for i, line in enumerate(lines) if line.startswith("    for "))
    before, behind = "\n".join(lines[:begin]), "\n".join(lines[begin:])
    assert before.count(" = float(") == 4  # three carried, one captured
    assert behind.count(" = np.float64(") == 3


def test_programs_that_are_read_are_written_with_numpy() -> None:
    assert "float(" not in compile_program(graph_of({**NUMBER, "BODY": "%20: f64[] = sqrt %11"})).source


def test_what_fails_says_so_in_the_same_words() -> None:
    body = {"TYPE": "f64[2]", "START": "mul %3, %0", "BODY": "%18: i64[] = cast %11 {dtype=i64} FAILS"}
    body["BODY"] = body["BODY"].replace(
        "FAILS", "%19: f64[] = index %15, %18 {index=('$',)} %20: f64[2] = mul %15, %19"
    )
    graph = graph_of(body)
    args = (np.float64(7.0), np.float64(1.0), np.float64(1.0), np.array([1.0, 2.0]))
    texts: list[str] = []
    for program in (quick(graph), compile_program(graph)):
        with pytest.raises(IndexError) as error:
            program(*args)
        texts.append(str(error.value))
    assert texts[0] == texts[1]
