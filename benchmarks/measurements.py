"""What was measured, and what follows from it: medians, the best of the thread counts, ratios to the best peer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

AIMS: Final = {
    "logistic": 1.0,
    "ode": 0.3,
    "branch": 0.5,
    "rnn_fwd": 0.6,
    "rnn_grad": 0.6,
    "chain": 0.5,
    "attn": 0.8,
    "mlp_train": 0.7,
    "lenet_train": 0.6,
}
"""The most that our time may be of the best peer's."""
FIRST_CALL_AIM: Final = 0.33
"""Our first call in a fresh process with an empty cache, of JAX's."""
SECOND_PROCESS_AIM: Final = 0.1
"""Our first call in a process that finds the cache warm, of JAX's first call."""


@dataclass(slots=True)
class Record:
    """One workload of one contestant with one number of threads. Times are in seconds."""

    contestant: str
    is_ours: bool
    threads: int
    workload: str
    medians: list[float] = field(default_factory=list[float])
    """Of each round's calls."""
    minimum: float | None = None
    first: float | None = None
    """The first call, in a process that may have made other workloads before."""
    error: str | None = None

    def add_round(self, times: Sequence[float]) -> None:
        self.medians.append(median(times))
        self.minimum = min(times) if self.minimum is None else min(self.minimum, *times)


@dataclass(frozen=True, slots=True)
class Best:
    """A contestant's time for a workload: the median of its rounds, with the number of threads that is best."""

    contestant: str
    seconds: float
    threads: int
    spread: float
    """How far the rounds lie apart, of their median."""


def best(records: Iterable[Record]) -> Best | None:
    """The fastest of some records; None where none has times."""
    found = [
        Best(r.contestant, middle, r.threads, (max(r.medians) - min(r.medians)) / middle)
        for r in records
        if r.medians and r.error is None
        for middle in [median(r.medians)]
    ]
    return min(found, key=lambda b: b.seconds, default=None)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One line of the comparison."""

    workload: str
    ours: Best | None
    peer: Best | None

    @property
    def ratio(self) -> float | None:
        """Our time of the best peer's."""
        return self.ours.seconds / self.peer.seconds if self.ours and self.peer else None

    @property
    def aim(self) -> float | None:
        return AIMS.get(self.workload)

    @property
    def is_reached(self) -> bool | None:
        """None where there is no aim, or nothing to compare."""
        return None if self.ratio is None or self.aim is None else self.ratio <= self.aim


def verdicts(records: Sequence[Record], workloads: Iterable[str]) -> list[Verdict]:
    """Ours (without eager) against the best peer, by workload."""
    lines: list[Verdict] = []
    for workload in workloads:
        of_it = [r for r in records if r.workload == workload]
        ours = best(r for r in of_it if r.is_ours and r.contestant != "ours eager")
        lines.append(Verdict(workload, ours, best(r for r in of_it if not r.is_ours)))
    return lines


@dataclass(slots=True)
class Cold:
    """First calls of a workload in fresh processes: conversion, compilation and one run."""

    contestant: str
    workload: str
    first: list[float] = field(default_factory=list[float])
    """With an empty cache."""
    again: list[float] = field(default_factory=list[float])
    """In a second process, with the cache that the first one left."""
    error: str | None = None
