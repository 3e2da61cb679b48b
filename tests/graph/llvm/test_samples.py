"""Every sample of every op: native code gives what the kernel gives, with static and with symbolic sizes."""

from typing import Any

import numpy as np
import pytest

import graph.ops  # noqa: F401 (fills the registry)
from graph.aval import Aval, SymDim
from graph.errors import GraphError
from graph.execute.interpreter import run
from graph.execute.native_program import compile_native
from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph
from graph.ir.opdef import lookup
from support.close import assert_close
from support.samples import Sample, all_samples

SAMPLES = all_samples()
NATIVE = [s for s in SAMPLES if lookup(s.op).lower is not None]


def graph_of(sample: Sample, *, symbolic: bool) -> Graph:
    """The op alone. Equal sizes have equal names where they are symbolic."""
    b = GraphBuilder(sample.op)
    params = []
    for x in map(np.asarray, sample.operands):
        shape = tuple(SymDim.named(f"n{n}") for n in x.shape) if symbolic else x.shape
        params.append(b.param(Aval(x.dtype, shape)))
    return b.build(b.append(lookup(sample.op), params, dict(sample.attrs)))


def check(graph: Graph, args: tuple[Any, ...]) -> None:
    expected = run(graph, args)
    program = compile_native(graph)
    for _ in range(2):
        assert_close(program(*args), expected)


@pytest.mark.parametrize("sample", NATIVE, ids=str)
def test_static(sample: Sample) -> None:
    check(graph_of(sample, symbolic=False), tuple(np.asarray(x)[()] for x in sample.operands))


@pytest.mark.parametrize("sample", [s for s in NATIVE if any(np.ndim(x) for x in s.operands)], ids=str)
def test_symbolic(sample: Sample) -> None:
    try:
        graph = graph_of(sample, symbolic=True)
    except GraphError:
        pytest.skip("the shape rule needs sizes")
    check(graph, tuple(np.asarray(x)[()] for x in sample.operands))
