"""Why a program is made, in words for people."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, Final, cast

from dy2static.cache.signature import Call, Identity, ObjectOf, Pattern

NEXT: Final = (
    "pass what differs as tensors and numbers, or make it a container: a dataclass, or a class registered with "
    "`eager.register_pytree`"
)


def of_sizes(old: Pattern, new: Pattern, names: Sequence[str]) -> str:
    """Sizes and numbers that differ."""
    found: list[str] = []
    for name, a, b in zip(names, old.entries, new.entries, strict=True):
        if a != b:
            was = "(" + ", ".join(map(str, a)) + ")" if isinstance(a, tuple) else repr(a)
            now = "(" + ", ".join(map(str, b)) + ")" if isinstance(b, tuple) else "any"
            found.append(f"`{name}` {was} -> {now}")
    return f"sizes or numbers differ: {', '.join(found)}"


def of_first(call: Call, kinds: Iterable[Hashable], names: Sequence[str]) -> str:
    """The first call of a kind, where there were those of other kinds: objects that stand for themselves are named."""
    for kind in kinds:
        found = _other_objects(call, cast("tuple[Any, ...]", kind), names)
        if found:
            return f"{' and '.join(found)}; {NEXT}"
    return "the first call with these types"


def _other_objects(call: Call, kind: tuple[Any, ...], names: Sequence[str]) -> list[str]:
    """What is another object than in calls of that kind; empty where more than objects differs."""
    ordinary = iter([name for name, size in zip(names, call.sizes, strict=True) if size is None])
    found: list[str] = []
    if len(kind) != len(call.kind):
        return []
    for own, other in zip(call.kind, kind, strict=True):
        name = next(ordinary) if isinstance(own, Identity | ObjectOf) else ""
        if own == other:
            continue
        if not (isinstance(own, Identity) and isinstance(other, Identity) and own.stands_for_itself_as(other)):
            return []
        found.append(f"`{name}` is another object of class {type(own.value).__name__} than before")
    return found


def of_tied_objects(call: Call, names: Sequence[str], why: str) -> str:
    """Objects that others cannot take the place of."""
    ordinary = [name for name, size in zip(names, call.sizes, strict=True) if size is None]
    parts = [part for part in call.kind if isinstance(part, Identity | ObjectOf)]
    found = [
        f"`{name}` is another object of class {part.cls.__name__} than before"
        for name, part in zip(ordinary, parts, strict=True)
        if isinstance(part, ObjectOf)
    ]
    return f"{' or '.join(found)}, and this function needs a program for each: {why}; {NEXT}"
