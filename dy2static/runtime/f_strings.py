"""f-strings: text now, or text that is made when the graph runs."""

from typing import Any, cast

from dy2static.staging.optional import OptionalObject
from dy2static.staging.shown import reading
from dy2static.staging.text import StagedText
from eager.tensor import Tensor

Part = str | tuple[Any, str, str]
"""A text, or a value with its conversion ('', 's', 'r' or 'a') and format spec."""


def fstring(*parts: Part) -> Any:
    """The text of an f-string."""
    taken = [part if isinstance(part, str) else _taken(*part) for part in parts]  # what fails here is the program's
    text = StagedText()
    for part in taken:
        if isinstance(part, str):
            text.add(part)
        else:
            text.add_value(*part)
    return text.plain()


def _taken(value: Any, conversion: str, spec: str) -> Part:
    """The part as it is for a value of the graph, the text of any other value."""
    if hasattr(cast(Any, type(value)), "__staged_text__"):
        value, conversion = value.__staged_repr__() if conversion in ("r", "a") else value.__staged_text__(), ""
    if isinstance(value, Tensor | StagedText | OptionalObject):
        return value, conversion, spec
    if not conversion:  # not within `StagedText`: what fails here concerns the value alone
        with reading() as marks:
            made = format(value, spec)
        if not marks.are_any:
            return made
    text = StagedText()
    text.add_formatted(value, conversion, spec)
    found = text.plain()
    return found if isinstance(found, str) else (found, "", "")
