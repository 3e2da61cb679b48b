"""The `LoopEmitter` of lowering rules: loops, buffers and variables, in LLVM instructions."""

from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from graph.aval import Aval, SymDim
from graph.dtypes import DType, bool_
from graph.errors import InternalError
from graph.ir import value as ir_value
from graph.ir.op import Op
from graph.llvm import ir
from graph.llvm.abi import UNROLLED, is_unrolled
from graph.llvm.expressions import Evaluation, Source, linear, load_element, spilled, store_element
from graph.llvm.loop_nest import counted_loop, product
from graph.llvm.scalars import Scalar, Scalars, Size
from graph.llvm.types import memory_type, register_count
from graph.llvm.values import Registers, Tensor, Value

if TYPE_CHECKING:
    from graph.llvm.writer import Writer


class LoopCode(Scalars):
    """See `graph.ir.lowering.LoopEmitter`. Buffers are `Tensor`s."""

    def __init__(self, w: "Writer", op: Op) -> None:
        super().__init__(w.code)
        self._w, self._op = w, op
        self._spills: dict[int, ir.Value] = {}
        self._buffers: list[Tensor] = []
        self._on_stack = all(is_unrolled(v.type) for v in op.results)

    def operands(self) -> list[Any]:
        """The operands as rules see them: 0-d ones as scalars, tensors, lists."""
        found: list[Any] = []
        for v in self._op.operands:
            x = self._w.value(v)
            if isinstance(x, Registers) and not x.type.shape:
                found.append(x.scalar)
            elif isinstance(x, Registers):
                self._spills[id(x)] = spilled(self, x)
                found.append(x)
            elif isinstance(x, Tensor):
                self._w.own.settle_shared(x)
                found.append(x)
            else:
                raise InternalError(f"loops over {v.type} are not written by rules")
        return found

    def result(self, x: Any, v: ir_value.Value) -> Value:
        """What a rule gave, as the value of a result."""
        if isinstance(x, Tensor):
            x.type = Aval(v.dtype, tuple(self._dim(d, n) for d, n in zip(v.shape, x.sizes, strict=True)))
            return x
        element = x if isinstance(x, Scalar) else self.const(x, v.dtype)
        return Registers(v.aval, (element,))

    def _dim(self, dim: Any, size: Size) -> Any:
        """Buffers are memory whatever their shape; a type with a symbolic dim says so."""
        return SymDim.named("?") if isinstance(dim, int) else dim

    # LoopEmitter

    def sizes(self, x: Any) -> tuple[Size, ...]:
        return () if isinstance(x, Scalar) else x.sizes

    def dtype(self, x: Any) -> DType:
        return x.dtype if isinstance(x, Scalar) else x.type.dtype

    def load(self, x: Any, index: Sequence[Size]) -> Scalar:
        if isinstance(x, Scalar):
            return x
        ev = Evaluation(self, self._spills)
        return ev.element(x, ev.point(x.sizes, tuple(index)))

    def stored(self, x: Any) -> Any:
        if isinstance(x, Tensor):
            self._w.own.force(x)
        return x

    def buffer(self, dtype: DType, sizes: Sequence[Size]) -> Tensor:
        made = Tensor(Aval(dtype, tuple(SymDim.named("?") for _ in sizes)), tuple(sizes))
        count = product(self, sizes)
        if self._on_stack and isinstance(count, int) and count <= UNROLLED:
            made.data = self.code.slot(memory_type(dtype), max(1, count) * register_count(dtype))
        else:
            made.block, made.data = self._w.own.new_block(made)
        self._buffers.append(made)
        return made

    def finish(self, results: Sequence[Any]) -> None:
        """Give back the buffers that are not among the results."""
        for x in self._buffers:
            if not any(x is y for y in results):
                self._w.own.drop(x)

    def update(self, x: Any) -> Any:
        """A rule may ask this of each operand once."""
        (v,) = (v for v in dict.fromkeys(self._op.operands) if self._w.has(v) and self._is(v, x))
        if isinstance(x, Tensor):
            held = self._w.consume(v)
            assert isinstance(held, Tensor)
            made = self._w.own.writable(held)
            self._buffers.append(made)
            return made
        if isinstance(x, Scalar):
            raise InternalError("a 0-d tensor is not updated by loops")
        made = self.buffer(x.type.dtype, x.sizes)
        for i, element in enumerate(x.elements):
            store_element(self, made.data, i, element)
        return made

    def _is(self, v: ir_value.Value, x: Source) -> bool:
        return self._w.value(v) is x

    def store(self, buffer: Any, index: Sequence[Size], value: Any) -> None:
        element = value if isinstance(value, Scalar) else self.const(value, buffer.type.dtype)
        store_element(self, buffer.data, linear(self, index, buffer.sizes), element)

    def loop(self, count: Size, *, parallel: bool = False) -> AbstractContextManager[Size]:
        return counted_loop(self, count, parallel=parallel)

    @contextmanager
    def when(self, condition: Any) -> Generator[None]:
        if not isinstance(condition, Scalar):
            condition = self.const(condition, bool_)
        with self.code.when(condition.value):
            yield

    @contextmanager
    def loop_while(self, test: Callable[[], Any]) -> Generator[None]:
        code = self.code
        head, body, done = code.block("while"), code.block("do"), code.block("done")
        code.b.branch(head)
        code.at(head)
        code.b.cbranch(test().value, body, done)
        code.at(body)
        yield
        code.b.branch(head)
        code.at(done)

    def variable(self, start: Any) -> "StackVariable":
        return StackVariable(self, self.scalar(start))

    def check(self, ok: Any) -> None:
        if ok is True:
            return
        condition = ok if isinstance(ok, Scalar) else self.const(ok, bool_)
        self.code.fail_unless(condition.value, self._w.fail(self._op))


class StackVariable:
    """A mutable number; LLVM makes a register of it."""

    def __init__(self, s: Scalars, start: Scalar) -> None:
        self._s, self._dtype = s, start.dtype
        self._place = s.code.slot(memory_type(start.dtype), len(start.parts) if len(start.parts) > 1 else 1)
        self.set(start)

    def get(self) -> Scalar:
        with self._s.code.unmarked():
            return load_element(self._s, self._place, self._dtype, 0)

    def set(self, value: Any) -> None:
        element = value if isinstance(value, Scalar) else self._s.const(value, self._dtype)
        with self._s.code.unmarked():
            store_element(self._s, self._place, 0, element)
