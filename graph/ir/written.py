"""Graphs written down for another process: exactly as they are, locations and names too, in the values of `marshal`.

The text of a graph (`graph.ir.printer`) is for people and for keys, and leaves out where in a file an op comes from.
"""

import functools
import marshal
from types import MappingProxyType
from typing import Any, Final, cast

import numpy as np

from graph.aval import Aval, Dim, ListType, OptionalType, SymDim, Type
from graph.dtypes import FROM_SHORT, SHORT_NAMES
from graph.ir.op import NO_ATTRS, NO_FUNCTIONS, Attr, Graph, Op
from graph.ir.opdef import lookup
from graph.ir.printer import print_graph
from graph.ir.value import Value
from graph.location import Loc

PLAIN: Final = frozenset([type(None), bool, int, float, complex, str, type(Ellipsis)])
"""The classes of attributes that are written as they are."""


class WrittenGraph:
    """A graph of another process, which is made again when it is asked for.

    `types` are those of its parameters, `text` is what `print_graph` gives without places.
    """

    def __init__(self, name: str, types: tuple[Type, ...], text: str, data: bytes) -> None:
        self.name, self.types, self.text = name, types, text
        self._data = data

    @functools.cached_property
    def graph(self) -> Graph:
        """The graph. Raises: ValueError for what is no graph."""
        return read(self._data)


def written(graph: Graph) -> bytes:
    """A graph as bytes. Raises: TypeError for an attribute that has no form here."""
    writer = _Writer()
    graphs = [(name, writer.graph(part)) for name, part in graph.functions.items()]
    return marshal.dumps((writer.graph(graph), graphs, list(writer.places)))


def read(data: bytes) -> Graph:
    """The graph of these bytes. Raises: ValueError for others."""
    try:
        (name, params, ops, results), functions, places = marshal.loads(data)
        reader = _Reader([Loc(*place) for place in places])
        named = {called: reader.graph(*part) for called, part in functions}
        return reader.graph(name, params, ops, results, MappingProxyType(named) if named else NO_FUNCTIONS)
    except (EOFError, TypeError, KeyError, IndexError) as error:
        raise ValueError("these bytes are no graph") from error


def written_graph(graph: Graph) -> tuple[str, list[Any], str, bytes]:
    """What `read_graph` takes. Raises: TypeError as `written`."""
    types = [written_type(param.type) for param in graph.params]
    return graph.name, types, print_graph(graph, places=False), written(graph)


def read_graph(name: str, types: list[Any], text: str, data: bytes) -> WrittenGraph:
    """The graph that was written, not yet made."""
    return WrittenGraph(name, tuple(map(read_type, types)), text, data)


def written_type(t: Type) -> Any:
    """A type in plain values."""
    match t:
        case Aval(dtype, shape):
            return [SHORT_NAMES[dtype], [d if isinstance(d, int) else [d.terms, d.constant] for d in shape]]
        case ListType(element):
            return ["list", written_type(element)]
        case OptionalType(element):
            return ["optional", written_type(element)]


def read_type(found: Any) -> Type:
    """The type of these plain values."""
    kind, rest = found
    if kind == "list":
        return ListType(read_type(rest))
    if kind == "optional":
        return OptionalType(read_type(rest))
    return Aval(FROM_SHORT[kind], tuple(map(_dim, rest)))


def _dim(found: Any) -> Dim:
    if isinstance(found, int):
        return found
    terms, constant = found
    return SymDim(tuple((name, k) for name, k in terms), constant)


class _Writer:
    """Values by the order in which they are defined, places by that in which they come first."""

    def __init__(self) -> None:
        self._numbers: dict[Value, int] = {}
        self.places: dict[tuple[Any, ...], int] = {}

    def graph(self, graph: Graph) -> tuple[Any, ...]:
        params = [self._defined(v) for v in graph.params]
        ops = [self._op(op) for op in graph.ops]
        return graph.name, params, ops, [self._numbers[v] for v in graph.results]

    def _op(self, op: Op) -> tuple[Any, ...]:
        operands = [self._numbers[v] for v in op.operands]
        attrs = [(name, _attr(value)) for name, value in op.attrs.items()]
        regions = [self.graph(region) for region in op.regions]
        loc = op.loc
        place = (loc.file, loc.line, loc.col, loc.end_col, loc.function, loc.has_text)
        at = self.places.setdefault(place, len(self.places))
        return op.name, operands, [self._defined(v) for v in op.results], attrs, regions, at

    def _defined(self, value: Value) -> tuple[Any, str]:
        self._numbers[value] = len(self._numbers)
        return written_type(value.type), value.hint


class _Reader:
    def __init__(self, places: list[Loc]) -> None:
        self._values: list[Value] = []
        self._places = places

    def graph(self, name: str, params: Any, ops: Any, results: Any, functions: Any = NO_FUNCTIONS) -> Graph:
        given = self._define(params)
        made = tuple(self._op(*op) for op in ops)
        return Graph(name, given, made, self._used(results), functions)

    def _op(self, name: str, operands: Any, results: Any, attrs: Any, regions: Any, at: int) -> Op:
        used = self._used(operands)
        inner = tuple(self.graph(*region) for region in regions)
        values = {key: _read_attr(value) for key, value in attrs}
        named = MappingProxyType(values) if values else NO_ATTRS
        return Op(lookup(name), used, self._define(results), named, inner, self._places[at])

    def _define(self, found: Any) -> tuple[Value, ...]:
        made = tuple(Value(read_type(t), hint) for t, hint in found)
        self._values += made
        return made

    def _used(self, numbers: list[int]) -> tuple[Value, ...]:
        return tuple(self._values[i] for i in numbers)


def _attr(value: Attr) -> Any:
    """An attribute in plain values: tuples are tuples, a list is what has a form of its own."""
    if type(value) in PLAIN:
        return value
    match value:
        case tuple():
            return tuple(map(_attr, value))
        case np.dtype():
            return ["dtype", SHORT_NAMES[value]]
        case SymDim(terms, constant):
            return ["dim", terms, constant]
        case Aval() | ListType() | OptionalType():
            return ["type", written_type(value)]
        case slice():
            return ["slice", _attr(value.start), _attr(value.stop), _attr(value.step)]
        case np.ndarray() | np.generic():
            kind = "array" if isinstance(value, np.ndarray) else "scalar"
            return [kind, SHORT_NAMES[value.dtype], value.shape, np.ascontiguousarray(value).tobytes()]
        case _:
            raise TypeError(f"an attribute of class {type(value).__name__}")


def _read_attr(found: Any) -> Any:
    if isinstance(found, tuple):
        return tuple(map(_read_attr, cast("tuple[Any, ...]", found)))
    if not isinstance(found, list):
        return found
    kind, *rest = cast("list[Any]", found)
    match kind:
        case "dtype":
            return FROM_SHORT[rest[0]]
        case "dim":
            return _dim(rest)
        case "type":
            return read_type(rest[0])
        case "slice":
            return slice(*map(_read_attr, rest))
        case _:
            name, shape, data = rest
            array = np.frombuffer(data, FROM_SHORT[name]).reshape(shape)
            return array[()] if kind == "scalar" else array
