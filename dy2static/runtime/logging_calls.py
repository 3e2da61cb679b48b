"""Calls of loggers: a record each time that the graph runs, in program order."""

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn, cast

from dy2static.errors import StagingError
from dy2static.runtime.builtins import float_, int_
from dy2static.staging.locate import user_location
from dy2static.staging.staged import StagedTensor
from dy2static.staging.stager import Stager
from dy2static.staging.text import StagedText

LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "warn": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
    "fatal": logging.CRITICAL,
}
FIELD: Final = re.compile(
    r"%(?:\((?P<key>[^)]*)\))?(?P<flags>[-+ #0]*)(?P<width>\d*)(?P<precision>(?:\.\d+)?)(?P<kind>.)"
)


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
    text = _formatted(stager, message, values) if values else StagedText.of(message)
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


def _formatted(stager: Stager, message: Any, values: Sequence[Any]) -> StagedText:
    """`message % values`, with the staged values left open."""
    if not isinstance(message, str):
        _refuse("a message with arguments must be a known text")
    mapping: Any = cast(Any, values[0]) if len(values) == 1 and isinstance(values[0], Mapping) else {}
    rest = iter(values)
    text = StagedText()
    end = 0
    for field in FIELD.finditer(message):
        text.add(message[end : field.start()])
        end = field.end()
        if field["kind"] == "%":
            text.add("%")
            continue
        value: Any = mapping[field["key"]] if field["key"] is not None else next(rest)
        if isinstance(value, StagedTensor | StagedText):
            _add(stager, text, field, value)
        elif field["kind"] == "s" and not (field["width"] or field["precision"]):
            text.add_any(value)
        else:
            text.add(f"%{field['flags']}{field['width']}{field['precision']}{field['kind']}" % (value,))
    text.add(message[end:])
    return text


def _add(stager: Stager, text: StagedText, field: "re.Match[str]", value: Any) -> None:
    kind, flags, width = field["kind"], field["flags"], field["width"]
    align = "" if not width else "<" if "-" in flags else ">"
    if kind in "sra":
        conversion = "" if kind == "s" and not (width or field["precision"]) else kind
        text.add_value(value, conversion, f"{align}{width}{field['precision']}")
        return
    sign = "+" if "+" in flags else " " if " " in flags else ""
    form = "#" if "#" in flags else ""
    filling = "0" if "0" in flags and "-" not in flags else ""
    align = "" if filling else align
    if kind in "diuxXo":
        number, kind = int_(stager, value), "d" if kind in "diu" else kind
    elif kind in "eEfFgG":
        number = float_(stager, value)
    else:
        _refuse(f"the field {field[0]!r} of a message")
    precision = "" if kind in "dxXo" else field["precision"] or ".6"
    text.add_value(number, "", f"{align}{sign}{form}{filling}{width}{precision}{kind}")


def _refuse(what: str) -> NoReturn:
    raise StagingError(
        f"a graph cannot log this: {what}",
        next_step="log a message that is made of texts, numbers and tensors, or log outside of the converted function.",
        loc=user_location(),
    )
