"""Repairs, one by one: what is written, and what is left alone."""

import pytest

from dy2static.codemod.check.fix import fixed
from dy2static.codemod.check.rules import RULES

HEAD = """\
import math
import numpy as np
import eager as xp
from dy2static import to_static
@to_static
def f(x, y: xp.Tensor):
"""

REPAIRS = {
    "none, without blanks": ("    return x==None", "    return x is None"),
    "none, first": ("    return None   !=   x", "    return None   is not   x"),
    "none, in brackets": (
        "    return (x\n        == # why\n        None)",
        "    return (x\n        is # why\n        None)",
    ),
    "where, false side": (
        "    return xp.where(y < 0, 0, xp.sqrt( y ))",
        "    return xp.where(y < 0, 0, xp.sqrt( xp.where(y < 0, 1, y) ))",
    ),
    "where, part": (
        "    return xp.where(y > 1, 1 / (y - 1), 0)",
        "    return xp.where(y > 1, 1 / xp.where(y > 1, (y - 1), 1), 0)",
    ),
    "where, twice": (
        "    return xp.where(y > 0, xp.log(xp.sqrt(y)), 0)",
        "    return xp.where(y > 0, xp.log(xp.where(y > 0, xp.sqrt(xp.where(y > 0, y, 1)), 1)), 0)",
    ),
    "array": (
        "    return np.asarray(  y ), np.array(y, copy=False)",
        "    return xp.asarray(  y ), np.array(y, copy=False)",
    ),
    "buffer": (
        "    b = np.zeros((3, 4))  # room\n    b[0] = y\n    return b",
        "    b = xp.zeros((3, 4))  # room\n    b[0] = y\n    return b",
    ),
}


@pytest.mark.parametrize(("before", "after"), REPAIRS.values(), ids=REPAIRS)
def test_repair(before: str, after: str) -> None:
    assert fixed(f"{HEAD}{before}\n", "model.py", RULES)[0] == f"{HEAD}{after}\n"


def test_decorators_move_with_their_comments() -> None:
    head = "from dy2static import to_static\nclass C:\n"
    ours = "    @to_static(\n        executor='numpy')  # one\n"
    body = "    def f(x):\n        return x\n"
    before = head + "    # about f\n" + ours + "    @staticmethod  # two\n" + body
    after = head + "    # about f\n    @staticmethod  # two\n" + ours + body
    assert fixed(before, "model.py", RULES)[0] == after


LEFT = {
    "not a tensor": "    return math.gcd(x), np.asarray(x)",
    "safe already": "    return xp.where(y > 0, xp.log(xp.maximum(y, 1e-9)), 0)",
    "another variable": "    return xp.where(y > 0, 1 / x, 0)",
}


@pytest.mark.parametrize("body", LEFT.values(), ids=LEFT)
def test_left_alone(body: str) -> None:
    assert fixed(f"{HEAD}{body}\n", "model.py", RULES) == (f"{HEAD}{body}\n", [])


def test_without_a_name_for_eager() -> None:
    text = HEAD.replace("import eager as xp", "import eager.tensor").replace("xp.Tensor", "'Tensor'")
    text += "    return np.asarray(y)\n"
    text = text.replace("import eager.tensor\n", "")
    assert fixed(text, "model.py", RULES) == (text, [])
