"""f-strings: text now, or text that is made when the graph runs."""

from collections.abc import Callable
from typing import Any, Final, cast

from dy2static.staging.optional import OptionalObject
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
    convert = CONVERSIONS.get(conversion)
    return format(value if convert is None else convert(value), spec)


CONVERSIONS: Final[dict[str, Callable[[object], str]]] = {"s": str, "r": repr, "a": ascii}
