"""Inlining: calls of functions that do not call themselves, directly or through others, are written in place."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from graph.aval import Aval, Dim, Shape, SymDim, Type, dim_add, dim_scale
from graph.ir.op import Attr, Graph, Op
from graph.ir.value import Value
from graph.ir.walk import walk
from graph.passes.nested import renamed, replaced, visited, with_body

MAX_OPS: Final = 200
"""Functions of more ops are inlined only where they are called once."""

Rename = Callable[[SymDim], Dim]


def inline_calls(graph: Graph) -> Graph:
    """Replace calls by copies of the functions' ops. Recursive functions stay; those that nobody calls go.

    The sizes that a function names become those of the operands, or new names: two copies share none.
    """
    if not graph.functions:
        return graph
    calls = {name: _called(function) for name, function in graph.functions.items()}
    count: dict[str, int] = {}
    for called in (_called(graph), *calls.values()):
        for name in called:
            count[name] = count.get(name, 0) + 1
    inlined: dict[str, Graph] = {}
    state = _State(inlined, itertools.count())
    for name in _callees_first(calls):
        function = state.visit(graph.functions[name])
        is_small = sum(1 for _ in walk(function)) <= MAX_OPS
        if name not in _reachable(calls, name) and (is_small or count.get(name) == 1):
            inlined[name] = function
    result = state.visit(graph)
    functions = {name: state.visit(f) for name, f in graph.functions.items() if name not in inlined}
    return Graph(result.name, result.params, result.ops, result.results, functions)


def _called(graph: Graph) -> list[str]:
    return [str(op.attrs["function"]) for op in walk(graph) if op.name == "call"]


def _reachable(calls: Mapping[str, list[str]], start: str) -> set[str]:
    """The functions that `start` calls, directly or through others."""
    seen: set[str] = set()
    pending = list(calls[start])
    while pending:
        name = pending.pop()
        if name not in seen:
            seen.add(name)
            pending.extend(calls[name])
    return seen


def _callees_first(calls: Mapping[str, list[str]]) -> list[str]:
    order: dict[str, None] = {}
    pending: list[tuple[str, bool]] = [(name, False) for name in reversed(list(calls))]
    entered: set[str] = set()
    while pending:
        name, is_done = pending.pop()
        if is_done:
            order.setdefault(name)
        elif name not in entered:
            entered.add(name)
            pending.append((name, True))
            pending.extend((called, False) for called in calls[name])
    return list(order)


class _State:
    """The functions to inline, and the numbers of the copies made."""

    def __init__(self, inlined: Mapping[str, Graph], numbers: Iterator[int]) -> None:
        self._inlined = inlined
        self._numbers = numbers

    def visit(self, graph: Graph) -> Graph:
        env: dict[Value, Value] = {}
        ops: list[Op] = []
        for old in graph.ops:
            op = visited(old, env, self.visit)
            function = self._inlined.get(str(op.attrs["function"])) if op.name == "call" else None
            if function is None:
                ops.append(op)
                continue
            values = dict(zip(function.params, op.operands, strict=True))
            rename = _renaming(function, op.operands, next(self._numbers))
            copies = _copied(function, values, rename)
            ops.extend(copies)
            env.update(zip(op.results, renamed(function.results, values), strict=True))
        return with_body(graph, ops, renamed(graph.results, env))


def _renaming(function: Graph, operands: tuple[Value, ...], number: int) -> Rename:
    """Names of the function's sizes -> dims of the operands where a parameter has just that name for a dim."""
    dims: dict[str, Dim] = {}
    for param, operand in zip(function.params, operands, strict=True):
        for name, dim in _matched(param.type, operand.type):
            dims.setdefault(name, dim)

    def rename(dim: SymDim) -> Dim:
        total: Dim = dim.constant
        for name, k in dim.terms:
            new = dims.get(name)
            if new is None:
                new = dims[name] = SymDim.named(name if name.startswith("?") else f"{name}_{function.name}_{number}")
            total = dim_add(total, dim_scale(new, k))
        return total

    return rename


def _matched(param: Type, operand: Type) -> Iterator[tuple[str, Dim]]:
    if isinstance(param, Aval) and isinstance(operand, Aval):
        for p, o in zip(param.shape, operand.shape, strict=True):
            if isinstance(p, SymDim) and p == SymDim.named(p.names[0]):
                yield p.names[0], o


def _copied(graph: Graph, env: dict[Value, Value], rename: Rename) -> list[Op]:
    """The ops of a graph with new values and renamed sizes; `env` has those of its parameters, and gets the others."""
    ops: list[Op] = []
    for op in graph.ops:
        results = tuple(Value(_type(v.type, rename), v.hint) for v in op.results)
        attrs = {name: _attr(value, rename) for name, value in op.attrs.items()}
        regions = [_region(region, rename) for region in op.regions]
        ops.append(
            replaced(
                op,
                operands=renamed(_sized(op, rename), env),
                results=results,
                attrs=MappingProxyType(attrs),
                regions=regions,
            )
        )
        env.update(zip(op.results, results, strict=True))
    return ops


def _sized(op: Op, rename: Rename) -> tuple[Value, ...]:
    """The operands without those that give a symbolic dim of the `shape` (or `sizes`) attribute which is an int now."""
    shape = op.attrs.get("shape", op.attrs.get("sizes"))
    dims = [d for d in shape if isinstance(d, SymDim)] if isinstance(shape, tuple) else []
    if not dims:
        return op.operands
    sizes = op.operands[len(op.operands) - len(dims) :]
    kept = [size for size, dim in zip(sizes, dims, strict=True) if not isinstance(rename(dim), int)]
    return (*op.operands[: len(op.operands) - len(dims)], *kept)


def _region(region: Graph, rename: Rename) -> Graph:
    params = tuple(Value(_type(p.type, rename), p.hint) for p in region.params)
    env = dict(zip(region.params, params, strict=True))
    ops = _copied(region, env, rename)
    return Graph(region.name, params, tuple(ops), renamed(region.results, env))


def _type(t: Type, rename: Rename) -> Type:
    if not isinstance(t, Aval):
        return type(t)(_type(t.element, rename))
    shape: Shape = tuple(rename(d) if isinstance(d, SymDim) else d for d in t.shape)
    return Aval(t.dtype, shape)


def _attr(value: Attr, rename: Rename) -> Any:
    if isinstance(value, SymDim):
        return rename(value)
    if isinstance(value, tuple):
        return tuple(_attr(item, rename) for item in value)
    return value
