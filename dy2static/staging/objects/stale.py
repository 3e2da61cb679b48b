"""What another name has changed in place on some paths: what it is, only plain Python would know."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

from dy2static.errors import StagingError
from dy2static.staging.containers.lists import StageableList, StagedList
from dy2static.staging.locate import user_location
from dy2static.staging.objects.sharing_errors import of_choice
from dy2static.staging.values.staged import NUMBERS, StagedTensor
from eager.operators import BINARY
from eager.tensor import Tensor
from graph.ir.value import Value
from graph.location import UNKNOWN, Loc

if TYPE_CHECKING:
    from dy2static.staging.values.spec import Spec


@dataclass(frozen=True, slots=True, eq=False)
class Stale:
    """Where the change was made, and what it was made to; no label where that is a Python number on some paths."""

    label: str
    loc: Loc

    def refused(self) -> StagingError:
        """The error for a use here."""
        return refused(self.label, self.loc, user_location())


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
        raise self.stale.refused()


class StaleElements(StagedList):
    """What is in a list that is stale."""

    __slots__ = ("stale",)

    def __init__(self, stale: Stale) -> None:
        super().__init__(None, ())
        self.stale: Final = stale

    @property
    def element(self) -> "Spec | None":
        """Raises: StagingError, always."""
        raise self.stale.refused()

    @property
    def values(self) -> tuple[Value, ...]:
        """Raises: StagingError, always."""
        raise self.stale.refused()


class StaleObject:
    """Any other value that is stale, such as an attribute that was None or a text."""

    __slots__ = ("__weakref__", "_stale")

    def __init__(self, stale: Stale) -> None:
        object.__setattr__(self, "_stale", stale)


def _refuse(self: StaleObject, *_: Any) -> NoReturn:
    raise cast("Stale", object.__getattribute__(self, "_stale")).refused()


def _attribute(self: StaleObject, name: str) -> Any:
    return object.__getattribute__(self, name) if name == "__class__" else _refuse(self)


for _name in (
    *("call", "getitem", "setitem", "delitem", "contains", "len", "iter", "next", "reversed", "setattr", "delattr"),
    *("bool", "int", "float", "complex", "index", "hash", "str", "repr", "format", "enter", "exit", "array"),
    *("eq", "ne", "lt", "le", "gt", "ge", "neg", "pos", "abs", "invert", "round"),
    *(f"{side}{name}" for side in ("", "r", "i") for name in (*BINARY, "divmod", "matmul")),
):
    setattr(StaleObject, f"__{_name}__", _refuse)
StaleObject.__getattribute__ = _attribute


StaleKind = type[StageableList | StaleTensor | StaleObject]


def stale_kind(held: Any) -> StaleKind:
    """Of which kind what stands for a value is, once that is stale."""
    if isinstance(held, StageableList):
        return StageableList
    return StaleTensor if isinstance(held, Tensor) or type(held) in NUMBERS else StaleObject


def made_stale(kind: StaleKind, stale: Stale) -> StageableList | StaleTensor | StaleObject:
    """What stands for a value from now on."""
    if kind is StageableList:
        return StageableList((), StaleElements(stale))
    return StaleTensor.made(stale) if kind is StaleTensor else StaleObject(stale)


def stale_of(value: Any) -> Stale | None:
    """What made a value stale; None where nothing did."""
    if isinstance(value, StaleTensor):
        return value.stale
    if type(value) is StaleObject:
        return object.__getattribute__(value, "_stale")
    held = value.staged if isinstance(value, StageableList) else None
    return held.stale if isinstance(held, StaleElements) else None


def check_usable(value: Any) -> None:
    """Raises: StagingError for what is stale."""
    if (stale := stale_of(value)) is not None:
        raise stale.refused()


def refused(label: str, loc: Loc | None = None, used: Loc = UNKNOWN) -> StagingError:
    """The error for a change in place, at `loc`, of what a name stands for on some paths only; `used` is where it would
    be seen."""
    seen = f", on line {used.line} for one," if used.line else ""
    if label:
        error = StagingError(
            f"an object is changed in place here, and {label} is that object on some paths that lead here and another "
            f"on others: what the change is seen by{seen} would differ from run to run",
            next_step="write the change as a new value, such as `x = x + v` for `x += v`, or copy it first.",
            loc=user_location() if loc is None else loc,
        )
    else:
        error = StagingError(
            "what is changed in place here is a tensor on some paths that lead here and a Python number on others, of "
            f"which another name sees no change: what is seen{seen} would differ from run to run",
            next_step="write the change as a new value, such as `x = x + v` for `x += v`.",
            loc=user_location() if loc is None else loc,
        )
    return of_choice(error)


def is_stale(value: Any) -> bool:
    """Whether a value can no longer be used."""
    return stale_of(value) is not None
