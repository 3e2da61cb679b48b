"""The user's line that is running now: the nearest frame that is not ours."""

import ast
import linecache
import sys
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Final

import numpy as np

import eager
import graph
from dy2static.staging.objects.by_identity import ByIdentity
from graph.location import UNKNOWN, Loc

_PACKAGES: Final = (Path(str(eager.__file__)), Path(str(graph.__file__)), Path(__file__).parent)
OURS: Final = tuple(f"{path.parent}/" for path in _PACKAGES)
_NUMPY: Final = f"{Path(str(np.__file__)).parent}/"
GENERATED: Final = frozenset(
    {"then", "orelse", "test", "body", "stop", "produce", "<lambda>", "<listcomp>", "<locals>"}
)
"""Names that conversion gives to the functions that it makes of blocks."""


def user_location() -> Loc:
    """The place in the user's source that made the current call into ours; UNKNOWN when there is none."""
    frame: FrameType | None = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame is not None:
        code = frame.f_code
        if is_users(code.co_filename):
            return _loc(code, frame.f_lasti)
        frame = frame.f_back
    return UNKNOWN


Place = tuple[tuple[int, int], ...]
"""A place in code of the user's with the way to it, innermost first: code objects by identity, with instructions."""


def user_place() -> Place:
    """The way through the user's source to the current call into ours: where each call on it was made, innermost
    first. Code objects live as long as what is being staged."""
    path: list[tuple[int, int]] = []
    frame: FrameType | None = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame is not None:
        code = frame.f_code
        if is_users(code.co_filename):
            path.append((id(code), frame.f_lasti))
        frame = frame.f_back
    return tuple(path)


def location_of(error: BaseException) -> Loc:
    """The user's line that an exception comes from: the innermost frame that is not ours."""
    found = UNKNOWN
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        if is_users(code.co_filename):
            found = _loc(code, step.tb_lasti)
        step = step.tb_next
    return found


def expression_at(loc: Loc) -> ast.expr | None:
    """The expression of that span of the source; None where it goes over several lines, or is no expression."""
    line = linecache.getline(loc.file, loc.line).encode()
    try:
        return ast.parse(line[loc.col : loc.end_col].decode().strip(), mode="eval").body
    except (SyntaxError, UnicodeDecodeError):
        return None


@lru_cache(maxsize=1024)
def is_users(file: str) -> bool:
    """Whether a file is none of ours or of NumPy's, and none of Python's own that have no source."""
    return not file.startswith((*OURS, _NUMPY, "<frozen"))


class _Places:
    """The places of one code object, which this does not keep alive. Its positions are a stream that is read once, and
    each place is made once: each op asks for its own."""

    def __init__(self, code: CodeType) -> None:
        self._positions = tuple(code.co_positions())
        self._start = Loc(code.co_filename, code.co_firstlineno, function=_function(code))
        self._known: dict[int, Loc] = {}

    def at(self, instruction: int) -> Loc:
        found = self._known.get(instruction)
        if found is None:
            found = self._known[instruction] = self._made(instruction // 2)
        return found

    def _made(self, index: int) -> Loc:
        nowhere = (None, None, None, None)
        line, end_line, col, end_col = self._positions[index] if 0 <= index < len(self._positions) else nowhere
        if line is None:
            return self._start
        if col is None or end_col is None or end_line != line:
            return replace(self._start, line=line)
        return replace(self._start, line=line, col=col, end_col=end_col)


_PLACES: Final = ByIdentity[_Places]()


def _loc(code: CodeType, instruction: int) -> Loc:
    places = _PLACES.get(id(code))
    if places is None:
        places = _Places(code)
        _PLACES.note(code, places)
    return places.at(instruction)


def _function(code: CodeType) -> str:
    """The user's name for the function, without the names that conversion adds."""
    parts = code.co_qualname.split(".")
    while len(parts) > 1 and parts[-1] in GENERATED:
        parts.pop()
    return parts[-1]
