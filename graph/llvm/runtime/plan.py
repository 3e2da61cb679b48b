"""What a call of a program has to know, written as the words that `entry.py` and `objects.py` read."""

import ctypes
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from graph.aval import Aval, Dim, ListType, OptionalType, SymDim, Type
from graph.dtypes import bool_, float64, int64
from graph.llvm.abi import is_unrolled, offsets_of, size_of
from graph.llvm.runtime import nodes

_NUMBER_TYPES: Final[dict[Any, type]] = {float64: float, int64: int, bool_: bool}
UNKNOWN: Final = "?"
"""How names begin of sizes that may differ from element to element."""


class Callback(NamedTuple):
    """A function of Python that native code calls: takes the operands, returns the tuple of results.

    The results must be what the types say, as `arguments.fit` makes them.
    """

    operands: tuple[Type, ...]
    results: tuple[Type, ...]
    function: Callable[..., tuple[Any, ...]]


class Plan:
    """Words in memory, and all that their addresses point to."""

    def __init__(self, kept: Sequence[Any] = ()) -> None:
        self.kept = [*kept]
        self.sizes: dict[Dim, int] = {}
        """The sizes that only a call knows, and their places."""

    def words(self, words: Sequence[int]) -> int:
        """The address of new words."""
        made = (ctypes.c_int64 * max(len(words), 1))(*words)
        self.kept.append(made)
        return ctypes.addressof(made)

    def object(self, thing: object) -> int:
        """The address of an object."""
        self.kept.append(thing)
        return id(thing)

    def nodes(self, types: Sequence[Type], *, binds: bool) -> int:
        """The address of the addresses of the nodes of types. `binds`: equal names stand for equal sizes."""
        return self.words([self.node(t, binds=binds) for t in types])

    def node(self, t: Type, *, binds: bool) -> int:
        """The address of the node of a type."""
        match t:
            case Aval():
                return self._tensor(t, binds)
            case ListType(element):
                return self.words([nodes.LIST, size_of(t), self.node(element, binds=binds)])
            case OptionalType(element):
                return self.words([nodes.OPTIONAL, size_of(t), self.node(element, binds=binds)])

    def _tensor(self, t: Aval, binds: bool) -> int:
        built_in = t.dtype.isbuiltin == 1
        number = _NUMBER_TYPES.get(t.dtype)
        head = [
            nodes.BY_VALUE if is_unrolled(t) else nodes.ARRAY,
            size_of(t),
            self.object(t.dtype),
            self.object(t.dtype.type) if built_in else 0,
            0 if number is None else self.object(number),
            t.dtype.num,
            t.dtype.itemsize,
            t.ndim,
        ]
        return self.words(head + [self._dim(dim, binds) for dim in t.shape])

    def _dim(self, dim: Dim, binds: bool) -> int:
        if isinstance(dim, int):
            return dim
        if not binds or any(name.startswith(UNKNOWN) for name in dim.names):
            return nodes.ANY_SIZE
        return -1 - self.sizes.setdefault(dim, len(self.sizes))

    def relations(self) -> list[int]:
        """What holds between the sizes seen so far: those of forms follow from those of names."""
        found: list[int] = []
        for dim, slot in self.sizes.items():
            if not isinstance(dim, SymDim) or dim == SymDim.named(dim.names[0]):
                continue
            terms = [(k, self.sizes.get(SymDim.named(name))) for name, k in dim.terms]
            known = [(k, place) for k, place in terms if place is not None]
            if len(known) == len(terms):
                found += [slot, dim.constant, len(known), self.words([word for term in known for word in term])]
        return found

    def callbacks(self, callbacks: Sequence[Callback]) -> int:
        """The address of the table of callbacks."""
        found: list[int] = []
        for callback in callbacks:
            found += [
                self.object(callback.function),
                len(callback.operands),
                self.nodes(callback.operands, binds=False),
                len(callback.results),
                self.nodes(callback.results, binds=False),
            ]
        return self.words(found)


def bytes_of(types: Sequence[Type]) -> int:
    """Bytes of the descriptors of values of these types, one after the other; never 0."""
    return offsets_of(types)[1] + 8
