"""Whether a user's function changes what it does not make: by a store, or by a method of Python's containers."""

import dis
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any, Final

from dy2static.converters.allow import is_library
from dy2static.runtime.changed_by_call import DICT_CHANGES, LIST_CHANGES
from dy2static.staging.contents import CHANGES

STORES: Final = ("STORE_ATTR", "DELETE_ATTR", "STORE_SUBSCR", "DELETE_SUBSCR", "STORE_SLICE")
OUTER_STORES: Final = ("STORE_GLOBAL", "DELETE_GLOBAL")
METHODS: Final = LIST_CHANGES | DICT_CHANGES | CHANGES


def changes(function: FunctionType, cls: type) -> bool:
    """Whether its code, or that of a function of its module or a method of `cls` that it names, stores something: a
    guess that is true too often."""
    seen: set[CodeType] = set()
    waiting: list[Any] = [function]
    while waiting:
        called = waiting.pop()
        if not isinstance(called, FunctionType) or called.__code__ in seen:
            continue
        if is_library(called.__globals__.get("__name__") or ""):
            continue
        seen.add(called.__code__)
        if _stores(called.__code__):
            return True
        for name in called.__code__.co_names:
            waiting += [called.__globals__.get(name), getattr(cls, name, None)]
    return False


@lru_cache(maxsize=1024)
def _stores(code: CodeType) -> bool:
    if METHODS.intersection(code.co_names):
        return True
    for instruction in dis.get_instructions(code):
        is_outer = instruction.opname == "STORE_DEREF" and instruction.argval in code.co_freevars
        if instruction.opname in (*STORES, *OUTER_STORES) or is_outer:
            return True
    return any(isinstance(inner, CodeType) and _stores(inner) for inner in code.co_consts)
