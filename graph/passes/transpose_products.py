"""Matrix products that are read transposed only: computed so at once, instead of being copied or read across."""

from types import MappingProxyType
from typing import Any

from graph.aval import Aval, Shape
from graph.ir.op import Graph, Op
from graph.ir.opdef import lookup
from graph.ir.value import Value
from graph.ir.walk import uses
from graph.passes.nested import in_functions, replaced, with_body


def transpose_products(graph: Graph) -> Graph:
    """(x.T @ y).T becomes y.T @ x, and (x @ y.T).T becomes y @ x.T, where nobody reads the product itself.

    Gradients of weights that are stored transposed come so. For a graph that is only run: the order of a product's
    sums is the library's.
    """
    return in_functions(_visit(graph), _visit)


def _visit(graph: Graph) -> Graph:
    made = {v: op for op in graph.ops for v in op.results}
    count = uses(graph)
    ops: list[Op] = []
    for old in graph.ops:
        op = replaced(old, regions=[_visit(region) for region in old.regions])
        product = made.get(op.operands[0]) if swaps_axes(op) else None
        if product is None or product.name != "matmul" or count[product.result] != 1:
            ops.append(op)
            continue
        x, y = product.operands
        turned = [_swapped(made, y), _swapped(made, x)]
        if not any(turned) or not all(_is_matrix(v) for v in (x, y)):
            ops.append(op)
            continue
        operands: list[Value] = []
        for source, plain in zip(turned, (y, x), strict=True):
            if source is None:
                swap = _swap(plain, op)
                ops.append(swap)
                source = swap.result
            operands.append(source)
        ops.append(Op(product.opdef, tuple(operands), op.results, product.attrs, (), product.loc))
    return with_body(graph, ops)


def _is_matrix(value: Value) -> bool:
    return isinstance(value.type, Aval) and len(value.shape) == 2


def swaps_axes(op: Op) -> bool:
    """Whether an op swaps the axes of a matrix."""
    axes: Any = op.attrs["axes"] if op.name == "transpose" else ()
    return len(axes) == 2 and tuple(a % 2 for a in axes) == (1, 0)


def _swapped(made: dict[Value, Op], value: Value) -> Value | None:
    """What a value is the transpose of."""
    op = made.get(value)
    return op.operands[0] if op is not None and swaps_axes(op) else None


def _swap(value: Value, op: Op) -> Op:
    """The transpose of a matrix, at the place of `op`."""
    shape: Shape = value.shape[::-1]
    result = Value(Aval(value.dtype, shape))
    return Op(lookup("transpose"), (value,), (result,), MappingProxyType({"axes": (1, 0)}), (), op.loc)
