"""Sums of a matrix and a product, done in one: the product is added where the matrix lies."""

from collections.abc import Mapping
from types import MappingProxyType

from graph.ir.op import Graph, Op
from graph.ir.opdef import lookup
from graph.ir.value import Value
from graph.ir.walk import uses
from graph.passes.nested import in_functions, replaced, with_body


def fuse_products(graph: Graph) -> Graph:
    """`total + x @ y` becomes `add_matmul(total, x, y)`, where nobody else reads the product, and `total` is a product
    itself or what a loop carries: it is in memory then, and nobody needs it afterwards.

    The last bits may change: a library's product adds its terms to `total` one by one.
    """
    return in_functions(_visit(graph, frozenset()), lambda function: _visit(function, frozenset()))


def _visit(graph: Graph, carried: frozenset[Value]) -> Graph:
    made: dict[Value, Op] = {}
    count = uses(graph)
    ops: list[Op] = []
    taken: set[Op] = set()
    for old in graph.ops:
        op = replaced(old, regions=[_visit(region, _carried(old, region)) for region in old.regions])
        found = _parts(op, made, count, carried) if op.name == "add" else None
        if found is not None:
            total, product = found
            taken.add(product)
            op = Op(lookup("add_matmul"), (total, *product.operands), op.results, MappingProxyType({}), (), op.loc)
        made.update(dict.fromkeys(op.results, op))
        ops.append(op)
    return with_body(graph, [op for op in ops if op not in taken])


def _carried(op: Op, region: Graph) -> frozenset[Value]:
    """The parameters of a loop's body that are carried."""
    lead = {"while_loop": 0, "for_loop": 1}.get(op.name)
    if lead is None or region is not op.regions[-1]:
        return frozenset()
    return frozenset(region.params[lead : lead + len(op.results)])


def _parts(
    op: Op, made: Mapping[Value, Op], count: Mapping[Value, int], carried: frozenset[Value]
) -> tuple[Value, Op] | None:
    """What a sum adds to, and the product that it adds."""
    for total, term in (op.operands, op.operands[::-1]):
        product, source = made.get(term), made.get(total)
        if product is None or product.name != "matmul" or not _is_product(product):
            continue
        in_memory = total in carried or (source is not None and _is_product(source))
        is_alone = count[term] == count[total] == 1
        if in_memory and is_alone and total.type == term.type == op.result.type:
            return total, product
    return None


def _is_product(op: Op) -> bool:
    """Whether an op is a product of matrices of floats."""
    if op.name not in ("matmul", "add_matmul"):
        return False
    return op.result.dtype.kind in "fc" and all(v.ndim == 2 for v in op.operands)
