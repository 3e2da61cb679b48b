"""Values of the graph in texts that Python makes: those of dicts, dataclasses, and objects with a `__repr__`.

Python asks each value for its text and puts the answers together. While such a text is read (`reading`), a value of the
graph answers with a *mark*, in whose place the text that it will have is put afterwards. Anywhere else it has no text
while the graph is built.
"""

import contextlib
import re
import sys
from collections.abc import Callable, Generator
from typing import Any, Final, NoReturn

from dy2static.errors import StagingError
from dy2static.staging.locate import user_location
from eager.recorder import active, show

MARK: Final = re.compile("\0([0-9]+)\0")


class Marks:
    """The values that were asked for their texts, each with conversion and format spec."""

    def __init__(self) -> None:
        self._asked: list[tuple[Any, str, str]] = []

    @property
    def are_any(self) -> bool:
        """Whether a value was asked."""
        return bool(self._asked)

    def mark(self, value: Any, conversion: str, spec: str) -> str:
        """What stands for the text of `value`."""
        self._asked.append((value, conversion, spec))
        return Mark(f"\0{len(self._asked) - 1}\0")

    def split(self, text: str, add: Callable[[str], None], add_value: Callable[[Any, str, str], None]) -> None:
        """Give the pieces of a text and the values between them, in order.

        Raises: StagingError where the text of a value was used otherwise than as a piece.
        """
        pieces = MARK.split(text)
        found = {int(place) for place in pieces[1::2]}
        if found != set(range(len(self._asked))):
            raise unknown_text()
        for i, piece in enumerate(pieces):
            if i % 2:
                add_value(*self._asked[int(piece)])
            else:
                add(piece)


@contextlib.contextmanager
def reading() -> Generator[Marks]:
    """Within, tensors and values of the graph answer with marks, while one is made.

    The stager holds what gives them, and no context does: where Ctrl-C comes between, it goes with the stager.
    """
    marks = Marks()
    stager: Any = active()
    if not getattr(stager, "is_stager", False):
        yield marks
        return
    before, stager.show = show(), marks.mark
    try:
        yield marks
    finally:
        stager.show = before


def mark_of(value: Any, conversion: str, spec: str = "", *, shown: str = "") -> str:
    """The text of a value of the graph, as Python asks for it; `shown` is what people see of it, who look at the values
    of a failed call, or in a debugger.

    Raises: StagingError where it is not put into a text of converted code.
    """
    mark = show()
    if mark is not None:
        return mark(value, conversion, spec)
    if shown and (active() is None or sys.gettrace() is not None):
        return shown
    raise unknown_text()


class Mark(str):
    """Stands for a text that a run makes. It can become part of a longer text, and nothing else."""

    __slots__ = ()

    def __format__(self, spec: str, /) -> str:
        return self if not spec else _refused()

    def __str__(self) -> str:
        return self

    def __hash__(self) -> int:
        return _refused()


def unknown_text() -> StagingError:
    """The error for a text that Python needs before the graph runs."""
    return StagingError(
        "text that contains a value of the graph is known only when the graph runs; here Python needs it before",
        next_step="use it in `print`, `logging`, `assert` and `raise`, or work with the value instead of its text.",
        loc=user_location(),
    )


def _refused(*_: Any, **__: Any) -> NoReturn:
    raise unknown_text()


_KEPT: Final = {
    *("__new__", "__init__", "__getattribute__", "__setattr__", "__delattr__", "__class__", "__doc__", "__add__"),
    *("__init_subclass__", "__subclasshook__", "__getnewargs__", "__sizeof__", "__dir__"),
}
for _name in set(dir(str)) - vars(Mark).keys() - _KEPT:
    setattr(Mark, _name, _refused)
