"""Which uses of iterators the rule D105 reports, and of context variables the rule D103: those that staging refuses."""

import pytest

import eager as xp
from dy2static import StagingError
from dy2static.codemod.check.check import check_text
from support.defining import define

HEADER = """\
import csv
import itertools
from collections import deque
from contextvars import ContextVar

from dy2static import to_static

def halves():
    yield 0.5
    yield 0.25

def made():
    def inner():
        yield 1.0
    return [*inner()]

MAKERS = {"a": 1}
VALUES = [1.0, 2.0, 3.0]
LEVEL = ContextVar("LEVEL", default=1.0)
"""

OUTSIDE = [
    "iter(VALUES)",
    "zip(VALUES, VALUES)",
    "map(abs, VALUES)",
    "itertools.count()",
    "(k for k in VALUES)",
    "halves()",
    "reversed(VALUES)",
    "csv.reader(['1,2'])",
]
USES = [
    "x + float(str(next(IT)).strip('()[],').split(',')[0].strip(\"'\"))",
    "x + len(list(itertools.islice(IT, 2)))",
    "x + sum(1 for _ in IT)",
    "x + len([*IT])",
    "x + (2.0 in IT)",
    "x + len(str(IT.__next__()))",
    "x + len(deque(IT, 1))",
    "x + len(','.join(map(str, IT)))",
]


def ids(text: str) -> list[str]:
    return [finding.rule for finding in check_text(HEADER + text)]


def in_function(made: str, use: str) -> str:
    return f"IT = {made}\n\n@to_static\ndef f(x):\n    return {use}\n"


CASES = [*((made, USES[0]) for made in OUTSIDE), *(("halves()", use) for use in USES)]


@pytest.mark.parametrize(("made", "use"), CASES)
def test_found_where_staging_refuses(made: str, use: str) -> None:
    text = in_function(made, use)
    assert ids(text) == ["D105"]
    with pytest.raises(StagingError):
        define(HEADER + text, "f")(xp.asarray(1.0))


@pytest.mark.parametrize("made", ["VALUES", "range(3)", "list(halves())", "made()", "MAKERS.items()"])
def test_what_can_be_gone_through_again(made: str) -> None:
    text = in_function(made, "x + len(list(IT)) + sum(1 for _ in IT)")
    assert ids(text) == []
    assert float(define(HEADER + text, "f")(xp.asarray(0.0))) > 0


def test_added_to_a_list() -> None:
    text = "IT = halves()\n\n@to_static\ndef f(x):\n    out = []\n    out += IT\n    return x + len(out)\n"
    assert ids(text) == ["D105"]
    with pytest.raises(StagingError, match=r"`\+=` may change an object of class generator"):
        define(HEADER + text, "f")(xp.asarray(1.0))


METHOD = """
class Model:
    def __init__(self):
        self.batches = iter(VALUES)

    @to_static
    def f(self, x):{first}
        for batch in self.batches:
            x = x * batch
        return x
"""


def test_attribute_of_self() -> None:
    assert ids(METHOD.format(first="")) == ["D105"]
    anew = METHOD.format(first="\n        self.batches = list(VALUES)")
    assert ids(anew) == []
    assert float(define(HEADER + anew, "Model")().f(xp.asarray(1.0))) == 6.0


def test_made_in_the_function() -> None:
    text = "@to_static\ndef f(x):\n    it = iter(VALUES)\n    return x * next(it) + sum(k for k in it)\n"
    assert ids(text) == []
    assert float(define(HEADER + text, "f")(xp.asarray(2.0))) == 7.0


def test_passed_on_untouched() -> None:
    assert ids(in_function("iter(VALUES)", "x if IT is None else -x")) == []


def test_context_variable() -> None:
    reads = "@to_static\ndef f(x):\n    return x * LEVEL.get()\n"
    sets = "@to_static\ndef f(x):\n    LEVEL.set(2.0)\n    return x\n"
    assert ids(reads) == []
    assert ids(sets) == ["D103"]
    with pytest.raises(StagingError, match="`set` reaches outside of the program"):
        define(HEADER + sets, "f")(xp.asarray(1.0))
