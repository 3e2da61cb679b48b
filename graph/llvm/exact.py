"""What exact code leaves to NumPy: ops whose bits follow from the order in which NumPy or BLAS adds terms up."""

from typing import Final

from graph.aval import Aval
from graph.ir.lowering import BuiltIn, Callback, Decomposed, Elementwise, Gather, Loops, Lowering, Reduce
from graph.ir.op import Op
from graph.ir.opdef import lowering_of

REASON: Final = "exact code takes the order of its additions from NumPy"
_PRODUCTS: Final = frozenset(["matmul", "add_matmul"])
_CHOOSING: Final = frozenset(["all", "any", "argmax", "argmin", "count_nonzero", "max", "min"])
"""Reductions that add nothing up."""
_MOVING: Final = frozenset(
    [
        "argsort",
        "concat",
        "cumprod",
        "cumsum",
        "diag",
        "diagonal_add",
        "index",
        "index_add",
        "index_set",
        "max_pool",
        "max_pool_positions",
        "nonzero",
        "pad",
        "pool_take",
        "random_bits",
        "random_fold_in",
        "random_integers",
        "random_permutation",
        "random_split",
        "random_state",
        "random_uniform",
        "searchsorted",
        "sort",
        "split",
        "stack",
        "take",
        "take_along_axis",
        "topk",
        "tril",
        "triu",
        "unique_all",
        "unique_values",
        "unstack",
    ]
)
"""Ops with loops of their own that move elements, or add them up one after the other as NumPy does."""
_BY_PARTS: Final = frozenset(
    ["add", "cast", "conj", "eq", "imag", "isfinite", "isinf", "isnan", "ne", "neg", "real", "sub", "where"]
)
"""Elementwise ops of which the parts of a complex result are computed one by one."""


def keeps_bits(op: Op, lowering: Lowering | None) -> bool:
    """Whether native code of an op gives the bits of its kernel, on arrays in C order; or differs by functions only,
    which `docs/numerics.md` lists."""
    kinds = {v.dtype.kind for v in (*op.operands, *op.results) if isinstance(v.type, Aval)}
    match lowering:
        case None | Decomposed() | Callback():
            return False
        case _ if not kinds & set("fcV"):
            return True
        case Elementwise():
            return "c" not in kinds or op.name in _BY_PARTS
        case BuiltIn():
            return op.name not in _PRODUCTS
        case Reduce():
            return op.name in _CHOOSING
        case Loops() | Gather():
            return op.name in _MOVING
        case _:
            return True


def stays_native(op: Op, is_exact: bool) -> bool:
    """Whether native code of an op calls no Python, but to fail, as far as its form says."""
    lowering = lowering_of(op)
    if lowering is None or isinstance(lowering, Callback | Decomposed):
        return False
    return not is_exact or keeps_bits(op, lowering)
