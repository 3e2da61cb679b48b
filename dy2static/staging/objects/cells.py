"""The places that staged code can change in place: tensor handles, lists, attributes, items, variables."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import CellType, FunctionType, ModuleType
from typing import Any, Final, Protocol, cast

from dy2static.staging.containers.lists import StageableList
from dy2static.staging.locate import is_users
from dy2static.staging.objects.stale import StaleTensor
from dy2static.staging.values.staged import StagedTensor
from dy2static.staging.values.undefined import Undefined
from eager.tape_links import Leaf
from eager.tensor import Tensor
from graph.ir.builder import GraphBuilder
from graph.ir.value import Value

Key = tuple[str, int, Any]
DICT: Final[Any] = dict


class Cell(Protocol):
    """A place that can be changed."""

    @property
    def key(self) -> Key:
        """Which place: equal for the same place."""
        ...

    @property
    def text(self) -> str:
        """The place, for messages."""
        ...

    def of(self, owner: Any) -> "Cell":
        """The same place in another object."""
        ...

    def load(self) -> Any:
        """What it holds now, safe against later changes; `Undefined` when there is nothing."""
        ...

    def store(self, value: Any) -> None:
        """Put a value, which nobody notes."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class HandleCell:
    """The value of a tensor handle."""

    handle: Tensor

    @property
    def key(self) -> Key:
        return ("tensor", id(self.handle), None)

    @property
    def text(self) -> str:
        name = object.__getattribute__(self.handle, "name")
        return f"tensor {name!r}" if name else "a tensor that is changed in place"

    def load(self) -> Tensor:
        return Tensor._alias(self.handle, self.handle._link)  # pyright: ignore[reportPrivateUsage]

    def of(self, owner: Tensor) -> "HandleCell":
        """The same cell of another handle."""
        return HandleCell(owner)

    def store(self, value: Tensor) -> None:
        put_value(self.handle, value)

    def merge(self, value: Tensor) -> None:
        """Store what the graph chose between blocks: a leaf of the tape stays one, as where a handle is changed."""
        link = self.handle._link  # pyright: ignore[reportPrivateUsage]
        put_value(self.handle, value)
        if isinstance(link, Leaf):
            self.handle._link = link  # pyright: ignore[reportPrivateUsage]


def same_place(cell: Cell, other: Any) -> Cell | None:
    """The place in another object that a cell is in its own; None where that object is of another kind."""
    if isinstance(cell, HandleCell):
        is_alike = isinstance(other, Tensor)
    elif isinstance(cell, ListCell):
        is_alike = isinstance(other, StageableList)
    else:
        is_alike = isinstance(cell, AttributeCell | ItemCell) and type(other) is type(cell.owner)
    return cell.of(other) if is_alike else None


def is_made_in(cell: Cell, before: Any, builder: GraphBuilder) -> bool:
    """Whether the handle of a changed cell was made in the block of `builder`, going by what it held before."""
    if not isinstance(cell, HandleCell):
        return False
    value = graph_value(before)
    return value is not None and value in builder.producer and value not in builder.captures.values()


def graph_value(held: Any) -> Value | None:
    """A graph value that a handle holds: the tensor's own, or the flag of one that may be missing."""
    if not isinstance(held, StagedTensor) or isinstance(held, StaleTensor):
        return None
    data = held._data  # pyright: ignore[reportPrivateUsage]
    return data if isinstance(data, Value) else data.flag


def put_value(handle: Tensor, value: Tensor) -> None:
    """Give a handle the value, the kind (staged or not) and the tape link of another, unnoticed by any recorder."""
    if type(handle) is not type(value):
        handle.__class__ = type(value)
    handle._data = value._data  # pyright: ignore[reportPrivateUsage]
    handle._link = value._link  # pyright: ignore[reportPrivateUsage]


@dataclass(frozen=True, slots=True, eq=False)
class GradientCell:
    """The gradient that a leaf of the tape keeps."""

    leaf: Leaf

    @property
    def key(self) -> Key:
        return ("gradient", id(self.leaf), None)

    @property
    def text(self) -> str:
        return "the gradient of a Parameter"

    def load(self) -> Tensor | None:
        return self.leaf.kept

    def of(self, owner: Leaf) -> "GradientCell":
        """The same cell of another leaf."""
        return GradientCell(owner)

    def store(self, value: Tensor | None) -> None:
        self.leaf.kept = value


@dataclass(frozen=True, slots=True, eq=False)
class ListCell:
    """The elements of a list."""

    items: list[Any]

    @property
    def key(self) -> Key:
        return ("list", id(self.items), None)

    @property
    def text(self) -> str:
        return "a list that is changed in place"

    def load(self) -> list[Any]:
        return self.items.twin() if isinstance(self.items, StageableList) else self.items.copy()

    def of(self, owner: list[Any]) -> "ListCell":
        """The same cell of another list."""
        return ListCell(owner)

    def store(self, value: list[Any]) -> None:
        if isinstance(self.items, StageableList) and isinstance(value, StageableList):
            self.items.replace(value)
        else:
            self.items[:] = value


@dataclass(frozen=True, slots=True, eq=False)
class EndCell:
    """The end of a list: what is stored there is added to the list, whatever that has by then. It holds what was added
    after the first `since` items."""

    items: list[Any]
    since: int = 0

    @property
    def key(self) -> Key:
        return ("end", id(self.items), None)

    @property
    def text(self) -> str:
        return "the end of a list"

    def load(self) -> list[Any]:
        return self.items[self.since :]

    def of(self, owner: list[Any]) -> "EndCell":
        """The same of another list."""
        return EndCell(owner)

    def from_now(self) -> "EndCell":
        """The same, which holds nothing yet."""
        return EndCell(self.items, len(self.items))

    def store(self, value: list[Any]) -> None:
        list[Any].extend(self.items, value)


