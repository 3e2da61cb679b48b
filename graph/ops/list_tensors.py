"""Between lists of tensors and tensors: stacking, joining, splitting, along one axis."""

from typing import Any

import numpy as np

from graph.aval import Aval, Dim, ListType, Type, format_shape, is_static
from graph.errors import ShapeError
from graph.ir.emitter import Emitter
from graph.ir.lowering import BuiltIn
from graph.ir.onnx_form import OnnxRule
from graph.ir.op import Op
from graph.ir.opdef import Effect, OpDef, register
from graph.ir.parts import Part, Parts, Ways
from graph.ops.list_onnx import list_from_tensor_onnx, list_split_like_onnx, list_stack_onnx
from graph.ops.list_ops import list_type
from graph.ops.regions import number_unknown
from graph.ops.shape_rules import UNKNOWN_DIM, normalize_axis, quote, tensor

# `list_stack` and `list_concat_tensors` fail on an empty list, as NumPy does. With a second operand `like` an empty
# list gives zeros like that: it is what the VJPs of the inverse ops need.


def infer_list_stack(x: Type, *like: Type, axis: int) -> Aval:
    """Shape rule of `list_stack(list<T[*s]>, like?)`: the elements along a new axis, whose size is new.

    Raises at run time: ValueError for an empty list (unless there is `like`) and for elements of different shapes.
    """
    element = tensor(list_type("list_stack", x).element, "list_stack")
    if like:
        return tensor(like[0], "list_stack")
    at = normalize_axis("list_stack", axis, element.ndim + 1)
    stacked = Aval(element.dtype, (*element.shape[:at], UNKNOWN_DIM, *element.shape[at:]))
    return tensor(number_unknown((stacked,))[0], "list_stack")


def list_stack_kernel(x: list[Any], *like: Any, axis: int) -> Any:
    return np.zeros_like(like[0]) if like and not x else np.stack(x, axis)


def list_stack_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *like: Any, axis: int) -> tuple[Any, ...]:
    return b.list_from_tensor(ct, axis=axis), *(None for _ in like)


def list_stack_parts(part: Part, y: Aval, x: Type, *like: Type, axis: int) -> Ways:
    """Along the axes of the elements."""
    at = axis % y.ndim
    return ((part - (part > at),),) if isinstance(part, int) and part != at and not like else ()


def list_from_tensor_parts(part: Part, y: Type, x: Aval, *, axis: int) -> Ways:
    """The axes of the elements."""
    return ((part + (part >= axis % x.ndim),),) if isinstance(part, int) else ()


def infer_list_from_tensor(x: Type, *, axis: int) -> ListType:
    """Shape rule of `list_from_tensor`: the slices along one axis, T[*s] -> list<T[*s without axis]>."""
    aval = tensor(x, "list_from_tensor")
    if not aval.ndim:
        raise ShapeError(f"{quote('list_from_tensor', x)}: a 0-d tensor has no axis to iterate over")
    at = normalize_axis("list_from_tensor", axis, aval.ndim)
    return ListType(Aval(aval.dtype, (*aval.shape[:at], *aval.shape[at + 1 :])))


def list_from_tensor_kernel(x: Any, *, axis: int) -> list[Any]:
    return list(np.moveaxis(x, axis, 0))


def list_from_tensor_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *, axis: int) -> tuple[Any]:
    return (b.list_stack(ct, x, axis=axis),)


def infer_list_concat_tensors(x: Type, *like: Type, axis: int) -> Aval:
    """Shape rule of `list_concat_tensors(list<T[*s]>, like?)`: the elements joined along `axis`, whose size is new.

    Raises at run time: ValueError for an empty list (unless there is `like`) and for sizes of other axes that differ.
    """
    element = tensor(list_type("list_concat_tensors", x).element, "list_concat_tensors")
    if not element.ndim:
        raise ShapeError(f"{quote('list_concat_tensors', x)}: 0-d tensors cannot be joined", next_step="stack them.")
    at = normalize_axis("list_concat_tensors", axis, element.ndim)
    if like:
        return tensor(like[0], "list_concat_tensors")
    joined = Aval(element.dtype, (*element.shape[:at], UNKNOWN_DIM, *element.shape[at + 1 :]))
    return tensor(number_unknown((joined,))[0], "list_concat_tensors")


def list_concat_tensors_kernel(x: list[Any], *like: Any, axis: int) -> Any:
    return np.zeros_like(like[0]) if like and not x else np.concatenate(x, axis)


def list_concat_tensors_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *like: Any, axis: int) -> tuple[Any, ...]:
    return b.list_split_like(ct, x, axis=axis), *(None for _ in like)


def infer_list_split_like(x: Type, like: Type, *, axis: int) -> ListType:
    """Shape rule of `list_split_like(x, list<T>) -> list<T>`: `x` cut along `axis` into pieces as long as `like`'s."""
    aval = tensor(x, "list_split_like")
    at = normalize_axis("list_split_like", axis, aval.ndim)
    element = tensor(list_type("list_split_like", like).element, "list_split_like")
    if element.ndim != aval.ndim:
        raise ShapeError(f"{quote('list_split_like', x, like)}: {format_shape(element.shape)} is of another rank")
    piece: Dim = element.shape[at]
    return ListType(Aval(aval.dtype, (*aval.shape[:at], piece, *aval.shape[at + 1 :])))


def list_split_like_kernel(x: Any, like: list[Any], *, axis: int) -> list[Any]:
    if not like:
        return []
    return np.split(x, np.cumsum([piece.shape[axis] for piece in like[:-1]], dtype=np.int64), axis)


def list_split_like_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, like: Any, *, axis: int) -> tuple[Any, None]:
    return b.list_concat_tensors(ct, x, axis=axis), None


def stack_effect(op: Op) -> Effect:
    """Known to succeed where an empty list is allowed and all elements have one shape."""
    x = op.operands[0].type
    same = isinstance(x, ListType) and isinstance(x.element, Aval) and is_static(x.element.shape)
    return Effect.PURE if same and len(op.operands) == 2 else Effect.CAN_FAIL


register(
    OpDef(
        "list_stack",
        infer=infer_list_stack,
        kernel=list_stack_kernel,
        vjp=list_stack_vjp,
        promote=None,
        effect=stack_effect,
        lower=BuiltIn(),
        parts=Parts(list_stack_parts, fails_alike=True),
        onnx=OnnxRule(list_stack_onnx(1), takes_types=True),
    )
)
register(
    OpDef(
        "list_from_tensor",
        infer=infer_list_from_tensor,
        kernel=list_from_tensor_kernel,
        vjp=list_from_tensor_vjp,
        promote=None,
        aliases=True,
        lower=BuiltIn(),
        parts=Parts(list_from_tensor_parts),
        onnx=OnnxRule(list_from_tensor_onnx, takes_types=True),
    )
)
register(
    OpDef(
        "list_concat_tensors",
        infer=infer_list_concat_tensors,
        kernel=list_concat_tensors_kernel,
        vjp=list_concat_tensors_vjp,
        promote=None,
        effect=stack_effect,
        lower=BuiltIn(),
        onnx=OnnxRule(list_stack_onnx(0), takes_types=True),
    )
)
register(
    OpDef(
        "list_split_like",
        infer=infer_list_split_like,
        kernel=list_split_like_kernel,
        vjp=list_split_like_vjp,
        promote=None,
        aliases=True,
        lower=BuiltIn(),
        onnx=OnnxRule(list_split_like_onnx, takes_types=True),
    )
)
