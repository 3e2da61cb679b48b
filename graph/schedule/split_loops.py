"""Loops over rows that do not depend on each other, made two loops of half of the rows, for two threads.

    for i in range(n):                            for i in range(n):
        h = tanh(x[i] @ w + h @ u)        ->          top = tanh(x[i][:16] @ w + top @ u)
                                                  for i in range(n):
                                                      bottom = tanh(x[i][16:] @ w + bottom @ u)
                                                  h = concat([top, bottom])

How a loop is cut, `cuts.py` finds, and `chosen_cuts.py` which is; `side_by_side.py` brings the halves together. Loops
are split whatever the number of threads, so that results do not depend on it; but sums over what is cut are added up in
another order: for native code only, and not where results must be exact.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from graph.aval import Aval
from graph.dtypes import int64
from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph, Op
from graph.ir.opdef import Effect, effect_of, ways_of
from graph.ir.parts import TERM, WHOLE, Part, cut_attrs, cut_type
from graph.ir.regions import close
from graph.ir.value import Value
from graph.passes.nested import in_functions, renamed, replaced, with_body
from graph.schedule.chosen_cuts import PARTS, InParts, axis_of_result, chosen_cuts, lists_of, taken
from graph.schedule.cuts import Cut

StaysNative = Callable[[Op], bool]


def split_loops(graph: Graph, stays_native: StaysNative) -> Graph:
    """`graph` with loops split that are worth it; itself where there are none. `stays_native` says whether an op
    without regions is native code."""
    names = GraphBuilder(graph.name)
    names.avoid_sizes_of(graph)

    def visit(part: Graph) -> Graph:
        return _visit(part, names, stays_native)

    return in_functions(visit(graph), visit)


def _visit(graph: Graph, names: GraphBuilder, stays_native: StaysNative) -> Graph:
    if not any(op.regions for op in graph.ops):
        return graph
    inner = [
        replaced(op, regions=[_visit(r, names, stays_native) for r in op.regions]) if op.regions else op
        for op in graph.ops
    ]
    graph = with_body(graph, inner)
    cuts = chosen_cuts(graph, stays_native)
    return _Writer(graph, cuts, names).write() if cuts else graph


class _Writer:
    """Writes a block in which loops are split."""

    def __init__(self, graph: Graph, cuts: Mapping[Op, Cut], names: GraphBuilder) -> None:
        self.graph, self.cuts, self.names = graph, cuts, names
        self.made = {v: op for op in graph.ops for v in op.results}
        self.env: dict[Value, Value] = {}
        self.parts: dict[tuple[Value, int, int], tuple[Value, ...]] = {}
        """Of values of the block, cut at an axis with so many elements: their parts."""
        self.lists = {v: found for cut in cuts.values() for v, found in lists_of(cut).items()}

    def write(self) -> Graph:
        ops: list[Op] = []
        for op in self.graph.ops:
            cut = self.cuts.get(op)
            lists = {v: self.lists[v] for v in op.operands if v in self.lists}
            if cut is None and not lists:
                ops.append(replaced(op, operands=renamed(op.operands, self.env)))
                continue
            b = GraphBuilder(self.graph.name, sizes=self.names)
            b.loc = op.loc
            b.producer.update(dict.fromkeys(self._known()))
            if cut is None:
                self._write_reader(b, op, lists)
            else:
                self._write_loop(b, cut)
            ops.extend(b.ops)
        return with_body(self.graph, ops, renamed(self.graph.results, self.env))

    def _known(self) -> Iterator[Value]:
        """The values that parts may take."""
        yield from self.made
        yield from self.graph.params
        yield from self.env.values()
        for values in self.parts.values():
            yield from values

    def _write_reader(self, b: GraphBuilder, op: Op, lists: InParts) -> None:
        """An op that reads lists which there are in parts only."""
        axis = axis_of_result(op, lists)
        size = next(size for _, size in lists.values())
        assert axis is not None
        self.env[op.result] = b.concat(*self._made_in_parts(b, op, axis, size), axis=axis)

    def _write_loop(self, b: GraphBuilder, cut: Cut) -> None:
        loop, size = cut.loop, cut.size
        made = [_write_part(b, cut, k, self._operands(b, cut, k)) for k in range(PARTS)]
        for i, (v, part) in enumerate(zip(loop.results, cut.carried, strict=True)):
            values = tuple(results[i] for results in made)
            if part is WHOLE:
                self.env[v] = values[0]
            elif part is TERM:
                self.env[v] = b.add(*values)
            else:
                self.parts[v, part, size] = values
                if isinstance(v.type, Aval):
                    self.env[v] = b.concat(*values, axis=part)

    def _operands(self, b: GraphBuilder, cut: Cut, k: int) -> list[Value]:
        found: list[Value] = []
        for v, part in zip(cut.loop.operands, taken(cut), strict=True):
            if part is TERM:
                found.append(self._renamed(v) if k == 0 else b.zeros_like(self._renamed(v)))
            elif part is WHOLE:
                found.append(self._renamed(v))
            else:
                found.append(self._part(b, v, part, cut.size)[k])
        return found

    def _renamed(self, v: Value) -> Value:
        return self.env.get(v, v)

    def _part(self, b: GraphBuilder, v: Value, part: int, size: int) -> tuple[Value, ...]:
        """The parts of a value of the block."""
        key = (v, part, size)
        if key not in self.parts:
            if isinstance(v.type, Aval):
                x = self._renamed(v)
                self.parts[key] = tuple(b.index(x, index=_rows(part, size, k)) for k in range(PARTS))
            else:
                self.parts[key] = self._made_in_parts(b, self.made[v], part, size)
        return self.parts[key]

    def _made_in_parts(self, b: GraphBuilder, op: Op, part: int, size: int) -> tuple[Value, ...]:
        way = ways_of(op, part)[0]
        operands = [
            self._part(b, v, p, size) if isinstance(p, int) else (self._renamed(v),) * PARTS
            for v, p in zip(op.operands, way, strict=True)
        ]
        return tuple(_copied(b, op, part, size, k, [values[k] for values in operands])[0] for k in range(PARTS))


def bounds(size: int, k: int) -> tuple[int, int]:
    """Where part `k` of an axis begins and ends."""
    half = (size + 1) // PARTS
    return (0, half) if k == 0 else (half, size)


def _rows(axis: int, size: int, k: int) -> tuple[slice, ...]:
    return (*((slice(None),) * axis), slice(*bounds(size, k)))


def _length(size: int, k: int) -> int:
    first, end = bounds(size, k)
    return end - first


def _copied(
    b: GraphBuilder, op: Op, part: Part, size: int, k: int, operands: Sequence[Value], regions: tuple[Graph, ...] = ()
) -> tuple[Value, ...]:
    """Part `k` of the results of an op."""
    length = _length(size, k)
    types = [cut_type(v.type, part, length) for v in op.results]
    return b.append(op.opdef, operands, cut_attrs(op.attrs, part, length), regions, types)


def _write_part(b: GraphBuilder, cut: Cut, k: int, operands: Sequence[Value]) -> tuple[Value, ...]:
    """Part `k` of a loop."""
    loop, count = cut.loop, len(cut.carried)
    first = cut.lead + count
    *tests, body = loop.regions
    builders: list[GraphBuilder] = []
    yields: list[list[Value]] = []
    for region in loop.regions:
        inner = GraphBuilder(region.name, b)
        writer = _PartWriter(inner, cut, k)
        for p, v in zip(region.params[:first], operands[:first], strict=True):
            writer.env[p] = inner.param(v.type, p.hint)
        writer.env.update(zip(region.params[first:], operands[first:], strict=True))
        writer.number = _captured(inner, b.constant(k, int64)) if cut.size % PARTS == 0 else None
        builders.append(inner)
        yields.append(writer.write_body(body) if region is body else writer.write_whole(tests[0]))
    regions, captured = close(builders, yields)
    types = [cut_type(v.type, part, _length(cut.size, k)) for v, part in zip(loop.results, cut.carried, strict=True)]
    b.loc = loop.loc
    return b.append(loop.opdef, (*operands[:first], *captured), loop.attrs, regions, types)


def _captured(inner: GraphBuilder, number: Value) -> Value:
    """A constant as a parameter of a region, so that parts differ in what they are given only."""
    param = inner.captures[number] = Value(number.type)
    inner.producer[param] = None
    return param


class _PartWriter:
    """Writes a region of a part of a loop."""

    def __init__(self, b: GraphBuilder, cut: Cut, k: int) -> None:
        self.b, self.cut, self.k = b, cut, k
        self.env: dict[Value, Value] = {}
        self.number: Value | None = None
        """The number of the part, where all parts have one size: they are one function then."""
        self.rows: dict[tuple[Value, int], Value] = {}
        """Rows of values that all parts compute whole."""

    def write_whole(self, region: Graph) -> list[Value]:
        for op in region.ops:
            self.b.loc = op.loc
            results = _copied(self.b, op, WHOLE, self.cut.size, self.k, [self.env[v] for v in op.operands], op.regions)
            self.env.update(zip(op.results, results, strict=True))
        return [self.env[v] for v in region.results]

    def write_body(self, body: Graph) -> list[Value]:
        needs, ways = self.cut.needs, self.cut.ways
        for op in body.ops:
            if effect_of(op) is Effect.PURE and not any(v in needs for v in op.results):
                continue
            self.b.loc = op.loc
            way = ways.get(op, (WHOLE,) * len(op.operands))
            part = next((needs[v] for v in op.results if v in needs), WHOLE)
            operands = [self._needed(v, p) for v, p in zip(op.operands, way, strict=True)]
            results = _copied(self.b, op, part, self.cut.size, self.k, operands, op.regions)
            self.env.update(zip(op.results, results, strict=True))
        return [self._needed(v, part) for v, part in zip(body.results, self.cut.carried, strict=True)]

    def _needed(self, v: Value, part: Part) -> Value:
        """A value as an op takes it: some rows of it, where it is whole in all parts."""
        if not isinstance(part, int) or self.cut.needs[v] == part:
            return self.env[v]
        if (v, part) not in self.rows:
            self.rows[v, part] = self._rows(self.env[v], part)
        return self.rows[v, part]

    def _rows(self, x: Value, axis: int) -> Value:
        if self.number is None:
            return self.b.index(x, index=_rows(axis, self.cut.size, self.k))
        sizes = self.b.shape_of(x)
        half = _length(self.cut.size, self.k)
        halves = self.b.reshape(x, (*sizes[:axis], PARTS, half, *sizes[axis + 1 :]))
        return self.b.index(halves, self.number, index=(*((slice(None),) * axis), "$"))
