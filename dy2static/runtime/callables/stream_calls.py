"""What is written to standard output and standard error by their methods: in each run, in order with `print`."""

import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

from dy2static.errors import StagingError
from dy2static.staging.locate import user_location
from dy2static.staging.stager import Stager
from dy2static.staging.values.text import StagedText
from dy2static.staging.values.truth import OnlyTruth

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


def _write(stager: Stager, stream: str, text: Any) -> Any:
    """The number of characters; of a text that a run makes it is a number that nobody can use."""
    if not isinstance(text, str | StagedText):
        raise TypeError(f"write() argument must be str, not {type(text).__name__}")
    stager.world.check_stream(stream)
    told = StagedText.of(text)
    stager.builder.loc = user_location()
    stager.builder.print(*told.values, parts=tuple(told.parts), forms=tuple(told.forms), stream=stream)
    if isinstance(text, str):
        return len(text)
    error = StagingError(
        "how many characters are written is known only when the graph runs",
        next_step="leave the result of `write` alone, or count the characters outside of the converted function.",
        loc=user_location(),
    )
    return OnlyTruth.of_either(stager.builder.constant(True), error)


def _write_all(stager: Stager, stream: str, texts: Iterable[Any]) -> None:
    for text in texts:
        _write(stager, stream, text)


def _flush() -> None:
    """What a run writes is there at once."""
