"""Operators and methods of tensors, bound here from one table each. `signatures` declares them for type checkers.

Every binary operator has three forms: `x + y`, the reflected one for what does not know tensors (`1.0 + x`), and the
in-place one, which gives the handle the result as its value.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from eager import backward, creation, elementwise, indexing, linalg, manipulation, mutation, reductions, sorting
from eager.dispatch import NotAnOperandError, apply
from eager.tensor import Tensor
from graph.errors import GraphError, ShapeError
from graph.ir.opdef import OpDef, lookup

BINARY: Final = {
    "add": ("add", "+"),
    "sub": ("sub", "-"),
    "mul": ("mul", "*"),
    "truediv": ("div", "/"),
    "floordiv": ("floor_div", "//"),
    "mod": ("mod", "%"),
    "pow": ("pow", "**"),
    "matmul": ("matmul", "@"),
    "and": ("bitwise_and", "&"),
    "or": ("bitwise_or", "|"),
    "xor": ("bitwise_xor", "^"),
    "lshift": ("shift_left", "<<"),
    "rshift": ("shift_right", ">>"),
}
COMPARE: Final = {"eq": "eq", "ne": "ne", "lt": "lt", "le": "le", "gt": "gt", "ge": "ge"}
UNARY: Final = {"neg": "neg", "invert": "bitwise_invert", "abs": "abs"}

METHODS: Final[dict[str, Callable[..., Any]]] = {
    **{
        name: getattr(elementwise, name)
        for name in ("abs", "add", "angle", "clip", "conj", "cos", "divide", "erf", "exp", "floor", "ceil", "isfinite")
    },
    **{
        name: getattr(elementwise, name)
        for name in ("isinf", "isnan", "log", "log1p", "log2", "maximum", "minimum", "multiply", "pow", "reciprocal")
    },
    **{
        name: getattr(elementwise, name)
        for name in ("round", "rsqrt", "sign", "sin", "sqrt", "square", "subtract", "tan", "tanh", "trunc", "expm1")
    },
    **{
        name: getattr(reductions, name)
        for name in ("all", "any", "argmax", "argmin", "count_nonzero", "cumprod", "cumsum", "logsumexp", "max", "mean")
    },
    **{name: getattr(reductions, name) for name in ("min", "prod", "std", "sum", "var", "ptp")},
    **{
        name: getattr(manipulation, name)
        for name in ("broadcast_to", "chunk", "diagonal", "expand_dims", "flatten", "flip", "moveaxis", "ravel", "repeat")
    },
    **{name: getattr(manipulation, name) for name in ("roll", "split", "squeeze", "swapaxes", "tile", "tril", "triu")},
    **{name: getattr(sorting, name) for name in ("sort", "argsort", "topk")},
    "assign": mutation.assign,
    "astype": creation.astype,
    "backward": backward.backward,
    "copy": creation.copy,
    "clone": creation.copy,
    "dot": linalg.dot,
    "matmul": linalg.matmul,
    "trace": linalg.trace,
    "nonzero": indexing.nonzero,
    "take": indexing.take,
    "unsqueeze": manipulation.expand_dims,
}


def _forward(opdef: OpDef) -> Callable[[Any, Any], Any]:
    def forward(x: Any, y: Any) -> Any:
        try:
            return apply(opdef, x, y)
        except NotAnOperandError:
            return NotImplemented

    return forward


def _reflected(opdef: OpDef) -> Callable[[Any, Any], Any]:
    def reflected(x: Any, y: Any) -> Any:
        try:
            return apply(opdef, y, x)
        except NotAnOperandError:
            return NotImplemented

    return reflected


def _in_place(opdef: OpDef, symbol: str) -> Callable[[Any, Any], Any]:
    def in_place(x: Any, y: Any) -> Any:
        try:
            new = apply(opdef, x, y)
        except NotAnOperandError:
            return NotImplemented
        return mutation.replace(x, new, symbol)

    return in_place


def _unary(opdef: OpDef) -> Callable[[Any], Any]:
    def unary(x: Any) -> Any:
        return apply(opdef, x)

    return unary


def _reshape(x: Tensor, *shape: Any) -> Tensor:
    """`x.reshape(2, -1)` or `x.reshape((2, -1))`."""
    return manipulation.reshape(x, shape[0] if len(shape) == 1 else shape)


def _transpose(x: Tensor, *axes: Any) -> Tensor:
    """NumPy's: `x.transpose()` reverses the axes, `x.transpose(1, 0)` or `x.transpose((1, 0))` orders them."""
    if not axes or axes == (None,):
        return manipulation.transpose(x)
    return manipulation.permute_dims(x, axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes)


def _matrix_transposed(x: Tensor) -> Tensor:
    return manipulation.matrix_transpose(x)


def _transposed(x: Tensor) -> Tensor:
    """The axes reversed, as in NumPy."""
    return manipulation.transpose(x)


def _real(x: Tensor) -> Tensor:
    return elementwise.real(x)


def _imag(x: Tensor) -> Tensor:
    return elementwise.imag(x)


def _contains(x: Tensor, value: Any) -> bool:
    return bool(reductions.any(elementwise.equal(x, value)))


def _namespace(x: Tensor, /, *, api_version: str | None = None) -> Any:
    """The array API namespace that `x` belongs to."""
    return ARRAY_NAMESPACE[0]


ARRAY_NAMESPACE: list[Any] = []


def bind() -> None:
    """Put operators and methods on `Tensor`."""
    table: dict[str, Any] = dict(METHODS)
    for name, (op, symbol) in BINARY.items():
        opdef = lookup(op)
        table[f"__{name}__"] = _forward(opdef)
        table[f"__r{name}__"] = _reflected(opdef)
        table[f"__i{name}__"] = _in_place(opdef, f"{symbol}=")
    for name, op in COMPARE.items():
        table[f"__{name}__"] = _forward(lookup(op))
    for name, op in UNARY.items():
        table[f"__{name}__"] = _unary(lookup(op))
    table |= {
        "__hash__": object.__hash__,
        "__pos__": elementwise.positive,
        "__getitem__": indexing.getitem,
        "__setitem__": indexing.setitem,
        "__contains__": _contains,
        "reshape": _reshape,
        "view": _reshape,
        "transpose": _transpose,
        "permute": _transpose,
        "T": property(_transposed),
        "mT": property(_matrix_transposed),
        "real": property(_real),
        "imag": property(_imag),
    }
    for name, value in table.items():
        setattr(Tensor, name, value)


bind()