def _class_data(cls: type[Any]) -> set[str]:
    """The attributes of a class and its bases that an object's own would hide."""
    found = {name: value for base in reversed(cls.__mro__) for name, value in vars(base).items()}
    return {name for name, value in found.items() if not hasattr(cast(Any, type(value)), "__set__")}


def stores_itself(cls: type[Any]) -> bool:
    """Whether a class of the user's has a `__setattr__`, which runs once, where the program stores."""
    found = cls.__setattr__
    return isinstance(found, FunctionType) and is_users(found.__code__.co_filename)


@dataclass(frozen=True, slots=True, eq=False)
class AttributeCell:
    """An attribute of an object."""

    owner: Any
    name: str
    is_inherited: bool = field(init=False)
    """Whether only the class of the owner (or a base of a class) had it when the cell was made."""

    def __post_init__(self) -> None:
        own: Any = getattr(self.owner, "__dict__", None)
        if isinstance(self.owner, type):
            is_inherited = self.name not in own and hasattr(self.owner, self.name)
        else:
            classes = cast("type[Any]", type(self.owner))
            is_inherited = type(own) is dict and self.name not in own and self.name in _class_data(classes)
        object.__setattr__(self, "is_inherited", is_inherited)

    @property
    def key(self) -> Key:
        return ("attribute", id(self.owner), self.name)

    @property
    def text(self) -> str:
        return f"attribute {self.name!r} of a {type(self.owner).__name__}"

    def load(self) -> Any:
        try:
            return getattr(self.owner, self.name)
        except AttributeError:
            return Undefined(self.name)

    def as_now(self) -> "AttributeCell":
        """The same cell, as it would be made now: a block around may have given the owner the attribute."""
        return AttributeCell(self.owner, self.name)

    def of(self, owner: Any) -> "AttributeCell":
        """The same cell of another object."""
        return AttributeCell(owner, self.name)

    def store(self, value: Any) -> None:
        if isinstance(value, Undefined):
            if not isinstance(self.load(), Undefined):
                delattr(self.owner, self.name)
        elif stores_itself(cast("type[Any]", type(self.owner))):
            plain = type if isinstance(self.owner, type) else object
            plain.__setattr__(self.owner, self.name, value)
        else:
            setattr(self.owner, self.name, value)


@dataclass(frozen=True, slots=True, eq=False)
class ItemCell:
    """An item of a dict (or of another container with keys)."""

    owner: Any
    item: Any

    @property
    def key(self) -> Key:
        return ("item", id(self.owner), self.item)

    @property
    def text(self) -> str:
        kind = cast("type[Any]", type(self.owner))
        if kind is dict and "__builtins__" in self.owner:
            return f"global variable {self.item!r}"
        return f"item {self.item!r} of a {kind.__name__}"

    def load(self) -> Any:
        owner: Any = self.owner
        if isinstance(owner, dict) and not DICT.__contains__(owner, self.item):  # whatever `__missing__` would give
            return Undefined(repr(self.item))
        try:
            return _of_python(owner, "__getitem__")(owner, self.item)
        except (KeyError, IndexError):
            return Undefined(repr(self.item))

    def of(self, owner: Any) -> "ItemCell":
        """The same cell of another container."""
        return ItemCell(owner, self.item)

    def store(self, value: Any) -> None:
        if isinstance(value, Undefined):
            if not isinstance(self.load(), Undefined):
                _of_python(self.owner, "__delitem__")(self.owner, self.item)
        else:
            _of_python(self.owner, "__setitem__")(self.owner, self.item, value)


def _of_python(owner: Any, name: str) -> Callable[..., Any]:
    """A method of the class of a dict; where the user has written it, the one of Python's that it stands upon."""
    kind = cast("type[Any]", type(owner))
    method = getattr(kind, name)
    if not (isinstance(method, FunctionType) and isinstance(owner, dict)):
        return method
    found = (vars(base).get(name) for base in kind.__mro__)
    return next(x for x in found if x is not None and not isinstance(x, FunctionType))


def attribute_cell(owner: Any, name: str) -> AttributeCell | ItemCell:
    """The cell of an attribute: of a module, that of the global variable; of what a property keeps in the object, as
    `cached_property` does, that of the item, as a read of the attribute would make it."""
    if isinstance(owner, ModuleType) or _is_kept(cast("type[Any]", type(owner)), name):
        return ItemCell(vars(owner), name)
    return AttributeCell(owner, name)


def _is_kept(cls: type[Any], name: str) -> bool:
    """Whether reading the attribute runs a descriptor written in Python that the object's own attribute hides."""
    member: Any = next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)
    kind = cast("type[Any]", type(member))
    return isinstance(getattr(kind, "__get__", None), FunctionType) and not hasattr(kind, "__set__")


@dataclass(frozen=True, slots=True, eq=False)
class ClosureCell:
    """A variable of an enclosing function."""

    cell: CellType
    name: str = ""

    @property
    def key(self) -> Key:
        return ("closure", id(self.cell), None)

    @property
    def text(self) -> str:
        return f"`{self.name}`" if self.name else "a variable of the enclosing function"

    def load(self) -> Any:
        try:
            return self.cell.cell_contents
        except ValueError:
            return EMPTY

    def of(self, owner: CellType) -> "ClosureCell":
        """The same place in another cell."""
        return ClosureCell(owner, self.name)

    def store(self, value: Any) -> None:
        if value is EMPTY:
            del self.cell.cell_contents
        else:
            self.cell.cell_contents = value


EMPTY: Final = Undefined("a variable of the enclosing function")
"""What is in a variable that was never bound."""
