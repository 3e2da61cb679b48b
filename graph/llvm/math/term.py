"""Writing arithmetic: Python's operators on terms append LLVM instructions.

Nothing here carries a fast-math flag: LLVM neither reorders nor contracts, so error-free transformations hold.
"""

from collections.abc import Sequence
from typing import Any, Union

from llvmlite import ir as _ir

ir: Any = _ir  # llvmlite has no types

Number = Union["Term", float]


class Writer:
    """Where instructions go. `fma`: the target has fused multiply-add, else `a * b + c` is rounded twice."""

    __slots__ = ("builder", "fma")

    def __init__(self, builder: Any, *, fma: bool) -> None:
        self.builder = builder
        self.fma = fma

    def term(self, value: Any) -> "Term":
        """A term of an LLVM value."""
        return Term(self, value)

    def intrinsic(self, name: str, *operands: "Term") -> "Term":
        """A call of an LLVM intrinsic that is overloaded on the type of its operands, all alike."""
        kind = operands[0].value.type
        function = self.builder.module.declare_intrinsic(name, [kind], ir.FunctionType(kind, [kind for _ in operands]))
        return self.term(self.builder.call(function, [x.value for x in operands]))


class Term:
    """A scalar: float, double, an integer, or i1. Python numbers beside a term have its type.

    On integers `>>` is logical. Comparisons of floats are false where an operand is NaN (`differs`: true).
    """

    __slots__ = ("value", "writer")

    def __init__(self, writer: Writer, value: Any) -> None:
        self.writer = writer
        self.value = value

    @property
    def is_float(self) -> bool:
        return isinstance(self.value.type, (ir.FloatType, ir.DoubleType))

    @property
    def is_double(self) -> bool:
        return isinstance(self.value.type, ir.DoubleType)

    @property
    def bits_type(self) -> Any:
        """The integer type as wide as this float."""
        return ir.IntType(64 if self.is_double else 32)

    def constant(self, number: Number) -> "Term":
        """`number` in the type of this term; a term is itself."""
        if isinstance(number, Term):
            return number
        return Term(self.writer, ir.Constant(self.value.type, number))

    def _apply(self, on_floats: str, on_integers: str, left: "Term", right: "Term") -> "Term":
        name = on_floats if self.is_float else on_integers
        return Term(self.writer, getattr(self.writer.builder, name)(left.value, right.value))

    def __add__(self, other: Number) -> "Term":
        return self._apply("fadd", "add", self, self.constant(other))

    def __radd__(self, other: float) -> "Term":
        return self._apply("fadd", "add", self.constant(other), self)

    def __sub__(self, other: Number) -> "Term":
        return self._apply("fsub", "sub", self, self.constant(other))

    def __rsub__(self, other: float) -> "Term":
        return self._apply("fsub", "sub", self.constant(other), self)

    def __mul__(self, other: Number) -> "Term":
        return self._apply("fmul", "mul", self, self.constant(other))

    def __rmul__(self, other: float) -> "Term":
        return self._apply("fmul", "mul", self.constant(other), self)

    def __truediv__(self, other: Number) -> "Term":
        return Term(self.writer, self.writer.builder.fdiv(self.value, self.constant(other).value))

    def __rtruediv__(self, other: float) -> "Term":
        return Term(self.writer, self.writer.builder.fdiv(self.constant(other).value, self.value))

    def __neg__(self) -> "Term":
        return Term(self.writer, self.writer.builder.fneg(self.value))

    def __and__(self, other: Number) -> "Term":
        return Term(self.writer, self.writer.builder.and_(self.value, self.constant(other).value))

    def __or__(self, other: Number) -> "Term":
        return Term(self.writer, self.writer.builder.or_(self.value, self.constant(other).value))

    def __xor__(self, other: Number) -> "Term":
        return Term(self.writer, self.writer.builder.xor(self.value, self.constant(other).value))

    def __invert__(self) -> "Term":
        return Term(self.writer, self.writer.builder.not_(self.value))

    def __lshift__(self, count: int) -> "Term":
        return Term(self.writer, self.writer.builder.shl(self.value, self.constant(count).value))

    def __rshift__(self, count: int) -> "Term":
        return Term(self.writer, self.writer.builder.lshr(self.value, self.constant(count).value))

    def _compare(self, sign: str, other: Number) -> "Term":
        builder = self.writer.builder
        compare = builder.fcmp_ordered if self.is_float else builder.icmp_signed
        return Term(self.writer, compare(sign, self.value, self.constant(other).value))

    def __lt__(self, other: Number) -> "Term":
        return self._compare("<", other)

    def __le__(self, other: Number) -> "Term":
        return self._compare("<=", other)

    def __gt__(self, other: Number) -> "Term":
        return self._compare(">", other)

    def __ge__(self, other: Number) -> "Term":
        return self._compare(">=", other)

    def equals(self, other: Number) -> "Term":
        return self._compare("==", other)

    def differs(self, other: Number) -> "Term":
        """Not equal; true where an operand is NaN."""
        builder = self.writer.builder
        compare = builder.fcmp_unordered if self.is_float else builder.icmp_signed
        return Term(self.writer, compare("!=", self.value, self.constant(other).value))

    def is_nan(self) -> "Term":
        return Term(self.writer, self.writer.builder.fcmp_unordered("uno", self.value, self.value))

    def bits(self) -> "Term":
        """The float's bits as an integer of the same width."""
        return Term(self.writer, self.writer.builder.bitcast(self.value, self.bits_type))

    def as_float(self) -> "Term":
        """The float with these bits."""
        kind = ir.DoubleType() if self.value.type.width == 64 else ir.FloatType()
        return Term(self.writer, self.writer.builder.bitcast(self.value, kind))

    def low_half(self) -> "Term":
        """The lower 32 of 64 bits."""
        return Term(self.writer, self.writer.builder.trunc(self.value, ir.IntType(32)))

    def widened(self) -> "Term":
        """float to double."""
        return Term(self.writer, self.writer.builder.fpext(self.value, ir.DoubleType()))

    def narrowed(self) -> "Term":
        """double to float, rounded."""
        return Term(self.writer, self.writer.builder.fptrunc(self.value, ir.FloatType()))


