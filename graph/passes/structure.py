"""Keys that are equal exactly when attributes or whole regions are the same."""

from collections.abc import Hashable
from typing import Final

import numpy as np

from graph.ir.op import Attr, Graph, Op
from graph.ir.value import Value

NO_KEY: Final = frozenset[Hashable]()


def attr_key(value: Attr) -> Hashable:
    """A key that two attributes share exactly when they are the same: 0.0 and -0.0 differ, 1 and True too."""
    match value:
        case tuple():
            return tuple(attr_key(item) for item in value)
        case slice():
            return ("slice", attr_key(value.start), attr_key(value.stop), attr_key(value.step))
        case np.ndarray():
            return ("array", value.dtype, value.shape, value.tobytes())
        case float() | complex() | np.generic():
            return (type(value), repr(value))
        case _:
            return (type(value), value)


def attrs_key(op: Op) -> Hashable:
    """The attributes of an op, in any order."""
    return frozenset([(name, attr_key(value)) for name, value in op.attrs.items()]) if op.attrs else NO_KEY


def are_equal(a: Graph, b: Graph) -> bool:
    """Whether two regions have one structure (see `graph_key`)."""
    is_alike = len(a.ops) == len(b.ops) and all(x.opdef is y.opdef for x, y in zip(a.ops, b.ops, strict=True))
    return is_alike and graph_key(a) == graph_key(b)


def graph_key(graph: Graph) -> Hashable:
    """The structure of a region: parameters, ops and results by position, without names, hints and locations."""
    number: dict[Value, int] = {}
    for value in graph.params:
        number[value] = len(number)
    ops: list[Hashable] = []
    for op in graph.ops:
        operands = tuple([number[v] for v in op.operands])
        regions = tuple([graph_key(region) for region in op.regions])
        ops.append((op.name, operands, attrs_key(op), regions, tuple([v.type for v in op.results])))
        for value in op.results:
            number[value] = len(number)
    return tuple(v.type for v in graph.params), tuple(ops), tuple(number[v] for v in graph.results)
