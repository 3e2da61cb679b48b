"""A name that is bound on some paths only, as the graph knows it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dy2static.staging.locate import user_location
from dy2static.staging.staged import the_stager
from dy2static.staging.taped_ops import append_op
from graph.aval import OptionalType
from graph.ir.value import Value

if TYPE_CHECKING:
    from dy2static.staging.spec import Spec


@dataclass(frozen=True, slots=True, eq=False)
class MaybeDefined:
    """`flag` says whether the name is bound; `values` are optionals of the graph values that `spec` is made of."""

    name: str
    flag: Value
    spec: "Spec"
    values: tuple[Value, ...]

    def read(self, name: str, text: str, error: str = "UnboundLocalError") -> Any:
        """The value, after a check that it is there; the graph raises `error` with `text` where it is not.

        An empty text says that the value is known to be there.
        """
        stager = the_stager()
        b = stager.builder
        b.loc = user_location()
        if text:
            b.check(self.flag, error=error, parts=(text,), forms=())
        # Named, so that it stays behind the check, and with it all that is made of the value.
        names = [name if text and not _is_optional(v) else "" for v in self.values]
        values = [append_op(stager, "unwrap", v, name=n) for v, n in zip(self.values, names, strict=True)]
        return stager.sharing.read(self, stager.unpack(self.spec, values))


def _is_optional(v: Value) -> bool:
    """Whether what is wrapped may be None by itself: in a run both are None, and only the flag tells them apart."""
    return isinstance(v.type, OptionalType) and isinstance(v.type.element, OptionalType)
