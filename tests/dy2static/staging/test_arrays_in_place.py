"""NumPy arrays that a function changes in place: as in eager code, or refused where only some paths do it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import to_static
from graph.errors import BranchTypeError, LoopTypeError

TOTAL = np.zeros(2)


def augmented(a: Any) -> None:
    a += 1


def filled(a: Any) -> None:
    a.fill(3.0)


def into(a: Any) -> None:
    np.add(a, 1, out=a)


def into_the_third(a: Any) -> None:
    np.add(a, 1, a)


def copied(a: Any) -> None:
    np.copyto(a, 4.0)


def at(a: Any) -> None:
    np.add.at(a, [0], 1)


def sorted_(a: Any) -> None:
    a -= np.arange(2)
    a.sort()


def through_a_view(a: Any) -> None:
    b = a[:1]
    b += 1


def through_memory(a: Any) -> None:
    memoryview(a)[0] = 5.0


CHANGES = [augmented, filled, into, into_the_third, copied, at, sorted_, through_a_view, through_memory]


@pytest.mark.parametrize("change", CHANGES)
def test_what_some_paths_change_is_refused(change: Callable[[Any], None]) -> None:
    def in_a_branch(x: Any) -> Any:
        a = np.zeros(2)
        if x > 0:
            change(a)
        return x, a

    def in_a_loop(x: Any) -> Any:
        a = np.zeros(2)
        while x > 0:
            change(a)
            x = x - 1
        return x, a

    with pytest.raises(BranchTypeError, match="the content of this NumPy array is"):
        to_static(in_a_branch)(xp.asarray(1.0))
    if change is augmented:
        with pytest.raises(LoopTypeError, match="the content of this NumPy array"):
            to_static(in_a_loop)(xp.asarray(1.0))


@pytest.mark.parametrize("change", CHANGES)
def test_what_every_path_changes_is_as_in_eager_code(change: Callable[[Any], None]) -> None:
    def on_the_way(x: Any) -> Any:
        a = np.zeros(2)
        change(a)
        return x * a.sum(), a

    static, x = to_static(on_the_way), xp.asarray(2.0)
    for _ in range(3):
        expected, found = on_the_way(x), static(x)
        assert float(found[0]) == float(expected[0])
        np.testing.assert_array_equal(found[1], expected[1])
        found[1].fill(9.0)


def test_an_array_from_outside_is_changed_in_each_run() -> None:
    box: dict[str, Any] = {}

    def counts(x: Any) -> Any:
        a = box["a"]
        a += 1
        return x * a.sum()

    static = to_static(counts)
    for function in (counts, static):
        box["a"] = held = np.zeros(2)
        assert [float(function(xp.asarray(1.0))) for _ in range(3)] == [2.0, 4.0, 6.0]
        assert held.tolist() == [3.0, 3.0]


def test_a_view_of_a_bytearray() -> None:
    def writes(x: Any) -> Any:
        data = bytearray(b"abc")
        view = memoryview(data)
        view[0] = 65
        view[1:] = b"BC"
        return x, data

    static = to_static(writes)
    for _ in range(2):
        assert static(xp.asarray(1.0))[1] == b"ABC"
