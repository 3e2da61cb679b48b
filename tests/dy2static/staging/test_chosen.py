"""Values that the graph chooses among ordinary ones: what is refused, and with which text."""

from collections.abc import Callable
from typing import Any

import pytest

import eager as xp
from dy2static.decorator import to_static
from dy2static.errors import StagingError
from graph.errors import BranchTypeError, GraphError, LoopTypeError


def adds_in_a_loop(x: Any) -> Any:
    text = ""
    for _ in xp.stack([x, x]):
        text = text + "x"
    return text


def text_or_number(x: Any) -> Any:
    return "none" if x > 0 else 3


def two_objects(x: Any) -> Any:
    held = [1] if x > 0 else {1}
    return held


def as_a_key(x: Any) -> Any:
    return {"a" if x > 0 else "b": x}


def letters(x: Any) -> Any:
    for letter in "ab" if x > 0 else "cd":
        print(letter)


REFUSED: list[tuple[Callable[[Any], Any], type[GraphError], str]] = [
    (adds_in_a_loop, LoopTypeError, "`text` is '', 'x', ... or 'xxxxxxxxxxxxxxx' before a trip of this loop and"),
    (
        adds_in_a_loop,
        LoopTypeError,
        "keep a number, and make `text` of it outside: a graph chooses among 16 values",
    ),
    (
        text_or_number,
        BranchTypeError,
        "the conditional expression is 'none' when true, 3 when false; a graph needs one",
    ),
    (two_objects, BranchTypeError, "a graph needs one type"),
    (as_a_key, StagingError, "a value that the graph chooses among several is known only when the graph runs; here Py"),
    (as_a_key, StagingError, "compare it, call it, print it or return it, or decide with an `if` on it."),
    (letters, StagingError, "a value that the graph chooses among several is known only when the graph runs; here Pyt"),
]


@pytest.mark.parametrize(("function", "kind", "text"), REFUSED)
def test_what_is_refused(function: Callable[[Any], Any], kind: type[GraphError], text: str) -> None:
    with pytest.raises(kind) as caught:
        to_static(function)(xp.asarray(1.0))
    assert text in str(caught.value)


def test_the_graph_has_the_place_among_the_options() -> None:
    def named(x: Any) -> Any:
        return "up" if x > 0 else "down"

    f = to_static(named)
    x = xp.asarray(1.0)
    assert (f(x), f(-x)) == ("up", "down")
    assert "i64[]" in str(f.graph)
