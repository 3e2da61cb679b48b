"""Small tensors that loops compute with, as 0-d values: Python calculates with a number in a tenth of the time that it
takes to call a function of NumPy's for an array of two."""

from collections.abc import Collection
from types import MappingProxyType
from typing import Any, Final, cast

import numpy as np

from graph.aval import Aval
from graph.ir.op import Graph, Op
from graph.ir.opdef import lookup
from graph.ir.value import Value
from graph.passes.nested import replaced

MOST: Final = 6
"""Tensors of one axis with at most so many elements; NumPy adds up so few in their order."""
ELEMENTWISE: Final = frozenset(["add", "sub", "mul", "div", "neg", "square", "sqrt", "abs"])
"""What gives the same bits for a number as for the elements of an array, whatever it is run by."""
LOOPS: Final = {"while_loop": 0, "for_loop": 1}
"""The ops with carried values, and where these begin among the operands."""
_KINDS: Final = "if"


def small_tensors_as_numbers(graph: Graph) -> Graph:
    """`graph` with the elements of small tensors as values of their own, where loops only compute with them element by
    element; itself where there is no such loop. Results have the same bits."""
    if not any(op.name in LOOPS and _split_positions(op) for op in graph.ops):
        return graph
    region = _Region(graph, ())
    region.copy()
    return region.finished(())


def _count(value: Value) -> int:
    """How many elements a value may be cut into; 0 where it stays whole."""
    t = value.type
    if not isinstance(t, Aval) or len(t.shape) != 1 or t.dtype.kind not in _KINDS:
        return 0
    (size,) = t.shape
    return size if isinstance(size, int) and 0 < size <= MOST else 0


def _is_number(value: Value, like: Value) -> bool:
    t = value.type
    return isinstance(t, Aval) and not t.shape and t.dtype == like.dtype


def _is_handled(op: Op) -> bool:
    """Whether an op takes the elements of its operands one by one."""
    match op.name:
        case name if name in ELEMENTWISE:
            result = op.results[0]
            return bool(_count(result)) and all(v.type == result.type or _is_number(v, result) for v in op.operands)
        case "index":
            return len(op.operands) == 1 and _place(op) is not None
        case "stack":
            result = op.results[0]
            return bool(_count(result)) and all(_is_number(v, result) for v in op.operands)
        case "sum":
            return (
                bool(_count(op.operands[0])) and not op.results[0].shape and _is_number(op.results[0], op.operands[0])
            )
        case _:
            return False


def _place(op: Op) -> int | None:
    """The element that an index takes of a small tensor."""
    index = cast("tuple[Any, ...]", op.attrs["index"])
    size = _count(op.operands[0])
    if len(index) != 1 or type(index[0]) is not int or not -size <= index[0] < size:
        return None
    return index[0] % size


def _takes_elements(region: Graph, value: Value) -> bool:
    """Whether all that a region does with a value it does element by element."""
    for op in region.ops:
        if value in op.operands and not _is_handled(op):
            if not op.regions or op.name not in ("cond", *LOOPS):
                return False
            for inner in op.regions:
                given = op.operands[len(op.operands) - len(inner.params) :]
                if not all(_takes_elements(inner, p) for p, v in zip(inner.params, given, strict=True) if v is value):
                    return False
    return True


def _gives_elements(region: Graph, value: Value) -> bool:
    """Whether a region makes a value element by element, or has it from outside."""
    if value in region.params:
        return True
    op = next(op for op in region.ops if value in op.results)
    if op.regions and op.name in ("cond", *LOOPS):
        at = op.results.index(value)
        return all(_gives_elements(inner, inner.results[at]) for inner in op.regions if inner.name != "test")
    return _is_handled(op)


def _split_positions(op: Op) -> tuple[int, ...]:
    """Those of the operands of a loop that are handed over element by element."""
    lead, carried = LOOPS[op.name], len(op.results)
    body = op.regions[-1]
    found: list[int] = []
    for at in range(lead, len(op.operands)):
        i = at - lead
        params = [region.params[at] for region in op.regions]
        others = [*params, body.results[i], op.results[i]] if i < carried else params
        if not _count(op.operands[at]) or any(v.type != op.operands[at].type for v in others):
            continue
        if not all(_takes_elements(region, p) for region, p in zip(op.regions, params, strict=True)):
            continue
        if i >= carried or _gives_elements(body, body.results[i]):
            found.append(at)
    return tuple(found)


