"""An exception that a run of the graph raises and the program catches: its class and text are known only then."""

from collections.abc import Sequence
from typing import Any, NoReturn, cast

from dy2static.errors import StagingError
from dy2static.staging.locate import user_location
from dy2static.staging.staged import StagedNumber, StagedTensor, current, the_stager
from dy2static.staging.text import StagedText
from graph.ops.raised import class_of

MESSAGE, ARGS, FIRST = "error message", "error args", "error first"
"""The conversions that give the message, all arguments, and the first of them."""


class Caught:
    """What `except ... as e` names. `failed` is the place of its class among `errors`, from 1; `text` its message."""

    def __init__(self, failed: StagedNumber, text: StagedTensor, errors: Sequence[str]) -> None:
        self.failed = failed
        self.message = text
        self.errors = tuple(errors)

    def text(self) -> StagedText:
        """`str(e)`."""
        return self.part(MESSAGE)

    def part(self, conversion: str) -> StagedText:
        """One of its texts."""
        made = StagedText()
        made.add_value(self.message, conversion)
        return made

    __staged_text__ = text

    @property
    def args(self) -> "CaughtArgs":
        """Its arguments."""
        return CaughtArgs(self)

    @property
    def kind(self) -> Any:
        """`type(e)`, which is known where it can be one class only and nothing derived from it."""
        return CaughtClass(self)

    def is_a(self, kinds: Any) -> Any:
        """`isinstance(e, kinds)`: known now where all that it can be agree, else staged.

        Raises: StagingError where a class is asked for that the `except` clauses do not tell apart.
        """
        flat = cast("tuple[Any, ...]", kinds if isinstance(kinds, tuple) else (kinds,))
        for name in self.errors:
            caught = class_of(name)
            if not issubclass(caught, flat) and any(issubclass(kind, caught) for kind in flat):
                raise _unknown(f"whether this is of class {' or '.join(kind.__name__ for kind in flat)}")
        codes = [i + 1 for i, name in enumerate(self.errors) if issubclass(class_of(name), flat)]
        return self.is_among(codes)

    def is_among(self, codes: Sequence[int]) -> Any:
        """Whether its class is at one of these places."""
        if len(codes) in (0, len(self.errors)):
            return bool(codes)
        found: Any = self.failed == codes[0]
        for code in codes[1:]:
            found = found | (self.failed == code)
        return found

    def raise_again(self) -> None:
        """Append the op that raises it."""
        b = the_stager().builder
        b.loc = user_location()
        b.raise_again(self.message.value)

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise _unknown(f"attribute {name!r}")

    def __staged_repr__(self) -> NoReturn:
        raise _unknown("the class, which `repr` shows,")

    def __repr__(self) -> str:
        return "<exception caught in the graph>" if current() is None else self.__staged_repr__()

    __traceback__ = None


class CaughtArgs:
    """The arguments of such an exception: how many there are is known only in a run."""

    def __init__(self, caught: Caught) -> None:
        self.caught = caught

    def text(self) -> StagedText:
        """Of all of them."""
        return self.caught.part(ARGS)

    __staged_text__ = __staged_repr__ = text

    def __getitem__(self, place: Any) -> StagedText:
        if type(place) is not int or place != 0:
            raise _unknown("an argument other than the first")
        return self.caught.part(FIRST)

    def _refused(self, *_: Any) -> NoReturn:
        raise _unknown("the number of arguments")

    __len__ = __iter__ = __bool__ = __contains__ = __eq__ = __ne__ = __add__ = _refused
    __hash__ = object.__hash__


class CaughtClass:
    """The class of such an exception."""

    def __init__(self, caught: Caught) -> None:
        self.caught = caught

    def __getattr__(self, name: str) -> NoReturn:
        raise _unknown("the class")


def _unknown(what: str) -> StagingError:
    return StagingError(
        f"{what} is not known while the graph is built: a run of the graph raises the exception",
        next_step="name its class in an `except` clause; of the exception itself, use the message, `str(e)`.",
        loc=user_location(),
    )
