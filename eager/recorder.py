"""The seam to whoever records instead of running: tracing and staging implement `Recorder`.

One recorder is active per context (thread, task); it sees every op, every value that crosses to Python, and every
handle whose value is replaced.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeVar

from graph.aval import Dim
from graph.ir.opdef import OpDef

if TYPE_CHECKING:
    from eager.tensor import Tensor

Kind = Literal["bool", "int", "float", "complex", "index", "len", "item", "iter", "array"]
"""How a tensor crosses to Python: `bool(x)`, ..., `len(x)`, `x.item()`, `iter(x)`, `np.asarray(x)`."""


class Recorder(Protocol):
    """What runs the ops while it is active.

    It may also have `call(function, args, kwargs)`, which the library uses (through `call` below) for what its user may
    have written, or what a recorder must see: the `forward` of a module, `setattr` of its modes. Without it, the
    function is called. `gradient(leaf, written)` is called before the `.grad` of a leaf is read or replaced. `hold(x)`
    gives the tensor that takes the place of `x` as an operand, and that the tape is to keep, with the tape link of `x`.
    `set_apart(x)` gives what has the value of `x`, and can be told from it: a variable to differentiate by. `copied(x)`
    is called with a new handle of a value that another has: no op tells when it was made. `show`, while a text is read
    that it fills in, gives what stands for the text of a tensor, by tensor, conversion ("" or "r") and format spec.
    """

    def apply(self, opdef: OpDef, operands: Sequence[Any], attrs: Mapping[str, Any]) -> "Tensor | tuple[Tensor, ...]":
        """Do one op. Operands are tensors, Python scalars (weak) and NumPy arrays, as the caller gave them.

        The results are fresh handles without a tape link.
        """
        ...

    def to_python(self, x: "Tensor", kind: Kind) -> Any:
        """The Python value that `x` crosses to."""
        ...

    def dim_of(self, x: "Tensor") -> Dim:
        """The dim that a 0-d integer tensor stands for where it is used as a size."""
        ...

    def mutated(self, x: "Tensor") -> None:
        """The value of the handle `x` is about to be replaced; it still has the old one."""
        ...


F = TypeVar("F", bound=Callable[..., Any])

RECORDER: Final[ContextVar[Recorder | None]] = ContextVar("eager.recorder", default=None)


def active() -> Recorder | None:
    """The recorder of this context."""
    return RECORDER.get()


@contextmanager
def recording(recorder: Recorder | None) -> Generator[None]:
    """Hand all ops of this context to `recorder`; None runs them again, for what must not be recorded."""
    token = RECORDER.set(recorder)
    try:
        yield
    finally:
        RECORDER.reset(token)


def call(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """`function(*args, **kwargs)`, by the recorder of this context where it wants to (see `Recorder`)."""
    recorder = RECORDER.get()
    if recorder is not None:
        run = getattr(recorder, "call", None)
        if run is not None:
            return run(function, args, kwargs)
    return function(*args, **kwargs)


def show() -> Callable[[Any, str, str], str] | None:
    """What gives the texts of tensors now, if Python's own are not wanted (see `Recorder`)."""
    recorder = RECORDER.get()
    return None if recorder is None else getattr(recorder, "show", None)


def held(x: "Tensor") -> "Tensor":
    """`x` as an operand: where a recorder knows its value as one of what it records, a handle of that."""
    recorder = RECORDER.get()
    hold = None if recorder is None else getattr(recorder, "hold", None)
    return x if hold is None else hold(x)


def set_apart(x: "Tensor") -> "Tensor":
    """`x`, or a handle that a recorder can tell from the other handles of its value."""
    recorder = RECORDER.get()
    apart = None if recorder is None else getattr(recorder, "set_apart", None)
    return x if apart is None else apart(x)


def note_copy(made: "Tensor") -> None:
    """Tell the recorder of a new handle of a value that another handle has."""
    recorder = RECORDER.get()
    note = None if recorder is None else getattr(recorder, "copied", None)
    if note is not None:
        note(made)


def converts(function: F) -> F:
    """Marks a function of this library that staging converts like a user's: one that loops over tensors."""
    function.__converts__ = True  # pyright: ignore[reportFunctionMemberAccess]
    return function
