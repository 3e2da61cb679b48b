"""A name that is bound on some paths only, as the graph knows it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dy2static.staging.locate import user_location
from dy2static.staging.objects.cells import AttributeCell, HandleCell, graph_value, put_value
from dy2static.staging.values.staged import the_stager
from dy2static.staging.values.taped_ops import append_op
from eager.tensor import Tensor
from graph.aval import OptionalType
from graph.ir.builder import GraphBuilder
from graph.ir.value import Value

if TYPE_CHECKING:
    from dy2static.staging.stager import Stager
    from dy2static.staging.values.spec import Spec


@dataclass(slots=True, eq=False)
class MaybeDefined:
    """`flag` says whether the name is bound; `values` are optionals of the graph values that `spec` is made of.

    A `handle` is the object that all names of the value have, and then what it holds counts: a tensor has one from the
    beginning, a container from its first use in the region of `builder`, which made all this.
    """

    name: str
    flag: Value
    spec: "Spec"
    values: tuple[Value, ...]
    handle: Any = None
    builder: GraphBuilder | None = None

    def holding(self, handle: Any) -> "MaybeDefined":
        """The same with another handle, such as one that holds what a block left."""
        return replace(self, handle=handle)

    def read(self, name: str, text: str, error: str = "UnboundLocalError") -> Any:
        """The value, after a check that it is there; the graph raises `error` with `text` where it is not.

        An empty text says that the value is known to be there.
        """
        stager = the_stager()
        b = stager.builder
        b.loc = user_location()
        if text and not stager.known(self.flag):
            b.check(self.flag, error=error, parts=(text,), forms=())
        stager.assume(((self.flag, True),))
        held = graph_value(self.handle)
        if self.handle is not None and (held is not self.flag or b is not self.builder):
            if held is not None:
                stager.assume(((held, True),))
            return self.handle
        value = stager.unpack(self.spec, unwrapped(stager, self.values, name if text else ""))
        if isinstance(self.handle, Tensor):
            stager.cells.note(HandleCell(self.handle))
            put_value(self.handle, value)
            return self.handle
        value = stager.sharing.read(self, value)
        if b is self.builder:
            stager.cells.take(AttributeCell(self, "handle"), value)
        elif getattr(self.spec, "value", None) is not value:  # it is the one that was there
            stager.sharing.fix(value, f"`{self.name}`")
        return value


def unwrapped(stager: "Stager", values: Sequence[Value], name: str) -> list[Value]:
    """What is in optionals that are there. The name keeps what is made of it behind the check, or the test, that says
    so; what may be None by itself goes without: in a run both are None, and only the flag tells them apart."""
    names = [
        "" if isinstance(v.type, OptionalType) and isinstance(v.type.element, OptionalType) else name for v in values
    ]
    return [append_op(stager, "unwrap", v, name=n) for v, n in zip(values, names, strict=True)]
