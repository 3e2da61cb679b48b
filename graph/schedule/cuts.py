"""How a loop is cut along an axis of what it carries, so that its parts are loops that do not depend on each other.

A carried value is cut along an axis where each part of it, trip after trip, follows from the same part alone: from
elementwise functions, products with matrices that are the same for all parts, reductions along other axes. What no part
changes is whole in all of them. A sum is a term in each, and the terms are added up behind the loops: it may be of what
is cut, as the gradient of a weight is of the rows of a batch.

Found by asking what each value is needed for, from what the body yields backward (`graph/ir/parts.py`), until nothing
changes: what is needed in two ways is needed whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from graph.aval import Aval
from graph.ir.op import Op
from graph.ir.opdef import Effect, effect_of, ways_of
from graph.ir.parts import TERM, WHOLE, Part, size_along
from graph.ir.value import Value


@dataclass(frozen=True, slots=True)
class Cut:
    """How the parts of a loop differ from it."""

    loop: Op
    size: int
    """How many elements there are where values are cut."""
    carried: tuple[Part, ...]
    needs: Mapping[Value, Part]
    """Of the values of the body that are needed, the part."""
    ways: Mapping[Op, tuple[Part, ...]]
    """Of the ops that make parts, what they take."""

    @property
    def lead(self) -> int:
        """How many operands come before the carried ones."""
        return lead_of(self.loop)


def lead_of(loop: Op) -> int:
    """How many operands of a loop come before the carried ones: the number of trips."""
    return int(loop.name == "for_loop")


def cut_along(loop: Op, number: int, axis: int) -> Cut | None:
    """The cut of a loop in which carried value `number` is cut along `axis`; None where there is none."""
    size = size_along(loop.results[number].type, axis)
    if not isinstance(size, int) or size < 2:
        return None
    search = _Search(loop, size)
    try:
        search.settle_test()
        search.settle(number, axis)
        search.propagate()
        return search.completed() if search.carried[number] == axis else None
    except _ImpossibleError:
        return None


class _ImpossibleError(Exception):
    """A value would have to be a term and something else."""


class _Search:
    """What is needed so far. Needs only grow: an axis may become the whole."""

    def __init__(self, loop: Op, size: int) -> None:
        body = loop.regions[-1]
        lead = lead_of(loop)
        count = cast(int, loop.attrs["carried"])
        self.loop, self.size, self.body = loop, size, body
        self.initial = loop.operands[lead : lead + count]
        self.params = body.params[lead : lead + count]
        self.number = {p: i for i, p in enumerate(self.params)}
        self.made = {v: op for op in body.ops for v in op.results}
        self.captured = {p for p in body.params[lead + count :] if isinstance(p.type, Aval)}
        self.carried: list[Part | None] = [None] * count
        self.needs: dict[Value, Part] = {}
        self.ways: dict[Op, tuple[Part, ...]] = {}
        self.pending: list[Value] = []

    def settle_test(self) -> None:
        """What a `while` tests is whole in all parts."""
        if len(self.loop.regions) > 1:
            (test, _) = self.loop.regions
            read = {v for op in test.ops for v in op.operands}.union(test.results)
            for i, (p, in_body) in enumerate(zip(test.params, self.body.params, strict=True)):
                if p in read and i < len(self.params):
                    self.settle(i, WHOLE)
                elif p in read:
                    self.want(in_body, WHOLE)

    def settle(self, i: int, part: Part) -> None:
        """Carried value `i` is needed so at the begin of a trip, and at its end."""
        old = self.carried[i]
        new = part if old is None else _joined(old, part)
        if new is not WHOLE and not self._keeps_type(i):
            if new is TERM:
                raise _ImpossibleError
            new = WHOLE
        if new != old:
            self.carried[i] = new
            self.want(self.params[i], new)
            self.want(self.body.results[i], new)

    def _keeps_type(self, i: int) -> bool:
        types = (v.type for v in (self.params[i], self.body.results[i], self.loop.results[i]))
        return all(t == self.initial[i].type for t in types)

    def want(self, v: Value, part: Part) -> None:
        """Note that a value is needed so."""
        old = self.needs.get(v)
        new = part if old is None else _joined(old, part)
        if isinstance(new, int) and size_along(v.type, new) != self.size:
            new = WHOLE
        if new != old:
            self.needs[v] = new
            self.pending.append(v)

    def propagate(self) -> None:
        """Follow all needs to what makes the values."""
        while self.pending:
            v = self.pending.pop()
            part = self.needs[v]
            if v in self.number:
                self.settle(self.number[v], part)
            elif v in self.made:
                self._want_operands(self.made[v], part)
            elif part is TERM:
                raise _ImpossibleError  # it would be added once for each part

    def _want_operands(self, op: Op, part: Part) -> None:
        way = self._way(op, part)
        if way is None:
            if part is TERM:
                raise _ImpossibleError
            part, way = WHOLE, (WHOLE,) * len(op.operands)
        self.ways[op] = way
        for v in op.results:
            self.want(v, part)
        for v, own in zip(op.operands, way, strict=True):
            self.want(v, own)

    def _way(self, op: Op, part: Part) -> tuple[Part, ...] | None:
        """The way that fits best to what is needed already. None for a slice, trip by trip, of a tensor from outside:
        the parts take theirs of it."""
        if isinstance(part, int) and op.opdef.aliases and self._is_slice(op):
            return None
        ways = [way for way in ways_of(op, part) if self._can_be(op, way)]
        fitting = (w for w in ways if all(self.needs.get(v, p) == p for v, p in zip(op.operands, w, strict=True)))
        return next(fitting, ways[0] if ways else None)

    def _is_slice(self, op: Op) -> bool:
        x, y = op.operands[0], op.results[0]
        return x in self.captured and isinstance(y.type, Aval) and y.ndim < x.ndim

    def _can_be(self, op: Op, way: Sequence[Part]) -> bool:
        pairs = zip(op.operands, way, strict=True)
        return all(not isinstance(p, int) or size_along(v.type, p) == self.size for v, p in pairs)

    def completed(self) -> Cut | None:
        """The cut, when all that is carried has been settled; what fails is whole, and what is cut stays so."""
        for i in range(len(self.carried)):
            if self.carried[i] is None and not self._settle_somehow(i):
                return None
        before = list(self.carried)
        for op in self.body.ops:
            if effect_of(op) is not Effect.PURE and not any(v in self.needs for v in op.results):
                for v in op.operands:
                    self.want(v, WHOLE)
        self.propagate()
        if self.carried != before:
            return None
        return Cut(self.loop, self.size, tuple(p for p in self.carried if p is not None), self.needs, self.ways)

    def _settle_somehow(self, i: int) -> bool:
        """Settle a carried value that the others do not need: cut, as a term, or whole, whichever changes no other."""
        t = self.params[i].type
        while not isinstance(t, Aval):
            t = t.element
        axes = [axis for axis, dim in enumerate(t.shape) if dim == self.size]
        terms = [TERM] if self.params[i].type is t and t.dtype.kind in "iufc" else []
        kept = list(self.carried), dict(self.needs), dict(self.ways)
        for part in (*axes, *terms, WHOLE):
            try:
                self.settle(i, part)
                self.propagate()
            except _ImpossibleError:
                self.pending.clear()
            else:
                if self.carried[i] == part and all(
                    old is None or old == new for old, new in zip(kept[0], self.carried, strict=True)
                ):
                    return True
            self.carried, self.needs, self.ways = list(kept[0]), dict(kept[1]), dict(kept[2])
        return False


def _joined(a: Part, b: Part) -> Part:
    """What serves both needs."""
    if a == b:
        return a
    if TERM in (a, b):
        raise _ImpossibleError
    return WHOLE
