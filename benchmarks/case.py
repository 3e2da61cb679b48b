"""One workload in one framework, and how its calls are timed. Needs NumPy alone."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np

WARM_CALLS: Final = 2
"""Calls after the first and before what a case computes is compared: models have made three steps then."""
MAX_CALLS: Final = 500
"""Of one burst: a model that is trained on one batch for long comes to numbers so small that arithmetic slows down."""


@dataclass(frozen=True)
class Case:
    """What a framework does for one workload.

    `make` converts, and gives the function that is timed. What is compared with other frameworks is `state()` after
    three calls (of a model: its parameters); without it, the result of `make().func(*probe)`, or without `probe` of
    another call. `reset` takes a model back to its start. `share` is the part of the workload's steps that a call
    makes where all of them would take too long.
    """

    make: Callable[[], Callable[[], Any]]
    probe: Sequence[Any] | None = None
    state: Callable[[], Any] | None = None
    reset: Callable[[], None] | None = None
    share: float = 1.0


def bound(convert: Callable[[Any], Any], function: Any, *args: Any) -> Callable[[], partial[Any]]:
    """A `make`: the converted function with its arguments."""

    def make() -> partial[Any]:
        return partial(convert(function), *args)

    return make


@dataclass(frozen=True)
class Framework:
    """What is asked of a framework besides its cases: to wait for a result, and its numbers. `settle` is given the
    function that is timed, after its first call: it returns when what that has begun in the background is done."""

    name: str
    version: str
    cases: dict[str, Callable[[], Case]]
    finish: Callable[[Any], Any]
    arrays: Callable[[Any], list[np.ndarray[Any, Any]]]
    settle: Callable[[Callable[[], Any]], None] | None = None


class Running:
    """A case after its first call."""

    def __init__(self, framework: Framework, workload: str) -> None:
        self._finish = framework.finish
        self._case = case = framework.cases[workload]()
        start = time.perf_counter()
        self._call = case.make()
        self._finish(self._call())
        self.first_seconds = time.perf_counter() - start
        if framework.settle is not None:
            framework.settle(self._call)
        self.outcome = self._outcome(framework)

    def _outcome(self, framework: Framework) -> list[np.ndarray[Any, Any]]:
        for _ in range(WARM_CALLS):
            self._finish(self._call())
        case = self._case
        if case.state is not None:
            return framework.arrays(case.state())
        if case.probe is None:
            return framework.arrays(self._call())
        assert isinstance(self._call, partial)
        return framework.arrays(self._call.func(*case.probe))

    def burst(self, seconds: float) -> list[float]:
        """Times of calls, in seconds a whole workload, for about that long; one call at least."""
        if self._case.reset is not None:
            self._case.reset()
        call, finish, clock = self._call, self._finish, time.perf_counter
        finish(call())  # caches are another process's by now
        times: list[float] = []
        end = clock() + seconds
        while not times or (clock() < end and len(times) < MAX_CALLS):
            start = clock()
            finish(call())
            times.append(clock() - start)
        return [t / self._case.share for t in times]
