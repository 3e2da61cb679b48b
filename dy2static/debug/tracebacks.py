"""Tracebacks that show the user's code alone, as plain Python would show it.

An exception leaves dy2static at few places (a call of a static or traced function, of a gradient, `trace`). There
`hide_ours` takes our frames out of its traceback. What fails while a graph runs has no frame of the user's: it gets one
at the line that the op comes from.
"""

import ast
import itertools
from contextvars import ContextVar
from types import CodeType, TracebackType
from typing import Any, Final

from dy2static.converters.allow import is_library
from dy2static.debug.quoting import quote_operands
from dy2static.staging.locate import OURS
from dy2static.staging.locate import location_of as users_line
from graph.errors import GraphError, InternalError, TraceGuardError
from graph.execute.failure import location_of, types_of
from graph.location import Loc

FULL: Final[ContextVar[bool | None]] = ContextVar("dy2static.full_tracebacks", default=None)
"""What was asked for in this context; None where nothing was."""
EVERYWHERE: Final = {"full": False}
"""What was asked for elsewhere."""


def hide_ours(error: Exception) -> None:
    """Take our frames out of the traceback of an exception that is about to leave, and out of those it is chained to.

    To be called in an `except` block that ends in a bare `raise`, which adds no frame.
    """
    here = FULL.get()
    if (EVERYWHERE["full"] if here is None else here) or isinstance(error, InternalError):
        return
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        this = waiting.pop()
        if this is None or id(this) in seen:
            continue
        seen.add(id(this))
        _clean(this)
        waiting += [this.__cause__, this.__context__]


def _clean(error: BaseException) -> None:
    steps = [step for step in _steps(error.__traceback__) if not _is_dropped(step)]
    kept = [step for step, inner in itertools.zip_longest(steps, steps[1:]) if not _is_block(step, inner)]
    made: TracebackType | None = None
    loc = location_of(error)
    if isinstance(error, TraceGuardError) and error.loc.line:
        loc = error.loc
    if loc is not None:
        made = frame_at(loc)
        _take_note(error, loc.excerpt())
        if isinstance(error, GraphError):
            error.at(loc)
    if isinstance(error, GraphError):
        error.at(users_line(error))
        quote_operands(error, kept[-1].step.tb_frame if kept and loc is None else None, types_of(error))
    for step in reversed(kept):
        made = TracebackType(made, step.step.tb_frame, step.step.tb_lasti, step.step.tb_lineno)
    error.__traceback__ = made


class _Step:
    """One entry of a traceback and the one that it was called from."""

    def __init__(self, step: TracebackType, caller: "_Step | None") -> None:
        self.step = step
        self.caller = caller
        self.code: CodeType = step.tb_frame.f_code
        self.file = self.code.co_filename
        self.is_ours = self.file.startswith((*OURS, "<numpy program>", "<frozen"))


def _steps(first: TracebackType | None) -> list[_Step]:
    found: list[_Step] = []
    while first is not None:
        found.append(_Step(first, found[-1] if found else None))
        first = first.tb_next
    return found


def _is_dropped(step: _Step) -> bool:
    """Ours, and what of NumPy or the standard library we called."""
    if step.is_ours:
        return True
    name = step.step.tb_frame.f_globals.get("__name__")
    is_of_library = isinstance(name, str) and name != "__main__" and is_library(name)
    return is_of_library and step.caller is not None and _is_dropped(step.caller)


def _is_block(step: _Step, inner: _Step | None) -> bool:
    """Whether the next entry is a block of the same function: conversion made a function of it, the user did not."""
    if inner is None or not any(constant is inner.code for constant in step.code.co_consts):
        return False
    if inner.code.co_qualname == step.code.co_qualname:
        return True
    caller = inner.caller
    return (
        inner.code.co_name == "<lambda>"
        and caller is not None
        and caller.is_ours
        and caller.code.co_name not in ("call", "_call", "call_as_it_is", "_call_class")
        and str(caller.step.tb_frame.f_globals.get("__name__")).startswith(("dy2static.runtime", "dy2static.staging"))
    )


def _take_note(error: BaseException, text: str) -> None:
    notes: list[Any] | None = getattr(error, "__notes__", None)
    if notes and text in notes:
        notes.remove(text)
        if not notes:
            del error.__notes__


class _AtLineError(Exception):
    """Raised to have a frame made."""


def frame_at(loc: Loc) -> TracebackType | None:
    """An entry of a traceback at a line of the user's; None where the line is not known."""
    if not loc.line:
        return None
    statement = ast.Raise(ast.Name("error", ast.Load()))
    for node in (statement, statement.exc):
        if node is not None:
            node.lineno = node.end_lineno = loc.line
            node.col_offset, node.end_col_offset = loc.col, max(loc.end_col, loc.col)
    name = loc.function or "<module>"
    code = compile(ast.Module([statement], []), loc.file, "exec").replace(co_name=name, co_qualname=name)
    try:
        exec(code, {"error": _AtLineError, "__name__": "<graph>"})
    except _AtLineError as made:
        step = made.__traceback__
        return None if step is None else step.tb_next
    return None
