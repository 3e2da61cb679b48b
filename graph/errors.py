"""The kinds of error that the compiler raises, and how they read: where, what, what to do next."""

from typing import Final, Self

from graph.location import UNKNOWN, Loc

NEXT: Final = "\n  Next: "
"""Stands between what is wrong and the way out."""


class GraphError(Exception):
    """Base of all errors that a user can cause.

    `what` states the problem with both sides quoted; `next_step` says how to go on; `loc` is the user's line.
    """

    kinds: tuple[type, ...] = ()
    """The classes of the user's objects that it is about."""

    def __init__(self, what: str, *, next_step: str = "", loc: Loc = UNKNOWN) -> None:
        super().__init__(f"{what}{NEXT}{next_step}" if next_step else what)
        self.what = what
        self.next_step = next_step
        self.loc = loc

    def __str__(self) -> str:
        text = self.without_place()
        return text if self.loc == UNKNOWN else f"{self.loc.excerpt()}\n  {text}"

    def without_place(self) -> str:
        """The text as a program reads it that catches the error: the same in every mode."""
        return f"{self.what}{NEXT}{self.next_step}" if self.next_step else self.what

    @classmethod
    def of_text(cls, text: str) -> Self:
        """The error that reads so, without a place."""
        what, _, next_step = text.partition(NEXT)
        return cls(what, next_step=next_step)

    def at(self, loc: Loc) -> "GraphError":
        """The same error, placed at `loc` unless it has a place already."""
        if self.loc == UNKNOWN:
            self.loc = loc
        return self


class ShapeError(GraphError, ValueError):
    """Operand shapes do not fit."""


class DTypeError(GraphError, TypeError):
    """Operand dtypes do not fit."""


class IndexRangeError(GraphError, IndexError):
    """An index that is out of range, or more indices than axes."""


class BranchTypeError(GraphError, TypeError):
    """The two branches of a `cond` give one variable two types that no single type covers."""


class LoopTypeError(GraphError, TypeError):
    """A loop changes the type of one of its carried values."""


class UnsupportedError(GraphError):
    """A construct or value that cannot be part of a graph."""


class NotDifferentiableError(GraphError, TypeError):
    """A cotangent was asked of an op that has none to give."""


class TraceGuardError(GraphError, RuntimeError):
    """A traced program was run with inputs for which a decision that the trace took does not hold."""


class CycleError(GraphError, ValueError):
    """Values depend on themselves."""


class ParseError(GraphError, ValueError):
    """Text that is not a graph."""


class InternalError(Exception):
    """An invariant of ours is broken: never the user's fault."""


class VerifyError(InternalError):
    """A graph breaks a rule of the IR; the message shows the op and its neighbours."""
