"""The functions of `math` on values of the graph: Python numbers again, with Python's errors.

As `math` does, a NaN that comes from no NaN is a domain error, and an infinity that comes from no infinity is a range
error where the function can overflow, a domain error where it has a pole.
"""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from dy2static.errors import StagingError
from dy2static.runtime.callables import math_written_out as written_out
from dy2static.runtime.callables.builtins import float_, int_, whole
from dy2static.staging.containers.iterables import is_staged_iterable
from dy2static.staging.locate import user_location
from dy2static.staging.stager import Stager
from dy2static.staging.values.staged import PYTHON_NUMBERS, StagedNumber
from eager.tensor import Tensor
from graph.ir.value import Value


def _text_of(failing: Callable[[], Any]) -> str:
    try:
        failing()
    except (ValueError, OverflowError) as error:
        return str(error)
    return ""


DOMAIN: Final = _text_of(lambda: math.sqrt(-1.0)).partition(",")[0]
RANGE: Final = _text_of(lambda: math.exp(1e9))


@dataclass(frozen=True, slots=True)
class Floating:
    """A function of floats that is an op; `overflows` says what an infinite result means."""

    op: str
    overflows: bool = False

    def __call__(self, stager: Stager, name: str, *args: Any) -> StagedNumber:
        values = [float_(stager, x) for x in args]
        b = stager.builder
        b.loc = user_location()
        lifted = [stager.lift(x) for x in values]
        result = getattr(b, self.op)(*lifted)
        if name not in NEVER_FAIL:
            self._check(stager, lifted, result)
        return StagedNumber.of(result)

    def _check(self, stager: Stager, args: list[Value], result: Value) -> None:
        b = stager.builder
        no_nan, is_finite = b.logical_not(b.isnan(args[0])), b.isfinite(args[0])
        for x in args[1:]:
            no_nan = b.logical_and(no_nan, b.logical_not(b.isnan(x)))
            is_finite = b.logical_and(is_finite, b.isfinite(x))
        is_made = b.logical_and(b.isnan(result), no_nan)
        b.check(b.logical_not(is_made), error="ValueError", parts=(DOMAIN,), forms=())
        has_grown = b.logical_and(b.isinf(result), is_finite)
        error, text = ("OverflowError", RANGE) if self.overflows else ("ValueError", DOMAIN)
        b.check(b.logical_not(has_grown), error=error, parts=(text,), forms=())


NEVER_FAIL: Final = frozenset({"asinh", "atan", "atan2", "copysign", "fabs", "tanh", "erf", "erfc"})
FLOATING: Final[dict[str, Floating]] = {
    name: Floating(name)
    for name in (
        "acos",
        "acosh",
        "asin",
        "asinh",
        "atan",
        "atanh",
        "atan2",
        "copysign",
        "cos",
        "erf",
        "log10",
        "log1p",
        "log2",
        "sin",
        "sqrt",
        "tan",
        "tanh",
    )
} | {
    "cosh": Floating("cosh", True),
    "exp": Floating("exp", True),
    "expm1": Floating("expm1", True),
    "fabs": Floating("abs"),
    "sinh": Floating("sinh", True),
}


def _log(stager: Stager, name: str, x: Any, base: Any = None) -> Any:
    found = Floating("log")(stager, name, x)
    if base is None:
        return found
    return found / Floating("log")(stager, name, base)


def _pow(stager: Stager, name: str, x: Any, y: Any) -> StagedNumber:
    b = stager.builder
    base = stager.lift(float_(stager, x))
    at_pole = b.logical_and(b.eq(base, 0.0), b.lt(stager.lift(float_(stager, y)), 0.0))
    b.check(b.logical_not(at_pole), error="ValueError", parts=(DOMAIN,), forms=())
    return Floating("pow", True)(stager, name, x, y)


def _hypot(stager: Stager, name: str, *args: Any) -> Any:
    if not args:
        return 0.0
    total = abs(float_(stager, args[0]))
    for x in args[1:]:
        total = Floating("hypot", True)(stager, name, total, x)
    return total


