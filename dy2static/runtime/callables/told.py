"""Whether anybody could tell when a user's function was called, and how often, or whether it was."""

import dis
import functools
import types
from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import Any, Final, cast

import numpy as np

from dy2static.converters.allow import is_library
from dy2static.runtime.callables.changed_by_call import DICT_CHANGES, LIST_CHANGES
from dy2static.staging.objects.contents import CHANGES

MEMO: Final[type[Any]] = type(functools.cache(len))
"""The class of functions that `functools` has keep their results."""
FIXED: Final = (bool, int, float, complex, str, bytes, type(None), range)
"""Classes of values that do not change."""
QUIET_MODULES: Final = frozenset(
    ("numpy", "math", "_math", "cmath", "eager", "itertools", "operator", "_operator", "functools", "_functools")
)
FUNCTIONS: Final[tuple[Any, ...]] = (
    types.BuiltinFunctionType,
    types.FunctionType,
    type,
    np.ufunc,
    cast("type[Any]", type(np.where)),  # of NumPy's functions in Python
)
LOUD: Final = frozenset(
    (
        *("print", "input", "open", "exec", "eval", "compile", "next", "setattr", "delattr", "globals", "vars"),
        *("random", "save", "load", "warn", "write", "__import__"),
    )
)
"""Names of functions, or modules of functions, that do or ask something besides giving a result."""
OUTER_STORES: Final = frozenset({"STORE_GLOBAL", "DELETE_GLOBAL", "IMPORT_NAME"})
STORES: Final = frozenset({"STORE_ATTR", "DELETE_ATTR", "STORE_SUBSCR", "DELETE_SUBSCR", "STORE_SLICE", "BINARY_OP"})
METHODS: Final = LIST_CHANGES | DICT_CHANGES | CHANGES


class Told(IntEnum):
    """What could tell."""

    NOTHING = 0
    READS = 1
    """What it reads, that others may change."""
    CHANGES = 2
    """What it changes, prints or asks for."""


def told_by(function: Any, args: Sequence[Any]) -> Told:
    """What could tell of a call with these arguments: a guess that is too high too often."""
    reads = not all(map(_is_fixed, args))
    stores = False
    seen: set[types.CodeType] = set()
    waiting: list[Any] = [function]
    while waiting:
        called = waiting.pop()
        called = called.__wrapped__ if type(called) is MEMO else called
        if _is_quiet(called):
            continue
        if not isinstance(called, types.FunctionType) or is_library(called.__globals__.get("__name__") or ""):
            if not _is_fixed(called):
                stores = stores or callable(called)
            reads = True
            continue
        if called.__code__ in seen:
            continue
        seen.add(called.__code__)
        if _is_loud(called.__code__):
            return Told.CHANGES
        stores = stores or _stores(called.__code__)
        waiting += _read_by(called)
    if not reads:
        return Told.NOTHING
    return Told.CHANGES if stores else Told.READS


def _is_fixed(value: Any) -> bool:
    if type(value) in (tuple, frozenset):
        return all(map(_is_fixed, cast("tuple[Any, ...]", value)))
    return type(value) in FIXED


def _is_quiet(value: Any) -> bool:
    """Whether it is a function, class or module of a library that does nothing besides giving results."""
    if isinstance(value, types.ModuleType):
        return value.__name__.partition(".")[0] in QUIET_MODULES and value.__name__ != "numpy.random"
    if not isinstance(value, FUNCTIONS):
        return False
    home = (value.__module__ or "").partition(".")[0]
    return home in QUIET_MODULES or (home == "builtins" and value.__name__ not in LOUD)


def _read_by(function: types.FunctionType) -> Iterator[Any]:
    """What a function finds outside of itself."""
    code, world = function.__code__, function.__globals__
    found: Any = world.get("__builtins__", {})
    builtins = cast("dict[str, Any]", found if isinstance(found, dict) else vars(found))
    for name in _outer_names(code):
        if name in world or name in builtins:
            yield world.get(name, builtins.get(name))
    for cell in function.__closure__ or ():
        if cell != types.CellType():
            yield cell.cell_contents
    yield from function.__defaults__ or ()
    yield from (function.__kwdefaults__ or {}).values()


@functools.lru_cache(maxsize=1024)
def _outer_names(code: types.CodeType) -> tuple[str, ...]:
    names = {x.argval for x in dis.get_instructions(code) if x.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    return (*names, *(name for inner in _inner(code) for name in _outer_names(inner)))


@functools.lru_cache(maxsize=1024)
def _is_loud(code: types.CodeType) -> bool:
    """Whether code binds an outer name, prints, asks, or imports."""
    if LOUD.intersection(code.co_names):
        return True
    for x in dis.get_instructions(code):
        if x.opname in OUTER_STORES or (x.opname == "STORE_DEREF" and x.argval in code.co_freevars):
            return True
    return any(map(_is_loud, _inner(code)))


@functools.lru_cache(maxsize=1024)
def _stores(code: types.CodeType) -> bool:
    """Whether code may change an object that it has."""
    if METHODS.intersection(code.co_names):
        return True
    is_store = any(
        x.opname in STORES and (x.opname != "BINARY_OP" or x.argrepr.endswith("=")) for x in dis.get_instructions(code)
    )
    return is_store or any(map(_stores, _inner(code)))


def _inner(code: types.CodeType) -> list[types.CodeType]:
    return [inner for inner in code.co_consts if isinstance(inner, types.CodeType)]
