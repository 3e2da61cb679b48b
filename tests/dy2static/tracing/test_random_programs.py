"""Random programs on tensors, lists, dicts and objects: a trace is right, made anew, or refuses."""

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dy2static.errors import StagingError, TraceWarning
from dy2static.tracing.trace import TracedFunction
from graph.errors import TraceGuardError
from support.compare import Outcome, difference
from support.fuzzing import PLAIN_SECONDS, Checked, EndlessError, arguments, within_seconds
from support.random_programs.program import random_program

PER_BLOCK = 80


def silent(found: Outcome) -> Outcome:
    """What is printed is printed while tracing only."""
    return replace(found, printed="")


def check_seed(seed: int) -> int:
    """How many of the calls the first trace refused."""
    source = random_program(seed).source
    program = Checked(source, seed, Counter())
    if program.state.first():
        return 0  # a trace changes what is outside of its arguments when it is made, also where it then fails
    loose, strict = TracedFunction(program.function, "retrace"), TracedFunction(program.function, "error")
    refused = 0
    for args in arguments(seed) * 2:
        try:
            with within_seconds(PLAIN_SECONDS, EndlessError):
                expected = silent(program.call(program.function, args))
        except EndlessError:  # as a loop over a list that it extends
            return refused
        before: Sequence[Any] = (*args, {})
        traced = silent(program.call(loose, args))
        if isinstance(traced.error, StagingError) and "a replay cannot" in str(traced.error):
            return refused
        what = difference(expected, traced, before)
        assert not what, f"seed {seed}: {what}\n{source}"
        found = silent(program.call(strict, args))
        if isinstance(found.error, TraceGuardError):
            refused += 1
            continue
        what = difference(expected, found, before)
        assert not what, f"seed {seed}, without retracing: {what}\n{source}"
    return refused


@pytest.mark.parametrize("block", range(3))
def test_random_programs(block: int) -> None:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", TraceWarning)
        refused = sum(check_seed(seed) for seed in range(block * PER_BLOCK, (block + 1) * PER_BLOCK))
    assert refused > PER_BLOCK // 5
