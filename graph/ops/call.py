"""`call`: a graph function of the outermost graph, by name. The functions of one graph may call each other."""

from collections.abc import Callable
from typing import Any

from graph.aval import Type
from graph.errors import InternalError
from graph.ir.lowering import BuiltIn
from graph.ir.onnx_form import OnnxBuiltIn
from graph.ir.opdef import Effect, NotDifferentiable, OpDef, register


def infer_call(*operands: Type, function: str) -> tuple[Type, ...]:
    """The results of `call(*operands)` have the types that the function yields, which an op alone cannot know.

    Builders pass the types; `verify` looks them up.
    """
    raise InternalError(f"the types of `call` of {function!r} come from the function; pass `types` to `append`")


def call_kernel(*operands: Any, function: Callable[..., tuple[Any, ...]]) -> tuple[Any, ...]:
    """Executors pass the function in place of its name."""
    return function(*operands)


# Nobody knows from the op alone what the function does, so it is taken to do anything.
register(
    OpDef(
        "call",
        infer=infer_call,
        kernel=call_kernel,
        vjp=NotDifferentiable("a call is differentiated through its function, not by a rule"),
        promote=None,
        effect=Effect.ORDERED,
        lower=BuiltIn(),
        onnx=OnnxBuiltIn(),
    )
)
