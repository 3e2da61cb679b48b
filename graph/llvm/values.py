"""What a graph's values are while code is written.

`Registers` are tensors of static, small shape: a register for each element. `Tensor` is any other tensor: in memory, or
*pending*, an expression of which nothing is computed yet. `ListValue` and `OptionalValue` are as their names say.

Tensors and lists count the names and pending expressions that still need them (`refs`): so the code that changes counts
at run time is written only where a value goes out of our sight (into a list, a loop, a result). A value with an `owner`
shares the owner's block and holds one reference to it; one without owns a count of its block.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from graph.aval import Aval, ListType, OptionalType
from graph.llvm import ir
from graph.llvm.scalars import Scalar, Size
from graph.llvm.types import NULL

if TYPE_CHECKING:
    from graph.llvm.expressions import Node


@dataclass(slots=True, eq=False)
class Registers:
    """A tensor of static shape, its elements in C order."""

    type: Aval
    elements: tuple[Scalar, ...]
    place: ir.Value = None
    """Where they are in memory as well, for indices that the run time knows; None where they are not."""

    @property
    def sizes(self) -> tuple[Size, ...]:
        return tuple(d for d in self.type.shape if isinstance(d, int))

    @property
    def scalar(self) -> Scalar:
        """The element of a 0-d tensor."""
        (element,) = self.elements
        return element


@dataclass(slots=True, eq=False)
class Tensor:
    """A tensor in memory (`node` is None), in C order, or a pending expression."""

    type: Aval
    sizes: tuple[Size, ...]
    node: "Node | None" = None
    block: ir.Value = NULL
    data: ir.Value = NULL
    owner: "Tensor | None" = None
    refs: int = 1
    users: "list[Tensor]" = field(default_factory=list["Tensor"])
    """Pending tensors whose expressions read this one, and views of it; some may be dead."""

    @property
    def is_pending(self) -> bool:
        return self.node is not None


@dataclass(slots=True, eq=False)
class ListValue:
    """A list, by its block."""

    type: ListType
    block: ir.Value
    owner: "ListValue | None" = None
    refs: int = 1


@dataclass(slots=True, eq=False)
class OptionalValue:
    """A value that may be missing: whether it is there (`i1`), and the value, nulls and zeros where it is not."""

    type: OptionalType
    present: ir.Value
    value: "Value"


Value = Registers | Tensor | ListValue | OptionalValue
