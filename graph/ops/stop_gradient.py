"""The end of the way for gradients."""

from typing import Any

from graph.aval import Aval
from graph.ir.lowering import BuiltIn
from graph.ir.onnx_form import OnnxRule
from graph.ir.opdef import NotDifferentiable, OpDef, register
from graph.ops.list_onnx import same_onnx


def infer_stop_gradient(x: Aval) -> Aval:
    """Shape rule of `stop_gradient(x)`: `x` itself, which is a constant to whoever differentiates."""
    return x


def stop_gradient_kernel(x: Any) -> Any:
    return x


register(
    OpDef(
        "stop_gradient",
        infer=infer_stop_gradient,
        kernel=stop_gradient_kernel,
        vjp=NotDifferentiable("gradients stop here"),
        promote=None,
        aliases=True,
        lower=BuiltIn(),
        onnx=OnnxRule(same_onnx),
    )
)
