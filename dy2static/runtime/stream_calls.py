"""What is written to standard output and standard error by their methods: in each run, in order with `print`."""

import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

from dy2static.staging.locate import user_location
from dy2static.staging.stager import Stager
from dy2static.staging.text import StagedText

STREAMS: Final = ("stdout", "stderr")


def writing_to_stream(stager: Stager, function: Any) -> Callable[..., Any] | None:
    """What a method of one of the two does in the graph; None for other callables."""
    owner = getattr(function, "__self__", None)
    stream = None if owner is None else next((name for name in STREAMS if owner is getattr(sys, name)), None)
    if stream is None:
        return None
    match function.__name__:
        case "write":
            return partial(_write, stager, stream)
        case "writelines":
            return partial(_write_all, stager, stream)
        case "flush":
            return _flush
        case _:
            return None


def _write(stager: Stager, stream: str, text: Any) -> int | None:
    """The number of characters, where it is known before the run."""
    if not isinstance(text, str | StagedText):
        raise TypeError(f"write() argument must be str, not {type(text).__name__}")
    told = StagedText.of(text)
    stager.builder.loc = user_location()
    stager.builder.print(*told.values, parts=tuple(told.parts), forms=tuple(told.forms), stream=stream)
    return len(text) if isinstance(text, str) else None


def _write_all(stager: Stager, stream: str, texts: Iterable[Any]) -> None:
    for text in texts:
        _write(stager, stream, text)


def _flush() -> None:
    """What a run writes is there at once."""