def select(condition: Term, yes: Number, no: Number) -> Term:
    """`yes` where `condition`, else `no`; at least one of them is a term."""
    like = yes if isinstance(yes, Term) else no
    if not isinstance(like, Term):
        raise TypeError("select needs a term to know the type of its result")
    writer = condition.writer
    chosen = writer.builder.select(condition.value, like.constant(yes).value, like.constant(no).value)
    return Term(writer, chosen)


def fma(a: Term, b: Number, c: Number) -> Term:
    """`a * b + c`, rounded once where the target can."""
    if not a.writer.fma:
        return a * b + c
    return Term(a.writer, a.writer.builder.fma(a.value, a.constant(b).value, a.constant(c).value))


def polynomial(x: Term, coefficients: Sequence[float]) -> Term:
    """c0 + c1 x + ..., even and odd powers apart: half the latency of Horner's rule for one multiplication more."""
    if len(coefficients) < 6:
        return horner(x, coefficients)
    square = x * x
    return fma(x, horner(square, coefficients[1::2]), horner(square, coefficients[0::2]))


def horner(x: Term, coefficients: Sequence[float]) -> Term:
    """c0 + c1 x + ..., by Horner's rule."""
    total = x.constant(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = fma(total, x, coefficient)
    return total


def absolute(x: Term) -> Term:
    return x.writer.intrinsic("llvm.fabs", x)


def square_root(x: Term) -> Term:
    return x.writer.intrinsic("llvm.sqrt", x)


def copy_sign(size: Term, sign: Term) -> Term:
    """`size` with the sign of `sign`."""
    return size.writer.intrinsic("llvm.copysign", size, sign)


def at_most(x: Term, bound: Number) -> Term:
    """The smaller of the two; NaN where `x` is."""
    return select(x > bound, bound, x)


def at_least(x: Term, bound: Number) -> Term:
    """The larger of the two; NaN where `x` is."""
    return select(x < bound, bound, x)
