"""An exception that a run of the graph raises and the program catches: its class and text are known only then."""

from collections.abc import Iterator, Sequence
from typing import Any, NoReturn, cast, get_args

from dy2static.errors import StagingError
from dy2static.staging.locate import user_location
from dy2static.staging.values.staged import StagedNumber, StagedTensor, current, the_stager
from dy2static.staging.values.text import StagedText
from graph.ops.raised import class_of, derived, name_of

MESSAGE, ARGS, FIRST, SHOWN = "error message", "error args", "error first", "error shown"
"""The conversions that give the message, all arguments, the first of them, and `repr`."""
NAME, TYPE = "error name", "error type"
"""Those that give the name of its class, and the text of that."""


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
    def kind(self) -> "CaughtClass":
        """`type(e)`."""
        return CaughtClass(self)

    def is_a(self, kinds: Any, exactly: bool = False) -> Any:
        """`isinstance(e, kinds)`, or with `exactly` `type(e) in kinds`: known now where all that it can be agree, else
        staged."""
        flat = tuple(_flat(kinds))
        codes: list[int] = []
        for i, name in enumerate(self.errors):
            caught = class_of(name)
            possible = {kind in flat if exactly else issubclass(kind, flat) for kind in (caught, *derived(caught))}
            if len(possible) > 1:
                return self._is(flat, exactly)
            codes += [i + 1] * possible.pop()
        return self.is_among(codes)

    def _is(self, kinds: tuple[type, ...], exactly: bool) -> Any:
        names = tuple(name_of(kind) for kind in kinds if issubclass(kind, BaseException))
        b = the_stager().builder
        b.loc = user_location()
        return StagedNumber.of(b.error_is(b.lift(self.message.graph_value), kinds=names, exactly=exactly))

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
        b.raise_again(self.message.graph_value)

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise _unknown(f"attribute {name!r}")

    def __staged_repr__(self) -> StagedText:
        """`repr(e)`."""
        return self.part(SHOWN)

    def __repr__(self) -> str:
        if current() is None:
            return "<exception caught in the graph>"
        raise _unknown("the text of what this is in")

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

    def text(self) -> StagedText:
        """`str(type(e))`."""
        return self.caught.part(TYPE)

    __staged_text__ = __staged_repr__ = text

    def is_one_of(self, kinds: Any) -> Any:
        """Whether it is one of these very classes."""
        return self.caught.is_a(kinds, exactly=True)

    def __eq__(self, other: object) -> Any:
        return self.is_one_of(other) if isinstance(other, type) else NotImplemented

    def __ne__(self, other: object) -> Any:
        found = self.__eq__(other)
        return found if found is NotImplemented else _negated(found)

    def __hash__(self) -> int:
        raise _unknown("the class, as a key,")

    def __getattr__(self, name: str) -> Any:
        if name == "__name__":
            return CaughtName(self.caught)
        raise _unknown(f"attribute {name!r} of the class")


class CaughtName(StagedText):
    """The name of the class of such an exception."""

    def __init__(self, caught: Caught) -> None:
        super().__init__()
        self.caught = caught
        self.add_value(caught.message, NAME)

    def __eq__(self, other: object) -> Any:
        if not isinstance(other, str):
            return super().__eq__(other)
        possible = [found for name in self.caught.errors for found in (class_of(name), *derived(class_of(name)))]
        return self.caught.is_a(tuple(kind for kind in possible if kind.__name__ == other), exactly=True)

    def __ne__(self, other: object) -> Any:
        return _negated(self.__eq__(other)) if isinstance(other, str) else super().__ne__(other)

    __hash__ = StagedText.__hash__


def _negated(truth: Any) -> Any:
    """The opposite of a bool, which may be staged."""
    return truth ^ True


def _flat(kinds: Any) -> Iterator[type]:
    """The classes of nested tuples and unions."""
    for kind in cast("tuple[Any, ...]", kinds if isinstance(kinds, tuple) else (kinds,)):
        inner = cast("tuple[Any, ...]", kind if isinstance(kind, tuple) else get_args(kind))
        if inner:
            yield from _flat(inner)
        else:
            yield cast(type, kind)


def _unknown(what: str) -> StagingError:
    return StagingError(
        f"{what} is not known while the graph is built: a run of the graph raises the exception",
        next_step="ask for its class by `isinstance`, `type(e) is` or an `except` clause; of the exception itself, use "
        "`str(e)` and `repr(e)`.",
        loc=user_location(),
    )
