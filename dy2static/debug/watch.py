"""Plain Python, watched: every op on tensors runs at once as always, and is noted with the user's line."""

# pyright: reportPrivateUsage=false
# As in `eager.dispatch`, the data of tensors is looked at.

import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dy2static.staging.locate import user_location
from eager.crossing import crossed
from eager.dispatch import apply
from eager.grad_mode import set_grad_enabled
from eager.numpy_types import TUPLE
from eager.recorder import recording
from eager.tensor import Tensor
from graph.aval import Dim
from graph.ir.opdef import OpDef
from graph.location import Loc


@dataclass(frozen=True, slots=True)
class Watched:
    """One op that plain Python did."""

    name: str
    loc: Loc
    results: tuple[Any, ...]


class Watcher:
    """A recorder that records nothing but what happened."""

    def __init__(self) -> None:
        self.events: list[Watched] = []

    def apply(self, opdef: OpDef, operands: Sequence[Any], attrs: Mapping[str, Any]) -> Any:
        """Do one op; the door puts it on the tape."""
        with recording(None), set_grad_enabled(False):
            made = apply(opdef, *operands, **attrs)
        results = made if isinstance(made, TUPLE) else (made,)
        self.events.append(Watched(opdef.name, user_location(), tuple(x._data for x in results)))
        return made

    def to_python(self, x: Tensor, kind: str) -> Any:
        """What Python makes of a tensor."""
        if kind == "iter":
            return self._iterate(x)
        with recording(None):
            return crossed(x, kind)

    def _iterate(self, x: Tensor) -> Iterator[Tensor]:
        with recording(None):
            size = len(x)
        return (x[i] for i in range(size))

    def dim_of(self, x: Tensor) -> Dim:
        """Sizes are numbers here."""
        with recording(None):
            return operator.index(x)

    def mutated(self, x: Tensor) -> None:
        """Handles are changed as always."""
