"""Guards that are checked together: written out as one Python function."""

# pyright: reportPrivateUsage=false
# Checks of tensors look at their arrays.

import keyword
import operator
from collections.abc import Iterable, Sequence
from typing import Any, Final, cast

from dy2static.cache.generated import Body
from dy2static.cache.signature import is_input_number
from dy2static.cache.sources import DICT, MISSING, Guard, Source, adds_missing, is_same, is_tensor_of
from eager.parameter import Parameter
from eager.tensor import Tensor

TENSORS: Final[tuple[Any, ...]] = (Tensor, Parameter)
"""The classes whose `_data` is an array."""
WRITTEN_AT: Final = 2
"""The check at which the function is written: programs that are used once do not need it."""
MANY: Final = 16
"""So many items of a container are checked together."""
MOST_WRITTEN: Final = 1000
"""So many guards are written out: what is longer takes long to compile."""


class GuardSet:
    """Guards that are checked together."""

    def __init__(self, guards: Iterable[Guard]) -> None:
        self.all = tuple(guards)
        self._checks = 0
        self._written: Any = None

    def hold(self) -> bool:
        """Whether all do."""
        if self._written is not None:
            return self._written()
        self._checks += 1
        if self._checks >= WRITTEN_AT:
            made = Body(False)
            GuardWriter(made).write(self.all)
            made.lines.append("return True")
            self._written = made.function("guards_hold", "")
        return all(guard.holds() for guard in self.all)


