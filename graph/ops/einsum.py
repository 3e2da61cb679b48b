"""`einsum`: sums of products named by letters. Pairs of operands are multiplied as batches of matrices by BLAS."""

import functools
import math
import string
from collections.abc import Sequence
from typing import Any

import numpy as np

from graph.aval import Aval, Dim, Type
from graph.dtypes import int64
from graph.errors import DTypeError, ShapeError
from graph.ir.emitter import Emitter
from graph.ir.lowering import Choose
from graph.ir.onnx_form import OnnxRule
from graph.ir.op import Op
from graph.ir.opdef import Effect, OpDef, register
from graph.ops.cotangent_rules import conj
from graph.ops.einsum_lowering import lower_einsum
from graph.ops.join_onnx import einsum_onnx
from graph.ops.promotion import common
from graph.ops.regions import number_unknown
from graph.ops.shape_rules import broadcast_dims, quote, tensor


@functools.lru_cache(maxsize=1024)
def expand_subscripts(subscripts: str, ranks: tuple[int, ...]) -> tuple[tuple[str, ...], str]:
    """Subscripts with every axis named: those of the operands, and of the result.

    Axes under an ellipsis get letters that are not in use, aligned at the right. Without `->` the result has the
    ellipsis axes and then, in alphabetical order, the letters that occur once. ValueError for what NumPy rejects.
    """
    text = subscripts.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(ranks):
        raise ValueError(f"`einsum` {subscripts!r} names {len(terms)} operands, {len(ranks)} are given")
    free = [letter for letter in string.ascii_letters if letter not in text]
    ellipsis_letters = ""
    for term, rank in zip(terms, ranks, strict=True):
        if "..." in term:
            hidden = rank - len(term.replace("...", "", 1))
            if hidden > len(ellipsis_letters):
                ellipsis_letters = "".join(free[:hidden])
    operands = tuple(
        _expand_term(subscripts, term, rank, ellipsis_letters) for term, rank in zip(terms, ranks, strict=True)
    )
    if arrow:
        result = right.replace("...", ellipsis_letters, 1)
    else:
        counts = {letter: left.count(letter) for letter in left if letter.isalpha()}
        result = ellipsis_letters + "".join(sorted(letter for letter, count in counts.items() if count == 1))
    known = set("".join(operands))
    if len(set(result)) != len(result) or not set(result) <= known:
        raise ValueError(f"`einsum` {subscripts!r}: the result's letters must be distinct letters of the operands")
    return operands, result


def _expand_term(subscripts: str, term: str, rank: int, ellipsis_letters: str) -> str:
    named = term.replace("...", "", 1)
    if not (named.isascii() and (named.isalpha() or not named)):
        raise ValueError(f"`einsum` {subscripts!r}: {term!r} may have letters and one ellipsis only")
    hidden = rank - len(named)
    if hidden < 0 or (hidden and "..." not in term):
        raise ValueError(f"`einsum` {subscripts!r}: {term!r} does not fit an operand of {rank} dimensions")
    return term.replace("...", ellipsis_letters[len(ellipsis_letters) - hidden :], 1)


def infer_einsum(*operands: Type, subscripts: str) -> Aval:
    """Shape rule of `einsum`: an axis for each letter of the result; axes of one letter broadcast.

    Dtypes: equal. Raises: ShapeError for subscripts that do not fit, or a letter with two sizes.
    Source: NumPy einsum; ONNX Einsum-12.
    """
    avals = [tensor(x, "einsum") for x in operands]
    if len({a.dtype for a in avals}) != 1:
        raise DTypeError(f"{quote('einsum', *avals)}: dtypes must agree in a graph", next_step="cast with `astype`.")
    try:
        terms, result = expand_subscripts(subscripts, tuple(a.ndim for a in avals))
    except ValueError as error:
        raise ShapeError(str(error)) from None
    sizes: dict[str, Dim] = {}
    for aval, term in zip(avals, terms, strict=True):
        for letter, dim in zip(term, aval.shape, strict=True):
            merged = broadcast_dims(sizes.get(letter, 1), dim)
            if merged is None:
                raise ShapeError(
                    f"{quote('einsum', *avals)} {subscripts!r}: {letter!r} is {sizes[letter]} and {dim}; "
                    "one letter has one size"
                )
            sizes[letter] = merged
    shaped = Aval(avals[0].dtype, tuple(sizes[letter] for letter in result))
    return tensor(number_unknown((shaped,))[0], "einsum")


