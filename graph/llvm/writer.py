"""Writes the code of a graph, op by op: the values of a region, their last uses, the form of each op."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from graph.aval import Aval, SymDim, scalar
from graph.dtypes import bool_, int64
from graph.errors import InternalError
from graph.ir import value as ir_value
from graph.ir.lowering import Callback, Choose, Decomposed, Lowering
from graph.ir.op import Graph, Op
from graph.llvm import ir
from graph.llvm.abi import Status, is_unrolled
from graph.llvm.callbacks import call_back
from graph.llvm.code import Code
from graph.llvm.coercion import coerced
from graph.llvm.descriptors import element_count
from graph.llvm.exact import REASON, keeps_bits
from graph.llvm.expressions import Evaluation, Point, Source, load_element, spilled, store_element
from graph.llvm.loop_nest import cost_of, for_each
from graph.llvm.ownership import Ownership
from graph.llvm.scalars import Scalar, Scalars, Size
from graph.llvm.types import I32, memory_type, register_count
from graph.llvm.values import ListValue, OptionalValue, Registers, Tensor, Value
from graph.schedule.liveness import last_uses

Handler = Callable[["Writer", Op, Lowering], None]
"""Writes one op of a form, or one op that is built in."""


@dataclass(slots=True)
class _Scope:
    """The values of one region."""

    env: dict[ir_value.Value, Value]
    last: Mapping[ir_value.Value, int]
    left: Counter[ir_value.Value] = field(default_factory=Counter[ir_value.Value])
    """Operands of the current op whose last use it is, and how often they are still to be taken."""


class Writer:
    """Writes into one function. `forms` has a handler for each class of lowering, `built_in` for each built-in op."""

    def __init__(self, code: Code, forms: Mapping[type, Handler], built_in: Mapping[str, Handler]) -> None:
        self.code = code
        self.s = Scalars(code)
        self.single = Scalars(code, single=True, in_loop=False)
        self._one_by_one = Scalars(code, in_loop=False)
        self.own = Ownership(self.s)
        self.forms, self.built_in = forms, built_in
        self._scope = _Scope({}, {})
        self.poll_counter = code.slot(I32)
        code.b.store(I32(POLL_EVERY), self.poll_counter)

    # Values of the region

    def value(self, v: ir_value.Value) -> Value:
        """An operand, which stays whose it is."""
        return self._scope.env[v]

    def has(self, v: ir_value.Value) -> bool:
        """Whether an operand was not consumed yet."""
        return v in self._scope.env

    def source(self, v: ir_value.Value) -> Source:
        """An operand that is a tensor."""
        x = self._scope.env[v]
        if not isinstance(x, Registers | Tensor):
            raise InternalError(f"a tensor is needed here, not {v.type}")
        return x

    def scalar(self, v: ir_value.Value) -> Scalar:
        """The element of a 0-d operand."""
        x = self._scope.env[v]
        if not isinstance(x, Registers):
            raise InternalError(f"a 0-d tensor is needed here, not {v.type}")
        return x.scalar

    def list_value(self, v: ir_value.Value) -> ListValue:
        """An operand that is a list."""
        x = self._scope.env[v]
        if not isinstance(x, ListValue):
            raise InternalError(f"a list is needed here, not {v.type}")
        return x

    def optional_value(self, v: ir_value.Value) -> OptionalValue:
        """An operand that may be missing."""
        x = self._scope.env[v]
        if not isinstance(x, OptionalValue):
            raise InternalError(f"a value that may be missing is needed here, not {v.type}")
        return x

    def consume(self, v: ir_value.Value) -> Value:
        """An operand with a reference to it: the region's own where this is the last use."""
        scope = self._scope
        if scope.left[v] == 1:
            del scope.left[v]
            return scope.env.pop(v)
        if v in scope.left:
            scope.left[v] -= 1
        return self.own.share(scope.env[v])

    def dies(self, v: ir_value.Value) -> bool:
        """Whether an operand is not needed after the current op, nor at another place of it."""
        return self._scope.left[v] == 1

    def settle(self, x: Value) -> None:
        """Compute what a region is to capture, but for what depends on no memory."""
        if isinstance(x, OptionalValue):
            self.settle(x.value)
        elif isinstance(x, Tensor) and x.node is not None and x.node.sources:
            self.own.force(x)

    def number(self, value: ir.Value) -> Registers:
        """An i64 register as a 0-d tensor."""
        return Registers(scalar(int64), (self.s.i64(value),))

    def truth(self, value: ir.Value) -> Registers:
        """An i1 register as a 0-d tensor."""
        return Registers(scalar(bool_), (Scalar(bool_, (value,)),))

    def size(self, v: ir_value.Value) -> Size:
        """A 0-d integer operand as a size."""
        return self.s.convert(self.scalar(v), int64)

    def define(self, v: ir_value.Value, x: Value) -> None:
        """Give a result its value; a reference to `x` is used up."""
        self._scope.env[v] = coerced(self.own, x, v.type)

    def define_pending(self, v: ir_value.Value, x: Tensor) -> None:
        """Give a result a pending value; where it is registers, they are computed now."""
        if is_unrolled(v.type):
            registers = self.unrolled(x, v.aval)
            self.own.drop(x)
            self._scope.env[v] = registers
        else:
            self._scope.env[v] = x

    def unrolled(self, x: Tensor, t: Aval) -> Registers:
        """All elements of a pending tensor of small static shape."""
        self.own.settle_shared(x)
        if cost_of(x) * element_count(t) > LOOPED:
            return self._looped(x, t)
        sizes = tuple(d for d in t.shape if isinstance(d, int))
        ev = Evaluation(self._one_by_one, {})
        elements: list[Scalar] = []
        for k, axes in enumerate(indices(sizes)):
            elements.append(ev.element(x, Point(sizes, axes, k)))
        return Registers(t, tuple(elements))

    def _looped(self, x: Tensor, t: Aval) -> Registers:
        """`unrolled` by a loop, for elements that are too much code to be written one by one."""
        place = self.code.slot(memory_type(t.dtype), element_count(t) * register_count(t.dtype))
        for_each(self.s, x, lambda ev, p: store_element(self.s, place, ev.flat(p), ev.element(x, p)), parallel=True)
        elements = tuple(load_element(self.s, place, t.dtype, i) for i in range(element_count(t)))
        return Registers(t, elements)

    def new_result(self, v: ir_value.Value, sizes: Sequence[Size]) -> Tensor:
        """Memory for a result whose elements are all to be stored: on the stack where it will be registers."""
        made = Tensor(Aval(v.dtype, (SymDim.named("?"),) * len(sizes)), tuple(sizes))
        if is_unrolled(v.type):
            count = max(1, element_count(v.aval)) * register_count(v.dtype)
            made.data = self.code.slot(memory_type(v.dtype), count)
        else:
            made.block, made.data = self.own.new_block(made)
        return made

    # Regions and ops

    def region(self, graph: Graph, arguments: Sequence[Value]) -> list[Value]:
        """The code of a graph in this function. References to the arguments are used up; results come with one."""
        outer = self._scope
        last = last_uses(graph)
        scope = self._scope = _Scope(dict(zip(graph.params, arguments, strict=True)), last)
        for p in graph.params:
            if p not in last:
                self.own.drop(scope.env.pop(p))
        for i, op in enumerate(graph.ops):
            scope.left = Counter(v for v in op.operands if last[v] == i)
            self.op(op)
            for v in [v for v in scope.left if v in scope.env]:
                self.own.drop(scope.env.pop(v))
            for v in op.results:
                if v not in last:
                    self.own.drop(scope.env.pop(v))
        scope.left = Counter(graph.results)
        results = [self.consume(v) for v in graph.results]
        self._scope = outer
        return results

    def op(self, op: Op) -> None:
        """The code of one op."""
        lowering = op.opdef.lower
        while isinstance(lowering, Choose):
            lowering = lowering.rule(*(v.type for v in op.operands), **op.attrs)
        handler = None
        if lowering is not None:
            handler = self.built_in.get(op.name) or self.forms.get(type(lowering))
        if handler is None or lowering is None:
            reason = lowering.reason if isinstance(lowering, Callback) else "it has no native form yet"
            if isinstance(lowering, Decomposed):  # only exact code keeps it
                reason = REASON
            self.call_back(op, reason)
            return
        if self.code.unit.is_exact and not keeps_bits(op, lowering):
            self.call_back(op, REASON)
            return
        handler(self, op, lowering)

    def call_back(self, op: Op, reason: str) -> None:
        """Run an op in NumPy; the regions that it may own are interpreted."""
        operands = [self.value(v) for v in op.operands]
        for x in operands:
            self.own.evaluate(x)
        status, results = call_back(self.s, op, operands, reason)
        self.code.fail_on(status)
        for v, x in zip(op.results, results(), strict=True):
            self.define(v, x)

    def fail(self, op: Op) -> Callable[[], ir.Value]:
        """What returns the status of a failed op: its kernel runs, and raises."""
        operands = [self.value(v) for v in op.operands]

        def status() -> ir.Value:
            status, _ = call_back(self.s, op, [self.described(x) for x in operands], "")
            failed = self.code.b.icmp_signed("!=", status, I32(int(Status.OK)))
            return self.code.b.select(failed, status, I32(int(Status.RAISED)))

        return status

    def described(self, x: Value) -> Value:
        """`x` as it can be described, without a change to `x`: this code is off the way."""
        if isinstance(x, Tensor) and x.node is not None:
            block, data = self.own.computed(x)
            return Tensor(x.type, x.sizes, None, block, data)
        if isinstance(x, OptionalValue):
            return OptionalValue(x.type, x.present, self.described(x.value))
        return x

    def address(self, x: Source) -> ir.Value:
        """Where the elements of a tensor are in memory."""
        if isinstance(x, Registers):
            return spilled(self.s, x)
        self.own.force(x)
        return x.data


POLL_EVERY = 65536
LOOPED = 512
"""A small array of so many instructions is computed by a loop: LLVM takes longer for them one by one, and gains
nothing. 64 hyperbolic tangents in a loop: a tenth of the time to compile, half of that to run."""


def indices(sizes: Sequence[int]) -> list[tuple[int, ...]]:
    """All indices of a static shape, in C order."""
    made: list[tuple[int, ...]] = [()]
    for n in sizes:
        made = [(*i, k) for i in made for k in range(n)]
    return made
