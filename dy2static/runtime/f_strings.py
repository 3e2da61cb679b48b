"""f-strings: text now, or text that is made when the graph runs."""

from typing import Any, cast

from dy2static.runtime.if_expr import if_expr
from dy2static.staging.values.chosen import is_chosen
from dy2static.staging.values.optional import OptionalObject, is_none, present
from dy2static.staging.values.shown import reading
from dy2static.staging.values.text import StagedText
from eager.tensor import Tensor

Part = str | tuple[Any, str, str]
"""A text, or a value with its conversion ('', 's', 'r' or 'a') and format spec."""


def fstring(*parts: Part) -> Any:
    """The text of an f-string."""
    text = StagedText()
    for part in parts:
        if isinstance(part, str):
            text.add(part)
        else:
            text.add_value(*part)
    return text.plain()


def formatted(value: Any, conversion: str = "", spec: str = "") -> Part:
    """A part of an f-string: as it is for a value of the graph, the text of any other value.

    What fails here is the program's: no other part is in sight, and Python formats each before it takes the next one.
    """
    if hasattr(cast(Any, type(value)), "__staged_text__"):
        value, conversion = value.__staged_repr__() if conversion in ("r", "a") else value.__staged_text__(), ""
    if type(value) is OptionalObject:
        return _of_maybe(value, conversion, spec), "", ""
    if isinstance(value, Tensor | StagedText | OptionalObject) or is_chosen(value):
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


def _of_maybe(value: Any, conversion: str, spec: str) -> Any:
    """The text of what may be None: the graph chooses between that of None and that of the value."""
    return if_expr(
        is_none(value),
        lambda: fstring(formatted(None, conversion, spec)),
        lambda: fstring(formatted(present(value, "TypeError", ""), conversion, spec)),
    )
