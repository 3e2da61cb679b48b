"""A large elementwise graph as a NumPy program that is run block by block.

Its temporary arrays are then as small as a block, and stay in the processor's cache. A first run has to get all memory
from the system, page by page, which takes as long as computing what is written there.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np

from graph.aval import Aval
from graph.ir.lowering import Elementwise
from graph.ir.op import Graph, Op
from graph.ir.opdef import Effect, effect_of, lowering_of
from graph.ir.value import Value
from graph.llvm.abi import elements

BLOCK_BYTES: Final = 1 << 17
"""Of the widest value: a few of them fit into the cache of a processor, and a block's calls take little beside it."""
FEWEST_BLOCKS: Final = 4
FEWEST_OPS: Final = 4
"""With fewer there are hardly any temporary arrays."""

Program = Callable[..., tuple[Any, ...]]


def in_blocks(graph: Graph, program: Program) -> Program:
    """The program of a graph, which is run block by block where that has the same bits and is worth it.

    What a block's elements come to depends on nothing else: ops are elementwise and cannot fail, and all values are
    numbers or have one static shape.
    """
    params, results = _tensors(graph.params), _tensors(graph.results)
    inner = [_tensors(op.results) for op in graph.ops if _is_of_elements(op)]
    tensors = [t for part in (params, *inner) for t in part]
    shapes = {t.shape for t in tensors if t.ndim}
    is_elementwise = len(inner) == len(graph.ops) and len(params) == len(graph.params)
    if graph.functions or not is_elementwise or len(shapes) != 1 or not all(t.ndim for t in results):
        return program
    (shape,) = shapes
    count = elements(shape)
    block = BLOCK_BYTES // max(t.dtype.itemsize for t in tensors)
    calls = sum(1 for op in graph.ops if op.operands)
    if count is None or count < FEWEST_BLOCKS * block or calls < FEWEST_OPS:
        return program
    large = [i for i, t in enumerate(params) if t.ndim]

    def run(*args: Any) -> tuple[Any, ...]:
        if not all(args[i].flags.c_contiguous for i in large):
            return program(*args)
        found = [np.empty(args[large[0]].shape, t.dtype) for t in results]
        flat = [x.reshape(-1) for x in found]
        given = [args[i].reshape(-1) for i in large]
        parts = [*args]
        for start in range(0, count, block):
            here = slice(start, start + block)
            for i, x in zip(large, given, strict=True):
                parts[i] = x[here]
            for to, part in zip(flat, program(*parts), strict=True):
                to[here] = part
        return tuple(found)

    return run


def _tensors(values: Iterable[Value]) -> list[Aval]:
    return [v.type for v in values if isinstance(v.type, Aval)]


def _is_of_elements(op: Op) -> bool:
    if effect_of(op) is not Effect.PURE:
        return False
    if not op.operands:  # a constant
        return not any(t.ndim for t in _tensors(op.results))
    return isinstance(lowering_of(op), Elementwise)
