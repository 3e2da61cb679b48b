"""Functions of `math` that are more than one op: written in Python, and converted like a user's function."""

from typing import Any, Final

from eager.recorder import converts

MOST: Final = 2**63 - 1
TOO_LONG: Final = "an int of the graph has 64 bits, this one needs more"
MOST_TENS: Final = 18
"""The greatest power of ten that has 64 bits, also when it is doubled."""
MOST_FACTORIAL: Final = 20
MOST_MODULUS: Final = 3_037_000_499
"""The square of what is below it has 64 bits."""
INFINITY: Final = float("inf")


@converts
def gcd(a: Any, b: Any) -> Any:
    """The greatest common divisor of two ints."""
    while b != 0:
        a, b = b, a % b
    return abs(a)


@converts
def lcm(a: Any, b: Any) -> Any:
    """The least common multiple of two ints. Raises OverflowError where it has no 64 bits."""
    if a == 0 or b == 0:
        return 0
    part = abs(a // gcd(a, b))
    if abs(b) > MOST // part:
        raise OverflowError(TOO_LONG)
    return part * abs(b)


@converts
def factorial(n: Any) -> Any:
    """n!. Raises ValueError below 0, OverflowError where it has no 64 bits."""
    if n < 0:
        raise ValueError("factorial() not defined for negative values")
    if n > MOST_FACTORIAL:
        raise OverflowError(TOO_LONG)
    product = 1
    for i in range(1, n + 1):
        product = product * i
    return product


@converts
def perm(n: Any, k: Any) -> Any:
    """The ways to put k of n things in order. Raises ValueError below 0, OverflowError where they have no 64 bits."""
    if n < 0:
        raise ValueError("n must be a non-negative integer")
    if k < 0:
        raise ValueError("k must be a non-negative integer")
    if k > n:
        return 0
    ways = 1
    for i in range(k):
        if ways > MOST // (n - i):
            raise OverflowError(TOO_LONG)
        ways = ways * (n - i)
    return ways


@converts
def comb(n: Any, k: Any) -> Any:
    """The ways to choose k of n things. Raises ValueError below 0, OverflowError where they have no 64 bits."""
    if n < 0:
        raise ValueError("n must be a non-negative integer")
    if k < 0:
        raise ValueError("k must be a non-negative integer")
    if k > n:
        return 0
    if k > n - k:
        k = n - k
    ways = 1
    for i in range(k):
        shared = gcd(ways, i + 1)
        factor = (n - i) // ((i + 1) // shared)
        if ways // shared > MOST // factor:
            raise OverflowError(TOO_LONG)
        ways = ways // shared * factor
    return ways


@converts
def isclose(a: Any, b: Any, rel_tol: Any, abs_tol: Any) -> Any:
    """Whether two floats are close. Raises ValueError for tolerances below 0."""
    if rel_tol < 0.0 or abs_tol < 0.0:
        raise ValueError("tolerances must be non-negative")
    if a == b:
        return True
    if abs(a) == INFINITY or abs(b) == INFINITY:
        return False
    apart = abs(b - a)
    return apart <= abs(rel_tol * b) or apart <= abs(rel_tol * a) or apart <= abs_tol


@converts
def round_to_tens(n: Any, unit: Any) -> Any:
    """An int, rounded to a multiple of a power of ten. Raises OverflowError where it has no 64 bits."""
    part, rest = n // unit, n % unit
    if rest * 2 > unit or (rest * 2 == unit and part % 2 == 1):
        part = part + 1
    if abs(part) > MOST // unit:
        raise OverflowError(TOO_LONG)
    return part * unit


@converts
def power_modulo(base: Any, exp: Any, mod: Any) -> Any:
    """`pow(base, exp, mod)`. Raises ValueError as Python does, OverflowError for a modulus of more than 31 bits."""
    if mod == 0:
        raise ValueError("pow() 3rd argument cannot be 0")
    if mod > MOST_MODULUS or mod < -MOST_MODULUS:
        raise OverflowError(TOO_LONG)
    size = abs(mod)
    base = base % size
    if exp < 0:
        base = _inverse(base, size)
        exp = -exp
    found = 1 % size
    while exp > 0:
        if exp % 2 == 1:
            found = found * base % size
        base = base * base % size
        exp = exp // 2
    return found % mod


@converts
def _inverse(a: Any, size: Any) -> Any:
    """What times `a` is 1, modulo `size`: by Euclid's algorithm."""
    b, u, v = size, 1, 0
    while b != 0:
        q = a // b
        a, b, u, v = b, a - q * b, v, u - q * v
    if a != 1:
        raise ValueError("base is not invertible for the given modulus")
    return u % size
