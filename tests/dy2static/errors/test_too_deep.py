"""Functions whose blocks nest deeper than Python's stack."""

import re

import pytest

import eager as xp
from dy2static import to_static
from dy2static.errors import ConversionError
from support.defining import define


def test_what_conversion_cannot_nest() -> None:
    cases = "".join(f"    if x > {i}.5: return x + {i}\n" for i in range(2_000))
    function = define(f"def f(x):\n{cases}    return x\n", file="<many>")
    with pytest.raises(ConversionError) as caught:
        to_static(function)(xp.asarray(1.0))
    assert str(caught.value) == (
        "<many>:1 in f\n"
        "    def f(x):\n"
        "  `f` nests deeper than Python's stack allows: what follows an `if` that returns is put into its other "
        "branch.\n"
        "  Next: write cases that follow one another as a loop, or raise the limit (`sys.setrecursionlimit`)."
    )


def test_what_staging_cannot_nest() -> None:
    function = define("def f(x, n=0): return f(x, n + 1)")
    with pytest.raises(RecursionError) as caught:
        to_static(function)(xp.asarray(1.0))
    (note,) = caught.value.__notes__
    assert re.match("dy2static makes a graph block within block, and what follows an `if` that returns is", note)
