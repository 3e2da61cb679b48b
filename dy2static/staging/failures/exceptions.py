"""Exceptions as a graph holds them: the class by name, arguments and attributes known now or when the graph runs."""

from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from dy2static.errors import StagingError
from dy2static.staging.failures.caught import Caught
from dy2static.staging.locate import user_location
from dy2static.staging.values.staged import StagedNumber, StagedTensor, may_be_none
from dy2static.staging.values.text import StagedText
from graph.errors import GraphError
from graph.ir.value import Value
from graph.ops.effects import Item
from graph.ops.raised import made, name_of

if TYPE_CHECKING:
    from dy2static.staging.stager import Stager

KNOWN: Final = (bool, int, float, complex, str, type(None))
"""Ordinary values that an exception in a graph can have in it."""


def is_staged_part(value: Any) -> bool:
    """Whether a part of an exception is known only when the graph runs."""
    return isinstance(value, StagedText | StagedTensor | Caught)


def is_simple(error: BaseException) -> bool:
    """Whether a class and one text say all of an exception."""
    if ":" in name_of(type(error)) or error.__cause__ is not None or fields_of(error):
        return False
    return len(error.args) < 2 and all(isinstance(arg, str | StagedText) for arg in error.args)


def append_raise(stager: "Stager", error: BaseException, cause: Any = None) -> None:
    """Append the op that raises `error`, whatever is in it, with the cause given here if there is one.

    Raises: StagingError for a part that a graph cannot hold.
    """
    if isinstance(error, GraphError):  # of ours, with the place while staging: of a run it is Python's own
        kind = next(kind for kind in type(error).__mro__ if kind.__module__ == "builtins")
        error = cast("type[Exception]", kind)(error.without_place())
    values: list[Value] = []
    args = tuple(_item(stager, arg, values) for arg in error.args)
    found = fields_of(error) if cause is None else {**fields_of(error), "__cause__": cause}
    fields = tuple((name, _item(stager, value, values)) for name, value in found.items())
    stager.builder.apply("raise", values, {"error": name_of(type(error)), "args": args, "fields": fields})


def can_be_held(error: Exception) -> bool:
    """Whether an exception is the same when a graph makes it anew, of its arguments and attributes; ours become those
    of Python."""
    if isinstance(error, GraphError):
        return True
    fields = dict(fields_of(error))
    cause = fields.pop("__cause__", None)
    if not all(map(_is_known, (*error.args, *fields.values(), *(() if cause is None else cause.args)))):
        return False
    try:
        anew = made(type(error), error.args, fields)
    except TypeError:
        return False
    return (str(anew), repr(anew)) == (str(error), repr(error))


def fields_of(error: BaseException) -> Mapping[str, Any]:
    """The attributes of an exception, its cause among them."""
    found: dict[str, Any] = {name: value for name, value in vars(error).items() if not name.startswith("__")}
    if error.__cause__ is not None:
        found["__cause__"] = error.__cause__
    return found


def _item(stager: "Stager", value: Any, values: list[Value]) -> Item:
    if isinstance(value, Caught):
        values.append(value.message.graph_value)
        return ("caught",)
    if may_be_none(value):
        raise _refused("value that is None on some paths")
    if isinstance(value, StagedNumber):
        values.append(value.graph_value)
        return ("number",)
    if isinstance(value, StagedTensor):
        values.append(stager.lift(value))
        return ("tensor",)
    if isinstance(value, StagedText):
        values += value.values
        return ("text", tuple(value.parts), tuple(value.forms))
    if isinstance(value, BaseException):
        return ("error", name_of(type(value)), tuple(_item(stager, arg, values) for arg in value.args))
    if _is_known(value):
        return ("value", value)
    if type(value) is tuple:
        return ("tuple", tuple(_item(stager, part, values) for part in cast("tuple[Any, ...]", value)))
    if is_dataclass(value):
        text = StagedText.of(stager.call(repr, (value,), {}))
        values += text.values
        return ("shown", tuple(text.parts), tuple(text.forms))
    raise _refused(type(value).__name__)


def _is_known(value: Any) -> bool:
    parts = cast("tuple[Any, ...]", value if isinstance(value, tuple) else (value,))
    return all(isinstance(part, KNOWN) for part in parts)


def _refused(kind: str) -> StagingError:
    return StagingError(
        f"an exception that a run of the graph raises cannot hold a {kind}",
        next_step="give it texts and numbers.",
        loc=user_location(),
    )
