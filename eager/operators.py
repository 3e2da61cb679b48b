"""Operators and methods of tensors, bound here from one table each. `signatures` declares them for type checkers.

Every binary operator has three forms: `x + y`, the reflected one for what does not know tensors (`1.0 + x`), and the
in-place one, which gives the handle the result as its value.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

import eager
from eager import (
    creation,
    elementwise,
    functional,
    indexing,
    linalg,
    manipulation,
    mutation,
    numpy_protocol,
    reductions,
    sorting,
)
from eager.backward import backward
from eager.dispatch import NotAnOperandError, apply
from eager.tensor import Tensor
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

# Methods by the module whose functions they are.
SAME_NAME: Final[dict[ModuleType, str]] = {
    elementwise: """abs add angle ceil clip conj cos divide erf exp expm1 floor isfinite isinf isnan log log1p log2
        maximum minimum multiply pow reciprocal round rsqrt sign sin sqrt square subtract tan tanh trunc""",
    reductions: """all any argmax argmin count_nonzero cumprod cumsum logsumexp max mean min prod ptp std sum var""",
    manipulation: """broadcast_to chunk diagonal expand_dims flatten flip moveaxis ravel repeat roll split squeeze
        swapaxes tile tril triu""",
    sorting: "argsort sort topk",
    functional: "log_softmax relu sigmoid softmax",
    linalg: "dot matmul trace",
    indexing: "nonzero take",
    mutation: "assign",
    creation: "astype copy",
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
    """The array API namespace that `x` belongs to. ValueError for a version that it does not follow."""
    if api_version not in (None, *API_VERSIONS):
        raise ValueError(f"array API version {api_version!r} is not one of {', '.join(API_VERSIONS)}")
    return eager


API_VERSIONS: Final = ("2021.12", "2022.12", "2023.12", "2024.12")


def _divmod(x: Any, y: Any) -> Any:
    quotient = FLOORDIV(x, y)
    return quotient if quotient is NotImplemented else (quotient, MOD(x, y))


def _rdivmod(x: Any, y: Any) -> Any:
    quotient = _reflected(lookup("floor_div"))(x, y)
    return quotient if quotient is NotImplemented else (quotient, _reflected(lookup("mod"))(x, y))


def _round(x: Tensor, ndigits: int | None = None) -> Any:
    """`round(x)` is a Python int, as for NumPy's scalars; `round(x, n)` is a tensor."""
    return int(elementwise.round(x)) if ndigits is None else elementwise.round(x, ndigits)


FLOORDIV: Final = _forward(lookup("floor_div"))
MOD: Final = _forward(lookup("mod"))


def bind() -> None:
    """Put operators and methods on `Tensor`."""
    table: dict[str, Any] = {
        name: getattr(module, name) for module, names in SAME_NAME.items() for name in names.split()
    }
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
        "__divmod__": _divmod,
        "__rdivmod__": _rdivmod,
        "__round__": _round,
        "__array_namespace__": _namespace,
        "__array_ufunc__": numpy_protocol.array_ufunc,
        "__array_function__": numpy_protocol.array_function,
        "backward": backward,
        "clone": creation.copy,
        "unsqueeze": manipulation.expand_dims,
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