def einsum_kernel(*operands: Any, subscripts: str) -> Any:
    dtype = np.result_type(*operands)
    if dtype.itemsize == 2 and dtype.kind not in "iu":
        operands = tuple(x.astype(np.float32) for x in operands)
    terms, result = expand_subscripts(subscripts, tuple(x.ndim for x in operands))
    factors = list(operands)
    if len(factors) > 2:
        total = _contract_in_order(factors, list(terms), result)
    elif len(factors) == 2:
        total = contract(factors[0], factors[1], terms[0], terms[1], result)
    else:
        total = np.einsum(f"{terms[0]}->{result}", factors[0]).copy()
    return total.astype(dtype, copy=False)[()]


def _contract_in_order(operands: list[Any], terms: list[str], result: str) -> Any:
    """Pairs as NumPy's greedy path finds them; each pair by `contract`."""
    path = np.einsum_path(f"{','.join(terms)}->{result}", *operands, optimize="greedy")[0][1:]
    for step in path:
        if len(step) != 2:
            return np.einsum(f"{','.join(terms)}->{result}", *operands)
        i, j = sorted(step)
        y, q = operands.pop(j), terms.pop(j)
        x, p = operands.pop(i), terms.pop(i)
        needed = set(result).union(*terms)
        kept = "".join(dict.fromkeys(letter for letter in p + q if letter in needed)) if terms else result
        operands.append(contract(x, y, p, q, kept))
        terms.append(kept)
    return operands[0]


def contract(x: Any, y: Any, p: str, q: str, result: str) -> Any:
    """`einsum` of two operands with subscripts `p` and `q`, by one batched matrix product where something is summed."""
    shared = set(p) & set(q)
    summed = [letter for letter in p if letter in shared and letter not in result]
    if not summed or x.dtype.kind not in "fc" or y.dtype.kind not in "fc":
        return np.einsum(f"{p},{q}->{result}", x, y)
    x, p = _own_sums(x, p, q + result)
    y, q = _own_sums(y, q, p + result)
    paired = _paired_sizes(x, y, p, q)
    if any(len(set(pair)) > 1 for pair in paired.values()):  # sizes of 1 that broadcast
        return np.einsum(f"{p},{q}->{result}", x, y)
    sizes = {letter: pair[0] for letter, pair in paired.items()}
    batch = [letter for letter in p if letter in shared and letter in result]
    left = [letter for letter in p if letter not in shared]
    right = [letter for letter in q if letter not in shared]
    rows = _grouped(x, p, (batch, left, summed), sizes)
    columns = _grouped(y, q, (batch, summed, right), sizes)
    order = batch + left + right
    product = np.matmul(rows, columns).reshape([sizes[letter] for letter in order])
    return product.transpose([order.index(letter) for letter in result])


def _own_sums(x: Any, term: str, elsewhere: str) -> tuple[Any, str]:
    """`x` without letters that repeat in it or that occur nowhere else."""
    kept = "".join(dict.fromkeys(letter for letter in term if letter in elsewhere))
    return (x, term) if kept == term else (np.einsum(f"{term}->{kept}", x), kept)


def _paired_sizes(x: Any, y: Any, p: str, q: str) -> dict[str, tuple[int, ...]]:
    sizes: dict[str, tuple[int, ...]] = {}
    for letter, size in (*zip(p, x.shape, strict=True), *zip(q, y.shape, strict=True)):
        sizes[letter] = (*sizes.get(letter, ()), size)
    return sizes


def _grouped(x: Any, term: str, groups: Sequence[Sequence[str]], sizes: dict[str, int]) -> Any:
    """`x` with its axes in the order of `groups`, each group made one axis."""
    order = [term.index(letter) for group in groups for letter in group]
    return x.transpose(order).reshape([math.prod(sizes[letter] for letter in group) for group in groups])


