"""Each rule: its bad example is found, its good one is not, and after its repair there is nothing to say. The trap is
one, shown by running both."""

import contextlib
import tempfile
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import ConversionError, StagingError, run_eagerly
from dy2static.codemod.check.check import check_text
from dy2static.codemod.check.fix import fixed
from dy2static.codemod.check.rule import Rule
from dy2static.codemod.check.rules import RULES
from support.defining import define

HEADER = """\
import functools
import math
import os
import random
import time
from datetime import datetime

import numpy as np

import eager as xp
from dy2static import to_static

"""
IDS = [rule.id for rule in RULES]


def ids(text: str) -> list[str]:
    return [finding.rule for finding in check_text(HEADER + text)]


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_bad_example_is_found(rule: Rule) -> None:
    assert ids(rule.bad) == [rule.id]


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_good_example_is_not(rule: Rule) -> None:
    assert ids(rule.good) == []


def test_numbers_and_names_are_unique_and_in_order() -> None:
    assert sorted(IDS) == IDS
    assert len({rule.name for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.doc.startswith(f"{rule.id} {rule.name}: ")
        assert rule.why
        assert rule.title[-1].isalnum() or rule.title[-1] in "`)"


REPAIRED = ["D002", "D202", "D204", "D302", "D401"]


def test_which_rules_repair() -> None:
    assert [r.id for r in RULES if any(f.repair for f in check_text(HEADER + r.bad))] == REPAIRED


@pytest.mark.parametrize("id_", REPAIRED)
def test_repair_leaves_nothing_to_say(id_: str) -> None:
    (rule,) = (rule for rule in RULES if rule.id == id_)
    text, repaired = fixed(HEADER + rule.bad, "model.py", RULES)
    assert [finding.rule for finding in repaired] == [id_]
    assert check_text(text) == []
    assert fixed(text, "model.py", RULES) == (text, [])


# What happens when the examples run

X = np.asarray([1.0, 2.0, 4.0])


def both(rule: Rule, name: str = "f") -> tuple[Any, Any]:
    return define(HEADER + rule.bad, name), define(HEADER + rule.good, name)


def refused(*kinds: type[Exception]) -> Callable[[Rule], None]:
    """The bad example raises at the latest when it is called; the good one gives what it gives eagerly."""

    def check(rule: Rule) -> None:
        with pytest.raises(kinds):
            run(define(HEADER + rule.bad, name_in(rule.bad)))
        agrees(rule.good)

    return check


def name_in(text: str) -> str:
    return "Model" if "class Model" in text else "f"


def run(made: Any, *args: Any) -> Any:
    function = made().f if isinstance(made, type) else made
    return function(xp.asarray(X), *args)


def agrees(text: str) -> None:
    made = define(HEADER + text, name_in(text))
    static = run(made)
    with run_eagerly():
        plain = run(made)
    np.testing.assert_allclose(as_array(static), as_array(plain))


def as_array(value: Any) -> Any:
    return np.asarray(value["root"]) if isinstance(value, dict) else np.asarray(value)


def check_randomness(rule: Rule) -> None:
    bad, good = both(rule)
    with pytest.raises(StagingError, match="every run would see the same ones"):
        run(bad)
    assert len({run(good).numpy().tobytes() for _ in range(3)}) == 3


def check_outside_world(rule: Rule) -> None:
    with pytest.raises(StagingError, match="reaches outside of the program"):
        run(define(HEADER + rule.bad, "f"))
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        np.save("scale.npy", 5.0)
        np.testing.assert_allclose(np.asarray(run(define(HEADER + rule.good, "run"))), X * 5)


def check_outer_iterator(rule: Rule) -> None:
    with pytest.raises(StagingError, match="this function has not made"):
        run(define(HEADER + rule.bad, "f"))
    made = define(HEADER + rule.good, "run")
    for scale in (1.0, 2.0, 3.0):
        np.testing.assert_allclose(np.asarray(run(made)), X * scale)


def check_object_number(rule: Rule) -> None:
    bad, _ = both(rule)
    x, y = xp.asarray(X), xp.asarray(X)
    with run_eagerly():
        assert bad(x, [id(x)])[1]
    assert not bad(y, [id(y)])[1]


def check_identity(rule: Rule) -> None:
    bad, good = both(rule)
    np.testing.assert_allclose(np.asarray(run(bad)), -X)
    np.testing.assert_allclose(np.asarray(run(good)), X)


def check_none(rule: Rule) -> None:
    # Nothing goes wrong in a graph: `!=` is decided there as `is not` would be. It is not what `!=` means on tensors.
    bad, good = both(rule)
    for function in (bad, good):
        np.testing.assert_allclose(np.asarray(run(function)), X)
        np.testing.assert_allclose(np.asarray(run(function, xp.asarray(2.0))), 2 * X)


def check_where(rule: Rule) -> None:
    bad, good = both(rule)
    x = xp.asarray([0.0, 2.0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert np.isnan(np.asarray(bad.grad()(x))).any()
    np.testing.assert_allclose(np.asarray(good.grad()(x)), [0.0, 0.5])
    np.testing.assert_allclose(np.asarray(bad(x)), np.asarray(good(x)))
    text, _ = fixed(HEADER + rule.bad, "model.py", RULES)
    np.testing.assert_allclose(np.asarray(define(text, "f").grad()(x)), [0.0, 0.5])


def check_alias(rule: Rule) -> None:
    bad, good = both(rule)
    np.testing.assert_allclose(np.asarray(run(bad)[0]), X + X.sum())
    np.testing.assert_allclose(np.asarray(run(good)[0]), X)
    np.testing.assert_allclose(np.asarray(run(good)[1]), X + X.sum())


def check_default(rule: Rule) -> None:
    bad, good = both(rule)
    with run_eagerly():
        assert [run(bad) for _ in range(3)] == [1, 2, 3]
    assert [run(good) for _ in range(3)] == [1, 1, 1]


def check_late(rule: Rule) -> None:
    bad, good = both(rule)
    np.testing.assert_allclose(np.asarray(xp.stack(run(bad))), [3 * X] * 3)
    np.testing.assert_allclose(np.asarray(xp.stack(run(good))), [X, 2 * X, 3 * X])


def check_growing(rule: Rule) -> None:
    model = define(HEADER + rule.bad, "Model")()
    for _ in range(4):
        model.f(xp.asarray(X))
    assert len(model.f.programs) == 4
    model = define(HEADER + rule.good, "Model")()
    for _ in range(4):
        model.f(xp.asarray(X))
    assert len(model.f.programs) == 2  # the count is an input when it was seen with two values


def check_rewrapped(rule: Rule) -> None:
    bad, good = both(rule)
    np.testing.assert_allclose(np.asarray(run(bad)), 8 * X)
    np.testing.assert_allclose(np.asarray(run(good)), 8 * X)


def check_cached(rule: Rule) -> None:
    for made, factor in zip(both(rule), (2.0, 4.0), strict=True):
        x = xp.asarray(X)
        made(x)
        x *= 2.0
        np.testing.assert_allclose(np.asarray(made(x)), factor * X)


TRAPS: dict[str, Callable[[Rule], None]] = {
    "D001": refused(ConversionError),
    "D002": refused(TypeError),
    "D003": check_rewrapped,
    "D004": check_cached,
    "D101": refused(StagingError),
    "D102": check_randomness,
    "D103": check_outside_world,
    "D104": check_object_number,
    "D105": check_outer_iterator,
    "D201": refused(StagingError),
    "D202": refused(StagingError),
    "D203": refused(StagingError),
    "D204": refused(StagingError),
    "D301": check_identity,
    "D302": check_none,
    "D401": check_where,
    "D501": check_alias,
    "D502": check_default,
    "D503": check_late,
    "D504": refused(StagingError),
    "D505": check_growing,
}


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_the_trap_is_one(rule: Rule) -> None:
    TRAPS[rule.id](rule)
