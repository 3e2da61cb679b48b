"""Paths of a graph that end in an exception: it is raised when the graph runs and gets there, and only then.

Staging runs every path, those too that no run takes. An exception of the user's program that is met on one, raised by
it or by an index that is out of range, becomes a `fail` op; what would come after it on that path does not exist.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

from dy2static.staging.concerns import may_concern_staging
from dy2static.staging.exceptions import append_raise, is_simple
from dy2static.staging.locate import location_of, user_location
from dy2static.staging.slips import refuse_slips
from dy2static.staging.text import StagedText
from eager.creation import NoTensorError
from eager.dispatch import NotAnOperandError
from graph.errors import IndexRangeError
from graph.ir.opdef import Effect, effect_of

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
"""Exceptions that Python code raises because of its values."""
OF_TYPES: Final = frozenset(
    {
        AttributeError,
        LookupError,
        NoTensorError,
        NotAnOperandError,
        NotImplementedError,
        RuntimeError,
        TypeError,
    }
)
"""Exceptions that it raises because of their types: a value lacks the operation. What lacks it may be a value that
stands for another while staging (`concerns`): then nothing is known of a run, and they are raised at once."""


class Never:
    """Stands for the value of a variable after an exception."""


class RaisedInGraph(Exception):  # noqa: N818 (it stands for another exception)
    """The path that is being staged has ended in a `fail` op; unwinds to where the path began."""


def until_raised(stager: "Stager", block: Callable[..., T], *args: Any) -> T | None:
    """Stage a path; None when it ends in an exception that the graph raises."""
    try:
        return block(*args)
    except RaisedInGraph:
        return None
    except Exception as error:
        refuse_slips(error)
        if not is_of_the_program(error):
            raise
        fail_as(stager, error)
        return None


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
    """Whether an exception met while staging is one that the program would raise in a run of this path."""
    if isinstance(error, IndexRangeError):
        return True
    if error.args and not (len(error.args) == 1 and _is_text_of(error)):
        return False
    return type(error) in OF_THE_PROGRAM or (type(error) in OF_TYPES and not may_concern_staging(error))


def _is_text_of(error: Exception) -> bool:
    """Whether the message is the text of the argument (that of a KeyError is its `repr`)."""
    return type(error.args[0]) is str or (type(error) is not KeyError and isinstance(error.args[0], int | float))


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


def raise_error_in_graph(stager: "Stager", error: Exception, cause: Any = None) -> NoReturn:
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
