"""Which matrix products of a counted loop can be computed for many trips at once.

Two kinds. A *product of a slice*: `x[i] @ w`, where no trip changes `x` and `w`; those of several trips are one product
of a taller matrix. A *sum of products*: `s += a.T @ b`, where only the sum itself reads `s`; the rows of several trips,
one under the other, give one product with a longer inner axis.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np

from graph.aval import Aval, Dim, is_static
from graph.ir.op import Op
from graph.ir.opdef import Effect, effect_of
from graph.ir.value import Value
from graph.ir.walk import uses
from graph.passes.licm import CHEAP
from graph.passes.transpose_products import swaps_axes

WORTH_A_CALL: Final = 2048
"""A product of so few multiplications is done in place, not by a library."""
TALL: Final = 16
"""A product of so many rows gains nothing from more: measured with OpenBLAS on AVX-512, where 16 rows run at 0.8 of the
speed that 512 have, 8 rows at half of it, one at a tenth."""
ROWS: Final = 256
"""So many rows are brought together: enough for a product to run at full speed, and little memory."""
MOST_STEPS: Final = 128
STEPS: Final = 16
"""How many trips are brought together where the number of rows of each is known at run time only."""


@dataclass(frozen=True, slots=True)
class Place:
    """An index that follows the trip number: `offset + i`, or backward `offset + (n - 1 - i)` of `n` trips."""

    is_backward: bool
    offset: int


@dataclass(frozen=True, slots=True)
class Sliced:
    """`x[..., place, ...]`, one number along `axis`, of a tensor that no trip changes."""

    x: Value
    axis: int
    place: Place


@dataclass(frozen=True, slots=True)
class SliceProduct:
    """`slice @ weight`, or `weight @ slice` for a vector; `weight` is the same in all trips."""

    op: Op
    slice: Sliced
    weight: Value
    is_left: bool
    """Whether the slice is the left operand."""


@dataclass(frozen=True, slots=True)
class ProductSum:
    """Carried value number `position` is the sum of `left.T @ right`, or of `left @ right` where `is_left_turned`."""

    position: int
    product: Op
    add: Op
    left: Value
    is_left_turned: bool
    right: Value


class Loop:
    """A `for_loop`, and what is known of the values of its body."""

    def __init__(self, op: Op, outside: Mapping[Value, Op]) -> None:
        """`outside` says which ops make the values around the loop."""
        carried = cast(int, op.attrs["carried"])
        self.op, self.body = op, op.regions[0]
        self.count = op.operands[0]
        self.initial = op.operands[1 : carried + 1]
        self.number, self.params = self.body.params[0], self.body.params[1 : carried + 1]
        self.captured = dict(zip(self.body.params[carried + 1 :], op.operands[carried + 1 :], strict=True))
        self.made = {v: inner for inner in self.body.ops for v in inner.results}
        self._outside = outside
        self._invariant: dict[Value, bool] = {}

    @property
    def keeps_types(self) -> bool:
        """Whether no size of a carried value changes."""
        values = zip(self.initial, self.params, self.body.results, self.op.results, strict=True)
        return all(a.type == b.type == c.type == d.type for a, b, c, d in values)

    def trips(self) -> int | None:
        """How many trips there are, where that is known."""
        return _number(self._outside.get(self.count))

    def is_invariant(self, v: Value) -> bool:
        """Whether a value is the same in all trips, and costs nothing to make again outside."""
        if v not in self._invariant:
            op = self.made.get(v)
            self._invariant[v] = v in self.captured or (
                op is not None
                and op.name in CHEAP
                and effect_of(op) is Effect.PURE
                and all(self.is_invariant(u) for u in op.operands)
            )
        return self._invariant[v]

    def sliced(self, v: Value) -> Sliced | None:
        """How a value is a slice of a tensor from outside; None where it is something else."""
        op = self.made.get(v)
        if op is None or op.name != "index" or len(op.operands) != 2 or op.operands[0] not in self.captured:
            return None
        items: tuple[Any, ...] = cast("tuple[Any, ...]", op.attrs["index"])
        if items.count("$") != 1 or any(item != "$" and item != slice(None) for item in items):
            return None
        place = self._place(op.operands[1])
        return None if place is None else Sliced(op.operands[0], items.index("$"), place)

    def _place(self, v: Value) -> Place | None:
        form = self._linear(v, self.made)
        match form:
            case (1, 0, offset) if offset >= 0:
                return Place(False, offset)
            case (-1, 1, rest) if rest >= -1:
                return Place(True, rest + 1)
            case (-1, 0, last) if (trips := self.trips()) is not None and last >= trips - 1:
                return Place(True, last - trips + 1)
            case _:
                return None

    def _linear(self, v: Value, made: Mapping[Value, Op]) -> tuple[int, int, int] | None:
        """(a, b, c) where a value is a * i + b * n + c for the trip number i of n trips."""
        if v is self.number:
            return 1, 0, 0
        if v in self.captured:
            return self._linear(self.captured[v], self._outside)
        constant = _number(made.get(v))
        if constant is not None:
            return 0, 0, constant
        if v is self.count:
            return 0, 1, 0
        op = made.get(v)
        if op is None or op.name not in ("add", "sub") or any(operand.type != v.type for operand in op.operands):
            return None
        left, right = (self._linear(operand, made) for operand in op.operands)
        if left is None or right is None:
            return None
        sign = 1 if op.name == "add" else -1
        return left[0] + sign * right[0], left[1] + sign * right[1], left[2] + sign * right[2]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is computed for `steps` trips of a loop at once."""

    loop: Loop
    steps: int
    products: tuple[SliceProduct, ...]
    sums: tuple[ProductSum, ...]