class GuardWriter:
    """Writes guards into a function: what each of them reads is read once, straight from where it is.

    `loaded` are the variables with what was read, by the key of the source.
    """

    def __init__(self, w: Body) -> None:
        self._w = w
        self.loaded: dict[tuple[str, int, Any], str] = {}
        self._own: dict[int, str] = {}

    def write(self, guards: Iterable[Guard]) -> None:
        """Give up where a guard does not hold. What cannot be read is not what was expected."""
        w = self._w
        start = len(w.lines)
        groups, others = _grouped(sorted(guards, key=_cost))
        for guard in others[:MOST_WRITTEN]:
            self._guard(guard)
        for group in groups:
            self._items(group)
        if len(others) > MOST_WRITTEN:
            w.unless(f"{w.name(_all_hold)}({w.name(others[MOST_WRITTEN:])})")
        if len(w.lines) > start:
            body = [f"    {line}" for line in w.lines[start:]]
            failing = "except (AttributeError, LookupError, ValueError, OSError): return otherwise"
            w.lines[start:] = ["try:", *body, failing]

    def _guard(self, guard: Guard) -> None:
        w, source, expected = self._w, guard.source, guard.expected
        if guard.how == "identity" and expected is MISSING:
            w.unless(self._is_missing(source))
            return
        found = self.load(source)
        match guard.how:
            case "identity":
                w.unless(f"{found} is {w.name(expected)}")
            case "alias":
                w.unless(f"{found} is {self.load(expected)}")
            case "number":
                w.unless(f"type({found}) is {w.name(expected)} and {w.name(is_input_number)}({found})")
            case "array":
                w.unless(f"{w.name(expected.is_in)}({found})")
            case "tensor":
                self._tensor(guard, found)
            case _ if source.kind == "items":
                w.unless(f"{found} == {w.name(expected)}")
            case _ if source.kind == "length":
                w.unless(f"{found} == {expected}")
            case _:
                held = w.name(expected)
                w.unless(f"{found} is {held} or {w.name(is_same)}({found}, {held})")

    def _items(self, guards: Sequence[Guard]) -> None:
        """All items of a list or dict: the very objects, else whatever each guard says."""
        w, owner = self._w, self._w.name(guards[0].source.owner)
        items = f"{owner}.values()" if type(guards[0].source.owner) is dict else owner
        expected = w.name(tuple(guard.expected for guard in guards))
        same = f"len({owner}) == {len(guards)} and all(map({w.name(operator.is_)}, {items}, {expected}))"
        w.unless(f"{same} or {w.name(_all_hold)}({w.name(guards)})")

    def _tensor(self, guard: Guard, found: str) -> None:
        w, expected = self._w, guard.expected
        slow = f"{w.name(is_tensor_of)}({found}, {w.name(expected)})"
        kind = cast("type[Any]", type(guard.source.load()))
        if kind not in TENSORS:
            w.unless(slow)
            return
        data = w.fresh("d")
        is_type = f"({data} := {found}._data).dtype is {w.name(expected.dtype)} and {data}.shape == {expected.shape}"
        w.unless(f"type({found}) is {w.name(kind)} and {is_type} or {slow}")

    def load(self, source: Source) -> str:
        """The variable with what is there now."""
        found = self.loaded.get(source.key)
        if found is None:
            found = self.loaded[source.key] = self._w.local(self._expression(source))
        return found

    def _expression(self, source: Source) -> str:
        w, owner = self._w, self._w.name(source.owner)
        match source.kind:
            case "attribute" if source.name.isidentifier() and not keyword.iskeyword(source.name):
                return f"{owner}.{source.name}"
            case "attribute":
                return f"getattr({owner}, {source.name!r})"
            case "item" if adds_missing(source.owner):
                return f"{w.name(DICT.get)}({owner}, {w.literal(source.name)}, {w.name(MISSING)})"
            case "item":
                return f"{owner}[{w.literal(source.name)}]"
            case "cell":
                return f"{owner}.cell_contents"
            case "class":  # the view of a class's attributes stays the same one
                return f"{w.name(source.owner.__dict__)}[{source.name!r}]"
            case "own":
                return f"{self._attributes(source.owner)}[{source.name!r}]"
            case "items":
                return f"tuple({owner})"
            case "call":
                return f"{owner}()"
            case _:
                return f"len({owner})"

    def _attributes(self, owner: Any) -> str:
        """The variable with the dict of an object, which may be replaced."""
        found = self._own.get(id(owner))
        if found is None:
            found = self._own[id(owner)] = self._w.local(f"{self._w.name(owner)}.__dict__")
        return found

    def _is_missing(self, source: Source) -> str:
        w = self._w
        match source.kind:
            case "class":
                return f"{source.name!r} not in {w.name(source.owner.__dict__)}"
            case "own":
                return f"{source.name!r} not in {self._attributes(source.owner)}"
            case "attribute":
                missing = w.name(MISSING)
                return f"getattr({w.name(source.owner)}, {source.name!r}, {missing}) is {missing}"
            case _:
                return f"{w.name(source.load)}() is {w.name(MISSING)}"


def _grouped(guards: Iterable[Guard]) -> tuple[list[list[Guard]], list[Guard]]:
    """The guards that are all the items of a large list, tuple or dict, in its order; and the others."""
    by_owner: dict[int, list[Guard]] = {}
    others: list[Guard] = []
    for guard in guards:
        is_item = guard.source.kind == "item" and guard.how in ("value", "identity") and guard.expected is not MISSING
        if is_item and type(guard.source.owner) in (list, tuple, dict):
            by_owner.setdefault(id(guard.source.owner), []).append(guard)
        else:
            others.append(guard)
    groups: list[list[Guard]] = []
    for group in by_owner.values():
        owner: Any = group[0].source.owner
        keys: list[Any] = [*owner] if type(owner) is dict else [*range(len(owner))]
        found = {guard.source.name: guard for guard in group}
        if len(group) >= MANY and len(found) == len(keys) and all(key in found for key in keys):
            groups.append([found[key] for key in keys])
        else:
            others += group
    return groups, others


def _all_hold(guards: Sequence[Guard]) -> bool:
    return all(guard.holds() for guard in guards)


def _cost(guard: Guard) -> int:
    """Cheap checks go first: those that most changes break."""
    return 2 if guard.how == "array" else int(guard.how != "identity")
