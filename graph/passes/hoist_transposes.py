"""Transposed matrices that each trip of a loop multiplies with: turned once, before the loop.

A product of few rows reads its right operand once, and reads it twice as fast in the order in which it lies.
"""

from typing import Final

from graph.ir.op import Graph, Op
from graph.passes.licm import moved_out
from graph.passes.transpose_products import swaps_axes

MANY_ROWS: Final = 256
"""A product of so many rows copies its operands anyway, into an order of its own."""


def hoist_transposes(graph: Graph) -> Graph:
    """Move transposes of what no trip changes out of loops, where they are right operands of products of a few rows."""
    return moved_out(graph, _is_right_operand)


def _is_right_operand(op: Op, region: Graph) -> bool:
    if not swaps_axes(op):
        return False
    products = (o for o in region.ops if o.name == "matmul" and o.operands[1] is op.result)
    return any(_has_few_rows(o) for o in products)


def _has_few_rows(product: Op) -> bool:
    left = product.operands[0]
    if left.ndim < 2:
        return False
    rows = left.shape[-2]
    return not isinstance(rows, int) or 1 < rows < MANY_ROWS
