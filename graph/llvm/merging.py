"""Axes at the end of an expression that one loop goes through, as each operand has all of them or none.

The index of such a loop stands in the place of the last of these axes, where it runs beyond its size; the others stand
at 0. The number of an element in C order comes out right, and nothing else is asked of the index of such an operand.
So the bias of a channel does not cut the loop over an image into rows.
"""

from collections.abc import Sequence

from graph.aval import Dim
from graph.llvm.expressions import Apply, Reshaped, Source
from graph.llvm.scalars import Scalars, Size
from graph.llvm.values import Registers


def merged_axes(x: Source) -> int:
    """How many axes at the end may be merged: all that there are, or at least one."""
    return _mergeable(x, {})


def merged(s: Scalars, sizes: Sequence[Size], axes: int) -> tuple[Size, ...]:
    """Sizes with so many axes at the end as one."""
    kept = len(sizes) - axes
    total: Size = 1
    for n in sizes[kept:]:
        total = s.mul(total, n)
    return (*sizes[:kept], total)


def spread(index: Sequence[Size], axes: int) -> tuple[Size, ...]:
    """An index of `merged` sizes with a place for each axis again."""
    return (*index[:-1], *(0 for _ in range(axes - 1)), index[-1])


def _mergeable(x: Source, known: dict[int, int]) -> int:
    rank = max(x.type.ndim, 1)
    if isinstance(x, Registers) or x.node is None or x.node.is_flat or isinstance(x.node, Reshaped):
        return rank
    if not isinstance(x.node, Apply):
        return 1
    if id(x) not in known:
        known[id(x)] = min((_in_operand(y, x.node.dims, known) for y in x.node.sources), default=rank)
    return known[id(x)]


def _in_operand(x: Source, dims: Sequence[Dim], known: dict[int, int]) -> int:
    """How many axes at the end of `dims` an operand has, or how many it lacks."""
    shape = (*(1 for _ in range(len(dims) - x.type.ndim)), *x.type.shape)
    has = [own == dim for own, dim in zip(shape, dims, strict=True)]
    run = 0
    for own, is_there in zip(reversed(shape), reversed(has), strict=True):
        if is_there != has[-1] or not (is_there or own == 1):
            break
        run += 1
    return min(run, _mergeable(x, known)) if has and has[-1] and x.type.shape else max(run, 1)
