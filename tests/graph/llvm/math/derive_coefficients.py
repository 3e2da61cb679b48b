"""Writes graph/llvm/math/coefficients.py: minimax polynomials by Remez' exchange, in 60 digits (needs mpmath).

    python tests/graph/llvm/math/derive_coefficients.py > new.py; ruff format new.py

gives graph/llvm/math/coefficients.py.

Method: J.-M. Muller, Elementary Functions, 3rd ed., 2016, ch. 3. Coefficients are rounded to their format one by one
from the lowest, and the others are fitted again to what is left (ibid., 3.6, in its simplest form).
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath as mp
from mpmath import mpf

mp.mp.dps = 60

Function = Callable[[Any], Any]


@dataclass(frozen=True)
class Fit:
    """`c0 + c1 z + ... c_n z^n` near `target` on [low, high]; error counts `weight` times."""

    name: str
    meaning: str
    target: Function
    weight: Function
    low: Any
    high: Any
    degree: int
    single: bool = False
    rounded: int = 3
    """How many of the lowest coefficients are rounded before the rest is fitted; 0 where the interval has a zero
    inside, as there the remaining powers may have no unique fit (Haar's condition)."""


def grid(fit: Fit, count: int) -> list[Any]:
    """Chebyshev points, both ends among them; a zero is moved off, as quotients have no value there."""
    low, high = mpf(fit.low), mpf(fit.high)
    points = [(low + high) / 2 - (high - low) / 2 * mp.cos(mp.pi * i / (count - 1)) for i in range(count)]
    return [point if abs(point) > mpf(10) ** -18 else mpf(10) ** -9 for point in points]


def evaluate(coefficients: Sequence[Any], x: Any) -> Any:
    return mp.polyval(list(reversed(coefficients)), x)


def remez(points: list[Any], wanted: list[Any], weights: list[Any], powers: Sequence[int]) -> tuple[list[Any], Any]:
    """Coefficients of `powers` with the smallest weighted error on `points`, and that error."""
    count = len(powers) + 1
    heavy = [i for i, weight in enumerate(weights) if abs(weight) > max(abs(w) for w in weights) / 1000]
    chosen = [heavy[round(i * (len(heavy) - 1) / (count - 1))] for i in range(count)]
    coefficients: list[Any] = []
    worst = mpf(0)
    for _ in range(30):
        matrix = mp.matrix(count, count)
        right = mp.matrix(count, 1)
        for row, index in enumerate(chosen):
            for column, power in enumerate(powers):
                matrix[row, column] = weights[index] * points[index] ** power
            matrix[row, count - 1] = (-1) ** row
            right[row] = weights[index] * wanted[index]
        solution = mp.lu_solve(matrix, right)
        coefficients = [solution[i] for i in range(count - 1)]
        errors = [
            w * (y - sum(c * x**p for c, p in zip(coefficients, powers, strict=True)))
            for x, y, w in zip(points, wanted, weights, strict=True)
        ]
        worst = max(abs(e) for e in errors)
        peaks: list[int] = []
        for index, error in enumerate(errors):
            if peaks and (errors[peaks[-1]] > 0) == (error > 0):
                if abs(error) > abs(errors[peaks[-1]]):
                    peaks[-1] = index
            else:
                peaks.append(index)
        while len(peaks) > count:
            peaks.pop(0 if abs(errors[peaks[0]]) < abs(errors[peaks[-1]]) else -1)
        if len(peaks) < count or worst < abs(solution[count - 1]) * mpf("1.001"):
            break
        chosen = peaks
    return coefficients, worst


def rounded_to(value: Any, single: bool) -> Any:
    with mp.workprec(24 if single else 53):
        return +value


def solve(fit: Fit) -> tuple[list[Any], Any]:
    """Rounded coefficients, and the weighted error of the rounded polynomial."""
    points = grid(fit, 12 * fit.degree + 60)
    wanted = [fit.target(x) for x in points]
    weights = [fit.weight(x) for x in points]
    fixed: list[Any] = []
    left = list(wanted)
    while len(fixed) <= fit.degree:
        coefficients, _ = remez(points, left, weights, range(len(fixed), fit.degree + 1))
        if len(fixed) >= fit.rounded:
            fixed += [rounded_to(c, fit.single) for c in coefficients]
            break
        c = rounded_to(coefficients[0], fit.single)
        left = [y - c * x ** len(fixed) for x, y in zip(points, left, strict=True)]
        fixed.append(c)
    error = max(abs(w * (y - evaluate(fixed, x))) for x, y, w in zip(points, wanted, weights, strict=True))
    return fixed, error


def one(x: Any) -> Any:
    return mpf(1)


HALF_LN2 = mp.log(2) / 2 * mpf("1.0005")
ROOTS = (mp.sqrt(mpf(1) / 2) * mpf("0.9999") - 1, mp.sqrt(2) * mpf("1.0001") - 1)
MAX_S = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * mpf("1.001")
EIGHTH_TURN = (mp.pi / 4 * mpf("1.002")) ** 2
TAN_EIGHTH = ((mp.sqrt(2) - 1) * mpf("1.0001")) ** 2
TINY = mpf(10) ** -16


def exp_rest(r: Any) -> Any:
    """(e^r - 1 - r) / r^2"""
    return mp.hyp1f1(1, 3, r) / 2


def exp2_rest(r: Any) -> Any:
    """(2^r - 1) / r"""
    return mp.expm1(r * mp.log(2)) / r


def log2_slope(r: Any) -> Any:
    """log2(1 + r) / r"""
    return mp.log1p(r) / (r * mp.log(2))


def log_rest(f: Any) -> Any:
    """(log(1 + f) - f + f^2/2) / f^3"""
    return mp.hyp2f1(1, 3, 4, -f) / 3


def atanh_rest(z: Any) -> Any:
    """With s^2 = z: (2 atanh(s) - 2 s) / s^3"""
    return 2 * mp.hyp2f1(1, mpf(3) / 2, mpf(5) / 2, z) / 3


def atanh_far_rest(z: Any) -> Any:
    """With s^2 = z: (2 atanh(s) - 2 s - 2/3 s^3) / s^5"""
    return 2 * mp.hyp2f1(1, mpf(5) / 2, mpf(7) / 2, z) / 5


def sin_rest(z: Any) -> Any:
    """With r^2 = z: (sin(r) - r) / r^3"""
    r = mp.sqrt(z)
    return (mp.sin(r) - r) / r**3


def cos_rest(z: Any) -> Any:
    """With r^2 = z: (cos(r) - 1 + r^2/2) / r^4"""
    return (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2


def atan_rest(z: Any) -> Any:
    """With t^2 = z: (atan(t) - t) / t^3"""
    t = mp.sqrt(z)
    return (mp.atan(t) - t) / t**3


def asin_rest(z: Any) -> Any:
    """With t^2 = z: (asin(t) - t) / t^3"""
    t = mp.sqrt(z)
    return (mp.asin(t) - t) / t**3


def tanh_rest(z: Any) -> Any:
    """With x^2 = z: (tanh(x) - x) / x^3"""
    x = mp.sqrt(z)
    return (mp.tanh(x) - x) / x**3


def erf_rest(z: Any) -> Any:
    """With x^2 = z: erf(x) / x - 1"""
    x = mp.sqrt(z)
    return mp.erf(x) / x - 1


def erfc_log(shift: float) -> Function:
    """-log(erfc(x)) with x = z + shift. Small shifts make the sum well-conditioned where erfc counts most."""
    return lambda z: -mp.log(mp.erfc(z + mpf(shift)))


def erfc_weight(shift: float) -> Function:
    """An error in log(erfc(x)) changes erf(x) by so much, relatively."""
    return lambda z: mp.erfc(z + mpf(shift)) / mp.erf(z + mpf(shift))


def by_square(z: Any) -> Any:
    return z


FITS = [
    Fit("EXP_32", exp_rest.__doc__ or "", exp_rest, lambda r: r * r, -HALF_LN2, HALF_LN2, 4, True, 0),
    Fit("EXP_64", exp_rest.__doc__ or "", exp_rest, lambda r: r * r, -HALF_LN2, HALF_LN2, 10, rounded=0),
    Fit("EXP2_32", exp2_rest.__doc__ or "", exp2_rest, lambda r: r, -0.5001, 0.5001, 5, True, 0),
    Fit("EXP2_SHORT", exp2_rest.__doc__ or "", exp2_rest, lambda r: r, -0.5001, 0.5001, 7, rounded=0),
    Fit("EXP2_64", exp2_rest.__doc__ or "", exp2_rest, lambda r: r, -0.5001, 0.5001, 11, rounded=0),
    Fit("EXP2_ROW", exp2_rest.__doc__ or "", exp2_rest, one, -0.0096, 0.0096, 4),
    Fit("LOG2_ROW", log2_slope.__doc__ or "", log2_slope, lambda r: r, -0.00391, 0.00391, 5, rounded=0),
    Fit("LOG_32", log_rest.__doc__ or "", log_rest, lambda f: f**3 / mp.log1p(f), *ROOTS, 8, True),
    Fit("ATANH_SHORT", atanh_rest.__doc__ or "", atanh_rest, by_square, TINY, MAX_S, 4),
    Fit("ATANH_64", atanh_rest.__doc__ or "", atanh_rest, by_square, TINY, MAX_S, 7),
    Fit("ATANH_FAR", atanh_far_rest.__doc__ or "", atanh_far_rest, lambda z: z * z, TINY, MAX_S, 8),
    Fit("SIN_32", sin_rest.__doc__ or "", sin_rest, by_square, TINY, EIGHTH_TURN, 2, True),
    Fit("SIN_64", sin_rest.__doc__ or "", sin_rest, by_square, TINY, EIGHTH_TURN, 5),
    Fit("COS_32", cos_rest.__doc__ or "", cos_rest, lambda z: z * z, TINY, EIGHTH_TURN, 2, True),
    Fit("COS_64", cos_rest.__doc__ or "", cos_rest, lambda z: z * z, TINY, EIGHTH_TURN, 5),
    Fit("ATAN_32", atan_rest.__doc__ or "", atan_rest, by_square, TINY, TAN_EIGHTH, 4, True),
    Fit("ATAN_64", atan_rest.__doc__ or "", atan_rest, by_square, TINY, TAN_EIGHTH, 10),
    Fit("ASIN_32", asin_rest.__doc__ or "", asin_rest, by_square, TINY, mpf("0.2501"), 4, True),
    Fit("ASIN_64", asin_rest.__doc__ or "", asin_rest, by_square, TINY, mpf("0.2501"), 12),
    Fit("TANH_32", tanh_rest.__doc__ or "", tanh_rest, by_square, TINY, mpf("0.4"), 4, True),
    Fit("ERF_32", erf_rest.__doc__ or "", erf_rest, one, TINY, mpf("0.82"), 6, True),
    Fit("ERF_64", erf_rest.__doc__ or "", erf_rest, one, TINY, mpf("1.01"), 12),
    Fit("ERFC_32", "-log(erfc(z + 0.9))", erfc_log(0.9), erfc_weight(0.9), 0, 3.1, 9, True, 0),
    Fit("ERFC_64", "-log(erfc(z + 1))", erfc_log(1), erfc_weight(1), 0, 5, 18, False, 0),
]


def written(fit: Fit) -> str:
    coefficients, error = solve(fit)
    bits = float(-mp.log(error, 2))
    sys.stderr.write(f"{fit.name}: 2^-{bits:.1f}\n")
    rows = "".join(f"    {float(c)!r},\n" for c in coefficients)
    interval = f"[{float(fit.low):.6g}, {float(fit.high):.6g}]"
    return f'\n{fit.name} = (\n{rows})\n"""{fit.meaning}, argument in {interval}; error 2^-{bits:.1f}."""\n'


def head(value: Any, bits: int) -> Any:
    """`value` cut to a multiple of 2^-bits."""
    return mp.floor(value * mpf(2) ** bits) / mpf(2) ** bits


def words(value: Any, count: int, single: bool) -> list[Any]:
    """`value` as a sum of floats, each as near as can be to what is left."""
    found: list[Any] = []
    for _ in range(count):
        found.append(rounded_to(value - sum(found), single))
    return found


def exact_head(value: Any, single: bool) -> list[Any]:
    """`value` in two words, the first of so few bits that its products with exponents are exact."""
    first = head(value, 15 if single else 40)
    return [first, rounded_to(value - first, single)]


LN2 = mp.log(2)
CONSTANTS = [
    ("LN2", [LN2], "ln 2."),
    ("LN2_32", exact_head(LN2, True), "ln 2 in two words; products of the first with exponents are exact."),
    ("LN2_64", exact_head(LN2, False), "The same in double."),
    ("LOG2_E", [1 / LN2], "1 / ln 2."),
    ("LOG2_E_32", words(1 / LN2, 2, True), "1 / ln 2 in two words."),
    ("LOG2_E_64", words(1 / LN2, 2, False), "1 / ln 2 in two words."),
    ("LOG10_E_32", words(1 / mp.log(10), 2, True), "1 / ln 10 in two words."),
    ("LOG10_E_64", words(1 / mp.log(10), 2, False), "1 / ln 10 in two words."),
    (
        "LOG10_2_32",
        exact_head(mp.log10(2), True),
        "log10 2 in two words; products of the first with exponents are exact.",
    ),
    ("LOG10_2_64", exact_head(mp.log10(2), False), "The same in double."),
    ("HALF_PI_32", words(mp.pi / 2, 3, True), "pi / 2 in three words."),
    ("HALF_PI_64", words(mp.pi / 2, 3, False), "pi / 2 in three words."),
    ("TWO_THIRDS_LOW", [mpf(2) / 3 - rounded_to(mpf(2) / 3, False)], "2/3, what the double lacks."),
]
TWO_OVER_PI_BITS = 1280


def constants() -> str:
    lines: list[str] = []
    for name, values, meaning in CONSTANTS:
        numbers = ", ".join(repr(float(value)) for value in values)
        lines.append(f'\n{name} = {numbers if len(values) == 1 else f"({numbers})"}\n"""{meaning}"""\n')
    with mp.workprec(TWO_OVER_PI_BITS + 64):
        digits = int(mp.floor(2 / mp.pi * mpf(2) ** TWO_OVER_PI_BITS))
    text = f"{digits:0{TWO_OVER_PI_BITS // 4}x}"
    rows = "".join(f'    "{text[i : i + 80]}"\n' for i in range(0, len(text), 80))
    lines.append(f'\nTWO_OVER_PI = (\n{rows})\n"""The bits of 2 / pi after the point, in hexadecimal."""\n')
    return "".join(lines)


def main() -> None:
    only = sys.argv[1:]
    fits = [fit for fit in FITS if not only or fit.name in only]
    title = "Constants; minimax polynomials, lowest power first. Written by the tests: derive_coefficients.py."
    sys.stdout.write(f'"""{title}"""\n')
    sys.stdout.write(constants())
    for fit in fits:
        sys.stdout.write(written(fit))


if __name__ == "__main__":
    main()
