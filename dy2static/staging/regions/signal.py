"""How a compound statement that is staged finely says that it has failed: an exception as values of the graph."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from dy2static.staging.objects.frames import NOTE
from dy2static.staging.stager import Stager
from dy2static.staging.values.staged import StagedTensor
from graph.dtypes import uint8


@dataclass(slots=True, eq=False)
class Signal:
    """What the steps of the blocks inside a compound statement leave when they fail.

    `errors` are the classes that count; `failed` is 0, or the place of the class of the exception among them, from 1;
    `text` is then its text. Both are cells, so that branches and loops carry them out.
    """

    errors: tuple[str, ...]
    text: Any
    failed: Any = 0

    @staticmethod
    def of(stager: Stager, errors: tuple[str, ...]) -> "Signal":
        """A signal of the region that is being built: outside of it nobody knows it."""
        made = Signal(errors, StagedTensor.of(stager.builder.constant([], uint8)))
        stager.cells.born(made)
        return made

    def put(self, stager: Stager, failed: Any, text: Any) -> None:
        """Note a failure."""
        stager.cells.put(Note(self, "failed"), failed)
        stager.cells.put(Note(self, "text"), text)

    @property
    def may_be_set(self) -> bool:
        return type(self.failed) is not int or self.failed != 0


@dataclass(frozen=True, slots=True, eq=False)
class Note:
    """A place of the runtime's own in a signal or the like."""

    owner: Any
    name: str

    @property
    def key(self) -> tuple[str, int, Any]:
        return (NOTE, id(self.owner), self.name)

    @property
    def text(self) -> str:
        return "how a step of a `try` or `with` has failed"

    def load(self) -> Any:
        return getattr(self.owner, self.name)

    def of(self, owner: Any) -> "Note":
        """The same of another signal."""
        return Note(owner, self.name)

    def store(self, value: Any) -> None:
        setattr(self.owner, self.name, value)


@dataclass(frozen=True, slots=True)
class Failing:
    """What a failure means in the code that is being staged.

    With a `signal` it is to be noted there, as the step around is staged finely; without one it ends the region.
    `heads` are the values of those heads (the test of an `if`, the items of a `for`) that were staged as steps before.
    """

    signal: Signal | None = None
    heads: list[Any] = field(default_factory=list[Any])


def signal_of(stager: Stager | None) -> Signal | None:
    """The signal of the code that is being staged."""
    return None if stager is None or stager.failing is None else stager.failing.signal


@contextmanager
def failing(stager: Stager, signal: Signal | None = None, heads: list[Any] | None = None) -> Generator[None]:
    """A part for which failures mean this."""
    outer, stager.failing = stager.failing, Failing(signal, heads or [])
    try:
        yield
    finally:
        stager.failing = outer


@dataclass(slots=True, eq=False)
class Head:
    """The value of a head, from the step that makes it to the one that uses it."""

    value: Any = None


class HeadMayFailError(Exception):
    """A head of the step that is being staged finely can fail when the graph runs."""

    def __init__(self, thunk: Callable[[], Any]) -> None:
        self.thunk = thunk
