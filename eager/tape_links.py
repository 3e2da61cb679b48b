"""What ties a tensor's value to the tape: the occurrence that computed it, or the leaf that it is.

Links point from results to operands only, so a tape is freed with the last tensor that needs it.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from eager.recorder import RECORDER

if TYPE_CHECKING:
    from eager.tape_emitter import TapeEmitter
    from eager.tensor import Tensor

_ORDER: Final = count()


class Record(ABC):
    """One occurrence on the tape, later in `order` than all that it depends on; the link of its only result.

    `inputs` are the operands: handles of the values at the time of use (those in the hands of users may change), and
    Python scalars. `alive` is false once nothing that could ask for a gradient is left behind the record.
    """

    __slots__ = ("alive", "inputs", "order", "used_up")

    def __init__(self, inputs: Sequence[Any]) -> None:
        self.order = next(_ORDER)
        self.inputs = tuple(inputs)
        self.alive = True
        self.used_up = False

    @property
    def results_count(self) -> int:
        return 1

    @abstractmethod
    def pull(self, b: "TapeEmitter", cts: Sequence["Tensor | None"]) -> Sequence[Any]:
        """Per input a cotangent, an `Accumulate` or None, from the cotangents of the results."""

    def release(self) -> None:
        """Forget the values; a later `backward` through here is an error."""
        self.inputs = ()
        self.used_up = True


class Leaf(Record):
    """A value that gradients are asked of. The leaf of a Parameter outlives each value that the Parameter takes."""

    __slots__ = ("kept",)

    def __init__(self) -> None:
        super().__init__(())
        self.kept: Tensor | None = None
        """The gradient, unnoticed by any recorder."""

    @property
    def grad(self) -> "Tensor | None":
        """The gradient summed up so far."""
        _note(self, written=False)
        return self.kept

    @grad.setter
    def grad(self, grad: "Tensor | None") -> None:
        _note(self, written=True)
        self.kept = grad

    def pull(self, b: "TapeEmitter", cts: Sequence["Tensor | None"]) -> tuple[()]:
        return ()

    def release(self) -> None:
        """A leaf has nothing to forget."""


def _note(leaf: Leaf, *, written: bool) -> None:
    recorder = RECORDER.get()
    if recorder is not None:
        note = getattr(recorder, "gradient", None)
        if note is not None:
            note(leaf, written)


class Output:
    """The link of one of several results of a record."""

    __slots__ = ("index", "record")

    def __init__(self, record: Record, index: int) -> None:
        self.record = record
        self.index = index

    @property
    def alive(self) -> bool:
        return self.record.alive


Link = Record | Output


def resolve(link: Link) -> tuple[Record, int]:
    """The record, and which of its results."""
    return (link.record, link.index) if isinstance(link, Output) else (link, 0)
