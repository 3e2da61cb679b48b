"""What the tests that led to a place say of bools of the graph, read off the ops that made them.

A branch is staged where its test is true, or false. What the test is made of is known there too, as far as it follows:
both operands of an `and` that is true, the test of a `cond` that would choose something else otherwise.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import field
from itertools import islice
from typing import Final

from graph.aval import scalar
from graph.dtypes import bool_
from graph.ir.builder import GraphBuilder
from graph.ir.frozen import frozen
from graph.ir.op import Graph, Op
from graph.ir.value import Value

Fact = tuple[Value, bool]
"""A bool of the graph, with what it is."""
Facts = tuple[Fact, ...]
Implication = tuple[Fact, Fact]
"""Where the one holds, the other does."""

BOOL: Final = scalar(bool_)
DERIVED: Final = frozenset({"cond", "logical_and", "logical_not", "logical_or"})
"""The ops whose results follow from other bools."""
DEEPEST: Final = 40
"""How many ops are followed, one behind the other, before a bool counts as unknown."""
MOST_FACTS: Final = 400
"""How many facts are followed further, those that are known included."""


class Known:
    """The facts of one staging, each in a region and in those inside of it."""

    def __init__(self) -> None:
        self._facts: dict[GraphBuilder, dict[Value, bool]] = {}
        self._learned: list[tuple[GraphBuilder, Value]] = []
        """The facts in their order."""
        self._implied: dict[GraphBuilder, list[Implication]] = {}
        self._told: dict[Fact, dict[Value, bool]] = {}
        """What follows from one fact alone."""
        self._changes = 0
        """How often the facts have changed."""
        self._latest: tuple[GraphBuilder, int, tuple[bool, dict[Value, bool]]] | None = None
        """What was known in a region, after so many changes."""
        self.relied_on: set[Implication] = set()
        """The implications that said that something may not be."""

    def __len__(self) -> int:
        return len(self._learned)

    def forget(self, count: int) -> None:
        """Take back what was learned since there were `count` facts."""
        while len(self._learned) > count:
            region, flag = self._learned.pop()
            del self._facts[region][flag]
            self._changes += 1

    def assume(self, builder: GraphBuilder, facts: Facts) -> None:
        """Note what holds from here on in a region."""
        here, known = _Open(builder), self._facts.setdefault(builder, {})
        for flag, holds in facts:
            value = here.find(flag).value
            if value not in known:
                self._learned.append((builder, value))
            known[value] = holds
        self._changes += 1

    def imply(self, builder: GraphBuilder, implication: Implication) -> None:
        """Note that it holds in a region."""
        self._implied.setdefault(builder, []).append(implication)

    def holds(self, builder: GraphBuilder, flag: Value) -> bool | None:
        """What the flag is, where the tests that led here say so."""
        flag = _Open(builder).find(flag).value
        known = (self._facts.get(region, {}).get(flag) for region in _around(builder))
        return next((holds for holds in known if holds is not None), None)

    def decides(self, builder: GraphBuilder, flag: Value) -> bool | None:
        """What the flag is, where that follows from what the tests say that led here."""
        found = _Open(builder).find(flag)
        known = self.holds(builder, found.value)
        if known is not None or found.op is None or found.op.name not in DERIVED:
            return known
        return _Where(dict(self._noted(builder))).truth(found)

    def _noted(self, builder: GraphBuilder) -> Iterator[Fact]:
        """The facts in a region and those around it, outer ones first."""
        for region in reversed(list(_around(builder))):
            yield from self._facts.get(region, {}).items()

    def known_in(self, builder: GraphBuilder) -> Facts:
        """What is known in a region, what was learned last behind the rest."""
        return tuple(self._noted(builder))

    def may_be(self, builder: GraphBuilder, facts: Facts) -> bool:
        """Whether all these may hold together, with what is known here. Of no where the ops say so; else yes."""
        if not facts:
            return True
        here = _Open(builder)
        is_possible, followed = self._followed_in(builder)
        env = followed.copy()
        if not (is_possible and all(_follow(here.find(flag), holds, env) for flag, holds in facts)):
            return False
        for implication in (one for region in _around(builder) for one in self._implied.get(region, ())):
            (premise, holds), (flag, then) = implication
            if env.get(premise) is holds and not _follow(here.find(flag), then, env):
                self.relied_on.add(implication)
                return False
        where = _Where(env)
        return not any(where.by_op(here.find(flag)) is (not holds) for flag, holds in env.items())

    def _followed_in(self, builder: GraphBuilder) -> tuple[bool, dict[Value, bool]]:
        """Whether what is known in a region is no contradiction, and what follows from it. Found once, until the facts
        change: one question comes soon after the other."""
        if self._latest is None or self._latest[:2] != (builder, self._changes):
            here = _Open(builder)
            env: dict[Value, bool] = {}
            is_possible = all(_follow(here.find(flag), holds, env) for flag, holds in self._noted(builder))
            self._latest = builder, self._changes, (is_possible, env)
        return self._latest[2]

    def told(self, builder: GraphBuilder, test: Value, truth: bool) -> Facts:
        """What is known where `test` is true, or false: asked for as its branches begin, and again when they merge."""
        return tuple(self._from(_Open(builder).find(test), truth).items())

    def _from(self, found: "_Found", truth: bool) -> dict[Value, bool]:
        """What follows from one fact. A loop in Python with a `break` makes tests that rest on one another: what the
        last but one says is found once."""
        asked = found.value, truth
        if asked not in self._told:
            facts = {found.value: truth}
            first, *others = _parts(found, truth, facts) or (None,)
            if first is not None:
                facts.update(islice(self._from(*first).items(), MOST_FACTS))
            for part, its in others:
                _follow(part, its, facts)
            self._told[asked] = facts
        return self._told[asked]


def _around(builder: GraphBuilder) -> Iterator[GraphBuilder]:
    """A region and those around it."""
    region: GraphBuilder | None = builder
    while region is not None:
        yield region
        region = region.parent


@frozen
class _Found:
    """A value by the name that it has where it was made, the op that made it, and the region where that stands."""

    value: Value
    op: Op | None
    where: "_Region"


class _Region(ABC):
    @abstractmethod
    def find(self, value: Value) -> _Found:
        """A value that is used in the region."""


@frozen
class _Open(_Region):
    """A region that is being built."""

    builder: GraphBuilder

    def find(self, value: Value) -> _Found:
        builder = self.builder
        while True:
            op = builder.producer.get(value)
            if op is not None:
                return _Found(value, op, _Open(builder))
            if value in builder.producer:
                value = next((outer for outer, inner in builder.captures.items() if inner is value), value)
            if builder.parent is None or value in builder.producer:
                return _Found(value, None, _Open(builder))
            builder = builder.parent


@frozen
class _Branch(_Region):
    """A branch of a `cond` that is there."""

    graph: Graph
    cond: Op
    outer: _Region
    producers: dict[Value, Op] = field(default_factory=dict[Value, Op])

    def find(self, value: Value) -> _Found:
        if not self.producers:
            self.producers.update((result, op) for op in self.graph.ops for result in op.results)
        op = self.producers.get(value)
        if op is None and value in self.graph.params:
            return self.outer.find(self.cond.operands[1 + self.graph.params.index(value)])
        return _Found(value, op, self)


def _sides(found: _Found, op: Op) -> Iterator[tuple[bool, _Found]]:
    """What a value that a `cond` makes is in each branch."""
    i = op.results.index(found.value)
    for side, graph in zip((True, False), op.regions, strict=True):
        yield side, _Branch(graph, op, found.where).find(graph.results[i])


@frozen
class _Where:
    """Where some bools are known: what others are there."""

    known: dict[Value, bool]
    found: dict[Value, bool | None] = field(default_factory=dict[Value, bool | None])

    def truth(self, found: _Found, depth: int = DEEPEST) -> bool | None:
        """What a value is; None where it does not follow."""
        known = self.known.get(found.value)
        return self.by_op(found, depth) if known is None else known

    def by_op(self, found: _Found, depth: int = DEEPEST) -> bool | None:
        """The same by the op that makes it, whether or not it is known."""
        if found.op is None or depth == 0 or found.value.type != BOOL:
            return None
        if found.value not in self.found:
            self.found[found.value] = self._by_op(found, found.op, depth - 1)
        return self.found[found.value]

    def _by_op(self, found: _Found, op: Op, depth: int) -> bool | None:
        def of(value: Value) -> bool | None:
            return self.truth(found.where.find(value), depth)

        match op.name:
            case "constant":
                return bool(op.attrs["value"])
            case "logical_not":
                truth = of(op.operands[0])
                return None if truth is None else not truth
            case "logical_and" | "logical_or":
                decides = op.name == "logical_or"
                truths = [of(v) for v in op.operands]
                return decides if decides in truths else None if None in truths else not decides
            case "cond":
                pred = of(op.operands[0])
                ends = {self.truth(end, depth) for side, end in _sides(found, op) if pred in (None, side)}
                return ends.pop() if len(ends) == 1 else None
            case _:
                return None


def _follow(found: _Found, truth: bool, facts: dict[Value, bool], is_so: bool = True) -> bool:
    """Note what a value is, and what follows from that; whether it is no contradiction. Where it is only supposed that
    it is so, no further suppositions are made."""
    if found.value in facts:
        return facts[found.value] is truth
    facts[found.value] = truth
    if len(facts) > MOST_FACTS:
        return True
    parts = _parts(found, truth, facts, is_so)
    return parts is not None and all(_follow(part, its, facts, is_so) for part, its in parts)


def _parts(
    found: _Found, truth: bool, facts: dict[Value, bool], is_so: bool = True
) -> Sequence[tuple[_Found, bool]] | None:
    """What else is so, by the op that makes the value; None where that is a contradiction."""
    op = found.op
    if op is None:
        return ()
    if op.name == "logical_not":
        return ((found.where.find(op.operands[0]), not truth),)
    if op.name == ("logical_and" if truth else "logical_or"):
        return [(found.where.find(value), truth) for value in op.operands]
    if op.name != "cond" or found.value.type != BOOL or not is_so:
        return ()
    pred = found.where.find(op.operands[0])
    left = [(side, end) for side, end in _sides(found, op) if _may_choose(pred, side, end, truth, facts)]
    if len(left) != 1:
        return () if left else None
    ((side, end),) = left
    return ((pred, side), (end, truth))


def _may_choose(pred: _Found, side: bool, end: _Found, truth: bool, facts: dict[Value, bool]) -> bool:
    """Whether a `cond` may take the branch `side`, whose result is `end`, and so be `truth`, with what is known."""
    supposed = dict(facts)
    return _follow(pred, side, supposed, is_so=False) and _Where(supposed).truth(end) in (None, truth)
