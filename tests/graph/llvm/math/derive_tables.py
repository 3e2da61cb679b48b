"""Writes graph/llvm/math/tables.py, in 60 digits (needs mpmath).

    python tests/graph/llvm/math/derive_tables.py > new.py; ruff format new.py

The logarithm of 1/2 and 2 to the power of 1/4 are no doubles, but near most numbers there is one whose function value
almost is a double. Rows are looked for there (Gal's accurate tables).

Source: S. Gal, B. Bachelis, An accurate elementary mathematical library for the IEEE floating point standard, ACM TOMS
17(1), 1991.
"""

import struct
import sys
from collections.abc import Callable, Iterator
from typing import Any

import mpmath as mp
from mpmath import mpf

mp.mp.dps = 60
BITS = 7
ROWS = 2**BITS
START = 1 - mpf(ROWS * 3 // 5 - 1) / 2 ** (BITS + 1) - mpf(1) / 2 ** (BITS + 2)
"""Where the range of m begins: so that 1 lies in the middle of a row."""
Row = tuple[float, float]


def bits_of(x: float) -> int:
    return struct.unpack("<q", struct.pack("<d", x))[0]


def float_of(bits: int) -> float:
    return struct.unpack("<d", struct.pack("<q", bits))[0]


def lost(value: Any) -> Any:
    """What a double lacks of `value`, relatively."""
    return abs((mpf(float(value)) - value) / value) if value else mpf(0)


def best_near(start: float, function: Callable[[Any], Any], step: float, tries: int) -> float:
    """Of the doubles next to `start`, `step` apart, the one whose function value is nearest to a double."""
    candidates = (start + step * (i - tries // 2) for i in range(tries))
    return min(candidates, key=lambda x: lost(function(mpf(x))))


def log2_rows() -> Iterator[Row]:
    """1 / c and log2 c for each part of [START, 2 START), c about its middle."""
    first = bits_of(float(START))
    width = 1 << (52 - BITS)
    for i in range(ROWS):
        low, high = (float_of(first + (i + end) * width) for end in (0, 1))
        if low < 1 < high:
            yield 1.0, 0.0
            continue
        inverse = best_near(2 / (low + high), lambda x: -mp.log(x, 2), 2.0**-40, 400)
        yield inverse, float(-mp.log(mpf(inverse), 2))


def exp2_rows() -> Iterator[Row]:
    """d and 2^(j / ROWS + d), d small."""
    for j in range(ROWS):
        if not j:
            yield 0.0, 1.0
            continue
        at = mpf(j) / ROWS
        d = best_near(0.0, lambda x, at=at: mpf(2) ** (at + x), 2.0**-40, 400)
        yield d, float(mpf(2) ** (at + mpf(d)))


def written(name: str, rows: Iterator[Row], meaning: str) -> str:
    lines = "".join(f"    ({a!r}, {b!r}),\n" for a, b in rows)
    return f'\n{name} = (\n{lines})\n"""{meaning}"""\n'


def main() -> None:
    out = sys.stdout.write
    out('"""Tables of logarithms and powers, in double. Written by the tests: derive_tables.py."""\n')
    out(f'\nROW_BITS = {BITS}\n"""Tables have 2^ROW_BITS rows."""\n')
    out(f'\nLOG2_START = {bits_of(float(START)):#x}\n"""The bits of the number where the range of LOG2 begins."""\n')
    out(written("LOG2", log2_rows(), "1 / c and log2 c, c in the middle of each part of [start, 2 start)."))
    out(written("EXP2", exp2_rows(), "d and 2^(j / 2^ROW_BITS + d), d so that the power is a double, very nearly."))


if __name__ == "__main__":
    main()
