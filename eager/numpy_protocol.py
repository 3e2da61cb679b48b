"""NumPy functions on tensors: `np.sin(x)`, `np.add(array, x)`, `np.concatenate([x, y])` run ours of the same name."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import numpy as np

from eager import (
    creation,
    data_types,
    elementwise,
    indexing,
    linalg,
    manipulation,
    reductions,
    sorting,
)
from eager.tensor import Tensor
from graph.errors import UnsupportedError

MODULES: Final = (creation, elementwise, reductions, manipulation, indexing, sorting, linalg, data_types)
REDUCTIONS: Final[dict[np.ufunc, Callable[..., Any]]] = {
    np.add: reductions.sum,
    np.multiply: reductions.prod,
    np.maximum: reductions.max,
    np.minimum: reductions.min,
    np.logical_and: reductions.all,
    np.logical_or: reductions.any,
}
ACCUMULATIONS: Final[dict[np.ufunc, Callable[..., Any]]] = {
    np.add: reductions.cumulative_sum,
    np.multiply: reductions.cumulative_prod,
}


def _functions() -> dict[Any, Callable[..., Any]]:
    """NumPy's function -> ours, for each name that both have."""
    found: dict[Any, Callable[..., Any]] = {}
    for module in MODULES:
        for name in vars(module):
            theirs: Any = getattr(np, name, None)
            if name.startswith("_") or not callable(theirs) or isinstance(theirs, type):
                continue
            # The name that NumPy gives it goes first: np.permute_dims is np.transpose, whose axes may be left out.
            if theirs not in found or name == theirs.__name__:
                found[theirs] = getattr(module, name)
    for name in linalg.__all__:
        theirs = getattr(np.linalg, name, None)
        if theirs is not None:
            found[theirs] = getattr(linalg, name)
    found[np.linalg.outer] = linalg.outer
    found[np.shape] = _shape
    found[np.ndim] = _ndim
    found[np.size] = _size
    found[np.copy] = creation.copy
    return found


def _shape(x: Tensor) -> tuple[int, ...]:
    return x.shape


def _ndim(x: Tensor) -> int:
    return x.ndim


def _size(x: Tensor, axis: int | None = None) -> int:
    return x.size if axis is None else x.shape[axis]


FUNCTIONS: Final = _functions()


def array_ufunc(self: Tensor, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """`__array_ufunc__`. TypeError that says what to use where we have no such function."""
    out = kwargs.pop("out", None)
    if method == "__call__" and not kwargs and ufunc in FUNCTIONS:
        return _into(out, FUNCTIONS[ufunc](*inputs))
    table = {"reduce": REDUCTIONS, "accumulate": ACCUMULATIONS}.get(method, {})
    if ufunc in table and not kwargs.keys() - {"axis", "keepdims", "dtype"}:
        given = {name: value for name, value in kwargs.items() if value is not None or name == "axis"}
        given.setdefault("axis", 0)  # NumPy's default for methods of ufuncs
        return _into(out, table[ufunc](*inputs, **given))
    asked = f"np.{ufunc.__name__}" + (f".{method}" if method != "__call__" else "")
    raise _unsupported(asked, f" with {', '.join(kwargs)}" if kwargs else "")


def _into(out: tuple[Any, ...] | None, result: Any) -> Any:
    """The result, stored where `out=` asks for it: the handle of a tensor, or an array."""
    if out is None:
        return result
    (target,) = out
    if isinstance(target, Tensor):
        return target.assign(result)
    np.copyto(target, np.asarray(result), casting="same_kind")
    return target


def array_function(
    self: Tensor, func: Callable[..., Any], types: Iterable[type], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """`__array_function__`. TypeError that says what to use where we have no such function."""
    ours = FUNCTIONS.get(func)
    if ours is None:
        module = getattr(func, "__module__", "numpy").replace("numpy", "np", 1)
        raise _unsupported(f"{module}.{getattr(func, '__name__', func)}", "")
    return ours(*args, **kwargs)


class UnsupportedFunctionError(UnsupportedError, TypeError):
    """A NumPy function that tensors do not have."""


def _unsupported(asked: str, how: str) -> TypeError:
    return UnsupportedFunctionError(
        f"`{asked}`{how} is not defined for tensors",
        next_step="use a function of `eager`, or pass `np.asarray(x)`, which leaves gradients and graphs.",
    )
