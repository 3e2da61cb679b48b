"""Values that may be missing: names undefined on one path, `None` on one path, residuals of a branch not taken.

At run time a missing value is Python's None, and so is one that holds what is missing itself: `some` of it is missing.
As a cotangent, a missing value is zero.
"""

from typing import Any

from graph.aval import Aval, OptionalType, Type, scalar
from graph.dtypes import bool_
from graph.errors import DTypeError
from graph.ir.emitter import Emitter
from graph.ir.lowering import BuiltIn
from graph.ir.onnx_form import OnnxRule
from graph.ir.op import Op
from graph.ir.opdef import Effect, NotDifferentiable, OpDef, register
from graph.ops.cotangents import zeros_of
from graph.ops.list_onnx import is_some_onnx, none_onnx, some_onnx, unwrap_onnx, unwrap_or_zeros_onnx


def infer_some(x: Type) -> OptionalType:
    """Shape rule of `some`: T -> optional<T>."""
    return OptionalType(x)


def some_kernel(x: Any) -> Any:
    return x


def some_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any) -> tuple[Any]:
    return (b.unwrap_or_zeros(ct, x),)


def infer_none(*, type: Type) -> OptionalType:
    """Shape rule of `none`: a missing value of `type`."""
    return OptionalType(type)


def none_kernel(*, type: Type) -> None:
    return None


def _element(x: Type, op: str) -> Type:
    if not isinstance(x, OptionalType):
        raise DTypeError(f"`{op}` takes a value that may be missing, not {x}")
    return x.element


def infer_is_some(x: Type) -> Aval:
    """Shape rule of `is_some`: optional<T> -> bool[]."""
    _element(x, "is_some")
    return scalar(bool_)


def is_some_kernel(x: Any) -> bool:
    return x is not None


def infer_unwrap(x: Type, *, name: str) -> Type:
    """Shape rule of `unwrap`: optional<T> -> T.

    `name` is the user's variable; reading it while it is missing raises UnboundLocalError, as Python does. An empty
    name says that the value is known to be there.
    """
    return _element(x, "unwrap")


def unwrap_kernel(x: Any, *, name: str) -> Any:
    if x is None and name:
        raise UnboundLocalError(f"cannot access local variable {name!r} where it is not associated with a value")
    return x


def unwrap_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *, name: str) -> tuple[Any]:
    return (b.some(ct),)


def unwrap_effect(op: Op) -> Effect:
    return Effect.CAN_FAIL if op.attrs["name"] else Effect.PURE


def infer_unwrap_or_zeros(x: Type, like: Type) -> Type:
    """Shape rule of `unwrap_or_zeros`: the value, or where it is missing zeros like the second operand."""
    _element(x, "unwrap_or_zeros")
    return like


def unwrap_or_zeros_kernel(x: Any, like: Any) -> Any:
    return zeros_of(like) if x is None else x


def unwrap_or_zeros_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, like: Any) -> tuple[Any, None]:
    return b.some(ct), None


register(
    OpDef(
        "some",
        infer=infer_some,
        kernel=some_kernel,
        vjp=some_vjp,
        promote=None,
        lower=BuiltIn(),
        onnx=OnnxRule(some_onnx),
    )
)
register(
    OpDef(
        "none",
        infer=infer_none,
        kernel=none_kernel,
        vjp=NotDifferentiable("nothing is there"),
        promote=None,
        lower=BuiltIn(),
        onnx=OnnxRule(none_onnx),
    )
)
register(
    OpDef(
        "is_some",
        infer=infer_is_some,
        kernel=is_some_kernel,
        vjp=NotDifferentiable("the result is discrete"),
        promote=None,
        lower=BuiltIn(),
        onnx=OnnxRule(is_some_onnx),
    )
)
register(
    OpDef(
        "unwrap",
        infer=infer_unwrap,
        kernel=unwrap_kernel,
        vjp=unwrap_vjp,
        promote=None,
        effect=unwrap_effect,
        lower=BuiltIn(),
        onnx=OnnxRule(unwrap_onnx),
    )
)
register(
    OpDef(
        "unwrap_or_zeros",
        infer=infer_unwrap_or_zeros,
        kernel=unwrap_or_zeros_kernel,
        vjp=unwrap_or_zeros_vjp,
        promote=None,
        lower=BuiltIn(),
        onnx=OnnxRule(unwrap_or_zeros_onnx),
    )
)
