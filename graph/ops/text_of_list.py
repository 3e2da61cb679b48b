"""The text of a list of the graph, of whose items each is several run-time values: `[(tensor(1.), 2)]`, for one.

A *layout* says what an item looks like: a tuple of a word and what belongs to it, written out in the form of a field.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

Layout = tuple[Any, ...]
"""("number",) and ("tensor",) take one value, ("one of", texts) a place among texts, ("text", parts, forms) a value for
each form. ("quoted", layout) is the `repr` of a text. ("pieces", pieces, layouts) has layouts between pieces, ("list",
layout) lists of what the layout takes, ("optional", layout) a flag before, ("choice", layouts) a place before what all
of these take. ("flag", layout) has a value that only says that an item is there."""

BESIDE: Final = "!beside "
"""The form of the values that belong to the next field."""
ITEMS: Final = "!items "
"""Begins the form of the last value of a list; its layout follows."""
JOINED: Final = "!joined "
"""The same of a list whose items are texts that are put together; what stands between them, and the layout, follow."""

Message = Callable[[Sequence[str], Sequence[Any], Sequence[str]], str]
"""Parts of a text with the texts of values between them, by their forms."""


def count_of(layout: Layout) -> int:
    """How many values a layout takes."""
    match layout:
        case ("number",) | ("tensor",) | ("one of", _) | ("flag", _):
            return 1
        case ("text", _, forms):
            return len(forms)
        case ("pieces", _, layouts):
            return sum(map(count_of, layouts))
        case ("choice", layouts):
            return 1 + sum(map(count_of, layouts))
        case ("list" | "quoted", inner):
            return count_of(inner)
        case _:
            return 1 + count_of(layout[1])


def text_of_items(layout: Layout, lists: Sequence[Sequence[Any]], message: Message) -> str:
    """The text of a list. An item is made of the values at one place of `lists`."""
    return "[" + joined_items(", ", layout, lists, message) + "]"


def joined_items(between: str, layout: Layout, lists: Sequence[Sequence[Any]], message: Message) -> str:
    """The texts of its items, put together."""
    return between.join(_text(layout, iter(values), message) for values in zip(*lists, strict=True))


def _text(layout: Layout, values: Iterator[Any], message: Message) -> str:
    match layout:
        case ("number",) | ("tensor",):
            return message(("", ""), (next(values),), ("" if layout == ("number",) else "!r",))
        case ("one of", texts):
            return texts[int(next(values))]
        case ("flag", inner):
            next(values)
            return _text(inner, values, message)
        case ("text", parts, forms):
            return message(parts, [next(values) for _ in forms], forms)
        case ("quoted", inner):
            return repr(_text(inner, values, message))
        case ("pieces", pieces, layouts):
            between = (_text(inner, values, message) + piece for inner, piece in zip(layouts, pieces[1:], strict=True))
            return pieces[0] + "".join(between)
        case ("list", inner):
            return text_of_items(inner, [next(values) for _ in range(count_of(inner))], message)
        case ("choice", layouts):
            place = int(next(values))
            held = [[next(values) for _ in range(count_of(inner))] for inner in layouts]
            return _text(layouts[place], iter(held[place]), message)
        case _:
            is_there, held = next(values), [next(values) for _ in range(count_of(layout[1]))]
            return _text(layout[1], iter(held), message) if is_there else "None"
