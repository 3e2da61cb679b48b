"""What tests tell of the bools that they are made of, and what together may be."""

import itertools

import pytest

from dy2static.staging.regions.facts import Known
from graph.aval import scalar
from graph.dtypes import bool_
from graph.ir.builder import GraphBuilder
from graph.ir.opdef import lookup
from graph.ir.regions import close
from graph.ir.value import Value

BOOL = scalar(bool_)


class Bools:
    """A graph of three bools, for tests to be made of."""

    def __init__(self) -> None:
        self.builder = GraphBuilder("bools")
        self.a, self.b, self.c = (self.builder.param(BOOL, name) for name in "abc")

    def choose(self, pred: Value, then: Value | bool, orelse: Value | bool) -> Value:
        """`then if pred else orelse`, as a `cond`."""
        regions = [GraphBuilder(name, self.builder) for name in ("then", "else")]
        results = [
            [region.constant(x) if isinstance(x, bool) else x]
            for region, x in zip(regions, (then, orelse), strict=True)
        ]
        graphs, captured = close(regions, results)
        return self.builder.append(lookup("cond"), (pred, *captured), {}, graphs)[0]

    def names(self, test: Value, truth: bool) -> dict[str, bool]:
        """What is known of the three where the test is so."""
        return {
            value.hint: holds
            for value, holds in Known().told(self.builder, test, truth)
            if value in (self.a, self.b, self.c)
        }


def test_operands_of_and_and_or():
    g = Bools()
    both = g.builder.logical_and(g.a, g.builder.logical_not(g.b))
    assert g.names(both, True) == {"a": True, "b": False}
    assert g.names(both, False) == {}
    either = g.builder.logical_or(g.a, g.builder.logical_not(g.b))
    assert g.names(either, False) == {"a": False, "b": True}
    assert g.names(either, True) == {}


def test_what_a_cond_must_have_chosen():
    g = Bools()
    both = g.choose(g.a, g.b, False)
    assert g.names(both, True) == {"a": True, "b": True}
    assert g.names(both, False) == {}
    did_break = g.choose(g.a, True, g.c)
    assert g.names(did_break, False) == {"a": False, "c": False}
    assert g.names(did_break, True) == {}


def test_a_cond_within_a_branch():
    g = Bools()
    then = GraphBuilder("then", g.builder)
    inner = [GraphBuilder(name, then) for name in ("then", "else")]
    graphs, captured = close(inner, [[inner[0].constant(True)], [g.c]])
    (found,) = then.append(lookup("cond"), (g.b, *captured), {}, graphs)
    orelse = GraphBuilder("else", g.builder)
    graphs, captured = close([then, orelse], [[found], [g.c]])
    (outer,) = g.builder.append(lookup("cond"), (g.a, *captured), {}, graphs)
    known = Known()
    known.assume(g.builder, Known().told(g.builder, outer, False))
    assert not known.may_be(g.builder, ((g.a, True), (g.b, True)))
    assert known.may_be(g.builder, ((g.a, True), (g.b, False)))
    assert known.may_be(g.builder, ((g.a, False), (g.b, True)))
    assert not known.may_be(g.builder, ((g.c, True), (g.a, False)))


def test_facts_hold_in_their_region_and_inside_of_it():
    g = Bools()
    region = GraphBuilder("then", g.builder)
    inside = GraphBuilder("then", region)
    known = Known()
    known.assume(region, ((g.a, True),))
    assert known.holds(region, g.a) is True
    assert known.holds(inside, inside.lift(g.a)) is True  # by the name that the region has for it
    assert known.holds(g.builder, g.a) is None
    assert not known.may_be(inside, ((g.a, False),))
    assert known.may_be(g.builder, ((g.a, False),))
    known.forget(0)
    assert known.holds(region, g.a) is None


def test_implications_are_noted_when_they_count():
    g = Bools()
    known = Known()
    implication = ((g.a, False), (g.b, False))
    known.imply(g.builder, implication)
    assert known.may_be(g.builder, ((g.a, True), (g.b, True)))
    assert known.may_be(g.builder, ((g.b, True),))
    assert not known.relied_on
    assert not known.may_be(g.builder, ((g.b, True), (g.a, False)))
    assert known.relied_on == {implication}


@pytest.mark.parametrize("depth", [1, 30, 300])
def test_long_chains_end(depth: int):
    """Each bool is made of the one before, twice: as many ways to it as 2 to the depth."""
    g = Bools()
    x = g.a
    for _ in range(depth):
        x = g.builder.logical_and(g.builder.logical_or(x, x), g.choose(g.b, x, x))
        x = g.choose(x, g.choose(x, True, g.b), g.builder.logical_not(x))
    known = Known()
    known.assume(g.builder, Known().told(g.builder, x, True))
    known.may_be(g.builder, ((g.c, True), (g.a, False)))


FORMS = {
    "and": lambda g, x, y: g.builder.logical_and(x, y),
    "or": lambda g, x, y: g.builder.logical_or(x, y),
    "not": lambda g, x, y: g.builder.logical_not(x),
    "then": lambda g, x, y: g.choose(x, True, y),
    "else": lambda g, x, y: g.choose(x, y, False),
    "choice": lambda g, x, y: g.choose(y, x, g.c),
}
MEANING = {
    "and": lambda x, y, c: x and y,
    "or": lambda x, y, c: x or y,
    "not": lambda x, y, c: not x,
    "then": lambda x, y, c: True if x else y,
    "else": lambda x, y, c: y if x else False,
    "choice": lambda x, y, c: x if y else c,
}


@pytest.mark.parametrize("forms", list(itertools.product(FORMS, repeat=3)), ids="-".join)
def test_nothing_is_said_that_is_not_so(forms: tuple[str, str, str]):
    """All tests of three forms in one another, for all bools: what is told holds, and what may be is not denied."""
    g = Bools()
    first = FORMS[forms[0]](g, g.a, g.b)
    second = FORMS[forms[1]](g, first, g.c)
    test = FORMS[forms[2]](g, second, first)
    for bools in itertools.product([False, True], repeat=3):
        a, b, c = bools
        x = MEANING[forms[0]](a, b, c)
        y = MEANING[forms[1]](x, c, c)
        truth = MEANING[forms[2]](y, x, c)
        here = dict(zip("abc", bools, strict=True))
        assert g.names(test, truth).items() <= here.items()
        known = Known()
        known.assume(g.builder, Known().told(g.builder, test, truth))
        assert known.may_be(g.builder, ((g.a, a), (g.b, b), (g.c, c)))
        assert known.may_be(g.builder, ((first, x), (second, y)))
        assert not Known().may_be(g.builder, ((g.a, a), (g.b, b), (g.c, c), (test, not truth)))
