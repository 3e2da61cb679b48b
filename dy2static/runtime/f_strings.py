"""f-strings: text now, or text that is made when the graph runs."""

from typing import Any, cast

from dy2static.staging.optional import OptionalObject
from dy2static.staging.text import StagedText
from eager.tensor import Tensor


def fstring(*parts: str | tuple[Any, str, str]) -> Any:
    """The text of an f-string; a part is text, or (value, conversion '' 's' 'r' 'a', format spec)."""
    text = StagedText()
    for part in parts:
        if isinstance(part, str):
            text.add(part)
            continue
        value, conversion, spec = part
        if hasattr(cast(Any, type(value)), "__staged_text__"):
            value = value.__staged_repr__() if conversion in ("r", "a") else value.__staged_text__()
        if isinstance(value, Tensor | StagedText | OptionalObject):
            text.add_value(value, conversion, spec)
            continue
        match conversion:
            case "s":
                value = str(value)
            case "r":
                value = repr(value)
            case "a":
                value = ascii(value)
            case _:
                pass
        text.add(format(value, spec))
    return text.plain()
