"""Text that contains values of the graph: made when the graph runs."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from dy2static.errors import StagingError
from dy2static.staging.containers.lists import StageableList, StagedList
from dy2static.staging.locate import user_location
from dy2static.staging.values.chosen import Chosen, form_of, index_of, is_chosen, where_is
from dy2static.staging.values.optional import OptionalObject, maybe_none
from dy2static.staging.values.shown import mark_of, reading, unknown_text
from dy2static.staging.values.staged import PYTHON_NUMBERS, StagedNumber, current, the_stager
from eager.tensor import Tensor
from graph.aval import Aval
from graph.ir.value import Value
from graph.ops.text_of import ONE_OF, WHERE_THERE, format_value, texts_of
from graph.ops.text_of_list import BESIDE

if TYPE_CHECKING:
    from dy2static.staging.values.spec import ChoiceSpec


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """What a text is made of that is one of several."""

    spec: "ChoiceSpec"
    index: Value
    values: tuple[tuple[Value, ...], ...]
    """Those of each; missing where another one is chosen."""


class StagedText:
    """Pieces of text with values between them; usable as a message of print, assert and raise."""

    def __init__(self, text: str = "") -> None:
        self.parts: list[str] = [text]
        self.values: list[Value] = []
        self.forms: list[str] = []
        self.choice: Choice | None = None

    def __copy__(self) -> "StagedText":
        return self  # as of every text

    def __deepcopy__(self, memo: dict[int, Any]) -> "StagedText":
        return self

    def add(self, text: str) -> None:
        """Append text that is known now."""
        self.parts[-1] += text

    def add_value(self, value: Any, conversion: str = "", spec: str = "") -> None:
        """Append the text that a value will have: with the conversion and format spec of an f-string field."""
        _refuse_unknown(value)
        if is_chosen(value):
            self.add_form(the_stager().builder.lift(index_of(value).graph_value), form_of(value, conversion, spec))
        elif isinstance(value, StagedText):
            value = value.quoted() if conversion in ("r", "a") else value
            if spec:
                value = value.formatted(spec)
            for part, inner, form in zip(value.parts, value.values, value.forms, strict=False):
                self.add(part)
                self.add_form(inner, form)
            self.add(value.parts[-1])
        elif current() is None:
            text = {"": str, "s": str, "r": repr, "a": ascii}[conversion](value) if conversion else value
            self.add(format(text, spec))
        else:
            if isinstance(value, StagedNumber):
                conversion = conversion and "s"  # Python's numbers have one text
            form = (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
            maybe = maybe_none(value)
            if spec and maybe is None:
                _check_spec(value, conversion, spec)
            self.add_form(the_stager().lift_tensor(value) if maybe is None else maybe.values[0], form)

    def __add__(self, other: Any) -> Any:
        return self._joined(self, other)

    def __radd__(self, other: Any) -> Any:
        return self._joined(other, self)

    def _joined(self, one: Any, other: Any) -> Any:
        if not isinstance(one, str | StagedText) or not isinstance(other, str | StagedText):
            return NotImplemented
        text = StagedText()
        text.add_any(one)
        text.add_any(other)
        return text

    def __getattr__(self, name: str) -> Any:
        if hasattr(str, name):
            raise unknown_text()
        raise AttributeError(f"'str' object has no attribute {name!r}", name=name, obj=self)

    def add_form(self, value: Value, form: str) -> None:
        """Append the text that a value of the graph will have in this form."""
        self.values.append(value)
        self.forms.append(form)
        self.parts.append("")

    def quoted(self) -> "StagedText":
        """`repr` of the text.

        Raises: StagingError where what a value looks like decides on the quotes.
        """
        made = StagedText()
        if self.parts == ["", ""] and self.forms[0] in ("!error message", "!error first"):
            made.add_form(self.values[0], f"{self.forms[0]} quoted")
            return made
        if not (all(map(_is_plain, self.parts)) and all(map(_is_number, self.values, self.forms))):
            raise unknown_text()
        made.add("'")
        made.add_value(self)
        made.add("'")
        return made

    def formatted(self, spec: str) -> "StagedText":
        """`format(text, spec)`. Raises: StagingError but for the texts of a caught exception."""
        if self.parts != ["", ""] or not self.forms[0].startswith("!error") or ":" in self.forms[0]:
            raise unknown_text()
        made = StagedText()
        made.add_form(self.values[0], f"{self.forms[0]}:{spec}")
        return made

    def plain(self) -> Any:
        """A `str` where every part is known, one of several where one part is chosen among such, else this."""
        if not self.values:
            return self.parts[0]
        if len(self.values) > 1 or not self.forms[0].startswith(ONE_OF):
            return self
        before, after = self.parts
        texts = [f"{before}{text}{after}" for text in texts_of(self.forms[0])]
        return Chosen(texts, StagedNumber.of(self.values[0]))

    @staticmethod
    def of(value: Any) -> "StagedText":
        """The text of any value: `str(value)`, with the staged parts left open."""
        text = StagedText()
        text.add_any(value)
        return text

    def add_any(self, value: Any, *, quoted: bool = False) -> None:
        """Append `str(value)`, or `repr(value)` where `quoted`; staged values may be nested in lists and tuples."""
        _refuse_unknown(value)
        if hasattr(cast(Any, type(value)), "__staged_text__"):  # an exception that a run raises
            value, quoted = value.__staged_repr__() if quoted else value.__staged_text__(), False
        if isinstance(value, StagedText):
            self.add_value(value.quoted() if quoted else value)
        elif isinstance(value, Tensor):
            self.add_value(value, "r" if quoted and not isinstance(value, StagedNumber) else "")
        elif isinstance(value, StageableList) and value.staged is not None:
            self._add_graph_list(value.staged)
        elif type(value) in (list, tuple, StageableList) and any(map(_has_text_later, value)):
            self._add_items(value)
        else:
            self._add_made(lambda: repr(value) if quoted else str(value))

    def add_formatted(self, value: Any, conversion: str, spec: str) -> None:
        """Append the text of an f-string field for a value that is not of the graph itself."""
        if conversion:
            text = StagedText()
            text.add_any(value, quoted=conversion != "s")
            if conversion == "a":
                text.parts = [part.encode("ascii", "backslashreplace").decode() for part in text.parts]
            if text.values:
                self.add_value(text, "", spec)
                return
            value = text.parts[0]
        self._add_made(lambda: format(value, spec))

    @staticmethod
    def made_by(make: Callable[[], str]) -> "StagedText":
        """The text that Python makes by a function, with the staged parts left open."""
        text = StagedText()
        text._add_made(make)
        return text

    def _add_made(self, make: Callable[[], str]) -> None:
        with reading() as marks:
            made = make()
        marks.split(made, self.add, self._add_marked)

    def _add_marked(self, value: Any, conversion: str, spec: str) -> None:
        if isinstance(value, StageableList):
            self.add_any(value)
        else:
            self.add_value(value, conversion, spec)

    def _add_graph_list(self, held: StagedList) -> None:
        if held.element is None:
            self.add("[]")
        else:
            self._add_fields(held, the_stager().lists.form_of_items(held.element))

    def add_joined(self, between: str, items: StageableList) -> None:
        """Append the texts that a graph list holds, put together.

        Raises: StagingError for items of which it is not known whether they are texts.
        """
        held = items.staged
        if held is not None and held.element is not None:
            form = the_stager().lists.form_of_joined(between, items, held.element)
            if form is not None:
                self._add_fields(held, form)

    def _add_fields(self, held: StagedList, form: str) -> None:
        for v in held.values[:-1]:
            self.add_form(v, BESIDE)
        self.add_form(the_stager().builder.lift(held.values[-1]), form)

    def _add_items(self, items: list[Any] | tuple[Any, ...]) -> None:
        opening, closing = ("[", "]") if isinstance(items, list) else ("(", ")")
        self.add(opening)
        for i, item in enumerate(items):
            self.add(", " if i else "")
            self.add_any(item, quoted=True)
        self.add(",)" if isinstance(items, tuple) and len(items) == 1 else closing)


def as_text(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method of converted code that Python calls for a text: what a run makes is marked for it."""

    @functools.wraps(method)
    def text(*args: Any) -> Any:
        found = method(*args)
        return mark_of(found, "") if isinstance(found, StagedText) else found

    return text


