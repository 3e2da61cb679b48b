"""Ops and graphs. A region is closed (what it uses comes in as a parameter), so a region is itself a graph."""

from collections.abc import Hashable, Mapping
from dataclasses import field
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from graph.aval import Dim, Type
from graph.dtypes import DType
from graph.ir.frozen import frozen
from graph.ir.printer import print_graph
from graph.ir.value import Value
from graph.location import UNKNOWN, Loc

if TYPE_CHECKING:
    from graph.ir.opdef import Effect, OpDef

Scalar = bool | int | float | complex
Attr = None | Scalar | str | DType | Dim | Type | slice | np.ndarray | np.generic | tuple["Attr", ...]
Attrs = Mapping[str, Attr]
NO_ATTRS: Attrs = MappingProxyType({})


@frozen
class Op:
    """One occurrence of an op: operands in, results out, compile-time attributes, owned regions."""

    opdef: "OpDef"
    operands: tuple[Value, ...]
    results: tuple[Value, ...]
    attrs: Attrs = field(default_factory=lambda: NO_ATTRS)
    regions: tuple["Graph", ...] = ()
    loc: Loc = UNKNOWN
    effect: "Effect | None" = field(default=None, init=False, repr=False)
    """What `effect_of` has found; passes ask again and again."""

    @property
    def name(self) -> str:
        return self.opdef.name

    @property
    def result(self) -> Value:
        """The only result."""
        (value,) = self.results
        return value


NO_FUNCTIONS: Mapping[str, "Graph"] = MappingProxyType({})


@frozen
class Graph:
    """Parameters, ops in program order, and the values that it yields.

    `functions` holds, on an outermost graph, the graphs that its `call` ops name.
    """

    name: str
    params: tuple[Value, ...]
    ops: tuple[Op, ...]
    results: tuple[Value, ...]
    functions: Mapping[str, "Graph"] = field(default_factory=lambda: NO_FUNCTIONS)
    settled: tuple[Hashable, ...] = field(default=(), init=False, repr=False)
    """The passes that were found to leave it as it is, functions aside: they need not look again."""

    def __str__(self) -> str:
        return print_graph(self)
