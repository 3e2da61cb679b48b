"""Whether a user's function changes what it does not make, by a store or a method of Python's containers, or prints."""

import dis
from collections.abc import Sequence
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any, Final, cast

from dy2static.converters.allow import is_library
from dy2static.runtime.callables.changed_by_call import DICT_CHANGES, LIST_CHANGES
from dy2static.runtime.callables.changed_by_call import STORES as STORES_BY_CALL
from dy2static.staging.objects.contents import CHANGES

STORES: Final = ("STORE_ATTR", "DELETE_ATTR", "STORE_SUBSCR", "DELETE_SUBSCR", "STORE_SLICE")
OUTER_STORES: Final = ("STORE_GLOBAL", "DELETE_GLOBAL")
OWN_CLASS: Final = frozenset({"__class__", "type"})
"""The names by which a method gets at its own class."""
SHOWS: Final = frozenset(
    (
        *("print", "write", "warn", "debug", "info", "warning", "error", "exception", "critical"),
        *("time", "monotonic", "perf_counter", "process_time", "random", "open", "getenv", "environ"),
    )
)
"""Names of what prints and logs, and of what asks the outside world: each run does it, or it is refused."""
METHODS: Final = LIST_CHANGES | DICT_CHANGES | CHANGES | STORES_BY_CALL | SHOWS | {"setattr", "delattr"}


def changes(function: FunctionType, cls: type) -> bool:
    """Whether its code, or that of a function of its module or a method of `cls` that it names, stores something other
    than what it keeps from its first call on: a guess that is true too often."""
    seen: set[CodeType] = set()
    waiting: list[Any] = [function]
    while waiting:
        called = waiting.pop()
        if isinstance(called, type) and not is_library(called.__module__):
            waiting += [type(called).__call__, called.__new__, called.__init__]
        if not isinstance(called, FunctionType) or called.__code__ in seen:
            continue
        if is_library(called.__globals__.get("__name__") or ""):
            continue
        seen.add(called.__code__)
        if _stores(called.__code__, is_making=called.__name__ == "__init__"):
            return True
        for name in called.__code__.co_names:
            waiting += [called.__globals__.get(name), getattr(cls, name, None)]
            if name in OWN_CLASS:
                waiting.append(cls)
    return False


@lru_cache(maxsize=1024)
def _stores(code: CodeType, *, is_making: bool) -> bool:
    """Whether code stores something; where it `is_making` an object, other than an attribute of that object."""
    if METHODS.intersection(code.co_names):
        return True
    before: dis.Instruction | None = None
    instructions = list(dis.get_instructions(code))
    for instruction in instructions:
        is_outer = instruction.opname == "STORE_DEREF" and instruction.argval in code.co_freevars
        is_own = instruction.opname == "STORE_ATTR" and (
            (is_making and before is not None and _loads_first(code, before))
            or _fills(code, instructions, instruction.argval)
        )
        if is_outer or (instruction.opname in (*STORES, *OUTER_STORES) and not is_own):
            return True
        before = instruction
    return any(isinstance(inner, CodeType) and _stores(inner, is_making=False) for inner in code.co_consts)


def _loads_first(code: CodeType, instruction: dis.Instruction) -> bool:
    """Whether what an instruction loads, or loads last, is the first parameter."""
    argument: Any = instruction.argval
    loaded: Any = cast("tuple[Any, ...]", argument)[-1] if isinstance(argument, tuple) else argument
    return instruction.opname.startswith("LOAD_FAST") and loaded == code.co_varnames[0]


def _fills(code: CodeType, instructions: Sequence[dis.Instruction], name: str) -> bool:
    """Whether code stores an attribute only where there is none, or None: as often as it is done, it is the same."""
    catches = any(instruction.opname == "CHECK_EXC_MATCH" for instruction in instructions)
    is_asked = name in code.co_consts or (catches and "AttributeError" in code.co_names)  # as of `hasattr`
    for before, read, test, against in zip(*(instructions[i:] for i in range(4)), strict=False):
        if read.opname == "LOAD_ATTR" and read.argval == name:
            if before.opname == "COPY":
                return False  # `+=`
            is_test = test.opname == "LOAD_CONST" and test.argval is None and against.opname == "IS_OP"
            is_asked = is_asked or is_test or ("JUMP" in test.opname and "NONE" in test.opname)
    return is_asked
