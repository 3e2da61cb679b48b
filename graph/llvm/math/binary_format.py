"""The bits of IEEE 754 floats: exponents taken apart and put together."""

from dataclasses import dataclass

from graph.llvm.math.term import Term, fma, select


@dataclass(frozen=True, slots=True)
class Format:
    """Of a float type: bits of the fraction field, and the bias of the exponent field."""

    fraction: int
    bias: int

    @property
    def magic(self) -> float:
        """Added to a small number, it leaves the nearest integer in the lowest bits. Needs no instruction for
        rounding, which SSE2 lacks."""
        return 1.5 * 2.0**self.fraction

    @property
    def one(self) -> int:
        """The bits of 1.0."""
        return self.bias << self.fraction

    @property
    def sqrt_half(self) -> int:
        """The bits of sqrt(1/2), rounded down."""
        return 0x3FE6A09E667F3BCC if self.fraction == 52 else 0x3F3504F3

    @property
    def min_normal(self) -> float:
        return 2.0 ** (1 - self.bias)


SINGLE = Format(23, 127)
DOUBLE = Format(52, 1023)


def format_of(x: Term) -> Format:
    return DOUBLE if x.is_double else SINGLE


def nearest_integer(x: Term, offset: int = 0, factor: float = 1.0) -> tuple[Term, Term]:
    """The integer next to `factor * x` (ties to even) as a float; and bits that end in it plus `offset`, as fraction
    bits.

    For integers up to 2^22 in float, 2^51 in double.
    """
    magic = format_of(x).magic + offset
    shifted = x + magic if factor == 1.0 else fma(x, factor, magic)
    return shifted - magic, shifted.bits()


def power_of_two(biased: Term, like: Term) -> Term:
    """2^n from bits that end in n + bias, a normal number."""
    return (biased << format_of(like).fraction).as_float()


def scaled(x: Term, doubly_biased: Term) -> Term:
    """`x` times 2^n from bits that end in n + 2 bias, in two steps: overflows and becomes subnormal where it should."""
    half = doubly_biased >> 1
    return x * power_of_two(half, x) * power_of_two(doubly_biased - half, x)


def split(x: Term, *, normal: bool = False) -> tuple[Term, Term]:
    """For positive finite `x`: k (as a float) and m with `x = m 2^k`, sqrt(1/2) <= m < sqrt(2).

    `normal`: `x` is known to be no subnormal.
    """
    form = format_of(x)
    integer = 2.0**form.fraction  # a float from here on has its integer in its lowest bits
    offset = x.constant(integer + form.bias)
    bits = x.bits()
    if not normal:
        is_subnormal = x < form.min_normal
        up = form.fraction + 2
        bits = select(is_subnormal, x * 2.0**up, x).bits()
        offset = select(is_subnormal, integer + form.bias + up, offset)
    moved = bits + (form.one - form.sqrt_half)
    field = (moved >> form.fraction) | (form.bias + form.fraction << form.fraction)
    m = (moved & ((1 << form.fraction) - 1)) + form.sqrt_half
    return field.as_float() - offset, m.as_float()
