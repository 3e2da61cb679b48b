"""Which occurrences of an op can fail at run time, and so keep their place."""

from typing import Any

import numpy as np
import pytest

from graph.aval import SymDim
from graph.errors import ShapeError
from graph.ir.builder import GraphBuilder
from graph.ir.opdef import Effect, effect_of
from support.samples.sample import aval

n = SymDim.named("n")

SAFE: list[tuple[str, tuple[str, ...], dict[str, Any]]] = [
    ("add", ("f32[n,3]", "f32[n,1]"), {}),
    ("pow", ("f32[n]", "f32[n]"), {}),
    ("max", ("f32[n,2]",), {"axis": 1}),
    ("sum", ("f32[n]",), {}),
    ("reshape", ("f32[n,2,3]",), {"shape": (-1, 6)}),
    ("broadcast_to", ("f32[1]",), {"shape": (4,)}),
    ("squeeze", ("f32[n,1]",), {"axis": 1}),
    ("concat", ("f32[n,2]", "f32[m,2]"), {"axis": 0}),
    ("index", ("f32[n,3]",), {"index": (slice(1, None), -3)}),
    ("index", ("f32[n]", "bool[n]"), {"index": ("$",)}),
    ("index", ("f32[n]", "i64[]"), {"index": (slice("$", None),)}),
    ("index_set", ("f32[n,3]", "f32[n]"), {"index": (slice(None), 2)}),
    ("pad", ("f32[n]",), {"widths": ((1, 1),), "mode": "constant"}),
    ("arange", ("i64[]",), {"start": 0, "stop": "$", "step": 1, "dtype": np.dtype(np.int64)}),
]
UNSAFE: list[tuple[str, tuple[str, ...], dict[str, Any]]] = [
    ("add", ("f32[n]", "f32[m]"), {}),
    ("add", ("f32[n]", "f32[3]"), {}),
    ("where", ("bool[3]", "f32[n]", "f32[]"), {}),
    ("pow", ("i64[2]", "i64[2]"), {}),
    ("max", ("f32[n,2]",), {"axis": 0}),
    ("argmin", ("f32[n]",), {}),
    ("reshape", ("f32[n]",), {"shape": (2, 3)}),
    ("reshape", ("f32[n,m]",), {"shape": (-1, 2)}),
    ("broadcast_to", ("f32[n]",), {"shape": (4,)}),
    ("squeeze", ("f32[n]",), {"axis": 0}),
    ("stack", ("f32[n]", "f32[m]"), {"axis": 0}),
    ("split", ("f32[n]",), {"sizes": (1, 2), "axis": 0}),
    ("index", ("f32[n]",), {"index": (0,)}),
    ("index", ("f32[3]", "i64[]"), {"index": ("$",)}),
    ("index", ("f32[3]", "bool[n]"), {"index": ("$",)}),
    ("index", ("f32[3]", "i64[]"), {"index": (slice(None, None, "$"),)}),
    ("index_add", ("f32[3]", "f32[n]"), {"index": (slice(None),)}),
    ("take", ("f32[3]", "i64[2]"), {"axis": 0}),
    ("pad", ("f32[n]",), {"widths": ((1, 1),), "mode": "edge"}),
]


def effect(op: str, operands: tuple[str, ...], attrs: dict[str, Any]) -> Effect:
    b = GraphBuilder("f")
    b.apply(op, [b.param(aval(x)) for x in operands], attrs)
    return effect_of(b.ops[-1])


@pytest.mark.parametrize(("op", "operands", "attrs"), SAFE)
def test_cannot_fail(op: str, operands: tuple[str, ...], attrs: dict[str, Any]) -> None:
    assert effect(op, operands, attrs) is Effect.PURE


@pytest.mark.parametrize(("op", "operands", "attrs"), UNSAFE)
def test_can_fail(op: str, operands: tuple[str, ...], attrs: dict[str, Any]) -> None:
    assert effect(op, operands, attrs) is Effect.CAN_FAIL


RESULTS = [
    ("reshape", "f32[n,2,3]", {"shape": (-1,)}, "f32[6*n]"),
    ("reshape", "f32[n,4]", {"shape": (2, -1)}, "f32[2,2*n]"),
    ("reshape", "f32[n,4]", {"shape": (3, -1)}, "f32[3,u0]"),
    ("reshape", "f32[n,4]", {"shape": (-1, 4)}, "f32[n,4]"),
    ("concat", "f32[n]", {"axis": 0}, "f32[n]"),
    ("repeat", "f32[n]", {"repeats": 3, "axis": 0}, "f32[3*n]"),
    ("pad", "f32[n]", {"widths": ((2, 1),)}, "f32[n+3]"),
    ("index", "f32[n,3]", {"index": (slice(1, -1), slice(None, None, 2))}, "f32[n-2,2]"),
    ("index", "f32[n]", {"index": (slice(None, 2),)}, "f32[u0]"),
    ("index", "f32[n]", {"index": (slice(None, None, -1),)}, "f32[n]"),
    ("index", "f32[n]", {"index": (slice(-2, None),)}, "f32[u0]"),
    ("index", "f32[n,m]", {"index": ("...", None, 0)}, "f32[n,1]"),
    ("nonzero", "f32[n,m]", {}, "i64[u0]"),
]


@pytest.mark.parametrize(("op", "operand", "attrs", "expected"), RESULTS)
def test_sizes_that_forms_describe(op: str, operand: str, attrs: dict[str, Any], expected: str) -> None:
    b = GraphBuilder("f")
    assert str(b.apply(op, [b.param(aval(operand))], attrs)[0].type) == expected


def test_trimmed_size_adds_up_again() -> None:
    b = GraphBuilder("f")
    x = b.param(aval("f32[n]"))
    assert b.concat(b.index(x, index=(slice(1, None),)), b.index(x, index=(slice(0, None),)), axis=0).shape == (
        SymDim((("n", 2),), -1),
    )


def test_symbolic_sizes_that_differ_for_certain() -> None:
    b = GraphBuilder("f")
    with pytest.raises(ShapeError):
        b.apply("reshape", [b.param(aval("f32[n,2]")), b.dim(b.param(aval("i64[n]")), axis=0)], {"shape": (n, 3)})