def _whole(op: str) -> Callable[..., Any]:
    def rounded(stager: Stager, name: str, x: Any) -> Any:
        if isinstance(x, StagedNumber) and x.dtype.kind in "bi":
            return whole(stager, x)
        if name == "trunc" and not isinstance(x, StagedNumber):
            raise TypeError("type Tensor doesn't define __trunc__ method")
        b = stager.builder
        return whole(stager, StagedNumber.of(getattr(b, op)(stager.lift(float_(stager, x)))))

    return rounded


def _test(op: str) -> Callable[..., Any]:
    def tested(stager: Stager, name: str, x: Any) -> Any:
        return StagedNumber.of(getattr(stager.builder, op)(stager.lift(float_(stager, x))))

    return tested


def _scaled(factor: float) -> Callable[..., Any]:
    def times(stager: Stager, name: str, x: Any) -> Any:
        return float_(stager, x) * factor

    return times


def _fmod(stager: Stager, name: str, x: Any, y: Any) -> Any:
    b = stager.builder
    a, d = stager.lift(float_(stager, x)), stager.lift(float_(stager, y))
    is_bad = b.logical_or(b.isinf(a), b.eq(d, 0.0))
    has_nan = b.logical_or(b.isnan(a), b.isnan(d))
    ok = b.logical_or(b.logical_not(is_bad), has_nan)
    b.check(ok, error="ValueError", parts=(DOMAIN,), forms=())
    return StagedNumber.of(b.copysign(b.mod(b.abs(a), b.abs(d)), a))


def _fsum(stager: Stager, name: str, over: Any) -> Any:
    if is_staged_iterable(over):
        _refuse(name)
    total: Any = 0.0
    for x in over:
        total = total + float_(stager, x)
    return total


def _prod(stager: Stager, name: str, over: Any, *, start: Any = 1) -> Any:
    if is_staged_iterable(over):
        _refuse(name)
    for x in over:
        start = start * x
    return start


def _isqrt(stager: Stager, name: str, n: Any) -> Any:
    """The root of a float is off by one at most for 64 bits."""
    b = stager.builder
    value = stager.lift(_integer(stager, n))
    b.check(b.ge(value, 0), error="ValueError", parts=("isqrt() argument must be nonnegative",), forms=())
    root = whole(stager, StagedNumber.of(b.sqrt(stager.lift(float_(stager, n))))).graph_value
    number = b.cast(value, root.dtype)
    for _ in range(2):
        root = b.where(b.gt(b.mul(root, root), number), b.sub(root, 1), root)
    after = b.add(root, 1)
    return StagedNumber.of(b.where(b.le(b.mul(after, after), number), after, root))


def _integer(stager: Stager, n: Any) -> Any:
    """What stands for an int: an ordinary one, or a staged one."""
    if not isinstance(n, Tensor):
        return operator.index(n)
    if n.dtype.kind not in "iub":
        if not isinstance(n, StagedNumber):
            raise TypeError("only integer scalar arrays can be converted to a scalar index")
        raise TypeError(f"{PYTHON_NUMBERS[n.dtype.kind].__name__!r} object cannot be interpreted as an integer")
    return int_(stager, n)


def _of_integers(function: Callable[..., Any]) -> Callable[..., Any]:
    def called(stager: Stager, name: str, *args: Any) -> Any:
        return stager.call(function, tuple(_integer(stager, n) for n in args), {})

    return called


def _of_any_number(function: Callable[..., Any], start: int) -> Callable[..., Any]:
    """A function of two ints as one of any number of them."""

    def folded(stager: Stager, name: str, *args: Any) -> Any:
        total: Any = start
        for n in args:
            total = stager.call(function, (total, _integer(stager, n)), {})
        return total

    return folded


def _perm(stager: Stager, name: str, n: Any, k: Any = None) -> Any:
    if k is None:
        return stager.call(written_out.factorial, (_integer(stager, n),), {})
    return stager.call(written_out.perm, (_integer(stager, n), _integer(stager, k)), {})


def _isclose(stager: Stager, name: str, a: Any, b: Any, *, rel_tol: Any = 1e-9, abs_tol: Any = 0.0) -> Any:
    numbers = [float_(stager, x) for x in (a, b, rel_tol, abs_tol)]
    return stager.call(written_out.isclose, tuple(numbers), {})


