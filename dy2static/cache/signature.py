"""The kinds of arguments: what a call must share with an earlier one to use its program."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np

from dy2static.staging.arguments import Leaf
from dy2static.staging.objects.made import is_plain
from eager.pytree import LEAF, children, flatten
from eager.tensor import Tensor
from graph.aval import Aval, Dim, SymDim
from graph.dtypes import SHORT_NAMES, DType, of_scalar
from graph.errors import DTypeError

NUMBERS: Final = (int, float, complex)
HANDLES: Final[Any] = (Tensor, np.ndarray)
ARRAYS: Final[Any] = (np.ndarray, np.memmap)
"""The classes of arrays that are taken for tensors."""
PLAIN: Final = frozenset([Tensor, np.ndarray, bool, int, float, complex, str, type(None)])
"""Classes of arguments that hold no other objects."""
TUPLE: Final[Any] = tuple
INT64: Final = range(-(2**63), 2**63)


Size = tuple[int, ...] | int | float | complex | None


@dataclass(slots=True)
class Call:
    """The arguments of one call, taken apart."""

    leaves: list[Any]
    family: tuple[Hashable, ...]
    """What does not change within a family of calls: the structure, each tensor's dtype and rank, each number's type,
    each ordinary value."""
    sizes: list[Size]
    """Per leaf what may differ within the family: the shape of a tensor, the value of a number."""
    kind: tuple[Hashable, ...]
    """The family, with the classes of `objects` in place of these."""
    objects: list[Any]
    """The leaves of plain classes (see `is_plain`), which other objects may stand for."""


def signature(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Call:
    """Take the arguments of a call apart."""
    family: list[Hashable] = [len(args)]
    sizes: list[Size] = []
    leaves: list[Any] = []
    for value in args:
        _take(value, family, sizes, leaves)
    for name, value in kwargs.items():
        family.append(name)
        _take(value, family, sizes, leaves)
    if len(leaves) > 1:
        ids = [id(leaf) for leaf in leaves if isinstance(leaf, HANDLES)]
        if len(set(ids)) < len(ids):  # one handle passed twice is one handle in the program
            family.append(tuple(map(ids.index, ids)))
    if any(type(value) not in PLAIN for value in (*args, *kwargs.values())):
        held = [identity for value in (*args, *kwargs.values()) for identity in changeable(value)]
        if len(set(held)) < len(held):
            family.append(("containers", *map(held.index, held)))
    objects = [part.value for part in family if type(part) is Identity and is_plain(type(part.value))]
    if not objects:
        return Call(leaves, whole := tuple(family), sizes, whole, objects)
    ids = list(map(id, objects))
    places = tuple(map(ids.index, ids))
    kind = (*(part.kind() if type(part) is Identity else part for part in family), places)
    return Call(leaves, tuple(family), sizes, kind, objects)


def changeable(value: Any) -> list[int]:
    """The identities of the containers in a value that can change, in order."""
    if value is None or isinstance(value, HANDLES) or type(value) in NUMBERS:
        return []
    split = children(value)
    if split is None:
        return []
    own = [] if isinstance(value, TUPLE) else [id(value)]
    return [*own, *(identity for item in split[1] for identity in changeable(item))]


def _take(value: Any, family: list[Hashable], sizes: list[Size], leaves: list[Any]) -> None:
    if isinstance(value, Tensor | np.ndarray | np.generic):
        held = cast(Any, value)
        shape: tuple[int, ...] = held.shape
        family += (type(held), held.dtype, len(shape))
        sizes.append(shape)
        leaves.append(value)
        return
    kind = cast("type[Any]", type(value))
    if kind in NUMBERS and not (kind is int and value not in INT64):
        family.append(kind)
        sizes.append(value)
        leaves.append(value)
        return
    inner, tree = flatten(value)
    if tree is LEAF:
        family.append(Identity(value))
        sizes.append(None)
        leaves.append(value)
        return
    family.append(tree)
    for leaf in inner:
        _take(leaf, family, sizes, leaves)


class Identity:
    """An ordinary value as part of a key: texts and the like by value, other objects by identity."""

    __slots__ = ("_hash", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        kind = cast("type[Any]", type(value))
        self._hash = hash((kind, value)) if _by_value(value) else id(value)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Identity):
            return NotImplemented
        if self.value is other.value:
            return True
        return _by_value(self.value) and type(self.value) is type(other.value) and self.value == other.value

    def kind(self) -> "Identity | ObjectOf":
        """This, or the class of an object of a plain class."""
        cls = cast("type[Any]", type(self.value))
        return ObjectOf(cls) if is_plain(cls) else self

    def stands_for_itself_as(self, other: "Identity") -> bool:
        """Whether both are objects of one class that go by their identity."""
        return type(self.value) is type(other.value) and not _by_value(self.value)


@dataclass(frozen=True, slots=True)
class ObjectOf:
    """Any object of a plain class as part of a key."""

    cls: type[Any]


def _by_value(value: Any) -> bool:
    return isinstance(value, (bool, int, str, bytes, np.dtype, range, frozenset))


@dataclass(frozen=True, slots=True)
class Pattern:
    """Which calls of a family a program serves: per leaf a shape of ints and names, or a number (None for any)."""

    entries: tuple[tuple[Dim, ...] | Size, ...]

    def fits(self, call: Call) -> bool:
        """Whether the sizes and numbers of a call fit; one name stands for one size."""
        bound: dict[str, int] = {}
        for entry, size in zip(self.entries, call.sizes, strict=True):
            if entry is size or (type(entry) is tuple and entry == size):
                continue
            if isinstance(entry, tuple):
                assert isinstance(size, tuple)
                for dim, n in zip(entry, size, strict=True):
                    if isinstance(dim, int):
                        if dim != n:
                            return False
                    elif bound.setdefault(dim.terms[0][0], n) != n:
                        return False
            elif entry is not None and not _same_number(entry, size):
                return False
        return True

    def leaves(self, call: Call, names: Sequence[str]) -> list[Leaf]:
        """The leaves to stage."""
        return [_leaf(leaf, entry, name) for leaf, entry, name in zip(call.leaves, self.entries, names, strict=True)]


def _same_number(a: Any, b: Any) -> bool:
    return repr(a) == repr(b)  # -0.0 is not 0.0, nan is nan


def _leaf(value: Any, entry: Any, name: str) -> Leaf:
    if isinstance(entry, tuple):
        return Leaf(Aval(_dtype_of(value, name), cast("tuple[Dim, ...]", entry)), False, name)
    if entry is None and is_input_number(value):
        return Leaf(Aval(of_scalar(value), ()), True, name)
    return Leaf(None, False, name)


def _dtype_of(value: Any, name: str) -> DType:
    """The dtype of a tensor or array in the graph. Raises: DTypeError for arrays that are no tensors."""
    if isinstance(value, np.ndarray) and type(cast(Any, value)) not in ARRAYS:
        raise DTypeError(
            f"`{name}` is a {type(cast(Any, value)).__name__}, whose operators may not be those of arrays",
            next_step="pass a plain array: `np.asarray(x)`.",
        )
    dtype = in_native_order(value).dtype
    if dtype not in SHORT_NAMES:
        raise DTypeError(f"`{name}`: there are no tensors of dtype {dtype}")
    return dtype


def in_native_order(array: Any) -> Any:
    """An array, in the machine's byte order."""
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def is_input_number(value: Any) -> bool:
    """Whether a Python number can be an input of a graph."""
    return type(value) in NUMBERS and not (type(value) is int and value not in INT64)


def with_sizes_of(pattern: Pattern, other: Pattern) -> Pattern:
    """The pattern with the shapes of another one."""
    pairs = zip(pattern.entries, other.entries, strict=True)
    return Pattern(tuple(theirs if isinstance(theirs, tuple) else own for own, theirs in pairs))


def exact(call: Call) -> Pattern:
    """The pattern of this call alone."""
    return Pattern(tuple(call.sizes))


def widened(pattern: Pattern, call: Call) -> Pattern:
    """The pattern that also serves `call`: sizes that differ become names, numbers that differ become inputs.

    Sizes that were equal and are equal again share a name.
    """
    names: dict[tuple[Dim, int], Dim] = {}

    def widen(old: Any, new: Any) -> Any:
        if isinstance(old, tuple):
            dims = cast("tuple[Dim, ...]", old)
            return tuple(m if m == n else name_of(m, n) for m, n in zip(dims, new, strict=True))
        return old if old is None or _same_number(old, new) else None

    def name_of(old: Dim, new: int) -> Dim:
        key = (old, new)
        if key not in names:
            names[key] = SymDim.named(f"n{len(names)}")
        return names[key]

    return Pattern(tuple(widen(old, new) for old, new in zip(pattern.entries, call.sizes, strict=True)))
