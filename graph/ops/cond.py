"""`cond`: one of two regions runs, as a 0-d bool says; only that one, forward and backward."""

from typing import Any

from graph.aval import Type
from graph.errors import BranchTypeError, DTypeError
from graph.ir.lowering import BuiltIn
from graph.ir.onnx_form import OnnxBuiltIn
from graph.ir.op import Graph
from graph.ir.opdef import OpDef, register
from graph.ops.cond_vjp import COND_VJP
from graph.ops.regions import check_params, join_types, number_unknown
from graph.ops.shape_rules import is_predicate


def infer_cond(pred: Type, *operands: Type, regions: tuple[Graph, Graph]) -> tuple[Type, ...]:
    """Shape rule of `cond(pred, *operands)` with regions `then` and `else` that both take the operands.

    Types: `pred` is bool[]. The branches yield as many values of equal dtype and rank; dims that differ become
    symbolic. Raises: DTypeError, BranchTypeError naming the position that differs.
    """
    if not is_predicate(pred):
        raise DTypeError(f"the test of `cond` must be bool[], not {pred}")
    then, other = regions
    check_params("cond", then, operands)
    check_params("cond", other, operands)
    if len(then.results) != len(other.results):
        raise BranchTypeError(f"one branch yields {len(then.results)} values, the other {len(other.results)}")
    results: list[Type] = []
    for i, (a, b) in enumerate(zip(then.results, other.results, strict=True)):
        joined = join_types(a.type, b.type)
        if joined is None:
            raise BranchTypeError(f"result {i} is {a.type} when true, {b.type} when false; a graph needs one type.")
        results.append(joined)
    return number_unknown(results)


def cond_kernel(pred: Any, *operands: Any, regions: tuple[Any, Any]) -> tuple[Any, ...]:
    return regions[0](*operands) if pred else regions[1](*operands)


COND = register(
    OpDef("cond", infer=infer_cond, kernel=cond_kernel, vjp=COND_VJP, promote=None, lower=BuiltIn(), onnx=OnnxBuiltIn())
)
