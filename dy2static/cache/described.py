"""Values from outside in words that two processes have in common: equal where staging finds the same in them.

What has no such words (objects of users' classes, files, clocks, sources of random numbers) is `Unknown`, and then
nothing is kept of what was staged with it. So this is a list of what is known to be the same, not of what is not.
"""

import builtins
import math
import sys
from collections.abc import Sequence
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, Final, cast

import numpy as np

from dy2static.cache.contents import MOST_BYTES
from dy2static.cache.sources import MOST_ITEMS
from dy2static.converters.allow import is_library
from dy2static.source.kept import place_of
from dy2static.source.load import lines_of
from eager.numpy_protocol import FUNCTIONS
from eager.parameter import Parameter
from eager.tensor import Tensor
from graph.dtypes import SHORT_NAMES
from graph.errors import GraphError

Words = tuple[Any, ...]
"""Plain values, which `marshal` writes."""


class UnknownError(Exception):
    """There are no words for a value."""


EXACT: Final = (type(None), bool, int, str, bytes)
TENSORS: Final = (Tensor, Parameter)
CONTAINERS: Final = (list, tuple, dict)
"""What is in them is described for itself."""
HOLDING: Final = (*CONTAINERS, *TENSORS, np.ndarray)
"""What can change, or hold what changes."""
OF_TENSORS: Final = tuple(
    f"eager.{name}"
    for name in (
        *("convolution", "creation", "data_types", "elementwise", "functional", "functional_grad", "grad_mode"),
        *("indexing", "linalg", "manipulation", "reductions", "sorting"),
    )
)
"""The modules whose functions give the same for the same arguments."""
PURE: Final = frozenset(
    getattr(builtins, name)
    for name in (
        *("abs", "all", "any", "bool", "callable", "complex", "dict", "divmod", "enumerate", "filter", "float", "int"),
        *("isinstance", "issubclass", "iter", "len", "list", "map", "max", "min", "next", "pow", "print", "range"),
        *("reversed", "round", "slice", "sorted", "str", "sum", "tuple", "zip"),
    )
)
"""Builtins that look at their arguments only, and at nothing that differs from process to process, as hashes do."""


LIBRARIES: Final = frozenset({"builtins", "eager", "math", "numpy"})
"""The libraries whose modules may be at hand; of others (`os`, `time`) nobody knows what is asked."""
NAMED: Final[tuple[Any, ...]] = (type, BuiltinFunctionType, np.ufunc, cast("type[Any]", type(np.sum)))
"""The classes of what may go by its name."""


def described(value: Any) -> Words:
    """The words for a value; those for a container say its kind only. Raises: UnknownError."""
    kind = cast("type[Any]", type(value))
    if kind in EXACT:
        return kind.__name__, value
    if kind is float or kind is complex:
        return kind.__name__, repr(value)  # -0.0 is not 0.0, nan is nan
    if kind in TENSORS:
        return kind.__name__, SHORT_NAMES[value.dtype], value.shape
    if kind in CONTAINERS and len(value) <= MOST_ITEMS:
        return (kind.__name__,)
    if kind is np.ndarray and value.dtype in SHORT_NAMES and value.nbytes <= MOST_BYTES:
        return "array", SHORT_NAMES[value.dtype], value.shape, value.tobytes()
    if kind is ModuleType and not (is_library(value.__name__) and value.__name__.partition(".")[0] not in LIBRARIES):
        return _found_again("module", value, sys.modules.get(value.__name__), value.__name__)
    if kind is FunctionType:
        return _function(value)
    if issubclass(kind, np.dtype) and value in SHORT_NAMES:
        return "dtype", SHORT_NAMES[value]
    if issubclass(kind, np.generic) and value.dtype in SHORT_NAMES:
        return "scalar", SHORT_NAMES[value.dtype], value.tobytes()
    if kind is range:
        return "range", value.start, value.stop, value.step
    return _named(value)


def items_described(values: Sequence[Any]) -> Words:
    """The words for several values, in full. Raises: UnknownError, for containers, arrays and tensors too."""
    if any(type(value) in HOLDING for value in values):
        raise UnknownError
    return tuple(map(described, values))


def _function(function: FunctionType) -> Words:
    home, code = function.__globals__.get("__name__") or "", function.__code__
    if is_library(home):
        return _of_tensors(function)
    try:
        place = place_of(code, lines_of(function), asks_for_items=False)
    except GraphError:
        place = None
    if place is None:
        raise UnknownError
    given, named = function.__defaults__ or (), function.__kwdefaults__ or {}
    words = items_described([*given, *named.values()])
    return "function", place.entry, place.name, len(given), tuple(named), words, tuple(function.__dict__)


def _of_tensors(function: FunctionType) -> Words:
    """The module of ours that has a function under its name: one that a function of ours gives back has none."""
    for name in OF_TENSORS:
        if vars(sys.modules[name]).get(function.__name__) is function:
            return name, function.__name__
    raise UnknownError


def _named(value: Any) -> Words:
    """What is the one thing of its name: builtins, functions of Python's `math`, functions and types of NumPy's."""
    if value is Tensor or value is np.dtype:
        return "class", value.__name__
    kind = cast("type[Any]", type(value))
    if kind not in NAMED:
        raise UnknownError
    name: str = value.__name__
    if value in PURE or (kind is type and issubclass(cast("type[Any]", value), BaseException)):
        return _found_again("builtin", value, getattr(builtins, name, None), name)
    if kind is BuiltinFunctionType and value.__self__ is math:
        return _found_again("math", value, getattr(math, name, None), name)
    if value in FUNCTIONS:
        return "numpy", str(getattr(value, "__module__", "")), name
    if kind is type and issubclass(cast("type[Any]", value), np.generic):
        return _found_again("numpy", value, getattr(np, name, None), name)
    raise UnknownError


def _found_again(kind: str, value: object, found: object, name: str) -> Words:
    if found is not value:
        raise UnknownError
    return kind, name
