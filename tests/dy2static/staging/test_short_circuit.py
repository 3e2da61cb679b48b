"""`and` and `or` need a branch only where it could be seen that the second operand is computed."""

from collections.abc import Callable
from typing import Any

import pytest

import eager as xp
from dy2static import to_static
from graph.ir.walk import walk

Function = Callable[..., Any]


def both(x: Any, n: Any) -> Any:
    return x.sum() > 1 and n < 3


def one_of(x: Any, n: Any) -> Any:
    return x.sum() > 1 or n < 3 or n > 5


def a_chain(x: Any, n: Any) -> Any:
    return 0 < n < x.shape[0]


def in_a_test(x: Any, n: Any) -> Any:
    while n > 0 and x[0] > 0.5:
        x, n = x * 0.5, n - 1
    return x, n


def guarded_index(x: Any, n: Any) -> Any:
    return n < 3 and x[n] > 0


def guarded_division(x: Any, n: Any) -> Any:
    return n != 0 and 12 % n == 0


def recursive(x: Any, n: Any) -> Any:
    return n > 0 and (n == 7 or recursive(x, n - 1))


def of_a_tensor(x: Any, n: Any) -> Any:
    return n > 0 and x.sum() > 1


def of_two_kinds(x: Any, n: Any) -> Any:
    return n > 0 and n


def in_place(x: Any, n: Any) -> Any:
    seen = []
    found = n > 0 and (seen.append(n) is None and n < 3)
    return found, len(seen)


CONDS = {
    both: 0,
    one_of: 0,
    a_chain: 0,
    in_a_test: 1,  # the index can fail
    guarded_index: 1,
    guarded_division: 1,
    of_a_tensor: 1,  # a sum may cost more than a branch
    of_two_kinds: 1,
}
ARGS = [(3, 1), (3, 0), (3, 2), (3, 4), (3, 7), (3, -1)]


def call(function: Function, size: int, n: int) -> Any:
    return function(xp.asarray([1.0, 2.0, 4.0][:size]), n)


def text(result: Any) -> str:
    parts = result if isinstance(result, tuple) else (result,)
    return repr([x.tolist() if isinstance(x, xp.Tensor) else x for x in parts])


@pytest.mark.parametrize("function", [*(f for f in CONDS if f is not of_two_kinds), recursive, in_place])
@pytest.mark.parametrize("executor", ["interpreter", "numpy"])
def test_results_are_those_of_python(function: Function, executor: Any) -> None:
    static = to_static(function, executor=executor)
    for size, n in ARGS:
        assert text(call(static, size, n)) == text(call(function, size, n)), (size, n)


@pytest.mark.parametrize("function", CONDS)
def test_branches(function: Function) -> None:
    static = to_static(function, executor="interpreter")
    for size, n in ARGS:
        call(static, size, n)
    assert static.cache.latest is not None
    assert sum(op.name == "cond" for op in walk(static.cache.latest.compiled.graph)) == CONDS[function]
