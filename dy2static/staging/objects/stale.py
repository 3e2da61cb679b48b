"""A tensor that another name has changed in place on some paths: what it holds, only plain Python would know."""

from dataclasses import dataclass
from typing import Any

from dy2static.errors import StagingError
from dy2static.staging.locate import user_location
from dy2static.staging.values.staged import StagedTensor
from eager.tensor import Tensor
from graph.ir.value import Value
from graph.location import UNKNOWN, Loc


@dataclass(frozen=True, slots=True, eq=False)
class Stale:
    """Where the change was made, and what it was made to; no label where that is a Python number on some paths."""

    label: str
    loc: Loc


class StaleTensor(StagedTensor):
    """Whoever uses it gets an error that names the change; a name that is not used again costs nothing."""

    __slots__ = ()

    @staticmethod
    def made(stale: Stale) -> "StaleTensor":
        """A new handle."""
        handle = StaleTensor.__new__(StaleTensor)
        handle._data = stale
        handle._link = None
        return handle

    @property
    def stale(self) -> Stale:
        """What made it so."""
        return self._data

    @property
    def graph_value(self) -> Value:
        """Raises: StagingError, always."""
        raise refused(self.stale.label, self.stale.loc, user_location())


def refused(label: str, loc: Loc | None = None, used: Loc = UNKNOWN) -> StagingError:
    """The error for a change in place, at `loc`, of what a name stands for on some paths only; `used` is where it would
    be seen."""
    seen = f", on line {used.line} for one," if used.line else ""
    if not label:
        return StagingError(
            "what is changed in place here is a tensor on some paths that lead here and a Python number on others, of "
            f"which another name sees no change: what is seen{seen} would differ from run to run",
            next_step="write the change as a new value, such as `x = x + v` for `x += v`.",
            loc=user_location() if loc is None else loc,
        )
    return StagingError(
        f"a tensor or list is changed in place here, and {label} is that object on some paths that lead here and "
        f"another on others: what the change is seen by{seen} would differ from run to run",
        next_step="write the change as a new value, such as `x = x + v` for `x += v`, or copy it first.",
        loc=user_location() if loc is None else loc,
    )


def is_stale(value: Any) -> bool:
    """Whether a tensor can no longer be used."""
    return isinstance(value, Tensor) and isinstance(value, StaleTensor)