def einsum_vjp(b: Emitter[Any], ct: Any, z: Any, *operands: Any, subscripts: str) -> tuple[Any, ...]:
    """For each operand the einsum of the cotangent with the others; letters that only it has are repeated."""
    terms, result = expand_subscripts(subscripts, tuple(x.ndim for x in operands))
    return tuple(_operand_ct(b, ct, operands, terms, result, i) if b.wants(x) else None for i, x in enumerate(operands))


def _operand_ct(
    b: Emitter[Any], ct: Any, operands: Sequence[Any], terms: Sequence[str], result: str, index: int
) -> Any:
    x, term = operands[index], terms[index]
    others = [conj(b, y) for i, y in enumerate(operands) if i != index]
    other_terms = [t for i, t in enumerate(terms) if i != index]
    distinct = "".join(dict.fromkeys(term))
    found = "".join(letter for letter in distinct if letter in result or any(letter in t for t in other_terms))
    ct = b.einsum(ct, *others, subscripts=f"{','.join([result, *other_terms])}->{found}")
    lonely = tuple(axis for axis, letter in enumerate(distinct) if letter not in found)
    if lonely:
        ct = b.expand_dims(ct, axis=lonely)
    own = [x.shape[term.index(letter)] for letter in distinct]
    if any(have != want and (have == 1 or not isinstance(have, int)) for have, want in zip(ct.shape, own, strict=True)):
        # An axis that only `x` has, or along which the others may be repeated.
        sizes = b.shape_of(x)
        ct = b.mul(ct, b.full([sizes[term.index(letter)] for letter in distinct], 1, x.dtype))
    return b.unbroadcast(ct, x) if distinct == term else _on_diagonal(b, ct, x, term, distinct)


def _on_diagonal(b: Emitter[Any], ct: Any, x: Any, term: str, distinct: str) -> Any:
    """A cotangent with an axis for each letter, put where all axes of a letter have the same index; zero elsewhere."""
    sizes = b.shape_of(x)
    ct = b.broadcast_to(ct, [sizes[term.index(letter)] for letter in distinct])
    where = b.full(sizes, 1, x.dtype)
    for axis, letter in enumerate(term):
        first = term.index(letter)
        if axis != first:
            same = b.eq(_indices(b, sizes, first), _indices(b, sizes, axis))
            where = b.mul(where, b.cast(same, dtype=x.dtype))
    shape = [sizes[axis] if axis == term.index(letter) else 1 for axis, letter in enumerate(term)]
    return b.mul(where, b.reshape(ct, shape))


def _indices(b: Emitter[Any], sizes: Sequence[Any], axis: int) -> Any:
    """The index along `axis`, shaped to broadcast against a tensor of these sizes."""
    pattern, operands = b.split_shape([sizes[axis]])
    counted = b.iota(*operands, shape=pattern, dtype=int64)
    return b.reshape(counted, [sizes[axis] if i == axis else 1 for i in range(len(sizes))])


def einsum_effect(op: Op) -> Effect:
    """CAN_FAIL where a letter has sizes that are not known to fit."""
    subscripts = str(op.attrs["subscripts"])
    terms, _ = expand_subscripts(subscripts, tuple(v.ndim for v in op.operands))
    sizes: dict[str, set[Dim]] = {}
    for value, term in zip(op.operands, terms, strict=True):
        for letter, dim in zip(term, value.shape, strict=True):
            sizes.setdefault(letter, set()).add(dim)
    return Effect.PURE if all(len(dims - {1}) <= 1 for dims in sizes.values()) else Effect.CAN_FAIL


register(
    OpDef(
        "einsum",
        infer=infer_einsum,
        kernel=einsum_kernel,
        vjp=einsum_vjp,
        promote=common(),
        effect=einsum_effect,
        lower=Choose(lower_einsum(expand_subscripts)),
        onnx=OnnxRule(einsum_onnx(expand_subscripts)),
    )
)
