"""Which dtypes operands are cast to before an op applies (NEP 50; Python scalars are weak)."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from graph.dtypes import DType, bool_, float64, is_complex, is_float
from graph.ir.opdef import Operand, Promote


@lru_cache(maxsize=1024)
def resolved(ufunc: np.ufunc, operands: tuple[Operand, ...]) -> tuple[DType, ...]:
    """The dtypes of the loop of `ufunc` that NumPy selects for operands: theirs, then those of the results.

    Raises: TypeError, with NumPy's text, where there is none.
    """
    return tuple(ufunc.resolve_dtypes((*operands, *([None] * ufunc.nout))))


def by_ufunc(ufunc: np.ufunc) -> Promote:
    """What NumPy's own loop selection of `ufunc` says."""

    def promote(operands: Sequence[Operand]) -> tuple[DType, ...]:
        given = tuple([bool_ if x is bool else x for x in operands])  # Python's bools are as strong as NumPy's
        if not any(isinstance(x, np.dtype) for x in given):  # of two Python ints NumPy compares objects
            given = tuple([np.result_type(_representative(x)) for x in given])
        try:
            return resolved(ufunc, given)[: len(given)]
        except TypeError as error:
            if not str(error).startswith("ufunc "):
                raise  # NumPy says what to use instead
            raise TypeError("it is not defined for these dtypes") from None

    return promote


def common(first: int = 0, last: int | None = None) -> Promote:
    """Operands `first:last` get their common dtype; the others keep theirs."""

    def promote(operands: Sequence[Operand]) -> tuple[DType, ...]:
        together = operands[first:last]
        dtype = np.result_type(*(_representative(x) for x in together))
        kept = tuple(np.result_type(_representative(x)) for x in operands)
        end = len(operands) if last is None else last
        return tuple(dtype if first <= i < end else kept[i] for i in range(len(operands)))

    return promote


def to_float(operands: Sequence[Operand]) -> tuple[DType, ...]:
    """Floating dtypes are kept; integers and bools become float64; complex has no such function."""
    kept = tuple(np.result_type(_representative(x)) for x in operands)
    if any(is_complex(dtype) for dtype in kept):
        raise TypeError("it is not defined for complex numbers")
    return tuple(dtype if is_float(dtype) else float64 for dtype in kept)


def _representative(operand: Operand) -> DType | bool | int | float | complex:
    return operand if isinstance(operand, np.dtype) else operand(0)
