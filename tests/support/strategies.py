"""Random verified graphs for hypothesis: straight lines, branches, loops, lists, values that may be missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from graph.aval import Aval, ListType, OptionalType, Type, scalar
from graph.dtypes import DType, bool_, float32, float64, int64
from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph
from graph.ir.opdef import lookup
from graph.ir.regions import close
from graph.ir.value import Value
from graph.ir.verify import verify
from graph.location import Loc

VECTOR, MATRIX = (3,), (2, 3)
TYPES: tuple[Aval, ...] = (
    scalar(float64),
    scalar(int64),
    scalar(bool_),
    Aval(float64, VECTOR),
    Aval(float64, MATRIX),
    Aval(float32, VECTOR),
    Aval(int64, VECTOR),
    Aval(bool_, VECTOR),
)
COMMON = Aval(float64, VECTOR)
"""Half of what graphs compute has this type, so that values of one type meet."""
SPECIAL = (0.0, -0.0, 1.0, -1.5, 2.5, float("inf"), float("nan"))
LOC = Loc("model.py", 1)


@dataclass(slots=True)
class _Scope:
    """A builder and the values that its ops may take, outer ones included: the builder captures those."""

    b: GraphBuilder
    values: list[Value]
    depth: int

    def of(self, t: Type) -> list[Value]:
        return [v for v in self.values if v.type == t]


@st.composite
def graphs(draw: st.DrawFn, *, max_ops: int = 8, max_depth: int = 2) -> Graph:
    """A graph that runs on any arguments of its types, ends, and does not raise."""
    b = GraphBuilder("f")
    hints = iter("xyzuvwpqrs")
    params = [b.param(t, next(hints)) for t in draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=4))]
    scope = _Scope(b, [*params], max_depth)
    _ops(draw, scope, max_ops)
    results = draw(st.lists(st.sampled_from(scope.values), min_size=1, max_size=4))
    graph = b.build(results)
    verify(graph)
    return graph


def arrays_of(t: Type) -> st.SearchStrategy[Any]:
    """Arguments of a tensor type, special values included."""
    assert isinstance(t, Aval)
    shape = tuple(d for d in t.shape if isinstance(d, int))
    size = int(np.prod(shape))
    elements = st.lists(_elements(t.dtype), min_size=size, max_size=size)
    return elements.map(lambda items: np.array(items, t.dtype).reshape(shape)[()])


def _elements(dtype: DType) -> st.SearchStrategy[Any]:
    match dtype.kind:
        case "b":
            return st.booleans()
        case "i":
            return st.integers(-3, 3)
        case _:
            return st.one_of(st.sampled_from(SPECIAL), st.floats(-4, 4, width=32))


@st.composite
def graphs_with_args(draw: st.DrawFn, *, max_ops: int = 8) -> tuple[Graph, tuple[Any, ...]]:
    """A graph and arguments for it."""
    graph = draw(graphs(max_ops=max_ops))
    return graph, tuple(draw(arrays_of(p.type)) for p in graph.params)


def _ops(draw: st.DrawFn, scope: _Scope, count: int) -> None:
    for _ in range(draw(st.integers(1, count))):
        kinds = [_unary, _binary, _binary, _compare, _constant, _shape, _update, _list, _optional]
        if scope.depth:
            kinds += [_cond, _while, _for]
        scope.b.loc = Loc("model.py", draw(st.integers(1, 9)))
        draw(st.sampled_from(kinds))(draw, scope)


def _pick(draw: st.DrawFn, scope: _Scope, t: Type) -> Value:
    """A value of a type: one there is, rather a young one, or a constant."""
    found = scope.of(t)[-5:]
    if found and draw(st.integers(0, 5)):
        return draw(st.sampled_from(found))
    return scope.b.constant(draw(arrays_of(t)), t.dtype if isinstance(t, Aval) else None)


def _add(scope: _Scope, *values: Value) -> None:
    scope.values.extend(values)


def _floats(draw: st.DrawFn) -> Aval:
    return draw(st.sampled_from([COMMON, COMMON, *(t for t in TYPES if t.dtype.kind == "f")]))


def _numbers(draw: st.DrawFn) -> Aval:
    return draw(st.sampled_from([COMMON, COMMON, COMMON, *(t for t in TYPES if t.dtype != bool_)]))


def _constant(draw: st.DrawFn, scope: _Scope) -> None:
    t = draw(st.sampled_from(TYPES))
    _add(scope, scope.b.constant(draw(arrays_of(t)), t.dtype))


def _unary(draw: st.DrawFn, scope: _Scope) -> None:
    name = draw(st.sampled_from(["neg", "abs", "tanh", "neg", "floor"]))
    _add(scope, getattr(scope.b, name)(_pick(draw, scope, _floats(draw))))


def _binary(draw: st.DrawFn, scope: _Scope) -> None:
    t = _numbers(draw)
    name = draw(st.sampled_from(["add", "sub", "mul", "maximum"]))
    other = scalar(t.dtype) if draw(st.booleans()) and scalar(t.dtype) in TYPES else t
    _add(scope, getattr(scope.b, name)(_pick(draw, scope, t), _pick(draw, scope, other)))


def _compare(draw: st.DrawFn, scope: _Scope) -> None:
    t = _numbers(draw)
    name = draw(st.sampled_from(["lt", "ge", "eq"]))
    _add(scope, getattr(scope.b, name)(_pick(draw, scope, t), _pick(draw, scope, t)))


def _shape(draw: st.DrawFn, scope: _Scope) -> None:
    b = scope.b
    matrix = _pick(draw, scope, Aval(float64, MATRIX))
    match draw(st.integers(0, 5)):
        case 0:
            made = b.reshape(b.transpose(matrix, axes=(1, 0)), MATRIX)
        case 1:
            made = b.broadcast_to(_pick(draw, scope, Aval(float64, VECTOR)), MATRIX)
        case 2:
            made = b.sum(matrix, axis=0, keepdims=False)
        case 3:
            made = b.cast(_pick(draw, scope, Aval(int64, VECTOR)), float64)
        case 4:
            made = b.index(matrix, index=(draw(st.integers(0, 1)),))
        case _:
            made = b.where(_pick(draw, scope, scalar(bool_)), matrix, _pick(draw, scope, Aval(float64, MATRIX)))
    _add(scope, made)


def _update(draw: st.DrawFn, scope: _Scope) -> None:
    """`x[i] = v` with an index in bounds, on whatever `x` is."""
    x = _pick(draw, scope, COMMON)
    name = draw(st.sampled_from(["index_set", "index_add"]))
    if draw(st.booleans()):
        v, index = _pick(draw, scope, scalar(float64)), (draw(st.integers(0, 2)),)
    else:
        v, index = _pick(draw, scope, COMMON), (slice(None, None, draw(st.sampled_from([1, -1]))),)
    _add(scope, getattr(scope.b, name)(x, v, index=index))


LIST = ListType(COMMON)


def _list(draw: st.DrawFn, scope: _Scope) -> None:
    b = scope.b
    element = COMMON
    found = scope.of(LIST)
    if not found or draw(st.booleans()):
        items = [_pick(draw, scope, element) for _ in range(draw(st.integers(0, 2)))]
        _add(scope, b.append(lookup("list_make"), items, {"element": element})[0])
        return
    picked = draw(st.sampled_from(found))
    longer = b.list_append(picked, _pick(draw, scope, element))
    _add(scope, longer, b.list_len(picked))
    if draw(st.booleans()):
        _add(scope, b.list_get(longer, -1))
    if draw(st.booleans()):
        _add(scope, b.list_set(longer, 0, _pick(draw, scope, element)))


def _optional(draw: st.DrawFn, scope: _Scope) -> None:
    b = scope.b
    element = COMMON
    found = scope.of(OptionalType(element))
    if found and draw(st.booleans()):
        value = draw(st.sampled_from(found))
        _add(scope, b.is_some(value), b.unwrap_or_zeros(value, _pick(draw, scope, element)))
    else:
        _add(scope, b.some(_pick(draw, scope, element)) if draw(st.booleans()) else b.none(type=element))


def _region(scope: _Scope, name: str, types: Sequence[Type] = ()) -> tuple[_Scope, list[Value]]:
    b = GraphBuilder(name, scope.b)
    params = [b.param(t) for t in types]
    return _Scope(b, [*scope.values, *params, *params], scope.depth - 1), params


def _yields(draw: st.DrawFn, scope: _Scope, types: Sequence[Type]) -> list[Value]:
    return [draw(st.sampled_from(scope.of(t)[-4:])) for t in types]


def _cond(draw: st.DrawFn, scope: _Scope) -> None:
    pred = _pick(draw, scope, scalar(bool_))
    then, _ = _region(scope, "then")
    other, _ = _region(scope, "else")
    _ops(draw, then, 3)
    _ops(draw, other, 3)
    common = [v.type for v in then.values if other.of(v.type)]
    types = draw(st.lists(st.sampled_from(common), min_size=0, max_size=3)) if common else []
    regions, captured = close([then.b, other.b], [_yields(draw, then, types), _yields(draw, other, types)])
    _add(scope, *scope.b.append(lookup("cond"), (pred, *captured), {}, regions))


def _initial(draw: st.DrawFn, scope: _Scope) -> list[Value]:
    """What a loop carries: often several values of one type, and one value twice."""
    values = scope.of(COMMON) if draw(st.booleans()) else scope.values
    return draw(st.lists(st.sampled_from(values), min_size=0, max_size=3)) if values else []


def _while(draw: st.DrawFn, scope: _Scope) -> None:
    """Counts down from at most three, and may stop before."""
    count = scope.b.minimum(_pick(draw, scope, scalar(int64)), 3)
    initial = _initial(draw, scope)
    types = [scalar(int64), *(v.type for v in initial)]
    test, at = _region(scope, "test", types)
    body, left = _region(scope, "body", types)
    go_on = test.b.gt(at[0], 0)
    if draw(st.booleans()):
        go_on = test.b.logical_and(go_on, _pick(draw, test, scalar(bool_)))
    _ops(draw, body, 4)
    yields = [body.b.sub(left[0], 1), *_yields(draw, body, types[1:])]
    regions, captured = close([test.b, body.b], [[go_on], yields])
    operands = (count, *initial, *captured)
    _add(scope, *scope.b.append(lookup("while_loop"), operands, {"carried": len(types)}, regions))


def _for(draw: st.DrawFn, scope: _Scope) -> None:
    trips = scope.b.minimum(_pick(draw, scope, scalar(int64)), 3)
    initial = _initial(draw, scope)
    types = [scalar(int64), *(v.type for v in initial)]
    body, _ = _region(scope, "body", types)
    _ops(draw, body, 4)
    regions, captured = close([body.b], [_yields(draw, body, types[1:])])
    operands = (trips, *initial, *captured)
    _add(scope, *scope.b.append(lookup("for_loop"), operands, {"carried": len(initial)}, regions))
