"""Functions of floats: what the processor has is an instruction, the others are our own (`graph.llvm.math`)."""

from collections.abc import Sequence
from typing import Final

from graph.dtypes import DType, bfloat16, float32
from graph.llvm import ir
from graph.llvm.code import Code
from graph.llvm.ir import make
from graph.llvm.math.library import declare
from graph.llvm.math.power_by_table import has_table
from graph.llvm.types import register_type

_INTRINSICS: Final = frozenset(
    ["sqrt", "fabs", "floor", "ceil", "trunc", "rint", "copysign", "fma", "maximum", "minimum"]
)
_SUFFIX: Final = {"float": "f32", "double": "f64"}


MOST_INLINED: Final = 64
"""How many functions of elements that are written one by one are inlined in a module; further ones are called. LLVM's
time grows faster than a block of instructions: it took two minutes for 160 `tanh` of 8 numbers."""


def call_math(
    code: Code, name: str, dtype: DType, xs: Sequence[ir.Value], *, single: bool = False, in_loop: bool = True
) -> ir.Value:
    """The value of function `name` of registers of a float dtype, computed in float32 for bfloat16.

    `single`: of one number, for which another way of computing it may be the faster one. Not `in_loop`: of an element
    that is written by itself, not of all in a loop that is to become vector code.
    """
    kind = register_type(dtype)
    if name == "fmod":
        return code.b.frem(*xs)
    if name in _INTRINSICS:
        function = code.unit.external(f"llvm.{name}.{_SUFFIX[str(kind)]}", kind, [kind] * len(xs))
    else:
        wide = float32 if dtype == bfloat16 else dtype
        if single and name == "pow" and code.unit.has_fma and _has_table(xs[1]):
            name = "power_by_table"
        code.unit.written_functions += not in_loop
        inlined = in_loop or code.unit.written_functions <= MOST_INLINED
        function = declare(code.unit.module, name, wide, fma=code.unit.has_fma, inlined=inlined)
    return code.b.call(function, list(xs))


def _has_table(exponent: ir.Value) -> bool:
    return isinstance(exponent, make.Constant) and has_table(float(exponent.constant))