def _modf(stager: Stager, name: str, x: Any) -> Any:
    b = stager.builder
    value = stager.lift(float_(stager, x))
    whole_part = b.trunc(value)
    rest = b.where(b.isinf(value), b.cast(stager.lift(0.0), value.dtype), b.sub(value, whole_part))
    return StagedNumber.of(b.copysign(rest, value)), StagedNumber.of(whole_part)


def _dist(stager: Stager, name: str, p: Any, q: Any) -> Any:
    if is_staged_iterable(p) or is_staged_iterable(q):
        _refuse(name)
    if len(p) != len(q):
        raise ValueError("both points must have the same number of dimensions")
    return _hypot(stager, name, *(float_(stager, x) - float_(stager, y) for x, y in zip(p, q, strict=True)))


def _nextafter(stager: Stager, name: str, x: Any, y: Any) -> Any:
    values = [stager.lift(float_(stager, v)) for v in (x, y)]
    return StagedNumber.of(stager.builder.nextafter(*values))


def _refuse(name: str) -> Any:
    raise StagingError(
        f"`math.{name}` has no meaning in a graph, and it is given a value that is known only when the graph runs",
        next_step=instead_of(name),
        loc=user_location(),
    )


def instead_of(name: str) -> str:
    """What to do about a function that a graph does not have."""
    return INSTEAD.get(name, f"compute `math.{name}` outside of the converted function, and pass it in.")


ON_A_TENSOR: Final = "stack the values and use `xp.{}`, which takes a tensor."
INSTEAD: Final[dict[str, str]] = {
    "cbrt": "write `x ** (1 / 3)`, which is for x >= 0 and may differ in the last digit.",
    "dist": ON_A_TENSOR.format("linalg.vector_norm"),
    "erfc": "write `1 - math.erf(x)`, which is less exact where x is large.",
    "exp2": "write `2.0 ** x`.",
    "fsum": ON_A_TENSOR.format("sum"),
    "ldexp": "write `x * 2.0 ** i`.",
    "prod": ON_A_TENSOR.format("prod"),
    "remainder": "use `math.fmod`, or `%`.",
}
"""What to write for functions that a graph does not have."""


SPECIAL: Final[dict[str, Callable[..., Any]]] = {
    "ceil": _whole("ceil"),
    "comb": _of_integers(written_out.comb),
    "degrees": _scaled(180.0 / math.pi),
    "dist": _dist,
    "factorial": _of_integers(written_out.factorial),
    "floor": _whole("floor"),
    "fmod": _fmod,
    "fsum": _fsum,
    "gcd": _of_any_number(written_out.gcd, 0),
    "hypot": _hypot,
    "isclose": _isclose,
    "isfinite": _test("isfinite"),
    "isinf": _test("isinf"),
    "isnan": _test("isnan"),
    "isqrt": _isqrt,
    "lcm": _of_any_number(written_out.lcm, 1),
    "log": _log,
    "modf": _modf,
    "nextafter": _nextafter,
    "perm": _perm,
    "pow": _pow,
    "prod": _prod,
    "radians": _scaled(math.pi / 180.0),
    "trunc": _whole("trunc"),
}
OF_MATH: Final[dict[Any, str]] = {
    function: name for name, function in vars(math).items() if callable(function) and not name.startswith("_")
}


def in_graph(stager: Stager, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The value of a function of `math`, some of whose arguments are of the graph.

    Raises: StagingError for those that have no meaning there.
    """
    name = OF_MATH[function]
    meaning = FLOATING.get(name) or SPECIAL.get(name)
    return _refuse(name) if meaning is None else meaning(stager, name, *args, **kwargs)


def takes(function: Any, args: tuple[Any, ...]) -> bool:
    """Whether this is a function of `math` on values of the graph."""
    if not any(isinstance(x, Tensor) or (isinstance(x, list | tuple) and _holds_staged(x)) for x in args):
        return False
    return function in OF_MATH


def _holds_staged(items: Any) -> bool:
    return is_staged_iterable(items) or any(isinstance(x, Tensor) for x in items)
