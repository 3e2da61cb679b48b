"""Loops through several axes at once: broadcasts of all kinds around them, against the interpreter."""

from itertools import product

import numpy as np
import pytest

from graph.aval import Aval, SymDim
from graph.dtypes import float32
from graph.execute.interpreter import run
from graph.execute.native_program import compile_native
from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph
from support.close import assert_close

SHAPE = (3, 4, 5, 6)
KEPT = list(product((True, False), repeat=4))
"""Which axes a second operand has; it is 1 along the others."""


def graph_of(kept: tuple[bool, ...], shape: tuple[int, ...], *, symbolic: bool) -> Graph:
    """Elementwise results and sums of two tensors, one of which broadcasts, and of their transposes."""
    b = GraphBuilder("broadcasts")
    dims = tuple(SymDim.named(f"n{i}") if symbolic else n for i, n in enumerate(shape))
    x = b.param(Aval(float32, dims))
    y = b.param(Aval(float32, tuple(d if has else 1 for d, has in zip(dims, kept, strict=True))))
    total = b.tanh(b.add(b.mul(x, y), 1.0))
    turned = b.mul(b.transpose(x, axes=(0, 1, 3, 2)), 2.0)
    sums = [b.sum(total, axis=axis, keepdims=False) for axis in ((0, 2, 3), (2, 3), (0,), (1, 2), None)]
    return b.build([b.add(total, b.transpose(turned, axes=(0, 1, 3, 2))), total, *sums])


@pytest.mark.parametrize("kept", KEPT, ids=str)
@pytest.mark.parametrize(("shape", "symbolic"), [(SHAPE, False), (SHAPE, True), ((3, 4, 50, 1), False)], ids=str)
def test_broadcasts(kept: tuple[bool, ...], shape: tuple[int, ...], symbolic: bool) -> None:
    graph = graph_of(kept, shape, symbolic=symbolic)
    program = compile_native(graph)
    for sizes in (shape, (2, 1, 3, 1)) if symbolic else (shape,):
        rng = np.random.default_rng(0)
        x = rng.standard_normal(sizes).astype(np.float32)
        y = rng.standard_normal([n if has else 1 for n, has in zip(sizes, kept, strict=True)]).astype(np.float32)
        assert_close(program(x, y), run(graph, (x, y)))
