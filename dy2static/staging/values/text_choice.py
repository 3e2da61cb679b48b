"""A text that a branch or a loop gives: one of several, some with values of the graph in them.

The graph holds the place among them, and the values of each, missing where another one is chosen. As a text it has the
pieces of all of them, of which those are empty that belong to another.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from dy2static.staging.values.taped_ops import append_op
from dy2static.staging.values.text import StagedText
from graph.aval import OptionalType, Type
from graph.ir.value import Value
from graph.ops.text_of import ONE_OF, WHERE_THERE

if TYPE_CHECKING:
    from dy2static.staging.stager import Stager

MOST_FIELDS: Final = 64
"""How many values all the texts may have in them: one that grows with each trip of a loop has no end."""
Alternative = tuple[tuple[str, ...], tuple[str, ...], tuple[Value, ...]]
"""The pieces of a text, and the forms and the values between them."""


def optional_type(t: Type) -> Type:
    """The type of a value that may be missing."""
    return t if isinstance(t, OptionalType) else OptionalType(t)


def optional_value(stager: "Stager", value: Value) -> Value:
    """The value as one that may be missing."""
    return value if isinstance(value.type, OptionalType) else append_op(stager, "some", value)


def missing(stager: "Stager", t: Type) -> Value:
    """No value, where one of this type may be."""
    return stager.builder.none(type=t.element if isinstance(t, OptionalType) else t)


def one_of(alternatives: Sequence[Alternative], index: Value) -> StagedText:
    """The text that is one of these; their values may be missing."""
    text = StagedText()
    for place, (pieces, forms, values) in enumerate(alternatives):
        first, *rest = (tuple(piece if i == place else "" for i in range(len(alternatives))) for piece in pieces)
        _add_piece(text, index, first)
        for value, form, piece in zip(values, forms, rest, strict=True):
            text.add_form(value, WHERE_THERE + form)
            _add_piece(text, index, piece)
    return text


def _add_piece(text: StagedText, index: Value, pieces: tuple[str, ...]) -> None:
    if any(pieces):
        text.add_form(index, f"{ONE_OF}{pieces!r}")