def plan_of(op: Op, outside: Mapping[Value, Op]) -> Plan | None:
    """The products of a `for_loop` that are worth being brought together; None where there are none."""
    loop = Loop(op, outside)
    trips = loop.trips()
    if not loop.keeps_types or (trips is not None and trips < 4):
        return None
    read = uses(loop.body)
    products = [found for inner in loop.body.ops if (found := _slice_product(loop, inner)) is not None]
    sums = [found for k in range(len(loop.params)) if (found := _product_sum(loop, k, read)) is not None]
    rows = [_rows(p.op.operands[0 if p.is_left else 1].shape[:-1]) for p in products]
    rows += [_rows(s.right.shape[:1]) for s in sums]
    if not rows:
        return None
    known = [n for n in rows if n is not None]
    steps = min(max(ROWS // max(known), 4), MOST_STEPS) if len(known) == len(rows) else STEPS
    return Plan(loop, steps, tuple(products), tuple(sums))


def _number(op: Op | None) -> int | None:
    """The value of a constant integer."""
    if op is None or op.name != "constant":
        return None
    value = cast(np.ndarray, op.attrs["value"])
    return int(value) if value.ndim == 0 and value.dtype.kind in "iu" else None


def _rows(shape: Sequence[Dim]) -> int | None:
    return math.prod(cast("Sequence[int]", shape)) if is_static(shape) else None


def _is_small(*dims: Dim) -> bool:
    return is_static(dims) and math.prod(cast("tuple[int, ...]", dims)) <= WORTH_A_CALL


def _slice_product(loop: Loop, op: Op) -> SliceProduct | None:
    if op.name != "matmul" or effect_of(op) is not Effect.PURE or op.operands[0].dtype.kind not in "fcV":
        return None
    for is_left in (True, False):
        x, weight = op.operands if is_left else op.operands[::-1]
        found = loop.sliced(x)
        if found is None or not loop.is_invariant(weight) or weight.ndim != 2:
            continue
        lead = x.shape[:-1]
        rows = _rows(lead)
        fits = found.axis < x.ndim and (is_left or x.ndim == 1)
        if fits and not (rows is not None and rows >= TALL) and not _is_small(*lead, *weight.shape):
            return SliceProduct(op, found, weight, is_left)
    return None


def _product_sum(loop: Loop, position: int, read: Mapping[Value, int]) -> ProductSum | None:
    total = loop.params[position]
    add = loop.made.get(loop.body.results[position])
    if add is None or add.name != "add" or read.get(total) != 1 or read[add.result] != 1 or total not in add.operands:
        return None
    term = add.operands[1 - add.operands.index(total)]
    product = loop.made.get(term)
    if product is None or product.name != "matmul" or read[term] != 1 or term.type != total.type:
        return None
    left, right = product.operands
    if left.ndim != 2 or right.ndim != 2 or left.dtype.kind not in "fc" or effect_of(product) is not Effect.PURE:
        return None
    rows = right.shape[0]
    known = {d for v in (*loop.initial, *loop.captured.values()) if isinstance(v.type, Aval) for d in v.shape}
    if not isinstance(rows, int) or not all(isinstance(d, int) or d in known for d in term.shape):
        return None
    if rows >= TALL or _is_small(rows, *term.shape):
        return None
    turn = loop.made.get(left)
    if turn is not None and swaps_axes(turn):
        return ProductSum(position, product, add, turn.operands[0], False, right)
    return ProductSum(position, product, add, left, True, right)
