"""What is stored on some paths only is what it was on the others: what it was in this call, not in the first one."""

from collections.abc import Callable
from typing import Any

import pytest

import eager as xp
from dy2static import to_static


class State:
    """An object with attributes."""

    shared: Any = None

    def __init__(self, a: Any) -> None:
        self.a = a


def stored_in_a_branch(x, state):
    if x > 0:
        state.a = x


def stored_in_a_while(x, state):
    while x > 0:
        state.a = x
        x = x - 1


def stored_in_a_for(x, state):
    for i in range(xp.astype(x, xp.int64)):
        state.a = x + i


def stored_in_a_try(x, state):
    try:
        assert x > 0
        state.a = x
    except AssertionError:
        pass


def stored_after_a_return(x, state):
    if x <= 0:
        return
    state.a = x


def stored_in_both_and_further_in(x, state):
    if x > -100:
        if x > 0:
            state.a = x
    else:
        state.a = x


STORING = [
    stored_in_a_branch,
    stored_in_a_while,
    stored_in_a_for,
    stored_in_a_try,
    stored_after_a_return,
    stored_in_both_and_further_in,
]


@pytest.mark.parametrize("function", STORING)
@pytest.mark.parametrize("values", [tuple(map(xp.asarray, (1.0, 2.0, 3.0))), (1.5, 2.5, 3.5), (4, 5, 6)], ids=str)
def test_an_attribute_that_is_not_stored(function: Callable[..., Any], values: tuple[Any, ...]) -> None:
    static, state = to_static(function), State(values[0])
    for value in values:
        state.a = value
        static(xp.asarray(-1.0), state)
        assert state.a == value
    static(xp.asarray(1.0), state)
    assert state.a == 1.0


@pytest.mark.parametrize("function", STORING)
def test_an_attribute_that_is_none_at_first(function: Callable[..., Any]) -> None:
    static, state = to_static(function), State(None)
    static(xp.asarray(-1.0), state)
    assert state.a is None
    state.a = xp.asarray(2.0)
    static(xp.asarray(-1.0), state)
    assert state.a == 2.0


def test_an_attribute_of_a_class() -> None:
    @to_static
    def store(x):
        if x > 0:
            State.shared = x

    try:
        for value in (1.0, 2.0):
            State.shared = xp.asarray(value)
            store(xp.asarray(-1.0))
            assert State.shared == value
    finally:
        State.shared = None


TOTAL: Any = None


def test_a_global() -> None:
    global TOTAL

    @to_static
    def store(x):
        global TOTAL
        if x > 0:
            TOTAL = x

    for value in (1.0, 2.0):
        TOTAL = xp.asarray(value)
        store(xp.asarray(-1.0))
        assert value == TOTAL


def test_a_variable_of_an_enclosing_function() -> None:
    total: Any = None

    @to_static
    def store(x):
        nonlocal total
        if x > 0:
            total = x

    for value in (1.0, 2.0):
        total = xp.asarray(value)
        store(xp.asarray(-1.0))
        assert total == value


def test_an_item_of_a_dict_in_an_object() -> None:
    @to_static
    def store(x, state):
        if x > 0:
            state.a["k"] = x

    state = State({"k": xp.asarray(0.0)})
    for value in (1.0, 2.0):
        state.a["k"] = xp.asarray(value)
        store(xp.asarray(-1.0), state)
        assert state.a["k"] == value


def test_what_is_stored_on_every_path_is_no_guard() -> None:
    @to_static
    def store(x, state):
        state.a = x

    state = State(None)
    for value in (None, 1, "text"):
        state.a = value
        store(xp.asarray(-1.0), state)
    assert len(store.programs) == 1


def test_a_number_in_a_list_that_is_an_input() -> None:
    """Numbers that were seen with two values are inputs, also in lists that become those of converted code."""
    held: list[Any] = [2, 3]

    def f(x: Any) -> Any:
        if x > 0:
            held.append(held[0])
        return x * held[0], len(held)

    static = to_static(f)
    for n in (2, 9, 0, 1, 3, 4):
        held[:] = [n, 3]
        found = static(xp.asarray(1.0))
        assert (float(found[0]), float(found[1]), len(held)) == (n, 3, 3)
