"""Calls of loggers: a record each time that the graph runs, in program order."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn

from dy2static.errors import StagingError
from dy2static.runtime.callables.texts import filled
from dy2static.staging.locate import user_location
from dy2static.staging.stager import Stager
from dy2static.staging.values.staged import StagedTensor
from dy2static.staging.values.text import StagedText

LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "warn": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
    "fatal": logging.CRITICAL,
}


def logger_of(function: Any) -> logging.Logger | None:
    """The logger that a call of `function` writes to; None where it is no such function."""
    owner = getattr(function, "__self__", None)
    name = getattr(function, "__name__", "")
    if name not in LEVELS and name not in ("log", "exception"):
        return None
    if isinstance(owner, logging.Logger):
        return owner
    return logging.getLogger() if owner is None and getattr(logging, name, None) is function else None


def log(stager: Stager, logger: logging.Logger, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """`logger.name(*args, **kwargs)` in the graph.

    Raises: StagingError for options that need the running program (`exc_info`, `stack_info`, `extra`).
    """
    if name == "exception" or kwargs:
        _refuse(f"`{name}`{f' with {next(iter(kwargs))}' if kwargs else ''} needs the running program")
    if logging.getLogger(logger.name) is not logger:
        _refuse(f"the logger {logger.name!r} cannot be found by its name")
    level, *args = args if name == "log" else (LEVELS[name], *args)
    if isinstance(level, StagedTensor):
        _refuse("a level that is known only when the graph runs")
    message, *values = args
    if values and not isinstance(message, str):
        _refuse("a message with arguments must be a known text")
    text = _filled(stager, message, values) if values else StagedText.of(message)
    loc = user_location()
    stager.builder.loc = loc
    stager.builder.log_record(
        *text.values,
        logger=logger.name,
        level=level,
        parts=tuple(text.parts),
        forms=tuple(text.forms),
        file=loc.file,
        line=loc.line,
        caller=loc.function,
    )


def _filled(stager: Stager, message: str, values: Sequence[Any]) -> StagedText:
    try:
        return filled(stager, message, values)
    except (KeyError, TypeError, ValueError) as error:  # a logger says so on standard error, and goes on
        _refuse(f"the arguments do not fit the message {message!r}: {error}")


def _refuse(what: str) -> NoReturn:
    raise StagingError(
        f"a graph cannot log this: {what}",
        next_step="log a message that is made of texts, numbers and tensors, or log outside of the converted function.",
        loc=user_location(),
    )
