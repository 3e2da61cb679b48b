"""What rules speak to: arithmetic on whole tensors, sizes, lists and values that may be missing, as nodes."""

import operator as _operator
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from dy2static.errors import ExportError
from dy2static.export.onnx import functions
from dy2static.export.onnx.handles import (
    Handle,
    List,
    Optional,
    Tensor,
    TensorList,
    made_of,
    part_types,
    parts_of,
    retyped,
)
from dy2static.export.onnx.writer import NUMBER, Writer
from graph.aval import Aval, ListType, OptionalType, Shape, Type
from graph.dtypes import DType, bool_, int64, uint64

Size = Any
operator: Any = _operator  # its functions have no types


class Emitter(Writer):
    """An `OnnxEmitter` (see `graph.ir.onnx_form`): what a `ScalarEmitter` does to elements it does to whole tensors.

    It also has what the lowerings `View`, `Reshape` and `Generate` ask of a `LoopEmitter` for shapes and indices.
    """

    # Numbers

    def const(self, value: Any, dtype: DType) -> Tensor:
        return self.tensor(value, dtype)

    def is_number(self, x: Any) -> bool:
        return isinstance(x, NUMBER) and x == x

    def convert(self, x: Any, dtype: DType) -> Any:
        if isinstance(x, NUMBER):
            return self.tensor(x, dtype)
        return self.cast(x, dtype)

    def _binary(self, op_type: str, at_once: Callable[[Any, Any], Any], x: Any, y: Any, **attrs: Any) -> Any:
        if isinstance(x, NUMBER) and isinstance(y, NUMBER):
            return at_once(x, y)
        x, y = self._pair(x, y)
        return self.node(op_type, x, y, **attrs)

    def _pair(self, x: Any, y: Any) -> tuple[Any, Any]:
        like = y.dtype if isinstance(x, NUMBER) else x.dtype
        return self.as_tensor(x, like), self.as_tensor(y, like)

    def _arithmetic(self, op_type: str, of_bools: str, at_once: Any, x: Any, y: Any) -> Any:
        dtypes = [v.dtype for v in (x, y) if isinstance(v, Tensor)]
        return self._binary(of_bools if bool_ in dtypes else op_type, at_once, x, y)

    def add(self, x: Any, y: Any) -> Any:
        if isinstance(y, int) and y == 0:
            return x
        return self._arithmetic("Add", "Or", operator.add, x, y)

    def sub(self, x: Any, y: Any) -> Any:
        return self._binary("Sub", operator.sub, x, y)

    def mul(self, x: Any, y: Any) -> Any:
        if isinstance(x, int) and x == 1:
            return y
        if isinstance(y, int) and y == 1:
            return x
        return self._arithmetic("Mul", "And", operator.mul, x, y)

    def div(self, x: Any, y: Any) -> Any:
        return self._binary("Div", operator.truediv, x, y)

    def quotient(self, x: Any, y: Any) -> Any:
        return self._binary("Div", _quotient, x, y)

    def remainder(self, x: Any, y: Any) -> Any:
        """By `Mod` as Python has it. (The one that truncates goes through float64, which large integers do not fit; and
        ONNX Runtime takes `1 / y * y` for `y / y`, of integers too.)"""
        if isinstance(x, NUMBER) and isinstance(y, NUMBER):
            return _remainder(cast(int, x), cast(int, y))
        rest = self._binary("Mod", _remainder, x, y)
        is_off = self.bit_and(self.ne(rest, 0), self.ne(self.lt(x, 0), self.lt(y, 0)))
        return self.select(is_off, self.sub(rest, y), rest)

    def neg(self, x: Any) -> Any:
        return -x if isinstance(x, NUMBER) else self.sub(0, x) if x.dtype.kind == "u" else self.node("Neg", x)

    def accumulate(self, x: Any, y: Any) -> Any:
        return self.add(x, y)

    # Bits

    def _bits(self, op_type: str, of_bools: str, at_once: Any, x: Any, y: Any) -> Any:
        return self._arithmetic(op_type, of_bools, at_once, x, y)

    def bit_and(self, x: Any, y: Any) -> Any:
        if isinstance(x, bool):
            return y if x else False
        if isinstance(y, bool):
            return x if y else False
        return self._bits("BitwiseAnd", "And", operator.and_, x, y)

    def bit_or(self, x: Any, y: Any) -> Any:
        if isinstance(x, bool):
            return True if x else y
        if isinstance(y, bool):
            return True if y else x
        return self._bits("BitwiseOr", "Or", operator.or_, x, y)

    def bit_xor(self, x: Any, y: Any) -> Any:
        return self._bits("BitwiseXor", "Xor", operator.xor, x, y)

    def bit_not(self, x: Any) -> Any:
        if isinstance(x, NUMBER):
            return operator.not_(x) if isinstance(x, bool) else operator.invert(x)
        return self.node("Not" if x.dtype == bool_ else "BitwiseNot", x)

    def shift_left(self, x: Any, y: Any) -> Any:
        return self._shifted("LEFT", x, y)

    def shift_right(self, x: Any, y: Any) -> Any:
        """Negative numbers by their complement, as only unsigned ones can be shifted."""
        if x.dtype.kind == "u":
            return self._shifted("RIGHT", x, y)
        is_negative = self.lt(x, 0)
        shifted = self._shifted("RIGHT", self.select(is_negative, self.bit_not(x), x), y)
        return self.select(is_negative, self.bit_not(shifted), shifted)

    def _shifted(self, direction: str, x: Any, y: Any) -> Any:
        x, y = self._pair(x, y)
        wide = [self.cast(self.cast(v, int64) if v.dtype.kind == "i" else v, uint64) for v in (x, y)]
        return self.cast(self.node("BitShift", *wide, direction=direction), x.dtype)

    def bits(self, x: Any) -> Any:
        raise ExportError("the bits of a float have no form in ONNX")

    def wide_product(self, x: Any, y: Any) -> Any:
        raise ExportError("a product of 128 bits has no form in ONNX")

    # Comparisons

    def _compared(self, op_type: str, at_once: Any, x: Any, y: Any) -> Any:
        return self._binary(op_type, at_once, x, y, dtype=bool_)

    def eq(self, x: Any, y: Any) -> Any:
        return self._compared("Equal", operator.eq, x, y)

    def ne(self, x: Any, y: Any) -> Any:
        return self.bit_not(self.eq(x, y))

    def lt(self, x: Any, y: Any) -> Any:
        return self._compared("Less", operator.lt, *self._ordered(x, y))

    def le(self, x: Any, y: Any) -> Any:
        return self._compared("LessOrEqual", operator.le, *self._ordered(x, y))

    def gt(self, x: Any, y: Any) -> Any:
        return self._compared("Greater", operator.gt, *self._ordered(x, y))

    def ge(self, x: Any, y: Any) -> Any:
        return self._compared("GreaterOrEqual", operator.ge, *self._ordered(x, y))

    def _ordered(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Bools as numbers."""
        if isinstance(x, NUMBER) and isinstance(y, NUMBER):
            return x, y
        x, y = self._pair(x, y)
        return (self.cast(x, int64), self.cast(y, int64)) if x.dtype == bool_ else (x, y)

    def select(self, condition: Any, x: Any, y: Any) -> Any:
        if isinstance(condition, NUMBER):
            return x if condition else y
        if isinstance(x, NUMBER) and isinstance(y, NUMBER):
            dtype = np.result_type(type(x), type(y))
            x, y = self.tensor(x, dtype), self.tensor(y, dtype)
        x, y = self._pair(x, y)
        return self.node("Where", condition, x, y)

    def math(self, name: str, *xs: Any) -> Any:
        like = next((x.dtype for x in xs if isinstance(x, Tensor)), None)
        if like is None:
            raise ExportError(f"the function `{name}` of numbers alone")
        return functions.call(self, name, *(self.as_tensor(x, like) for x in xs))  # pyright: ignore[reportArgumentType]

    def complex(self, re: Any, im: Any) -> Any:
        raise ExportError("ONNX Runtime has no complex numbers")

    def real(self, x: Any) -> Any:
        return x

    def imag(self, x: Any) -> Any:
        return self.mul(x, 0)

    # Shapes

    def dtype(self, x: Any) -> DType:
        return x.dtype

    def shape_of(self, x: Any) -> Any:
        return self.node("Shape", x, dtype=int64)

    def sizes(self, x: Any) -> tuple[Size, ...]:
        return tuple(d if isinstance(d, int) else self._size(x, axis) for axis, d in enumerate(x.shape))

    def _size(self, x: Any, axis: int) -> Any:
        return self.node("Gather", self.shape_of(x), self.tensor(axis, int64))

    def resolved(self, shape: Shape, sizes: Sequence[Any]) -> tuple[Size, ...]:
        rest = iter(sizes)
        return tuple(d if isinstance(d, int) else self.cast(next(rest), int64) for d in shape)

    def vector(self, sizes: Sequence[Size]) -> Any:
        if all(isinstance(n, int) for n in sizes):
            return self.tensor(np.asarray(sizes, np.int64), int64)
        one = self.tensor([-1], int64)
        parts = [self.tensor([n], int64) if isinstance(n, int) else self.node("Reshape", n, one) for n in sizes]
        return self.node("Concat", *parts, axis=0)

    def reshape(self, x: Any, sizes: Sequence[Size]) -> Any:
        return self.node("Reshape", x, self.vector(sizes), allowzero=0 if -1 in _ints(sizes) else 1)

    def expanded(self, x: Any, sizes: Sequence[Size]) -> Any:
        """A tensor that broadcasts to a shape, in that shape."""
        return self.node("Expand", x, self.vector(sizes))

    def product(self, sizes: Sequence[Size]) -> Size:
        """The number of elements."""
        total: Size = 1
        for n in sizes:
            total = self.mul(total, n)
        return total

    def range(self, count: Size) -> Any:
        """0 .. count-1, int64."""
        if isinstance(count, int):
            return self.tensor(np.arange(count), int64)
        return self.node("Range", self.tensor(0, int64), count, self.tensor(1, int64))

    def grid(self, sizes: Sequence[Size]) -> tuple[Any, ...]:
        """The index of each element of a tensor of these sizes: a tensor for each axis, which broadcast."""
        return tuple(
            self.reshape(self.range(n), [-1 if k == axis else 1 for k in range(len(sizes))])
            for axis, n in enumerate(sizes)
        )

    def load(self, x: Any, index: Sequence[Any]) -> Any:
        """The elements at indices that broadcast, within bounds."""
        at: Any = 0
        for i, n in zip(index, self.sizes(x), strict=True):
            at = self.add(self.mul(at, n), i)
        return self.node("Gather", self.reshape(x, [-1]), self.as_tensor(at, int64))

    def stored(self, x: Any) -> Any:
        return x

    def check(self, ok: Any) -> None:
        self.require(ok, "sizes or indices do not fit")

    # Lists

    def each_part(self, rule: Callable[..., Any], *xs: Any, to: Type) -> Handle:
        columns = zip(*(parts_of(x) for x in xs), strict=True)
        return made_of(to, [rule(*column).name for column in columns])

    def empty(self, type: Type) -> Handle:
        return made_of(type, [self.empty_sequence(part.dtype).name for part in part_types(type)])

    def typed(self, x: Handle, type: Type) -> Handle:
        return retyped(x, type)

    def first_part(self, x: List) -> TensorList:
        return x.parts[0]

    # Values that may be missing

    def maybe(self, flag: Tensor, x: Any) -> Optional:
        return Optional(OptionalType(x.type), flag, x)

    def some(self, x: Any) -> Optional:
        flag = x.flag if isinstance(x, Optional) else self._flag(True)
        return self.maybe(flag, x)

    def missing(self, type: Type) -> Optional:
        return Optional(OptionalType(type), self._flag(False), self.filler(type))

    def _flag(self, value: bool) -> Tensor:
        return self.tensor(value, bool_)

    def flag(self, x: Optional) -> Tensor:
        return x.flag

    def held(self, x: Optional) -> Handle:
        return x.value

    def filler(self, t: Type) -> Handle:
        """A value of a type that nobody reads: sizes that are not known are 0."""
        match t:
            case Aval():
                shape = tuple(d if isinstance(d, int) else 0 for d in t.shape)
                return Tensor(self.tensor(np.zeros(shape, t.dtype), t.dtype).name, t.dtype, t)
            case OptionalType():
                return Optional(t, self._flag(False), self.filler(t.element))
            case ListType():
                return self.empty(t)

    def empty_sequence(self, dtype: DType) -> TensorList:
        """A sequence of nothing."""
        return self.written("SequenceEmpty", (), (dtype,), {"dtype": dtype})[0]

    # Control flow of rules

    def choose(self, test: Any, then: Callable[[], Handle], other: Callable[[], Handle], like: Type) -> Handle:
        return self.branch(test, lambda: [then()], lambda: [other()], [like])[0]

    def loop(
        self, count: Size, carried: Sequence[Handle], types: Sequence[Type], body: Callable[..., Sequence[Handle]]
    ) -> tuple[Handle, ...]:
        def step(i: Any, *state: Handle) -> tuple[Sequence[Handle], None]:
            return body(i, *state), None

        return self.repeat(self.as_tensor(count, int64), None, carried, types, step)


def _ints(sizes: Sequence[Size]) -> list[int]:
    return [n for n in sizes if isinstance(n, int)]


def _quotient(x: int, y: int) -> int:
    """Rounded to zero, as integers are divided in C."""
    size = abs(x) // abs(y)
    return size if (x < 0) == (y < 0) else -size


def _remainder(x: int, y: int) -> int:
    return x - y * _quotient(x, y)
