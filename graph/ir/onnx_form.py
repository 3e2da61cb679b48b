"""What an op is in ONNX: the forms that `OpDef.onnx` may have. Nothing here knows the `onnx` package.

A rule speaks to an `OnnxEmitter` `b`, which is a `ScalarEmitter` too: what a scalar emitter does to elements it does
to whole tensors, which broadcast. So an op whose lowering is a rule on elements, on indices or on other ops needs no
rule of its own. A `Handle` is a value of the model: `.type`, `.dtype`, `.shape` and `.ndim` are those of the graph for
operands; the results of nodes have a dtype only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from graph.aval import Shape, Type
from graph.dtypes import DType
from graph.ir.lowering import ScalarEmitter, Size, Sizes

Handle = Any
"""A value of the model. Where an emitter takes handles it also takes Python numbers, which adapt in dtype."""


class OnnxEmitter(ScalarEmitter, Protocol):
    """Writes nodes."""

    def node(self, op_type: str, *inputs: Handle | None, dtype: DType | None = None, **attrs: Any) -> Handle:
        """The only result of a new node. Its dtype is `dtype`, else that of the first input (of `Where`, the second).

        Where ONNX Runtime has no kernel for the dtype of the inputs, the node computes in a wider one, between casts.
        """
        ...

    def nodes(self, op_type: str, *inputs: Handle | None, dtypes: Sequence[DType], **attrs: Any) -> tuple[Handle, ...]:
        """As `node`, with several results."""
        ...

    def tensor(self, value: Any, dtype: DType) -> Handle:
        """A constant."""
        ...

    def sizes(self, x: Handle) -> Sizes:
        """The shape of an operand: ints where they are known, else 0-d int64 handles."""
        ...

    def resolved(self, shape: Shape, sizes: Sequence[Handle]) -> Sizes:
        """A `shape` attribute, with size operands in place of symbolic dims."""
        ...

    def vector(self, sizes: Sequence[Size]) -> Handle:
        """Sizes as one int64 tensor of one axis, as nodes take shapes."""
        ...

    def shape_of(self, x: Handle) -> Handle:
        """The shape of any tensor as an int64 tensor of one axis."""
        ...

    def reshape(self, x: Handle, sizes: Sequence[Size]) -> Handle:
        """The same elements in another shape; -1 is what remains."""
        ...

    def require(self, ok: Handle, text: str) -> None:
        """Where the 0-d bool is false the run of the model fails; the error names a node that is called `text`."""
        ...

    def choose(self, test: Handle, then: Callable[[], Handle], other: Callable[[], Handle], like: Type) -> Handle:
        """One of two values of type `like`; only what makes it is run."""
        ...

    def loop(
        self, count: Size, carried: Sequence[Handle], types: Sequence[Type], body: Callable[..., Sequence[Handle]]
    ) -> tuple[Handle, ...]:
        """`body(i, *carried)` gives the next carried values, of `types`; for i in 0..count-1."""
        ...

    # Lists. One of tensors is a sequence; one of optionals is a sequence for each part of its elements.
    def each_part(self, rule: Callable[..., Handle], *xs: Handle, to: Type) -> Handle:
        """`rule` on the parts of lists and elements side by side, as a value of type `to`."""
        ...

    def first_part(self, x: Handle) -> Handle:
        """A sequence that is as long as the list."""
        ...

    def empty(self, type: Type) -> Handle:
        """A list of this type, with no elements."""
        ...

    def typed(self, x: Handle, type: Type) -> Handle:
        """The result of nodes as a value of the graph."""
        ...

    # Values that may be missing: a flag, and a value that nobody may read where the flag is false.
    def maybe(self, flag: Handle, x: Handle) -> Handle: ...
    def some(self, x: Handle) -> Handle: ...
    def missing(self, type: Type) -> Handle: ...
    def flag(self, x: Handle) -> Handle: ...
    def held(self, x: Handle) -> Handle: ...


@dataclass(frozen=True, slots=True)
class OnnxOp:
    """One node that has the operands for inputs; attributes play no part."""

    op_type: str


@dataclass(frozen=True, slots=True)
class OnnxRule:
    """`rule(b, *operands, **attrs)` gives the result, or a tuple of several; or AS_LOWERED where it has nothing to say.

    `takes_types`: the types of the results come as `types`.
    """

    rule: Callable[..., Any]
    takes_types: bool = False


@dataclass(frozen=True, slots=True)
class AsLowered:
    """What `lower` says: an `Elementwise`, `View`, `Reshape`, `Generate` or `Decomposed` form says it for ONNX too."""


@dataclass(frozen=True, slots=True)
class OnnxBuiltIn:
    """The exporter knows this op itself: it owns regions, or is a call."""


@dataclass(frozen=True, slots=True)
class OnnxDropped:
    """It is left out, and the export says so: what is seen while a program runs, and changes no result."""

    what: str


@dataclass(frozen=True, slots=True)
class NoOnnx:
    """There is no form in ONNX: why, and what to do instead."""

    reason: str
    next_step: str = ""


OnnxForm = OnnxOp | OnnxRule | AsLowered | OnnxBuiltIn | OnnxDropped | NoOnnx

AS_LOWERED: Final = AsLowered()
