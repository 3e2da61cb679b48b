"""From a graph to nodes: ops in order, regions as subgraphs that see what is around them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from dy2static.errors import ExportError
from dy2static.export.onnx.emitter import Emitter
from dy2static.export.onnx.handles import Handle, Tensor, part_types, retyped
from graph.dtypes import bool_
from graph.errors import InternalError
from graph.ir.lowering import (
    BuiltIn,
    Callback,
    Choose,
    Decomposed,
    Elementwise,
    Gather,
    Generate,
    Loops,
    Lowering,
    Reduce,
    Reshape,
    View,
)  # fmt: skip
from graph.ir.onnx_form import AS_LOWERED, AsLowered, NoOnnx, OnnxBuiltIn, OnnxDropped, OnnxOp, OnnxRule
from graph.ir.op import Graph, Op
from graph.ir.opdef import lowering_of
from graph.ir.value import Value
from graph.location import Loc
from graph.passes.decompose import parts_of_op

Env = dict[Value, Handle]


class Translator:
    """Writes the nodes of a graph, and remembers what it left out."""

    def __init__(self, functions: Mapping[str, Graph]) -> None:
        self.b = Emitter()
        self.dropped: list[tuple[str, Loc]] = []
        """What it left out, and where that stands."""
        self._functions = functions
        self._calling: list[str] = []

    def body(self, graph: Graph, arguments: Sequence[Handle]) -> list[Handle]:
        """The nodes of a graph, in the block under way; what it yields."""
        env: Env = {p: retyped(x, p.type) for p, x in zip(graph.params, arguments, strict=True)}
        for op in graph.ops:
            self._op(graph, op, env)
        return [env[v] for v in graph.results]

    def _op(self, graph: Graph, op: Op, env: Env) -> None:
        outer, self.b.loc = self.b.loc, op.loc
        try:
            made = self._results(graph, op, env)
            env.update((v, retyped(x, v.type)) for v, x in zip(op.results, made, strict=True))
        except ExportError as error:
            raise error.at(op.loc) from None
        finally:
            self.b.loc = outer

    def _results(self, graph: Graph, op: Op, env: Env) -> Sequence[Handle]:
        operands = [env[v] for v in op.operands]
        for v in op.results:
            list(part_types(v.type))  # raises for what no model holds
        match op.opdef.onnx:
            case OnnxOp(op_type):
                return (self.b.node(op_type, *operands, dtype=op.result.dtype),)
            case OnnxRule(rule, takes_types):
                types = {"types": tuple(v.type for v in op.results)} if takes_types else {}
                made = rule(self.b, *operands, **op.attrs, **types)
                if made is AS_LOWERED:
                    return self._as_lowered(graph, op, env, operands)
                return cast("tuple[Handle, ...]", made) if isinstance(made, tuple) else (cast(Handle, made),)
            case AsLowered():
                return self._as_lowered(graph, op, env, operands)
            case OnnxBuiltIn():
                return self._built_in(op, operands)
            case OnnxDropped(what):
                self.dropped.append((what, op.loc))
                return ()
            case NoOnnx(reason, next_step):
                raise ExportError(f"`{op.name}` has no form in ONNX: {reason}", next_step=next_step)

    def _as_lowered(self, graph: Graph, op: Op, env: Env, operands: list[Any]) -> Sequence[Handle]:
        b, lowering = self.b, lowering_of(op)
        match lowering:
            case Elementwise(rule, valid=valid):
                if valid is not None:
                    ok = b.cast(b.convert(valid(b, *operands, **op.attrs), bool_), bool_)
                    self._require_all(ok, op)
                return (self._shaped(rule(b, *operands, **op.attrs), op, operands),)
            case View(sizes, element):
                shape, scalars = b.sizes(operands[0]), operands[1:]
                found = sizes(b, shape, *scalars, **op.attrs)
                if any(d == 0 for d in op.result.shape):
                    return (b.expanded(b.tensor(0, op.result.dtype), found),)
                at_least_one = tuple(b.select(b.eq(n, 0), 1, n) for n in shape)  # where there is nothing, it divides
                at = element(b, b.grid(found), at_least_one, *scalars, **op.attrs)
                return (b.expanded(b.load(operands[0], at), found),)
            case Reshape(sizes):
                found = sizes(b, b.sizes(operands[0]), *operands[1:], **op.attrs)
                return (b.reshape(operands[0], found),)
            case Generate(sizes, element):
                found = sizes(b, *operands, **op.attrs)
                made = b.convert(element(b, b.grid(found), *operands, **op.attrs), op.result.dtype)
                return (b.expanded(made, found),)
            case Decomposed():
                part, results = parts_of_op(graph, op, lowering)
                for inner in part.ops:
                    self._op(graph, inner, env)
                return [env[v] for v in results]
            case Gather() | Reduce() | Loops() | BuiltIn() | Callback() | None:
                raise ExportError(f"`{op.name}` has no form in ONNX for these operands: {_types(op)}")
            case Choose():
                raise InternalError("a choice was not made")

    def _shaped(self, x: Any, op: Op, operands: Sequence[Any]) -> Handle:
        """The result of a rule on elements: one that does not depend on all operands has a shape all the same."""
        made = self.b.convert(x, op.result.dtype)
        if not isinstance(x, Tensor) and op.result.ndim:
            shape = self.b.shape_of(operands[0])
            return self.b.node("Expand", made, shape)
        return made

    def _require_all(self, ok: Any, op: Op) -> None:
        if op.result.ndim:
            wrong = self.b.node("ReduceMax", self.b.bit_not(ok), keepdims=0, dtype=bool_)
            ok = self.b.bit_not(wrong)
        self.b.require(ok, f"`{op.name}` at {op.loc}: the operands are out of range")

    # Ops that own regions

    def _built_in(self, op: Op, operands: list[Any]) -> Sequence[Handle]:
        match op.name:
            case "cond":
                return self._cond(op, operands)
            case "while_loop":
                return self._while_loop(op, operands)
            case "for_loop":
                return self._for_loop(op, operands)
            case "call":
                return self._call(op, operands)
            case name:
                raise InternalError(f"the exporter does not know {name!r}")

    def _cond(self, op: Op, operands: list[Any]) -> Sequence[Handle]:
        test, *given = operands
        regions = [self._region(region, given) for region in op.regions]
        return self.b.branch(test, regions[0], regions[1], [v.type for v in op.results])

    def _region(self, region: Graph, arguments: Sequence[Handle]) -> Callable[[], list[Handle]]:
        return lambda: self.body(region, arguments)

    def _while_loop(self, op: Op, operands: list[Any]) -> Sequence[Handle]:
        test, body = op.regions
        count = cast(int, op.attrs["carried"])
        carried, captured = operands[:count], operands[count:]

        def step(i: Any, *state: Handle) -> tuple[list[Handle], Tensor]:
            following = self.body(body, [*state, *captured])
            return following, cast(Tensor, self.body(test, [*following, *captured])[0])

        first = cast(Tensor, self.body(test, operands)[0])
        return self.b.repeat(None, first, carried, [p.type for p in body.params[:count]], step)

    def _for_loop(self, op: Op, operands: list[Any]) -> Sequence[Handle]:
        (body,) = op.regions
        trips, count = operands[0], cast(int, op.attrs["carried"])
        carried, captured = operands[1 : count + 1], operands[count + 1 :]

        def step(i: Any, *state: Handle) -> list[Handle]:
            return self.body(body, [i, *state, *captured])

        types = [p.type for p in body.params[1 : count + 1]]
        return self.b.loop(trips, carried, types, step)

    def _call(self, op: Op, operands: list[Any]) -> Sequence[Handle]:
        name = str(op.attrs["function"])
        if name in self._calling:
            raise ExportError(
                f"`{name}` calls itself, and a model has no recursion",
                next_step="write it as a loop with a list for what is still to be done.",
            )
        self._calling.append(name)
        try:
            return self.body(self._functions[name], operands)
        finally:
            self._calling.pop()


def _types(op: Op) -> str:
    return ", ".join(str(v.type) for v in op.operands)


def lowering_text(lowering: Lowering | None) -> str:
    """The kind of a lowering, for tables."""
    return type(lowering).__name__
