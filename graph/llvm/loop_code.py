"""The `LoopEmitter` of lowering rules: loops, buffers and variables, in LLVM instructions."""

from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, cast

from graph.aval import Aval, SymDim
from graph.dtypes import DType, bool_
from graph.errors import InternalError
from graph.ir import value as ir_value
from graph.ir.op import Op
from graph.llvm import ir, shifted_rows
from graph.llvm.abi import UNROLLED, is_unrolled
from graph.llvm.callbacks import call_back
from graph.llvm.expressions import Evaluation, Source, linear, load_element, spilled, store_element
from graph.llvm.fortran import call_gemm, call_lapack, character, integer
from graph.llvm.loop_nest import counted_loop, product, spills_of
from graph.llvm.scalars import Scalar, Scalars, Size
from graph.llvm.types import NULL, memory_type, register_count
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
                self._spills.update(spills_of(self, (x,)))
                found.append(x)
            else:
                raise InternalError(f"loops over {v.type} are not written by rules")
        return found

    def result(self, x: Any, v: ir_value.Value) -> Value:
        """What a rule gave, as the value of a result."""
        if isinstance(x, Tensor):
            x.type = Aval(v.dtype, tuple(self._dim(d, n) for d, n in zip(v.shape, x.sizes, strict=True)))
            return x
        given = cast("list[Any]", x) if isinstance(x, list) else [x]
        elements = tuple(self.scalar_of(element, v.dtype) for element in given)
        if is_unrolled(v.type):
            return Registers(v.aval, elements)
        made = self.buffer(v.dtype, [d for d in v.shape if isinstance(d, int)])
        for i, element in enumerate(elements):
            store_element(self, made.data, i, element)
        return made

    def scalar_of(self, x: Any, dtype: DType) -> Scalar:
        """`x` itself, or a Python number in this dtype."""
        return x if isinstance(x, Scalar) else self.const(x, dtype)

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

    def flat(self, buffer: Any) -> Tensor:
        count = product(self, buffer.sizes)
        return Tensor(Aval(buffer.type.dtype, (SymDim.named("?"),)), (count,), None, NULL, self._stretch((buffer, 0)))

    def finish(self, results: Sequence[Any]) -> None:
        """Give back the buffers that are not among the results."""
        for x in self._buffers:
            if not any(x is y for y in results):
                self._w.own.drop(x)

    def update(self, x: Any) -> Any:
        """A rule may ask this of each operand once."""
        if isinstance(x, Tensor):
            (v,) = (v for v in dict.fromkeys(self._op.operands) if self._w.has(v) and self._is(v, x))
            held = self._w.consume(v)
            assert isinstance(held, Tensor)
            made = self._w.own.writable(held)
            self._buffers.append(made)
            return made
        made = self.buffer(self.dtype(x), self.sizes(x))
        for i, element in enumerate([x] if isinstance(x, Scalar) else x.elements):
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

    def copy(self, to: Any, x: Any, count: Size) -> None:
        size = self.size(self.mul(count, to[0].type.dtype.itemsize))
        self.code.copy_bytes(self._stretch(to), self._stretch(x), size)

    def add_to(self, to: Any, x: Any, count: Size) -> None:
        shifted_rows.add_elements(self.code, to[0].type.dtype, self._stretch(to), self._stretch(x), count)

    def row_sums(self, to: Any, w: Any, x: Any, shifts: Any, *, rows: Size, length: Size, pitch: Size) -> None:
        dtype, unit = to[0].type.dtype, self.code.unit
        function = shifted_rows.sums(unit, dtype, shifted_rows.tile_of_sums(unit, dtype, rows, length))
        sizes = [self.size(n) for n in (shifts.sizes[0], rows, length)]
        to, w, x = (self._stretch(place) for place in (to, w, x))
        self.code.b.call(function, [to, self.size(pitch), w, x, shifts.data, *sizes])

    def row_dots(
        self,
        to: Any,
        y: Any,
        x: Any,
        shifts: Any,
        *,
        rows: Size,
        length: Size,
        pitch: Size,
        steps: tuple[Size, Size],
        batch: Size,
    ) -> None:
        unit, terms = self.code.unit, shifts.sizes[0]
        function = shifted_rows.dots(unit, to[0].type.dtype, shifted_rows.tile_of_dots(unit, rows, terms))
        sizes = [self.size(n) for n in (terms, rows, length, batch)]
        pitch, y_step, x_step = (self.size(n) for n in (pitch, *steps))
        to, y, x = (self._stretch(place) for place in (to, y, x))
        self.code.b.call(function, [to, y, pitch, y_step, x, x_step, shifts.data, *sizes])

    def product(
        self,
        to: Any,
        a: Any,
        b: Any,
        *,
        sizes: tuple[Size, Size, Size],
        steps: tuple[Size, Size, Size],
        transposed: bool = False,
        adds: bool = False,
    ) -> None:
        dtype = to[0].type.dtype
        places = self._stretch(to), self._stretch(a), self._stretch(b)
        call_gemm(self, dtype, places, sizes, steps, transposed=transposed, adds=adds)

    def _stretch(self, place: tuple[Any, Size]) -> ir.Value:
        """The address of an element."""
        x, number = place
        data = self._spills[id(x)] if isinstance(x, Registers) else x.data
        count = self.mul(number, register_count(x.type.dtype))
        return self.code.offset(data, self.size(count), memory_type(x.type.dtype))

    def variable(self, start: Any) -> "StackVariable":
        return StackVariable(self, self.scalar(start))

    def check(self, ok: Any) -> None:
        if ok is True:
            return
        condition = ok if isinstance(ok, Scalar) else self.const(ok, bool_)
        self.code.fail_unless(condition.value, self._w.fail(self._op))

    def check_or_run(self, ok: Any, buffers: Sequence[Any]) -> None:
        if ok is True:
            return
        condition = ok if isinstance(ok, Scalar) else self.const(ok, bool_)
        w, code = self._w, self.code
        with code.when(code.b.not_(condition.value), likely=False):
            operands = [w.value(v) for v in self._op.operands]
            described = [w.described(x) for x in operands]
            status, results = call_back(self, self._op, described, "")
            code.fail_on(status)
            for buffer, x in zip(buffers, results(), strict=True):
                self._put(buffer, x)
            for x, made in zip(operands, described, strict=True):
                if made is not x:
                    w.own.drop(made)

    def _put(self, buffer: Tensor, x: Value) -> None:
        """The elements of `x` in a buffer; a reference to `x` is used up."""
        if isinstance(x, Registers):
            for i, element in enumerate(x.elements):
                store_element(self, buffer.data, i, element)
        elif isinstance(x, Tensor):
            self.copy((buffer, 0), (x, 0), product(self, buffer.sizes))
            self._w.own.drop(x)

    def lapack(self, name: str, *args: Any) -> Scalar:
        return call_lapack(self, name, [self._place(x) for x in args])

    def _place(self, x: Any) -> ir.Value:
        """Where an argument of LAPACK is."""
        match x:
            case str():
                return character(self, x)
            case int() | Scalar():
                return integer(self, x)
            case (buffer, number):
                return self._stretch((buffer, number))
            case _:
                return self._stretch((x, 0))


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
