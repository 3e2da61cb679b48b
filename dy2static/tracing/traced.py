"""Traced tensors: values that are there, and in the graph too."""

# pyright: reportPrivateUsage=false
# A traced tensor keeps the pair in the slot where others keep their array.

from dataclasses import dataclass
from typing import Any, NoReturn, cast

from dy2static.errors import StagingError
from dy2static.staging.values.staged import StagedNumber, StagedTensor, current, the_stager
from graph.ir.value import Value
from graph.ops.text_of import format_tensor, format_value, repr_tensor


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """What a traced tensor holds: `data`, an array (of a traced number: the number), and `value`, the same in the
    graph."""

    data: Any
    value: Value

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NoReturn:
        _refuse()

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):  # Python and NumPy ask for protocols
            raise AttributeError(name)
        _refuse()


def _refuse() -> NoReturn:
    """Who looks for an array here does not know of the trace."""
    raise StagingError(
        "a tensor of a trace is used after the trace has ended",
        next_step="return it from the traced function instead of storing it.",
    )


class TracedTensor(StagedTensor):
    """A handle to a value of the graph under construction that is known for the examples.

    Sizes that the graph does not know are traced numbers: they cross to Python like any other value.
    """

    __slots__ = ()

    @property
    def graph_example(self) -> Any:
        """The value for the examples."""
        return self._data.data

    @property
    def graph_value(self) -> Value:
        return self._data.value

    @property
    def shape(self) -> tuple[Any, ...]:
        dims = self.graph_value.shape
        if all(type(d) is int for d in dims):
            return dims
        sizes = the_stager().sizes_of(self.graph_value)
        known = self.graph_example.shape
        return tuple(
            as_traced(size, n) if isinstance(size, StagedTensor) else size for size, n in zip(sizes, known, strict=True)
        )

    def __repr__(self) -> str:
        _note_text(self)
        return repr_tensor(self.graph_example)

    def __str__(self) -> str:
        _note_text(self)
        return format_tensor(self.graph_example)

    def __format__(self, spec: str) -> str:
        _note_text(self)
        return format_value(self.graph_example, spec)


TracedTensor.__name__ = StagedTensor.__name__


class TracedNumber(StagedNumber, TracedTensor):
    """A Python number that the graph computes: a size that depends on values, and what Python makes of it."""

    __slots__ = ()

    def __repr__(self) -> str:
        _note_text(self)
        return repr(self.graph_example)

    def __str__(self) -> str:
        _note_text(self)
        return str(self.graph_example)

    def __format__(self, spec: str) -> str:
        _note_text(self)
        return format(self.graph_example, spec)


def _note_text(x: TracedTensor) -> None:
    note = getattr(current(), "text_was_taken", None)
    if note is not None:
        note(x)


def as_traced(handle: StagedTensor, data: Any) -> TracedTensor:
    """The same handle, which now knows its value for the examples as well."""
    pair = Pair(data, handle.graph_value)
    cls: Any = TracedNumber if isinstance(handle, StagedNumber) else TracedTensor
    handle.__class__ = cls
    handle._data = pair
    return cast(TracedTensor, handle)
