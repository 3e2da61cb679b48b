"""What an item of a graph list looks like in texts, from its description."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from types import CodeType
from typing import Any, cast

from dy2static.staging.containers.lists import StageableList
from dy2static.staging.values.spec import (
    ChoiceSpec,
    ConstantSpec,
    ContainerSpec,
    ListSpec,
    OptionalSpec,
    Spec,
    TensorSpec,
    TextSpec,
    types,
)
from eager.pytree import Node
from graph.ops.text_of_list import Layout


def layout_of(element: Spec) -> Layout | None:
    """The layout of an item, with the values that a graph list has for it; None of what no layout describes."""
    found = _layout(element)
    return found if found is None or types(element) else ("flag", found)


def layout_of_text(element: Spec) -> Layout | None:
    """The same of an item that is a text, as it is; None of others."""
    match element:
        case TextSpec(parts, forms):
            found = ("text", parts, forms)
        case ConstantSpec(str() as text):
            found = ("pieces", (text,), ())
        case ChoiceSpec(parts) if all(isinstance(part, ConstantSpec) and type(part.value) is str for part in parts):
            found = ("one of", tuple(cast(ConstantSpec, part).value for part in parts))
        case ChoiceSpec(parts) if any(isinstance(part, TextSpec) for part in parts):
            found = _choice(parts)
        case _:
            return None
    return found if types(element) else ("flag", found)


def _choice(parts: Sequence[ConstantSpec | TextSpec]) -> Layout:
    """Texts of which some have values in them."""
    return (
        "choice",
        tuple(
            ("text", part.pieces, part.forms) if isinstance(part, TextSpec) else ("pieces", (part.value,), ())
            for part in parts
        ),
    )


def _layout(spec: Spec) -> Layout | None:
    match spec:
        case TensorSpec():
            return ("number",) if spec.weak else ("tensor",)
        case ConstantSpec(value) if value is None or isinstance(value, str | bool | int | float | complex):
            return ("pieces", (repr(value),), ())
        case ChoiceSpec(parts) if all(isinstance(part, ConstantSpec) for part in parts):
            return ("one of", tuple(repr(cast(ConstantSpec, part).value) for part in parts))
        case ChoiceSpec(parts):
            return ("quoted", _choice(parts))
        case TextSpec(parts, forms):
            return ("quoted", ("text", parts, forms))
        case ListSpec(None):
            return ("pieces", ("[]",), ())
        case ListSpec(element):
            inner = None if element is None else layout_of(element)
            return None if inner is None else ("list", inner)
        case OptionalSpec(inner):
            held = _layout(inner)
            return None if held is None else ("optional", held)
        case ContainerSpec(node, parts):
            pieces, layouts = _pieces(node, len(parts)), [_layout(part) for part in parts]
            return None if pieces is None or None in layouts else ("pieces", pieces, tuple(layouts))
        case _:
            return None


def _pieces(node: Node, count: int) -> tuple[str, ...] | None:
    """The text around the parts of a container, as Python's own `repr` has it; None of others."""
    cls = cast("type[Any]", node.kind)
    if issubclass(cls, StageableList):
        return _between("[", [""] * count, "]")
    if cls is tuple:
        return _between("(", [""] * count, ",)" if count == 1 else ")")
    if cls is dict:
        return _between("{", [f"{key!r}: " for key in node.keys], "}")
    method: Any = getattr(cast(object, cls), "__repr__", None)
    if hasattr(cls, "_fields") and _made_by(method) == "namedtuple":
        return _between(f"{node.kind.__name__}(", [f"{name}=" for name in cast(Any, node.kind)._fields], ")")
    if is_dataclass(node.kind) and _made_by(getattr(method, "__wrapped__", None)) == "__create_fn__":
        shown = [field.name for field in fields(node.kind) if field.repr]
        is_whole = len(shown) == count
        return _between(f"{node.kind.__qualname__}(", [f"{name}=" for name in shown], ")") if is_whole else None
    return None


def _made_by(method: Any) -> str:
    """The function that a method was made in."""
    code: CodeType | None = getattr(method, "__code__", None)
    return "" if code is None else code.co_qualname.partition(".")[0]


def _between(opening: str, leads: Sequence[str], closing: str) -> tuple[str, ...]:
    if not leads:
        return (opening + closing,)
    return (opening + leads[0], *(f", {lead}" for lead in leads[1:]), closing)
