"""Converted functions do what the original does: same result, same effects in the same order, same error."""

import copy
import functools
import itertools
from collections.abc import Callable
from typing import Any

import pytest

from support.plain_functions import FUNCTIONS
from support.plain_functions.classes import Child, Counter
from support.plain_functions.control_flow import THRESHOLD
from support.python_runtime import run_on_python


def outcome(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a call comes to, with what it did to its arguments."""
    arguments = copy.deepcopy(arguments)
    try:
        result: Any = ("returns", function(*arguments))
    except Exception as error:
        result = ("raises", type(error), str(error), type(error.__cause__))
    return (*result, arguments)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_does_what_the_original_does(function: Callable[..., Any]) -> None:
    converted = run_on_python(function)
    for arguments in itertools.product(range(-1, 5), repeat=2):
        expected, found = outcome(function, arguments), outcome(converted, arguments)
        assert_same(expected, found)


def assert_same(expected: tuple[Any, ...], found: tuple[Any, ...]) -> None:
    # Functions among the results are told apart by name: each run makes its own.
    assert by_name(found) == by_name(expected)


def by_name(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return type(value)(by_name(item) for item in value)
    if isinstance(value, dict):
        return {key: by_name(item) for key, item in value.items()}
    if callable(value) and not isinstance(value, type):
        return value.__qualname__
    return value if not isinstance(value, type({}.keys())) else list(value)


METHODS = [
    (lambda: Counter(), "run"),
    (lambda: Counter(step=2), "run"),
    (lambda: Child(), "kind"),
    (lambda: Child(), "__call__"),
    (lambda: Child, "make"),
    (lambda: Child, "static"),
]


@pytest.mark.parametrize(("make", "name"), METHODS)
@pytest.mark.parametrize("arguments", [(3, 2), (0, 1), (2, 0), (1,)])
def test_methods(make: Callable[[], Any], name: str, arguments: tuple[int, ...]) -> None:
    results: list[Any] = []
    for convert in (lambda f: f, run_on_python):
        owner = make()
        method = getattr(owner, name)
        if hasattr(method, "__func__"):
            results.append((outcome(functools.partial(convert(method.__func__), method.__self__), arguments), owner))
        else:
            results.append((outcome(convert(method), arguments), owner))
    expected, found = results
    if not isinstance(make(), type):
        assert found[1] == expected[1]
    if expected[0][0] == "raises":
        assert found[0][1] is expected[0][1]
    assert found[0] == expected[0]


def test_private_parameter_of_a_method() -> None:
    hidden = Counter._Counter__hidden
    assert run_on_python(hidden)(Counter(), 2) == hidden(Counter(), 2)
    with pytest.raises(TypeError, match="_Counter__i"):
        run_on_python(hidden)(Counter())


def test_global_read_under_declaration() -> None:
    def read(x):
        global THRESHOLD
        while x < THRESHOLD:
            x += THRESHOLD
        return x

    assert run_on_python(read)(1) == 1 + THRESHOLD


def test_nonlocal_read_under_declaration() -> None:
    outer = 4

    def read(x):
        nonlocal outer
        while x < outer:
            x += 1
        return x

    assert run_on_python(read)(1) == 4


def test_closure_is_shared_with_the_original() -> None:
    count = 0

    def read(x):
        return count if x else None

    converted = run_on_python(read)
    count = 7
    assert converted(1) == read(1) == 7


def test_unassigned_closure_fails_as_it_would() -> None:
    def read(x):
        return later if x else None

    converted = run_on_python(read)
    with pytest.raises(NameError) as expected:
        read(1)
    with pytest.raises(NameError) as found:
        converted(1)
    assert str(found.value) == str(expected.value)
    later = 1
    assert converted(1) == 1


def test_lambdas() -> None:
    y = 3
    first, second = (lambda x: x + y if x else -y), (lambda x: x and [x, y])
    for function in (first, second):
        assert [run_on_python(function)(x) for x in range(3)] == [function(x) for x in range(3)]


def test_error_in_the_middle_keeps_effects() -> None:
    def store(log, n):
        for i in range(n):
            log.append(i)
            if i == 2:
                log[10] = i
        return log

    log: list[int] = []
    with pytest.raises(IndexError, match="list assignment index out of range"):
        run_on_python(store)(log, 5)
    assert log == [0, 1, 2]
