"""The functions by name, declared in a module when they are first asked for.

Nothing is assumed of the processor but SSE2's arithmetic. With `fma=True` polynomials and error terms use
`llvm.fma`, which must only be said of a target that has the instruction (LLVM would call a slow function instead);
without it error terms are Dekker's, and the last bit of a result may differ.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from graph.dtypes import DType, float32, float64
from graph.errors import InternalError
from graph.llvm.math import (
    error_function,
    exponential,
    inverse_trigonometry,
    logarithm,
    neighbours,
    power,
    power_by_table,
    roots,
    trigonometry,
)
from graph.llvm.math.term import Term, Writer, ir, square_root

Rule = Callable[..., Term]


def _by_double(rule: Rule) -> Rule:
    """For float32 as well: computed in double, where fewer coefficients do (`short`), and rounded once more."""

    def in_either(*xs: Term) -> Term:
        if xs[0].is_double:
            return rule(*xs, short=False)
        return rule(*(x.widened() for x in xs), short=True).narrowed()

    return in_either


def _in_double(rule: Rule, *xs: Term) -> Term:
    """For float32 as well: computed in double, and rounded once more."""
    return rule(*xs) if xs[0].is_double else rule(*(x.widened() for x in xs)).narrowed()


def _hypot(x: Term, y: Term, *, short: bool) -> Term:
    return roots.hypot_short(x, y) if short else roots.hypot(x, y)


_UNARY: Final[dict[str, Rule]] = {
    "exp": exponential.exp,
    "exp2": exponential.exp2,
    "expm1": exponential.expm1,
    "log": logarithm.log,
    "log2": logarithm.log2,
    "log10": logarithm.log10,
    "log1p": logarithm.log1p,
    "sin": trigonometry.sin,
    "cos": trigonometry.cos,
    "tan": trigonometry.tan,
    "asin": inverse_trigonometry.asin,
    "acos": inverse_trigonometry.acos,
    "atan": inverse_trigonometry.atan,
    "sinh": exponential.sinh,
    "cosh": exponential.cosh,
    "tanh": exponential.tanh,
    "asinh": logarithm.asinh,
    "acosh": logarithm.acosh,
    "atanh": logarithm.atanh,
    "erf": error_function.erf,
    "sigmoid": exponential.sigmoid,
    "softplus": logarithm.softplus,
    "sqrt": square_root,
    "rsqrt": roots.rsqrt,
}
_BINARY: Final[dict[str, Rule]] = {
    "pow": _by_double(power.pow),
    "atan2": inverse_trigonometry.atan2,
    "hypot": _by_double(_hypot),
    "logaddexp": logarithm.logaddexp,
    "copysign": neighbours.copysign,
    "nextafter": neighbours.nextafter,
}
_SINGLE: Final[dict[str, Rule]] = {"power_by_table": partial(_in_double, power_by_table.power_by_table)}
"""Of one number, as they have a branch."""
_RULES: Final = _UNARY | _BINARY | _SINGLE
_TYPES: Final[dict[DType, tuple[str, Any]]] = {float32: ("f32", ir.FloatType()), float64: ("f64", ir.DoubleType())}


def declared_names() -> dict[str, int]:
    """The functions of array elements, and how many operands each takes."""
    return {**dict.fromkeys(_UNARY, 1), **dict.fromkeys(_BINARY, 2)}


def declare(module: Any, name: str, dtype: DType, *, fma: bool = False, inlined: bool = True) -> Any:
    """The function `name` over `dtype` (float32 or float64) in an `llvmlite.ir.Module`, written on the first request.

    It is internal, inlined wherever it is called, and has no branch and no call, so that a loop around it vectorises
    (sin, cos and tan have one call, which has vector variants: see `rare`). But `power_by_table`, for exponents that
    have a table, has a branch. Not `inlined`, it is one function that does the same.
    Raises: InternalError for another name or dtype.
    """
    rule = _RULES.get(name)
    if rule is None or dtype not in _TYPES:
        raise InternalError(f"there is no native {name} over {dtype}")
    count = 1 if name in _UNARY else 2
    suffix, kind = _TYPES[dtype]
    full_name = f"math.{name}.{suffix}{'.fma' if fma else ''}{'' if inlined else '.called'}"
    if full_name in module.globals:
        return module.globals[full_name]
    function = ir.Function(module, ir.FunctionType(kind, [kind] * count), full_name)
    function.linkage = "internal"
    for attribute in ("alwaysinline", "nounwind") if inlined else ("noinline", "nounwind", "readnone"):
        function.attributes.add(attribute)
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    writer = Writer(builder, fma=fma)
    result = rule(*(writer.term(argument) for argument in function.args))
    builder.ret(result.value)
    return function
