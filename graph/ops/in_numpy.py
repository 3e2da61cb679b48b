"""`in_numpy(*operands) {body}`: what the region yields, computed by its kernels in all executors, one after the other.

Exact native code has it where NumPy's bits follow from how an array lies in memory, which native code does not keep.
"""

from typing import Any

from graph.aval import Type
from graph.ir.lowering import Callback
from graph.ir.onnx_form import NoOnnx
from graph.ir.op import Graph
from graph.ir.opdef import NotDifferentiable, OpDef, register
from graph.ops.regions import check_params


def infer_in_numpy(*operands: Type, regions: tuple[Graph]) -> tuple[Type, ...]:
    """Shape rule of `in_numpy(*operands)` with the region `body`, which takes the operands: what it yields."""
    (body,) = regions
    check_params("in_numpy", body, operands)
    return tuple(v.type for v in body.results)


def in_numpy_kernel(*operands: Any, regions: tuple[Any]) -> tuple[Any, ...]:
    return tuple(regions[0](*operands))


register(
    OpDef(
        "in_numpy",
        infer=infer_in_numpy,
        kernel=in_numpy_kernel,
        vjp=NotDifferentiable("it is made after all derivatives"),
        promote=None,
        lower=Callback("exact code takes the order of its additions from NumPy"),
        onnx=NoOnnx("it says how NumPy adds"),
    )
)
