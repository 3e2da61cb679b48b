"""Random programs on tensors, lists, dicts and objects: a trace is right, made anew, or refuses."""

import warnings
from dataclasses import replace

import numpy as np
import pytest

import eager as xp
from dy2static.errors import TraceWarning
from dy2static.tracing.trace import TracedFunction
from graph.errors import TraceGuardError
from support.compare import Outcome, difference, outcome
from support.defining import define
from support.fuzzing import arguments
from support.random_programs import RandomProgram, render

PER_BLOCK = 40


def silent(found: Outcome) -> Outcome:
    """What is printed is printed while tracing only."""
    return replace(found, printed="")


def check_seed(seed: int) -> int:
    """How many of the calls the first trace refused."""
    source = render(RandomProgram(seed, size=6 + seed % 18).block())
    f = define(source, file=f"<random {seed}>", xp=xp)
    loose, strict = TracedFunction(f, "retrace"), TracedFunction(f, "error")
    refused = 0
    for args in arguments(seed) * 2:
        expected = silent(outcome(f, args))
        what = difference(expected, silent(outcome(loose, args)), args)
        assert not what, f"seed {seed}: {what}\n{source}"
        found = silent(outcome(strict, args))
        if isinstance(found.error, TraceGuardError):
            refused += 1
            continue
        what = difference(expected, found, args)
        assert not what, f"seed {seed}, without retracing: {what}\n{source}"
    return refused


@pytest.mark.parametrize("block", range(3))
def test_random_programs(block: int) -> None:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", TraceWarning)
        refused = sum(check_seed(seed) for seed in range(block * PER_BLOCK, (block + 1) * PER_BLOCK))
    assert refused > PER_BLOCK