class _Region:
    """A graph or region that is written anew. `split` are the positions of parameters that come as elements."""

    def __init__(self, graph: Graph, split: Collection[int]) -> None:
        self._graph = graph
        self._params: list[Value] = []
        self._ops: list[Op] = []
        self._whole: dict[Value, Value] = {}
        self._parts: dict[Value, tuple[Value, ...]] = {}
        self._constants: dict[Value, np.ndarray] = {}
        for i, param in enumerate(graph.params):
            if i in split:
                parts = self._parts[param] = _elements(param)
                self._params += parts
            else:
                self._params.append(param)
                self._whole[param] = param

    def finished(self, split: Collection[int]) -> Graph:
        """The new graph; `split` are the positions of results that it yields as elements."""
        results: list[Value] = []
        for i, value in enumerate(self._graph.results):
            results += self._elements_of(value, None) if i in split else (self._as_whole(value),)
        return Graph(self._graph.name, tuple(self._params), tuple(self._ops), tuple(results), self._graph.functions)

    def has_parts(self, value: Value) -> bool:
        """Whether a value of the old graph is there as elements."""
        return value in self._parts

    def copy(self) -> None:
        """Write all ops."""
        for op in self._graph.ops:
            if op.name in LOOPS:
                self._loop(op)
            elif op.name == "cond":
                self._cond(op)
            elif _is_handled(op) and (op.name == "stack" or any(v in self._parts for v in op.operands)):
                self._apart(op)
            else:
                self._as_it_is(op)

    def _as_it_is(self, op: Op) -> None:
        self._ops.append(replaced(op, operands=[self._as_whole(v) for v in op.operands]))
        self._whole.update((v, v) for v in op.results)
        if op.name == "constant":
            self._constants[op.results[0]] = cast(np.ndarray, op.attrs["value"])

    def _apart(self, op: Op) -> None:
        """An op, element by element."""
        result = op.results[0]
        match op.name:
            case "stack":
                self._parts[result] = tuple(self._as_whole(v) for v in op.operands)
            case "index":
                at = _place(op)
                assert at is not None
                self._whole[result] = self._elements_of(op.operands[0], op)[at]
            case "sum":
                total = self._add_op(op, "constant", (), result, {"value": _frozen(np.zeros((), result.dtype))})
                for part in self._elements_of(op.operands[0], op):
                    total = self._add_op(op, "add", (total, part), result)
                self._whole[result] = total
            case _:
                columns = [
                    (self._as_whole(v),) * _count(result) if not v.shape else self._elements_of(v, op)
                    for v in op.operands
                ]
                made = _elements(result)
                for operands, value in zip(zip(*columns, strict=True), made, strict=True):
                    if op.name == "square":  # a product is an operator of Python, the square a function of NumPy
                        self._ops.append(Op(lookup("mul"), operands * 2, (value,), op.attrs, (), op.loc))
                    else:
                        self._ops.append(Op(op.opdef, operands, (value,), op.attrs, (), op.loc))
                self._parts[result] = made

    def _loop(self, op: Op) -> None:
        split, lead = _split_positions(op), LOOPS[op.name]
        regions = [_Region(r, split) for r in op.regions]
        for region in regions:
            region.copy()
        apart = [at - lead for at in split if at - lead < len(op.results)]
        graphs = [region.finished(apart if region is regions[-1] else ()) for region in regions]
        results = self._define(op, apart)
        attrs = MappingProxyType({**op.attrs, "carried": len(results)})
        self._ops.append(Op(op.opdef, self._operands(op, split), results, attrs, tuple(graphs), op.loc))

    def _cond(self, op: Op) -> None:
        split = [at for at, v in enumerate(op.operands) if at and v in self._parts]
        regions = [_Region(r, [at - 1 for at in split]) for r in op.regions]
        for region in regions:
            region.copy()
        apart = [
            i
            for i, result in enumerate(op.results)
            if _count(result)
            and all(r.results[i].type == result.type for r in op.regions)
            and all(region.has_parts(r.results[i]) for region, r in zip(regions, op.regions, strict=True))
        ]
        graphs = tuple(region.finished(apart) for region in regions)
        self._ops.append(Op(op.opdef, self._operands(op, split), self._define(op, apart), op.attrs, graphs, op.loc))

    def _operands(self, op: Op, split: Collection[int]) -> tuple[Value, ...]:
        found: list[Value] = []
        for at, value in enumerate(op.operands):
            found += self._elements_of(value, op) if at in split else (self._as_whole(value),)
        return tuple(found)

    def _define(self, op: Op, apart: Collection[int]) -> tuple[Value, ...]:
        """New results of a region op, some as elements."""
        made: list[Value] = []
        for i, value in enumerate(op.results):
            if i in apart:
                self._parts[value] = _elements(value)
                made += self._parts[value]
            else:
                self._whole[value] = value
                made.append(value)
        return tuple(made)

    def _as_whole(self, value: Value) -> Value:
        """A value as one tensor."""
        if value not in self._whole:
            parts = self._parts[value]
            made = self._whole[value] = Value(value.type, value.hint)
            self._ops.append(Op(lookup("stack"), parts, (made,), MappingProxyType({"axis": 0})))
        return self._whole[value]

    def _elements_of(self, value: Value, op: Op | None) -> tuple[Value, ...]:
        """The elements of a value; `op` asks for them."""
        if value not in self._parts:
            whole, constant = self._whole[value], self._constants.get(value)
            made = self._parts[value] = _elements(value)
            for i, part in enumerate(made):
                name, operands, attrs = "index", (whole,), MappingProxyType({"index": (i,)})
                if constant is not None:
                    name, operands, attrs = "constant", (), MappingProxyType({"value": _frozen(constant[i])})
                self._ops.append(Op(lookup(name), operands, (part,), attrs))
        return self._parts[value]

    def _add_op(self, op: Op, name: str, operands: tuple[Value, ...], like: Value, attrs: Any = None) -> Value:
        made = Value(like.type)
        self._ops.append(Op(lookup(name), operands, (made,), MappingProxyType(attrs or {}), (), op.loc))
        return made


def _elements(value: Value) -> tuple[Value, ...]:
    """New values for the elements of one."""
    t = Aval(value.dtype, ())
    return tuple(Value(t, value.hint and f"{value.hint}_{i}") for i in range(_count(value)))


def _frozen(value: Any) -> np.ndarray:
    array = np.asarray(value)
    array.setflags(write=False)
    return array
