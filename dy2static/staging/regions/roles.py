"""What loops call the cells that they carry, so that another staging of the code around finds them again: there the
lists and objects may be others, but the variables that hold them have the same names."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from itertools import islice
from types import CellType, MethodType
from typing import Any, Final

from dy2static.staging.objects.cells import AttributeCell, Cell, ClosureCell, HandleCell, Key, ListCell
from dy2static.staging.objects.coincidence import objects_in
from dy2static.staging.objects.frames import NOTE
from dy2static.staging.objects.variables import content_of, named_variables
from dy2static.staging.regions.rounds import Role, Way
from dy2static.staging.regions.signal import Note, Signal, signal_of
from dy2static.staging.stager import Stager
from dy2static.staging.values.undefined import Undefined
from eager.tensor import Tensor

SIGNAL: Final[Way] = ("the signal", ())
STATE: Final = "state"
MOST_WITHIN: Final = 256
"""How many objects in what a variable holds are looked at: a cell of another is found anew in each round."""


class HasState(ABC):
    """Who takes what a loop of a generator makes, and has variables of its own."""

    @abstractmethod
    def state_cells(self) -> Sequence[Cell]:
        """The cells of these."""


def roles_of(stager: Stager, blocks: Sequence[Any], keys: Sequence[Key]) -> tuple[Role, ...]:
    """The roles of the cells of these keys, in a loop of these blocks."""
    ways: dict[tuple[bool, int], Way] = {}
    states: dict[Key, Role] = {}
    for way, owner in _reached(stager, blocks) if keys else ():
        ways.setdefault((isinstance(owner, CellType), id(owner)), way)
        if isinstance(owner, HasState):
            states |= {cell.key: (STATE, way, i) for i, cell in enumerate(owner.state_cells())}
    return tuple([states.get(key) or _role(key, ways) for key in keys])


def _role(key: Key, ways: dict[tuple[bool, int], Way]) -> Role:
    kind, owner, part = key
    return (kind, ways.get((kind == "closure", owner), owner), part)


def cells_of(stager: Stager, blocks: Sequence[Any], roles: Sequence[Role]) -> list[Cell | None]:
    """The cells that have these roles in a loop of these blocks; None for those that it lacks."""
    has_ways = any(isinstance(owner, tuple) for _, owner, _ in roles)
    owners = {(way, isinstance(x, CellType)): x for way, x in _reached(stager, blocks)} if has_ways else {}
    found: list[Cell | None] = []
    for kind, owner, part in roles:
        if isinstance(owner, int):
            cell = stager.cells.noted((kind, owner, part))
            cell = cell.as_now() if isinstance(cell, AttributeCell) else cell
        else:
            cell = _cell(stager, kind, owner[0], owners.get((owner, kind == "closure")), part)
        is_there = kind == STATE or (cell is not None and not isinstance(cell.load(), Undefined))
        found.append(cell if is_there else None)
    return found


def _cell(stager: Stager, kind: str, name: str, owner: Any, part: Any) -> Cell | None:
    match kind, owner:
        case "closure", CellType():
            return ClosureCell(owner, name)
        case "list", list():
            return ListCell(owner)  # pyright: ignore[reportUnknownArgumentType]
        case "tensor", Tensor():
            return HandleCell(owner)
        case "item", dict():
            return stager.cells.item(owner, part)  # pyright: ignore[reportUnknownArgumentType]
        case "attribute", _ if owner is not None:
            return AttributeCell(owner, part)
        case str(), Signal() if kind == NOTE:
            return Note(owner, part)
        case str(), HasState() if kind == STATE:
            cells, i = owner.state_cells(), int(part)
            return cells[i] if i < len(cells) else None
        case _:
            return None


def _reached(stager: Stager, blocks: Sequence[Any]) -> Iterator[tuple[Way, Any]]:
    """What a loop of these blocks reaches by its variables: these themselves and what is in them."""
    signal = signal_of(stager)
    if signal is not None:
        yield SIGNAL, signal
    for name, variable in named_variables(blocks).items():
        yield (name, ()), variable
        is_bound, held = content_of(variable)
        if not is_bound:
            continue
        held = held.__self__ if isinstance(held, MethodType) else held
        yield (name, ()), held
        if _length(held) <= MOST_WITHIN:
            for (_, path), x in islice(objects_in(held), MOST_WITHIN):
                if path:
                    yield (name, path), x


def _length(held: Any) -> int:
    """Of a container of Python's; what a class of the user's says of it does not count."""
    kind: Any = next((kind for kind in (dict, list, tuple) if isinstance(held, kind)), None)
    return 0 if kind is None else kind.__len__(held)
