"""`einsum` as native code: products of matrices, elementwise products and sums, which fuse; else loops of its own."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from graph.aval import Aval, Dim
from graph.dtypes import float32
from graph.ir.emitter import Emitter
from graph.ir.lowering import Decomposed, LoopEmitter, Loops, Lowering
from graph.ops.places import each

Expand = Callable[[str, tuple[int, ...]], tuple[tuple[str, ...], str]]
GUESS = 64
"""What a size that only the run time knows counts as where an order of the products is chosen."""


def lower_einsum(expand: Expand) -> Callable[..., Lowering]:
    """The lowering of `einsum`; `expand` names all axes."""

    def composed(b: Emitter[Any], *operands: Any, subscripts: str) -> Any:
        return _composed(b, operands, *expand(subscripts, tuple(x.ndim for x in operands)))

    def loops(e: LoopEmitter, *operands: Any, subscripts: str) -> Any:
        return _loops(e, operands, *expand(subscripts, tuple(len(e.sizes(x)) for x in operands)))

    def lower(*operands: Aval, subscripts: str) -> Lowering:
        terms, _ = expand(subscripts, tuple(x.ndim for x in operands))
        if operands[0].dtype.kind in "fcV" and _sizes_agree(operands, terms):
            return Decomposed(composed)
        return Loops(loops)

    return lower


def _sizes_agree(operands: Sequence[Aval], terms: Sequence[str]) -> bool:
    """Whether all axes of a letter have one size for certain, but for those that are 1 for certain."""
    sizes: dict[str, set[Dim]] = {}
    for x, term in zip(operands, terms, strict=True):
        for letter, dim in zip(term, x.shape, strict=True):
            sizes.setdefault(letter, set()).add(dim)
    repeated = any(
        len({x.shape[i] for i, other in enumerate(term) if other == letter}) > 1
        for x, term in zip(operands, terms, strict=True)
        for letter in term
    )
    return not repeated and all(len(dims - {1}) <= 1 for dims in sizes.values())


# By other ops


def _composed(b: Emitter[Any], operands: Sequence[Any], terms: Sequence[str], result: str) -> Any:
    """16-bit floats are multiplied and summed in float32."""
    dtype = operands[0].dtype
    xs = [b.cast(x, dtype=float32) if dtype.itemsize == 2 else x for x in operands]
    left = [_distinct(b, x, term) for x, term in zip(xs, terms, strict=True)]
    for i, j in _order(left, result):
        (y, q), (x, p) = left.pop(j), left.pop(i)
        needed = set(result).union(*(term for _, term in left))
        kept = "".join(dict.fromkeys(letter for letter in p + q if letter in needed))
        left.append(_product(b, x, p, y, q, kept))
    ((total, term),) = left
    total, term = _summed(b, total, term, result)
    total = _transposed(b, total, term, result)
    return b.cast(total, dtype=dtype) if dtype.itemsize == 2 else total


def _order(factors: Sequence[tuple[Any, str]], result: str) -> list[tuple[int, int]]:
    """Pairs to be multiplied, one after the other, by their places; the product comes last. The greedy path."""
    if len(factors) < 3:
        return [(0, 1)] * (len(factors) - 1)
    like = [np.broadcast_to(np.float32(0), [d if isinstance(d, int) else GUESS for d in x.shape]) for x, _ in factors]
    found = np.einsum_path(f"{','.join(term for _, term in factors)}->{result}", *like, optimize="greedy")[0][1:]
    pairs: list[tuple[int, int]] = []
    count = len(factors)
    for step in found:
        at = sorted(step)
        while len(at) > 1:  # several at once: the last two first
            i, j = at[-2:]
            pairs.append((i, j))
            count -= 1
            at = [*at[:-2], count - 1]
    return pairs


def _distinct(b: Emitter[Any], x: Any, term: str) -> tuple[Any, str]:
    """The diagonal along the axes of a letter that repeats."""
    for letter in dict.fromkeys(term):
        while term.count(letter) > 1:
            first = term.index(letter)
            second = term.index(letter, first + 1)
            x = b.diagonal(x, offset=0, axis1=first, axis2=second)
            term = term[:first] + term[first + 1 : second] + term[second + 1 :] + letter
    return x, term


def _summed(b: Emitter[Any], x: Any, term: str, needed: str) -> tuple[Any, str]:
    """The sum over letters that nobody needs."""
    axes = tuple(i for i, letter in enumerate(term) if letter not in needed)
    if not axes:
        return x, term
    return b.sum(x, axis=axes, keepdims=False), "".join(letter for letter in term if letter in needed)


def _transposed(b: Emitter[Any], x: Any, term: str, wanted: str) -> Any:
    if term == wanted:
        return x
    return b.transpose(x, axes=tuple(term.index(letter) for letter in wanted))


def _product(b: Emitter[Any], x: Any, p: str, y: Any, q: str, kept: str) -> tuple[Any, str]:
    """The product of two factors, summed over the letters that are not kept."""
    x, p = _summed(b, x, p, q + kept)
    y, q = _summed(b, y, q, p + kept)
    x, p = _without_ones(b, x, p, y, q)
    y, q = _without_ones(b, y, q, x, p)
    x, p = _summed(b, x, p, q + kept)
    y, q = _summed(b, y, q, p + kept)
    shared = [letter for letter in p if letter in q]
    batch = [letter for letter in shared if letter in kept]
    inner = [letter for letter in shared if letter not in kept]
    left = [letter for letter in p if letter not in shared]
    right = [letter for letter in q if letter not in shared]
    letters = "".join([*batch, *left, *right, *inner])
    if not inner or not (left or right):
        made = b.mul(_spread(b, x, p, letters), _spread(b, y, q, letters))
        return _summed(b, made, letters, kept)
    rows = _grouped(b, x, p, batch, left, inner)
    columns = _grouped(b, y, q, batch, inner, right)
    sizes = dict(zip((*p, *q), (*b.shape_of(x), *b.shape_of(y)), strict=True))
    made = b.matmul(rows, columns)
    if len(left) != 1 or len(right) != 1:
        made = b.reshape(made, [sizes[letter] for letter in (*batch, *left, *right)])
    return made, "".join([*batch, *left, *right])


def _without_ones(b: Emitter[Any], x: Any, p: str, y: Any, q: str) -> tuple[Any, str]:
    """`x` without axes of size 1 along which it is repeated for `y`."""
    axes = tuple(i for i, letter in enumerate(p) if letter in q and x.shape[i] == 1 and y.shape[q.index(letter)] != 1)
    if not axes:
        return x, p
    return b.squeeze(x, axis=axes), "".join(letter for i, letter in enumerate(p) if i not in axes)


def _spread(b: Emitter[Any], x: Any, term: str, letters: str) -> Any:
    """The axes in the order of `letters`, with new ones for those that `x` has not."""
    x = _transposed(b, x, term, "".join(letter for letter in letters if letter in term))
    new = tuple(i for i, letter in enumerate(letters) if letter not in term)
    return b.expand_dims(x, axis=new) if new else x


def _grouped(
    b: Emitter[Any], x: Any, term: str, batch: Sequence[str], rows: Sequence[str], columns: Sequence[str]
) -> Any:
    """Matrices: the axes in this order, those of rows made one, and those of columns."""
    order = [*batch, *rows, *columns]
    x = _transposed(b, x, term, "".join(order))
    if len(rows) == 1 and len(columns) == 1:
        return x
    sizes = b.shape_of(x)
    middle = len(batch) + len(rows)
    groups = (sizes[len(batch) : middle], sizes[middle:])
    return b.reshape(x, [*sizes[: len(batch)], *(_number(b, group) for group in groups)])


def _number(b: Emitter[Any], sizes: Sequence[Any]) -> Any:
    """The product of sizes."""
    known, total = 1, None
    for size in sizes:
        if isinstance(size, int):
            known *= size
        else:
            total = size if total is None else b.mul(total, size)
    if total is None:
        return known
    return total if known == 1 else b.mul(total, known)


# By loops


def _loops(e: LoopEmitter, operands: Sequence[Any], terms: Sequence[str], result: str) -> Any:
    """For each element of the result, loops over the letters that are summed. Sizes of 1 are repeated."""
    dtype = e.dtype(operands[0])
    wide = float32 if dtype.itemsize == 2 and dtype.kind not in "iu" else dtype
    met: dict[str, list[Any]] = {}
    for x, term in zip(operands, terms, strict=True):
        for letter, n in zip(term, e.sizes(x), strict=True):
            met.setdefault(letter, []).append(n)
    sizes: dict[str, Any] = {}
    for letter, found in met.items():
        size: Any = 1
        for n in found:
            size = e.select(e.eq(n, 1), size, n)
        for n in found:
            e.check(e.bit_or(e.eq(n, 1), e.eq(n, size)))
        sizes[letter] = size
    summed = [letter for letter in sizes if letter not in result]
    y = e.buffer(dtype, [sizes[letter] for letter in result])
    with each(e, [sizes[letter] for letter in result]) as outer:
        total = e.variable(e.const(0, wide))
        with each(e, [sizes[letter] for letter in summed]) as inner:
            at = dict(zip((*result, *summed), (*outer, *inner), strict=True))
            term_product: Any = None
            for x, term in zip(operands, terms, strict=True):
                own = [e.select(e.eq(n, 1), 0, at[letter]) for letter, n in zip(term, e.sizes(x), strict=True)]
                factor = e.convert(e.load(x, own), wide)
                term_product = factor if term_product is None else e.mul(term_product, factor)
            total.set(e.accumulate(total.get(), term_product))
        e.store(y, outer, e.convert(total.get(), dtype))
    return y
