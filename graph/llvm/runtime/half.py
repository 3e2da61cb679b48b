"""Conversion of float16 in whole numbers, in the word language: for processors that have no instruction for it.

LLVM calls these functions by the names that its own run-time library has, which is not there on every machine.
"""

from typing import Final

from graph.llvm.runtime.words import Word, leading_zeros


def dy_half_of_double(x: Word) -> Word:
    """The bits of a float16 from those of a float64: rounded to the nearest, ties to even."""
    sign = (x >> 48) & 0x8000
    exponent = ((x >> 52) & 0x7FF) - 1008
    fraction = x & 0xFFFFFFFFFFFFF
    if exponent == 1039:
        return sign | 0x7C00 | ((0x200 | (fraction >> 42)) if fraction else 0)
    if exponent >= 31:
        return sign | 0x7C00
    if exponent < -10:
        return sign
    cut = 42
    base = exponent << 10
    if exponent <= 0:
        fraction = fraction | 0x10000000000000
        cut = 43 - exponent
        base = 0
    kept = base + (fraction >> cut)
    rest = fraction & ((1 << cut) - 1)
    tie = 1 << (cut - 1)
    if rest > tie or (rest == tie and kept & 1):
        kept += 1
    return sign | kept


def dy_double_of_half(x: Word) -> Word:
    """The bits of a float64 from those of a float16."""
    sign = (x & 0x8000) << 48
    exponent = (x >> 10) & 31
    fraction = x & 0x3FF
    if exponent == 31:
        return sign | 0x7FF0000000000000 | (fraction << 42)
    if exponent:
        return sign | ((exponent + 1008) << 52) | (fraction << 42)
    if not fraction:
        return sign
    shift = leading_zeros(fraction) - 53
    return sign | ((1009 - shift) << 52) | (((fraction << shift) & 0x3FF) << 42)


NAMES: Final = ("__truncdfhf2", "__truncsfhf2", "__extendhfsf2")
TEXT: Final = """
define half @__truncdfhf2(double %x) {
  %bits = bitcast double %x to i64
  %word = call i64 @dy_half_of_double(i64 %bits)
  %short = trunc i64 %word to i16
  %result = bitcast i16 %short to half
  ret half %result
}

define half @__truncsfhf2(float %x) {
  %wide = fpext float %x to double
  %result = call half @__truncdfhf2(double %wide)
  ret half %result
}

define float @__extendhfsf2(half %x) {
  %short = bitcast half %x to i16
  %word = zext i16 %short to i64
  %bits = call i64 @dy_double_of_half(i64 %word)
  %wide = bitcast i64 %bits to double
  %result = fptrunc double %wide to float
  ret float %result
}
"""
"""The functions as LLVM calls them."""
