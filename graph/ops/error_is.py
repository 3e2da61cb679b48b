"""`error_is`: of which class an exception is that an `attempt` caught."""

from typing import Any

import numpy as np

from graph.aval import Aval, Type, scalar
from graph.dtypes import bool_, uint8
from graph.errors import DTypeError, InternalError
from graph.ir.lowering import Callback
from graph.ir.opdef import NotDifferentiable, OpDef, register
from graph.ops.attempt import NO_CATCHING
from graph.ops.raised import class_of


def infer_error_is(text: Type, *, kinds: tuple[str, ...], exactly: bool) -> Type:
    """Shape rule of `error_is(text)`: `text` is the second result of an `attempt`.

    Types: u8[n] -> bool[]. `kinds` are names of classes (see `raised.name_of`).
    """
    if not (isinstance(text, Aval) and text.dtype == uint8 and text.ndim == 1):
        raise DTypeError(f"`error_is` takes the text of what an `attempt` caught, not {text}")
    for name in kinds:
        if class_of(name) is None:
            raise InternalError(f"`error_is`: {name!r} is no exception")
    return scalar(bool_)


def error_is_kernel(text: Any, *, kinds: tuple[str, ...], exactly: bool) -> Any:
    """Whether it is of one of the classes, or with `exactly` of it and of none derived from it. False where nothing was
    caught."""
    name = bytes(text).split(b"\0", 1)[0].decode()
    if exactly or not name:
        return np.bool_(name in kinds)
    return np.bool_(issubclass(class_of(name), tuple(class_of(kind) for kind in kinds)))


register(
    OpDef(
        "error_is",
        infer=infer_error_is,
        kernel=error_is_kernel,
        vjp=NotDifferentiable("the result is a bool"),
        promote=None,
        lower=Callback("classes are Python's"),
        onnx=NO_CATCHING,
    )
)
