"""Whether a file still has the source that a function was compiled from."""

import __future__

import os
import time
from collections.abc import Iterator, Sequence
from functools import lru_cache
from types import CodeType
from typing import Any, Final

STARTED: Final = time.time()
"""What was edited before this cannot have changed since it was imported."""
FUTURE_FLAGS: Final[int] = sum({getattr(__future__, name).compiler_flag for name in __future__.all_feature_names})


def has_changed(code: CodeType, lines: Sequence[str]) -> bool:
    """Whether the file of `code`, whose text is `lines`, was edited while this process ran and gives other code now."""
    try:
        if os.stat(code.co_filename).st_mtime <= STARTED:
            return False
    except OSError:
        return False
    candidates = _codes("".join(lines), code.co_flags & FUTURE_FLAGS).get((code.co_qualname, code.co_firstlineno), ())
    return not any(_content(other) == _content(code) for other in candidates)


@lru_cache(maxsize=16)
def _codes(text: str, flags: int) -> dict[tuple[str, int], list[CodeType]]:
    """The code of all functions in a text, by qualified name and line."""
    found: dict[tuple[str, int], list[CodeType]] = {}
    try:
        module = compile(text, "", "exec", flags, dont_inherit=True)
    except SyntaxError:
        return found
    for code in codes_within(module):
        found.setdefault((code.co_qualname, code.co_firstlineno), []).append(code)
    return found


def codes_within(code: CodeType) -> Iterator[CodeType]:
    """The code of all functions inside."""
    waiting = [code]
    while waiting:
        for constant in waiting.pop().co_consts:
            if isinstance(constant, CodeType):
                yield constant
                waiting.append(constant)


def _content(code: CodeType) -> tuple[Any, ...]:
    """All that a function does; not where it stands."""
    values: tuple[object, ...] = code.co_consts
    constants = tuple(_content(c) if isinstance(c, CodeType) else (type(c).__name__, repr(c)) for c in values)
    return (code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars)
