"""Recorders for tests of the seam between eager and those who record: one that watches, one that builds a graph."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from eager.dispatch import apply, recording
from eager.tensor import Tensor
from graph.aval import Aval, Dim, SymDim
from graph.dtypes import float64
from graph.execute.interpreter import run
from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph
from graph.ir.opdef import OpDef
from graph.ir.value import Value
from graph.ir.verify import verify


class Watcher:
    """Runs everything as eager does, and keeps a log."""

    def __init__(self) -> None:
        self.log: list[str] = []

    def apply(self, opdef: OpDef, operands: Sequence[Any], attrs: Mapping[str, Any]) -> Any:
        self.log.append(opdef.name)
        with recording(None):
            result = apply(opdef, *(x.detach() if isinstance(x, Tensor) else x for x in operands), **attrs)
        return result

    def to_python(self, x: Tensor, kind: str) -> Any:
        self.log.append(kind)
        convert: dict[str, Callable[[Tensor], Any]] = {
            "bool": bool,
            "int": int,
            "float": float,
            "complex": complex,
            "index": lambda t: t.__index__(),
            "len": len,
            "item": lambda t: t.item(),
            "iter": iter,
            "array": np.asarray,
        }
        with recording(None):
            return convert[kind](x)

    def dim_of(self, x: Tensor) -> Dim:
        with recording(None):
            return int(x)

    def mutated(self, x: Tensor) -> None:
        with recording(None):
            self.log.append(f"mutated {x}")


class GraphTensor(Tensor):
    """A handle to a value of the graph that a `GraphRecorder` builds."""

    __slots__ = ()
    recorder: "GraphRecorder"

    @property
    def shape(self) -> tuple[Any, ...]:
        b = current[-1].builder
        return tuple(d if isinstance(d, int) else handle(d) for d in b.shape_of(self._data))

    @property
    def ndim(self) -> int:
        return self._data.ndim


current: list["GraphRecorder"] = []


def handle(value: Value) -> GraphTensor:
    tensor = GraphTensor.__new__(GraphTensor)
    tensor._data = value
    tensor._link = None
    return tensor


class GraphRecorder:
    """Appends every op to a graph; nothing can cross to Python."""

    def __init__(self) -> None:
        self.builder = GraphBuilder("recorded")

    def _lift(self, x: Any) -> Any:
        if isinstance(x, GraphTensor):
            return x._data
        if isinstance(x, Tensor):
            with recording(None):
                return self.builder.constant(np.asarray(x))
        return self.builder.constant(x) if isinstance(x, np.ndarray | np.generic) else x

    def apply(self, opdef: OpDef, operands: Sequence[Any], attrs: Mapping[str, Any]) -> Any:
        results = self.builder.apply(opdef.name, [self._lift(x) for x in operands], dict(attrs))
        handles = tuple(map(handle, results))
        return handles[0] if len(handles) == 1 else handles

    def to_python(self, x: Tensor, kind: str) -> Any:
        raise AssertionError(f"{kind} of a graph value")

    def dim_of(self, x: Tensor) -> Dim:
        return self.builder.dim_of(self._lift(x))

    def mutated(self, x: Tensor) -> None:
        pass


def record(f: Callable[..., Any], *shapes: Sequence[int | str]) -> Graph:
    """The graph of `f` on f64 parameters of these shapes, in which names are symbolic dims."""
    recorder = GraphRecorder()
    current.append(recorder)
    try:
        params = [
            recorder.builder.param(Aval(float64, tuple(d if isinstance(d, int) else SymDim.named(d) for d in shape)))
            for shape in shapes
        ]
        with recording(recorder):
            result = f(*map(handle, params))
            results = result if isinstance(result, tuple) else (result,)
            graph = recorder.builder.build([recorder._lift(x) for x in results])
    finally:
        current.pop()
    verify(graph)
    return graph


def run_graph(graph: Graph, *args: Any) -> tuple[Any, ...]:
    """The results of a graph as NumPy arrays."""
    return run(graph, [np.asarray(a, np.float64)[()] for a in args])
