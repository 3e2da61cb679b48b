"""Guards in native code: tested without Python where the answer is plain, by the kernel elsewhere."""

import math
from typing import Any

import numpy as np
import pytest

from graph.aval import Aval, ListType, SymDim, Type, scalar
from graph.dtypes import bool_, complex64, complex128, float16, float32, float64, int8, int64, uint64
from graph.errors import TraceGuardError
from graph.execute.interpreter import run
from graph.execute.native_program import compile_native
from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph

N = SymDim.named("n")
VECTOR, MATRIX = Aval(float64, (N,)), Aval(float32, (N, 20))
FAR = np.arange(100.0)


def guarding(t: Type, kind: str, expected: Any) -> Graph:
    b = GraphBuilder("guarding")
    x = b.param(t)
    b.guard(x, kind=kind, expected=expected, site="here")
    return b.build([b.constant(1)])


def fails(run_it: Any) -> str:
    """The text of the guard's error; empty where it holds."""
    try:
        run_it()
    except TraceGuardError as error:
        return str(error)
    return ""


CASES = [
    (scalar(bool_), "bool", True, [np.True_, np.False_]),
    (scalar(float64), "bool", False, [np.float64(0), np.float64(-0.0), np.float64(math.nan)]),
    (scalar(int64), "int", -3, [np.int64(-3), np.int64(3)]),
    (scalar(int8), "int", 5, [np.int8(5), np.int8(-5)]),
    (scalar(uint64), "int", 2**64 - 1, [np.uint64(2**64 - 1), np.uint64(7)]),
    (scalar(float64), "int", 2, [np.float64(2.5), np.float64(3.0)]),
    (scalar(float64), "float", 0.1, [np.float64(0.1), np.float64(0.2), np.float64(math.nan)]),
    (scalar(float64), "float", -0.0, [np.float64(-0.0), np.float64(0.0), np.float64(1)]),
    (scalar(float64), "float", 0.0, [np.float64(-0.0), np.float64(0.0)]),
    (scalar(float64), "float", math.nan, [np.float64(math.nan), np.float64(0.0)]),
    (scalar(float32), "float", float(np.float32(0.1)), [np.float32(0.1), np.float32(0.3)]),
    (scalar(float16), "float", math.inf, [np.float16(math.inf), np.float16(-math.inf)]),
    (scalar(complex128), "complex", 1 - 0j, [np.complex128(1 - 0j), np.complex128(1 + 0j), np.complex128(2)]),
    (scalar(complex64), "complex", 2 + 1j, [np.complex64(2 + 1j), np.complex64(2)]),
    (Aval(float64, (1, 1)), "bool", True, [np.full((1, 1), 2.0), np.zeros((1, 1))]),
    (VECTOR, "len", 3, [np.ones(3), np.ones(4), np.ones(0)]),
    (ListType(VECTOR), "len", 2, [[np.ones(1)] * 2, []]),
    (MATRIX, "shape", (2, 20), [np.ones((2, 20), np.float32), np.ones((3, 20), np.float32)]),
    (scalar(int64), "shape", (), [np.int64(1)]),
    (VECTOR, "array", FAR, [FAR, FAR + 1, FAR[:99], np.append(FAR[:99], np.nan)]),
    (Aval(float64, (3,)), "array", FAR[:3], [FAR[:3], -FAR[:3]]),
    (VECTOR, "array", np.array([math.nan, 0.0]), [np.array([math.nan, 0.0]), np.array([math.nan, -0.0])]),
    (VECTOR, "array", FAR[:0], [FAR[:0], FAR[:1]]),
]


@pytest.mark.parametrize(("t", "kind", "expected", "values"), CASES)
def test_it_fails_where_the_kernel_does(t: Type, kind: str, expected: Any, values: list[Any]) -> None:
    graph = guarding(t, kind, expected)
    program = compile_native(graph)
    for x in (*values, *values):
        assert fails(lambda x=x: program(x)) == fails(lambda x=x: run(graph, (x,)))


@pytest.mark.parametrize(("t", "kind", "expected", "values"), [c for c in CASES if c[1] in ("len", "shape", "array")])
def test_plain_ones_stay_native(t: Type, kind: str, expected: Any, values: list[Any]) -> None:
    assert compile_native(guarding(t, kind, expected)).callbacks == ()
