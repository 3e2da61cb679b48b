"""For exact code: sums and products of arrays that in eager code do not lie in C order.

NumPy adds up in the order in which an array lies in memory, and asks BLAS for another function where an operand is
transposed. Native arrays are in C order. So such an op goes to NumPy together with what made its operands.
"""

from types import MappingProxyType
from typing import Final, cast

from graph.aval import Aval
from graph.ir.lowering import Elementwise
from graph.ir.op import Graph, Op
from graph.ir.opdef import lookup, lowering_of
from graph.ir.value import Value
from graph.llvm.exact import keeps_bits
from graph.ops.index_lowering import is_run
from graph.ops.index_rules import Index
from graph.passes.nested import copied_ops, in_functions, replaced, with_body

_SAME_ORDER: Final = frozenset(["reshape", "expand_dims", "squeeze", "stop_gradient"])
_IN_C_ORDER: Final = frozenset(["matmul", "add_matmul", "compact"])
"""Ops whose kernels give an array in C order, whatever they get."""


def in_numpy_order(graph: Graph) -> Graph:
    """`graph` with `in_numpy` for ops whose bits follow from how their operands lie in memory, where that may be
    otherwise than in C order. Parameters, what loops carry and what is in lists is taken to be in C order."""
    return in_functions(_visit(graph), _visit)


def _visit(graph: Graph) -> Graph:
    made: dict[Value, Op] = {}
    """Which op makes a value that may lie otherwise."""
    ops: list[Op] = []
    for old in graph.ops:
        op = replaced(old, regions=[_visit(region) for region in old.regions])
        if op.regions:
            ops.append(op)
            continue
        lies_otherwise = any(v in made for v in op.operands)
        if lies_otherwise and not keeps_bits(op, lowering_of(op)):
            ops.append(_in_numpy(op, made))
        else:
            ops.append(op)
        if _leaves_c_order(op, lies_otherwise):
            made.update((v, op) for v in op.results if isinstance(v.type, Aval))
    return with_body(graph, ops)


def _leaves_c_order(op: Op, lies_otherwise: bool) -> bool:
    if op.name in _IN_C_ORDER:
        return False
    if op.name in _SAME_ORDER:
        return lies_otherwise
    if op.name == "index" and not lies_otherwise:
        return not is_run(*(v.aval for v in op.operands), index=cast("Index", op.attrs["index"]))
    if op.opdef.aliases and not isinstance(op.opdef.lower, Elementwise):
        return all(isinstance(v.type, Aval) for v in op.operands)
    return lies_otherwise and any(v.ndim > 1 for v in op.results if isinstance(v.type, Aval))


def _in_numpy(op: Op, made: dict[Value, Op]) -> Op:
    """An op and what made its operands as one op."""
    inside: dict[Op, None] = {}
    given: dict[Value, None] = {}

    def collect(v: Value) -> None:
        maker = made.get(v)
        if maker is None:
            given[v] = None
            return
        for operand in maker.operands:
            collect(operand)
        inside[maker] = None

    for v in op.operands:
        collect(v)
    params = [Value(v.type, v.hint) for v in given]
    part, results = copied_ops(Graph("body", tuple(given), (*inside, op), op.results), params)
    body = Graph("body", tuple(params), tuple(part), results)
    return Op(lookup("in_numpy"), tuple(given), op.results, MappingProxyType({}), (body,), op.loc)
