"""What the tests that led to a place say of bools of the graph, read off the ops that made them.

A branch is staged where its test is true, or false. What the test is made of is known there too, as far as it follows:
both operands of an `and` that is true, the test of a `cond` that would choose something else otherwise.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import field
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
        self._facts: dict[tuple[GraphBuilder, Value], bool] = {}
        self._implied: dict[GraphBuilder, list[Implication]] = {}
        self._told: dict[tuple[GraphBuilder, Value, bool], Facts] = {}
        self._changes = 0
        """How often the facts have changed."""
        self._latest: tuple[GraphBuilder, int, tuple[dict[GraphBuilder, None], bool, dict[Value, bool]]] | None = None
        """What was known in a region, after so many changes."""
        self.relied_on: set[Implication] = set()
        """The implications that said that something may not be."""

    def __len__(self) -> int:
        return len(self._facts)

    def forget(self, count: int) -> None:
        """Take back what was learned since there were `count` facts."""
        while len(self._facts) > count:
            self._facts.popitem()
            self._changes += 1

    def assume(self, builder: GraphBuilder, facts: Facts) -> None:
        """Note what holds from here on in a region."""
        here = _Open(builder)
        self._facts.update({(builder, here.find(flag).value): holds for flag, holds in facts})
        self._changes += 1

    def imply(self, builder: GraphBuilder, implication: Implication) -> None:
        """Note that it holds in a region."""
        self._implied.setdefault(builder, []).append(implication)

    def holds(self, builder: GraphBuilder, flag: Value) -> bool | None:
        """What the flag is, where the tests that led here say so."""
        flag = _Open(builder).find(flag).value
        region: GraphBuilder | None = builder
        while region is not None:
            if (region, flag) in self._facts:
                return self._facts[region, flag]
            region = region.parent
        return None

    def decides(self, builder: GraphBuilder, flag: Value) -> bool | None:
        """What the flag is, where that follows from what the tests say that led here."""
        found = _Open(builder).find(flag)
        known = self.holds(builder, found.value)
        if known is not None or found.op is None or found.op.name not in DERIVED:
            return known
        _, is_possible, env = self._known_in(builder)
        return _Where(env).truth(found) if is_possible else None

    def may_be(self, builder: GraphBuilder, facts: Facts) -> bool:
        """Whether all these may hold together, with what is known here. Of no where the ops say so; else yes."""
        if not facts:
            return True
        here = _Open(builder)
        around, is_possible, followed = self._known_in(builder)
        env = followed.copy()
        if not (is_possible and all(_follow(here.find(flag), holds, env) for flag, holds in facts)):
            return False
        for implication in (one for region in around for one in self._implied.get(region, ())):
            (premise, holds), (flag, then) = implication
            if env.get(premise) is holds and not _follow(here.find(flag), then, env):
                self.relied_on.add(implication)
                return False
        where = _Where(env)
        return not any(where.by_op(here.find(flag)) is (not holds) for flag, holds in env.items())

    def _known_in(self, builder: GraphBuilder) -> tuple[dict[GraphBuilder, None], bool, dict[Value, bool]]:
        """The region and those around it; whether what is known there is no contradiction, and what follows from it.
        Found once, until the facts change: one question comes soon after the other."""
        if self._latest is None or self._latest[:2] != (builder, self._changes):
            around: dict[GraphBuilder, None] = {}
            region: GraphBuilder | None = builder
            while region is not None:
                around[region] = None
                region = region.parent
            here = _Open(builder)
            env: dict[Value, bool] = {}
            known = [(flag, holds) for (region, flag), holds in self._facts.items() if region in around]
            is_possible = all(_follow(here.find(flag), holds, env) for flag, holds in known)
            self._latest = builder, self._changes, (around, is_possible, env)
        return self._latest[2]

    def told(self, builder: GraphBuilder, test: Value, truth: bool) -> Facts:
        """What is known where `test` is true, or false: asked for as its branches begin, and again when they merge."""
        asked = builder, test, truth
        if asked not in self._told:
            facts: dict[Value, bool] = {}
            _follow(_Open(builder).find(test), truth, facts)
            self._told[asked] = tuple(facts.items())
        return self._told[asked]


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
    op = found.op
    if found.value in facts:
        return facts[found.value] is truth
    facts[found.value] = truth
    if op is None or len(facts) > MOST_FACTS:
        return True
    parts: list[tuple[_Found, bool]] = []
    if op.name == "logical_not":
        parts = [(found.where.find(op.operands[0]), not truth)]
    elif op.name == ("logical_and" if truth else "logical_or"):
        parts = [(found.where.find(value), truth) for value in op.operands]
    elif op.name == "cond" and found.value.type == BOOL and is_so:
        pred = found.where.find(op.operands[0])
        left = [(side, end) for side, end in _sides(found, op) if _may_choose(pred, side, end, truth, facts)]
        if not left:
            return False
        if len(left) == 1:
            ((side, end),) = left
            parts = [(pred, side), (end, truth)]
    return all(_follow(part, its, facts, is_so) for part, its in parts)


def _may_choose(pred: _Found, side: bool, end: _Found, truth: bool, facts: dict[Value, bool]) -> bool:
    """Whether a `cond` may take the branch `side`, whose result is `end`, and so be `truth`, with what is known."""
    supposed = dict(facts)
    return _follow(pred, side, supposed, is_so=False) and _Where(supposed).truth(end) in (None, truth)
