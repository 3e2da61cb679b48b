"""Paths of a graph that end in an exception: it is raised when the graph runs and gets there, and only then.

Staging runs every path, those too that no run takes. An exception of the user's program that is met on one, raised by
it or by an index that is out of range, becomes a `fail` op; what would come after it on that path does not exist.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

from dy2static.errors import ConversionError, SourceUnavailableError, StagingError
from dy2static.staging.failures.concerns import may_concern_staging
from dy2static.staging.failures.exceptions import append_raise, can_be_held, is_simple
from dy2static.staging.failures.slips import refuse_slips
from dy2static.staging.locate import location_of, user_location
from dy2static.staging.values.text import StagedText
from eager.creation import NoTensorError
from eager.dispatch import NotAnOperandError
from graph.errors import (
    BranchTypeError,
    IndexRangeError,
    InternalError,
    LoopTypeError,
    NotDifferentiableError,
)
from graph.ir.opdef import Effect, effect_of
from graph.ops.raised import class_of, text_of_error

if TYPE_CHECKING:
    from dy2static.staging.stager import Stager

T = TypeVar("T")

OF_THE_PROGRAM: Final = frozenset(
    {
        AssertionError,
        FloatingPointError,
        IndexError,
        KeyError,
        NameError,
        OverflowError,
        StopIteration,
        UnboundLocalError,
        ValueError,
        ZeroDivisionError,
    }
)
"""Exceptions that Python code raises because of its values. What others come of may be a value that stands for another
while staging (`concerns`): then nothing is known of a run."""
OF_THIS_MACHINE: Final = (MemoryError, RecursionError, Warning)
"""Those that say nothing of a run, which takes another way to where they were met."""
OURS: Final = frozenset({"dy2static", "eager", "graph"})
UNSURE: Final = "__is_unsure__"
"""The attribute of an exception of which it is not known whether a run raises it."""


class Never:
    """Stands for the value of a variable after an exception."""


class RaisedInGraph(Exception):  # noqa: N818 (it stands for another exception)
    """The path that is being staged has ended in a `fail` op; unwinds to where the path began."""


OF_STAGING: Final = (
    RaisedInGraph,
    StagingError,
    ConversionError,
    SourceUnavailableError,
    BranchTypeError,
    LoopTypeError,
    NotDifferentiableError,
    InternalError,
)
"""Exceptions that are about the graph and not of the program: no `except` of the program catches them."""


def until_raised(stager: "Stager", block: Callable[..., T], *args: Any) -> T | None:
    """Stage a path; None when it ends in an exception that the graph raises."""
    try:
        return block(*args)
    except RaisedInGraph:
        return None
    except Exception as error:
        refuse_slips(error)
        if not is_of_the_program(error):
            vars(error)[UNSURE] = True
            raise
        fail_as(stager, error)
        return None


def refuse_unsure(error: Exception, caught: Sequence[str] = ()) -> None:
    """Before an exception of Python's goes to the handlers of the program, of these classes: raises it again where it
    is not known that a run raises it here, as it was met on a path that the graph decides on, or a value that stands
    for another may have caused it.

    Raises: StagingError where a handler would take such a one; InternalError for a mistake of ours.
    """
    refuse_slips(error)
    if type(error) not in OF_THE_PROGRAM and may_concern_staging(error):
        vars(error)[UNSURE] = True
    if UNSURE not in vars(error):
        return
    if not isinstance(error, tuple(map(class_of, caught))):
        raise error
    kind, text = type(error).__name__, text_of_error(error)
    raise StagingError(
        f"whether a run raises this is not known while the graph is made, so no handler can take it: {kind}: {text}",
        next_step="take what raises it out of the `try` or `with`, or test for it before.",
        loc=location_of(error),
    ) from error


def fail_as(stager: "Stager", error: Exception) -> None:
    """Append a `fail` op that raises what was met while staging."""
    stager.builder.loc = location_of(error)
    if isinstance(error, IndexRangeError):
        fail(stager, IndexError, (error.without_place(),))
    elif is_simple(error):
        fail(stager, type(error), error.args)
    else:
        append_raise(stager, error)


def is_of_the_program(error: Exception) -> bool:
    """Whether an exception met while staging is one that the program would raise in a run of this path, and that the
    graph can raise."""
    kind = type(error)
    if isinstance(error, IndexRangeError):
        return True
    is_ours = kind.__module__.partition(".")[0] in OURS and kind not in (NoTensorError, NotAnOperandError)
    if is_ours or isinstance(error, OF_THIS_MACHINE) or not can_be_held(error):
        return False
    return kind in OF_THE_PROGRAM or not may_concern_staging(error)


def fail(stager: "Stager", kind: type, args: tuple[Any, ...]) -> None:
    """Append a `fail` op; the message may contain staged values."""
    if not args:
        stager.builder.fail(error=kind.__name__, parts=(), forms=())
        return
    text = StagedText.of(args[0])
    stager.builder.fail(*text.values, error=kind.__name__, parts=tuple(text.parts), forms=tuple(text.forms))


def must_come_later(stager: "Stager") -> bool:
    """Whether an exception met now comes after something that a run does or raises: prints, checks, other branches."""
    return stager.builder is not stager.root or any(effect_of(op) is not Effect.PURE for op in stager.root.ops)


def raise_error_in_graph(stager: "Stager", error: BaseException, cause: Any = None) -> NoReturn:
    """End the path that is being staged with this exception; `cause` is what stands behind `from`."""
    stager.builder.loc = user_location()
    if cause is None and is_simple(error):
        fail(stager, type(error), error.args)
    else:
        append_raise(stager, error, cause)
    raise RaisedInGraph


def raise_in_graph(stager: "Stager", kind: type, args: tuple[Any, ...]) -> NoReturn:
    """End the path that is being staged with an exception."""
    stager.builder.loc = user_location()
    fail(stager, kind, args)
    raise RaisedInGraph
