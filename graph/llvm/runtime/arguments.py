"""The slow way in: arguments made fit for native code, or an error that says why they are not."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from graph.aval import Aval, Dim, ListType, OptionalType, SymDim, Type, format_shape
from graph.dtypes import SHORT_NAMES, DType
from graph.errors import DTypeError, ShapeError

Sizes = dict[Dim, tuple[int, str]]
"""What the sizes that only a call knows are, and of which argument."""
_NUMBERS = (bool, int, float, complex)


def fit(args: Sequence[Any], types: Sequence[Type], name: str) -> tuple[Any, ...]:
    """Arguments as native code takes them: C order, aligned, the machine's byte order, lists that are `list`.

    Raises: TypeError for another number of arguments; DTypeError or ShapeError, which quote the argument, where one is
    no value of its type; ShapeError where one named size has two values.
    """
    if len(args) != len(types):
        raise TypeError(f"graph {name!r} takes {len(types)} arguments, {len(args)} were given")
    sizes: Sizes = {}
    made = [*args]
    # Lists come after all tensors: their elements have to agree with sizes, and say of none what it is.
    for i, t in sorted(enumerate(types), key=lambda param: _holds_list(param[1])):
        made[i] = _fit(args[i], t, f"argument {i} of {name!r}", sizes, binds=not _holds_list(t))
    _check_relations(sizes)
    return tuple(made)


def fit_results(results: Any, types: Sequence[Type], name: str) -> tuple[Any, ...]:
    """What a kernel returned, as `fit` does, one result being no tuple."""
    found = cast("tuple[Any, ...]", results) if isinstance(results, tuple) else (results,)
    if len(found) != len(types):
        raise TypeError(f"{name!r} gave {len(found)} results, not {len(types)}")
    return tuple(_fit(x, t, f"a result of {name!r}", None, binds=False) for x, t in zip(found, types, strict=True))


def _holds_list(t: Type) -> bool:
    return isinstance(t, ListType) or (isinstance(t, OptionalType) and _holds_list(t.element))


def _fit(x: Any, t: Type, what: str, sizes: Sizes | None, *, binds: bool) -> Any:
    match t:
        case OptionalType(element):
            return None if x is None else _fit(x, element, what, sizes, binds=binds)
        case ListType(element):
            if not isinstance(x, list | tuple):
                raise DTypeError(f"{what} is {t}, got {type(x).__name__}")
            items = cast("list[Any]", x)
            return [_fit(item, element, f"an element of {what}", sizes, binds=False) for item in items]
        case Aval():
            return _fit_tensor(x, t, what, sizes, binds)


def _fit_tensor(x: Any, t: Aval, what: str, sizes: Sizes | None, binds: bool) -> np.ndarray:
    if isinstance(x, _NUMBERS) and not isinstance(x, np.generic):
        array = np.asarray(x, _number_dtype(x, t, what))
    else:
        array = np.asarray(x)
        if array.dtype.newbyteorder("=") != t.dtype:
            raise DTypeError(f"{what} is {t}, got {_shown(array)}")
    if array.ndim != t.ndim:
        raise ShapeError(f"{what} is {t}, got {_shown(array)}")
    for dim, size in zip(t.shape, array.shape, strict=True):
        if isinstance(dim, int):
            if dim != size:
                raise ShapeError(f"{what} is {t}, got {_shown(array)}")
        elif sizes is not None and not dim.names[0].startswith("?"):
            if binds:
                sizes.setdefault(dim, (size, what))
            known, where = sizes.get(dim, (size, what))
            if known != size:
                raise ShapeError(f"size {dim} is {known} in {where}, but {size} in {what}: {_shown(array)}")
    made = np.require(array, t.dtype, ["C", "A"])
    # `require` keeps byte orders that compare equal, subclasses, and C's other names of an integer.
    return made if made.dtype.num == t.dtype.num and type(made) is np.ndarray else _plain(made, t.dtype)


def _plain(array: np.ndarray, dtype: DType) -> np.ndarray:
    made = np.empty(array.shape, dtype)
    made[...] = array
    return made


def _number_dtype(x: Any, t: Aval, what: str) -> DType:
    """A Python number may stand for a 0-d tensor whose kind holds it."""
    kinds = {bool: "biufc", int: "iufc", float: "fc", complex: "c"}[type(x) if type(x) in _NUMBERS else float]
    kind = "f" if SHORT_NAMES[t.dtype] == "bf16" else t.dtype.kind
    if kind not in kinds:
        raise DTypeError(f"{what} is {t}, got the number {x!r}")
    return t.dtype


def _check_relations(sizes: Sizes) -> None:
    for dim, (size, where) in sizes.items():
        if not isinstance(dim, SymDim):
            continue
        named = [(k, sizes.get(SymDim.named(name))) for name, k in dim.terms]
        known = [k * found[0] for k, found in named if found is not None]
        if len(known) == len(named) and sum(known) + dim.constant != size:
            values = ", ".join(f"{name} is {sizes[SymDim.named(name)][0]}" for name in dim.names)
            raise ShapeError(f"size {dim} of {where} is {size}, but {values}")


def _shown(array: np.ndarray) -> str:
    return f"{SHORT_NAMES.get(array.dtype, array.dtype)} of shape {format_shape(array.shape)}"
