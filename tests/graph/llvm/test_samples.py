"""Every sample of every op: native code gives what the kernel gives, with static and with symbolic sizes."""

from typing import Any

import numpy as np
import pytest

from graph.errors import GraphError
from graph.execute.interpreter import run
from graph.execute.native_program import compile_native
from graph.ir.lowering import Callback
from graph.ir.op import Graph
from graph.ir.opdef import all_ops, lookup
from support.close import assert_close
from support.native_graphs import graph_of
from support.samples import Sample, all_samples

SAMPLES = all_samples()
NATIVE = [s for s in SAMPLES if lookup(s.op).lower is not None]
IN_NUMPY = ["clock", "print", "error_is", "in_numpy", "log_record", "warn"]
"""Ops that are calls of Python whatever their operands; each says why."""


def check(graph: Graph, args: tuple[Any, ...]) -> None:
    expected = run(graph, args)
    program = compile_native(graph)
    for _ in range(2):
        assert_close(program(*args), expected)


def test_every_op_says_how_it_becomes_native_code() -> None:
    assert [op.name for op in all_ops() if op.lower is None] == []
    assert [op.name for op in all_ops() if isinstance(op.lower, Callback)] == IN_NUMPY


@pytest.mark.parametrize("sample", NATIVE, ids=str)
def test_static(sample: Sample) -> None:
    check(graph_of(sample, symbolic=False), tuple(np.asarray(x)[()] for x in sample.operands))


@pytest.mark.slow
@pytest.mark.parametrize("sample", [s for s in NATIVE if any(np.ndim(x) for x in s.operands)], ids=str)
def test_symbolic(sample: Sample) -> None:
    try:
        graph = graph_of(sample, symbolic=True)
    except GraphError:
        pytest.skip("the shape rule needs sizes")
    check(graph, tuple(np.asarray(x)[()] for x in sample.operands))
