"""Thousands of random functions: converted and original agree on results, errors, effects and how often they tick."""

import pytest

from support.defining import define
from support.python_runtime import run_on_python
from support.random_functions import RandomFunction, keeps, outcome, passes

ARGUMENTS = [(0, 0), (1, -2), (3, 5), (-1, 2)]
PER_BLOCK = 250


def check_seed(seed: int) -> None:
    source = RandomFunction(seed, size=5 + seed % 30).source()
    function = define(source, file="random.py", keeps=keeps, passes=passes)
    converted = run_on_python(function)
    for a, b in ARGUMENTS:
        expected, found = outcome(function, a, b), outcome(converted, a, b)
        assert found == expected, f"seed {seed}, a={a}, b={b}:\n{source}"


@pytest.mark.parametrize("block", range(4))
def test_random_functions(block: int) -> None:
    for seed in range(block * PER_BLOCK, (block + 1) * PER_BLOCK):
        check_seed(seed)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(4, 40))
def test_many_random_functions(block: int) -> None:
    for seed in range(block * PER_BLOCK, (block + 1) * PER_BLOCK):
        check_seed(seed)


def test_random_functions_do_all_sorts_of_things() -> None:
    kinds = {"returns": 0, "raises": 0}
    for seed in range(300):
        source = RandomFunction(seed, size=5 + seed % 30).source()
        function = define(source, file="random.py", keeps=keeps, passes=passes)
        kinds[outcome(function, 1, -2)[0]] += 1
    assert min(kinds.values()) > 50
