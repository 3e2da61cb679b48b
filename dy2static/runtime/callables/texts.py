"""Texts made by `%`, and by the methods of a text: known now, or made when the graph runs."""

import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, cast

from dy2static.errors import StagingError
from dy2static.runtime.callables.builtins import float_, int_
from dy2static.runtime.callables.outside_world import check_objects
from dy2static.staging.containers.lists import StageableList
from dy2static.staging.locate import user_location
from dy2static.staging.stager import Stager
from dy2static.staging.values.chosen import MOST, each, is_chosen, options_of
from dy2static.staging.values.shown import reading, unknown_text
from dy2static.staging.values.staged import StagedTensor, current
from dy2static.staging.values.text import StagedText
from eager.tensor import Tensor

FIELD: Final = re.compile(
    r"%(?:\((?P<key>[^)]*)\))?(?P<flags>[-+ #0]*)(?P<width>\d*|\*)(?P<precision>(?:\.(?:\d+|\*))?)(?P<kind>.)"
)


def percent(template: str, values: Any) -> Any:
    """`template % values`."""
    stager = current()
    if stager is None:
        return template % values
    fitting = _fitting(values)
    with reading() as marks:
        known = template % fitting  # which says what does not fit
    if fitting is values and not marks.are_any:
        return known
    return filled(stager, template, cast("Sequence[Any]", values if isinstance(values, tuple) else (values,))).plain()


def _fitting(values: Any) -> Any:
    """The values with others of their kind for those of the graph; the very same where there are none."""
    kind = cast("type[Any]", type(values))
    if kind is not dict and kind is not tuple:
        return _fitting_one(values)
    held: Sequence[Any] = [*values.values()] if kind is dict else values
    found = [_fitting_one(value) for value in held]
    if not any(map(operator.is_not, found, held)):
        return values
    return dict(zip(values, found, strict=True)) if kind is dict else tuple(found)


def _fitting_one(value: Any) -> Any:
    return 1 if isinstance(value, StagedTensor) else "" if isinstance(value, StagedText) else value


def filled(stager: Stager, template: str, values: Sequence[Any]) -> StagedText:
    """`template % values`, with the values of the graph left open; the values fit.

    Raises: StagingError for a field that a graph cannot fill in.
    """
    mapping: Any = cast(Any, values[0]) if len(values) == 1 and isinstance(values[0], Mapping) else {}
    rest = iter(values)
    text = StagedText()
    end = 0
    for field in FIELD.finditer(template):
        text.add(template[end : field.start()])
        end = field.end()
        if field["kind"] == "%":
            text.add("%")
            continue
        if "*" in field["width"] + field["precision"]:
            raise _refusal(field)
        value: Any = mapping[field["key"]] if field["key"] is not None else next(rest)
        if isinstance(value, Tensor | StagedText):
            _add(stager, text, field, value)
        elif field["kind"] in "sr" and not (field["width"] or field["precision"]):
            text.add_any(value, quoted=field["kind"] == "r")
        else:
            text.add(f"%{field['flags']}{field['width']}{field['precision']}{field['kind']}" % (value,))
    text.add(template[end:])
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
        raise _refusal(field)
    precision = "" if kind in "dxXo" else field["precision"] or ".6"
    text.add_value(number, "", f"{align}{sign}{form}{filling}{width}{precision}{kind}")


def _refusal(field: "re.Match[str]") -> StagingError:
    return StagingError(
        f"the field {field[0]!r} of a text cannot be filled in by a graph",
        next_step="use `%s`, `%r`, `%d`, `%f` and their like, without `*`, or an f-string.",
        loc=user_location(),
    )


def method_of_text(function: Any, given: Sequence[Any]) -> Callable[..., Any] | None:
    """What a method of a known text that puts values into it means for staged ones; None for all other functions.

    Raises: StagingError for another method that is given a text with values of the graph.
    """
    if type(getattr(function, "__self__", None)) is not str:
        return None
    found = METHODS.get(function.__name__)
    if found is None and any(isinstance(x, StagedText) for x in given):
        raise unknown_text()
    return found


def joined(separator: str, items: Iterable[Any]) -> Any:
    """`separator.join(items)`."""
    if isinstance(items, StageableList) and items.staged is not None:
        text = StagedText()
        text.add_joined(separator, items)
        return text.plain()
    if (stager := current()) is not None:
        check_objects(stager, "join", (items,))
    held = list(items)
    at = next((i for i, item in enumerate(held) if is_chosen(item)), None)
    if at is not None and math.prod(len(options_of(item)) for item in held if is_chosen(item)) <= MOST:
        return each(held[at], lambda option: joined(separator, [*held[:at], option, *held[at + 1 :]]))
    if at is None and not any(isinstance(item, StagedText) for item in held):
        return separator.join(held)
    text = StagedText()
    for i, item in enumerate(held):
        if not isinstance(item, str | StagedText) and not is_chosen(item):
            separator.join(
                "" if isinstance(x, StagedText) or is_chosen(x) else x for x in held
            )  # which says what is wrong
        text.add_any(separator if i else "")
        text.add_any(item)
    return text.plain()


def formatted(template: str, *args: Any, **kwargs: Any) -> Any:
    """`template.format(*args, **kwargs)`."""
    return StagedText.made_by(lambda: template.format(*args, **kwargs)).plain()


METHODS: Final[dict[str, Callable[..., Any]]] = {"join": joined, "format": formatted}
