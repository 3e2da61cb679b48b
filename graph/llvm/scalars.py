"""Arithmetic on single elements: the `ScalarEmitter` of lowering rules, in LLVM instructions."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np

from graph.dtypes import (
    DType,
    bfloat16,
    bool_,
    complex64,
    complex128,
    float16,
    float32,
    float64,
    int64,
    of_scalar,
    uint16,
    uint32,
    uint64,
)
from graph.errors import InternalError
from graph.llvm import ir
from graph.llvm.casts import bfloat16_bits, converted, rounded_to_bfloat16
from graph.llvm.code import Code
from graph.llvm.ir import make
from graph.llvm.math_calls import call_math
from graph.llvm.types import is_signed, part_of, register_type

Number = bool | int | float | complex


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """An element in registers: one, or for a complex number two."""

    dtype: DType
    parts: tuple[ir.Value, ...]

    @property
    def value(self) -> ir.Value:
        """The only register."""
        (value,) = self.parts
        return value


Operand = Scalar | Number
Size = int | Scalar
"""A length or an index: known now, or an int64 at run time."""

_COMPARE: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_UNORDERED: Final = frozenset(["!="])


class Scalars:
    """See `graph.ir.lowering.ScalarEmitter`. Python numbers among the operands are computed with at once."""

    def __init__(self, code: Code, *, single: bool = False, in_loop: bool = True) -> None:
        """`in_loop`: of elements in a loop that is to become vector code; else of elements that are written one by one,
        or a `single` one."""
        self.code, self._single, self._in_loop = code, single, in_loop

    @property
    def b(self) -> Any:
        return self.code.b

    # Numbers

    def const(self, value: Any, dtype: DType) -> Scalar:
        kind = register_type(dtype)
        if dtype.kind == "c":
            number = complex(value)
            part = part_of(dtype)
            return Scalar(dtype, (self.const(number.real, part).value, self.const(number.imag, part).value))
        number = np.asarray(value).astype(dtype)[()]
        if dtype == bool_:
            return Scalar(dtype, (make.Constant(kind, int(number)),))
        if dtype.kind in "iu":
            return Scalar(dtype, (make.Constant(kind, int(number)),))
        if dtype == float16:
            bits = make.Constant(make.IntType(16), int(number.view(np.uint16)))
            return Scalar(dtype, (bits.bitcast(kind),))
        return Scalar(dtype, (make.Constant(kind, float(number)),))

    def is_number(self, x: Operand) -> bool:
        found = [getattr(part, "constant", None) for part in x.parts] if isinstance(x, Scalar) else [x]
        return all(isinstance(number, int | float | complex) and number == number for number in found)

    def size(self, x: Size) -> ir.Value:
        """A size as an i64 register."""
        return make.Constant(make.IntType(64), x) if isinstance(x, int) else x.value

    def i64(self, value: ir.Value) -> Scalar:
        """A register as a size."""
        return Scalar(int64, (value,))

    def _pair(self, x: Operand, y: Operand) -> tuple[Scalar, Scalar]:
        if isinstance(x, Scalar):
            if isinstance(y, Scalar):
                if x.dtype != y.dtype:
                    raise InternalError(f"a lowering rule mixes {x.dtype} and {y.dtype}")
                return x, y
            return x, self.const(y, x.dtype)
        if isinstance(y, Scalar):
            return self.const(x, y.dtype), y
        dtype = of_scalar(x)
        return self.const(x, dtype), self.const(y, dtype)

    def scalar(self, x: Operand) -> Scalar:
        """`x` itself, or a Python number in the dtype that it has by itself."""
        return x if isinstance(x, Scalar) else self.const(x, of_scalar(x))

    def _float_or_int(self, x: Scalar, y: Scalar, f: str, i: str) -> Scalar:
        if x.dtype.kind in "iub":
            return Scalar(x.dtype, (getattr(self.b, i)(x.value, y.value),))
        return self._rounded(x.dtype, getattr(self.b, f)(x.value, y.value))

    def _rounded(self, dtype: DType, value: ir.Value) -> Scalar:
        """The result of an operation on floats, in their precision."""
        return Scalar(dtype, (rounded_to_bfloat16(self.b, value) if dtype == bfloat16 else value,))

    def convert(self, x: Operand, dtype: DType) -> Scalar:
        if not isinstance(x, Scalar):
            return self.const(x, dtype)
        return x if x.dtype == dtype else Scalar(dtype, converted(self.code, x.dtype, x.parts, dtype))

    def add(self, x: Operand, y: Operand) -> Any:
        if not isinstance(x, Scalar) and not isinstance(y, Scalar):
            return x + y
        if isinstance(x, int) and x == 0 and _is_integer(y):
            return y
        if isinstance(y, int) and y == 0 and _is_integer(x):
            return x
        a, c = self._pair(x, y)
        if a.dtype.kind == "c":
            return self._by_parts(a, c, "fadd")
        return self._float_or_int(a, c, "fadd", "or_" if a.dtype == bool_ else "add")

    def accumulate(self, x: Operand, y: Operand) -> Any:
        a, c = self._pair(x, y)
        if a.dtype.kind in "iub" or a.dtype == bfloat16:
            return self.add(a, c)
        flags = () if self.code.unit.is_exact else ("reassoc",)
        parts = zip(a.parts, c.parts, strict=True)
        return Scalar(a.dtype, tuple(self.b.fadd(p, q, flags=flags) for p, q in parts))

    def sub(self, x: Operand, y: Operand) -> Any:
        if not isinstance(x, Scalar) and not isinstance(y, Scalar):
            return x - y
        if isinstance(y, int) and y == 0 and _is_integer(x):
            return x
        a, c = self._pair(x, y)
        if a.dtype.kind == "c":
            return self._by_parts(a, c, "fsub")
        return self._float_or_int(a, c, "fsub", "sub")

    def _by_parts(self, x: Scalar, y: Scalar, how: str) -> Scalar:
        instruction = getattr(self.b, how)
        return Scalar(x.dtype, tuple(instruction(p, q) for p, q in zip(x.parts, y.parts, strict=True)))

    def mul(self, x: Operand, y: Operand) -> Any:
        if not isinstance(x, Scalar) and not isinstance(y, Scalar):
            return x * y
        for one, other in ((x, y), (y, x)):
            if isinstance(one, int) and one in (0, 1) and _is_integer(other):
                return other if one else 0
        a, c = self._pair(x, y)
        if a.dtype.kind == "c":
            (p, q), (r, s) = a.parts, c.parts
            b = self.b
            return Scalar(a.dtype, (b.fsub(b.fmul(p, r), b.fmul(q, s)), b.fadd(b.fmul(p, s), b.fmul(q, r))))
        return self._float_or_int(a, c, "fmul", "and_" if a.dtype == bool_ else "mul")

    def div(self, x: Operand, y: Operand) -> Any:
        a, c = self._pair(x, y)
        if a.dtype.kind == "c":
            return self._complex_quotient(a, c)
        return self._rounded(a.dtype, self.b.fdiv(a.value, c.value))

    def _complex_quotient(self, x: Scalar, y: Scalar) -> Scalar:
        """Smith's algorithm, as NumPy has it. Source: Smith 1962, "Algorithm 116: Complex division", CACM 5."""
        part = part_of(x.dtype)
        (a, b), (c, d) = ((Scalar(part, (v,)) for v in z.parts) for z in (x, y))
        size_c, size_d = self.math("fabs", c), self.math("fabs", d)
        c_is_larger = self.ge(size_c, size_d)
        is_zero = self.bit_and(self.eq(size_c, 0.0), self.eq(size_d, 0.0))
        large, small = self.select(c_is_larger, c, d), self.select(c_is_larger, d, c)
        ratio = self.div(small, large)
        scale = self.div(1.0, self.add(large, self.mul(small, ratio)))
        first, second = self.select(c_is_larger, a, b), self.select(c_is_larger, b, a)
        re = self.mul(self.add(first, self.mul(second, ratio)), scale)
        cross = self.sub(second, self.mul(first, ratio))
        im = self.mul(self.select(c_is_larger, cross, self.sub(self.mul(b, ratio), a)), scale)
        return self.complex(
            self.select(is_zero, self.div(a, size_c), re), self.select(is_zero, self.div(b, size_c), im)
        )

    def quotient(self, x: Operand, y: Operand) -> Any:
        if not isinstance(x, Scalar) and not isinstance(y, Scalar):
            return int(cast(int, x) / cast(int, y))
        a, c = self._pair(x, y)
        how = self.b.sdiv if is_signed(a.dtype) else self.b.udiv
        return Scalar(a.dtype, (how(a.value, c.value),))

    def remainder(self, x: Operand, y: Operand) -> Any:
        if not isinstance(x, Scalar) and not isinstance(y, Scalar):
            return x - y * self.quotient(x, y)
        a, c = self._pair(x, y)
        how = self.b.srem if is_signed(a.dtype) else self.b.urem
        return Scalar(a.dtype, (how(a.value, c.value),))

    def neg(self, x: Operand) -> Any:
        if not isinstance(x, Scalar):
            return -x
        if x.dtype.kind in "iu":
            return Scalar(x.dtype, (self.b.neg(x.value),))
        return Scalar(x.dtype, tuple(self.b.fneg(p) for p in x.parts))

    # Bits and logic

    def _bits(self, x: Operand, y: Operand, how: str, now: Callable[[Any, Any], Any]) -> Any:
        if not isinstance(x, Scalar) and not isinstance(y, Scalar):
            return now(x, y)
        a, c = self._pair(x, y)
        return Scalar(a.dtype, (getattr(self.b, how)(a.value, c.value),))

    def bit_and(self, x: Operand, y: Operand) -> Any:
        return y if x is True else x if y is True else self._bits(x, y, "and_", lambda p, q: p & q)

    def bit_or(self, x: Operand, y: Operand) -> Any:
        return self._bits(x, y, "or_", lambda p, q: p | q)

    def bit_xor(self, x: Operand, y: Operand) -> Any:
        return self._bits(x, y, "xor", lambda p, q: p ^ q)

    def bit_not(self, x: Operand) -> Any:
        if not isinstance(x, Scalar):
            return not x if isinstance(x, bool) else ~cast(int, x)
        return Scalar(x.dtype, (self.b.not_(x.value),))

    def shift_left(self, x: Operand, y: Operand) -> Any:
        return self._bits(x, y, "shl", lambda p, q: p << q)

    def shift_right(self, x: Operand, y: Operand) -> Any:
        dtype = x.dtype if isinstance(x, Scalar) else y.dtype if isinstance(y, Scalar) else int64
        return self._bits(x, y, "ashr" if is_signed(dtype) else "lshr", lambda p, q: p >> q)

    def bits(self, x: Scalar) -> Scalar:
        if x.dtype == bfloat16:
            return Scalar(uint16, (bfloat16_bits(self.b, x.value),))
        dtype = {2: uint16, 4: uint32, 8: uint64}[x.dtype.itemsize]
        return Scalar(dtype, (self.b.bitcast(x.value, register_type(dtype)),))

    def wide_product(self, x: Operand, y: Operand) -> tuple[Scalar, Scalar]:
        a, c = self._pair(x, y)
        b, wide, word = self.b, make.IntType(128), make.IntType(64)
        made = b.mul(b.zext(a.value, wide), b.zext(c.value, wide))
        upper, lower = b.trunc(b.lshr(made, wide(64)), word), b.trunc(made, word)
        return Scalar(a.dtype, (upper,)), Scalar(a.dtype, (lower,))

    # Comparisons

    def _compare(self, how: str, x: Operand, y: Operand) -> Any:
        if not isinstance(x, Scalar) and not isinstance(y, Scalar):
            return _COMPARE[how](x, y)
        a, c = self._pair(x, y)
        b = self.b
        if a.dtype.kind == "c":
            return self._compare_complex(how, a, c)
        if a.dtype.kind in "iub":
            made = (b.icmp_signed if is_signed(a.dtype) else b.icmp_unsigned)(how, a.value, c.value)
        else:
            made = (b.fcmp_unordered if how in _UNORDERED else b.fcmp_ordered)(how, a.value, c.value)
        return Scalar(bool_, (made,))

    def _compare_complex(self, how: str, x: Scalar, y: Scalar) -> Scalar:
        """Equal in both parts; an order by the real part, then by the imaginary one."""
        (a, b), (c, d) = ((self.real(z), self.imag(z)) for z in (x, y))
        same = self.eq(a, c)
        match how:
            case "==":
                return self.bit_and(same, self.eq(b, d))
            case "!=":
                return self.bit_or(self.ne(a, c), self.ne(b, d))
            case _:
                strict = how[0]
                return self.bit_or(self._compare(strict, a, c), self.bit_and(same, self._compare(how, b, d)))

    def eq(self, x: Operand, y: Operand) -> Any:
        return self._compare("==", x, y)

    def ne(self, x: Operand, y: Operand) -> Any:
        return self._compare("!=", x, y)

    def lt(self, x: Operand, y: Operand) -> Any:
        return self._compare("<", x, y)

    def le(self, x: Operand, y: Operand) -> Any:
        return self._compare("<=", x, y)

    def gt(self, x: Operand, y: Operand) -> Any:
        return self._compare(">", x, y)

    def ge(self, x: Operand, y: Operand) -> Any:
        return self._compare(">=", x, y)

    def select(self, condition: Operand, x: Operand, y: Operand) -> Any:
        if not isinstance(condition, Scalar):
            return x if condition else y
        if not isinstance(x, Scalar) and not isinstance(y, Scalar) and x == y and type(x) is type(y):
            return x
        a, c = self._pair(x, y)
        pairs = zip(a.parts, c.parts, strict=True)
        return Scalar(a.dtype, tuple(self.b.select(condition.value, p, q) for p, q in pairs))

    # Functions

    def math(self, name: str, *xs: Operand) -> Scalar:
        like = next((x for x in xs if isinstance(x, Scalar)), None)
        dtype = float64 if like is None else like.dtype
        operands = [x if isinstance(x, Scalar) else self.const(x, dtype) for x in xs]
        if dtype == float16:
            wide = [self.convert(x, float32) for x in operands]
            return self.convert(self.math(name, *wide), float16)
        values = [x.value for x in operands]
        found = call_math(self.code, name, dtype, values, single=self._single, in_loop=self._in_loop)
        return self._rounded(dtype, found)

    # Complex numbers

    def complex(self, re: Operand, im: Operand) -> Scalar:
        a, c = self._pair(re, im)
        return Scalar(complex64 if a.dtype == float32 else complex128, (a.value, c.value))

    def real(self, x: Scalar) -> Scalar:
        return Scalar(part_of(x.dtype), x.parts[:1]) if x.dtype.kind == "c" else x

    def imag(self, x: Scalar) -> Scalar:
        return Scalar(part_of(x.dtype), x.parts[1:]) if x.dtype.kind == "c" else self.const(0, x.dtype)


def _is_integer(x: Operand) -> bool:
    return isinstance(x, Scalar) and x.dtype.kind in "iu"