def _has_text_later(value: Any) -> bool:
    """Whether the text of an item is known only when the graph runs."""
    if isinstance(value, Tensor | StagedText) or hasattr(cast(Any, type(value)), "__staged_text__"):
        return True
    if isinstance(value, StageableList) and value.staged is not None:
        return True
    return type(value) in (list, tuple, StageableList) and any(map(_has_text_later, cast("list[Any]", value)))


def truth_of_text(text: StagedText) -> Any:
    """Whether there is anything in a text, a bool or one of the graph.

    Raises: StagingError where it is another text that decides.
    """
    if text.choice is None:
        return _has_content(text.parts, text.forms)
    parts: Any = text.choice.spec.parts
    found = [_has_content(part.pieces, part.forms) if hasattr(part, "pieces") else bool(part.value) for part in parts]
    return where_is(text.choice.index, found)


def _has_content(pieces: Sequence[str], forms: Sequence[str]) -> bool:
    if any(pieces) or any(not form.startswith(("!error", ONE_OF, WHERE_THERE)) for form in forms):
        return True
    raise unknown_text()


def _is_plain(text: str) -> bool:
    return text.isprintable() and not set(text) & set("'\\")


def _is_number(value: Value, form: str) -> bool:
    return isinstance(value.type, Aval) and not value.ndim and not form.startswith(("!error", ONE_OF))


def _refused(*_: Any) -> Any:
    raise unknown_text()


_COMPARED = ("eq", "ne", "lt", "le", "gt", "ge", "hash", "bool", "contains")
_READ = ("len", "iter", "getitem", "mul", "rmul", "mod", "int", "float", "complex", "index")
for _name in (*_COMPARED, *_READ):
    setattr(StagedText, f"__{_name}__", _refused)
StagedText.__str__ = lambda self: mark_of(self, "")
StagedText.__repr__ = lambda self: mark_of(self, "r", shown="<staged str>")
StagedText.__format__ = lambda self, spec: mark_of(self, "", spec)


def _refuse_unknown(value: Any) -> None:
    if type(value) is OptionalObject:
        raise StagingError(
            "the text of a value that is None on some paths is not known before the graph runs",
            next_step="test it with `is None` first.",
            loc=user_location(),
        )


def _check_spec(value: Any, conversion: str, spec: str) -> None:
    """End the path where Python has no such format of the value: the text may be read elsewhere, or by nobody."""
    try:
        if conversion:
            format("", spec)
        elif isinstance(value, StagedNumber):
            format(PYTHON_NUMBERS[value.dtype.kind](1), spec)
        else:
            format_value(np.ones((1,) * value.ndim, value.dtype), spec)
    except (TypeError, ValueError) as error:
        the_stager().raise_in_graph(type(error), error.args)
