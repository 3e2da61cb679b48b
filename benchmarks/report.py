"""The tables of a comparison: against the best peer, everybody's times, first calls, imports."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from benchmarks.measurements import FIRST_CALL_AIM, SECOND_PROCESS_AIM, Cold, Record, best, verdicts
from benchmarks.table import Rows, as_markdown, as_text, duration, ratio

BUSY = 0.5
"""A load average above this before the run, and its numbers say little."""


@dataclass(frozen=True)
class Report:
    """A whole run."""

    date: str
    cpu: str
    load: float
    """Processes that wanted to run in the minute before."""
    settings: dict[str, Any]
    versions: dict[str, str]
    records: list[Record]
    cold: list[Cold] = field(default_factory=list[Cold])
    imports: dict[str, float] = field(default_factory=dict[str, float])

    def data(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return asdict(self)

    def tables(self) -> list[tuple[str, Rows]]:
        """Title and rows of each table that has something in it."""
        found = [
            ("Ours and the best peer's (median of the rounds, best of the thread counts)", against_best(self.records)),
            ("Everybody's", everybody(self.records)),
            ("First call in a fresh process: conversion, compilation and the run", first_calls(self.cold)),
            ("import", [["", *self.imports], ["time", *map(duration, self.imports.values())]]),
        ]
        return [(title, rows) for title, rows in found if len(rows) > 1 and len(rows[0]) > 1]

    def errors(self) -> list[str]:
        """What failed or differed."""
        lines = [f"{r.workload}, {r.contestant}, {r.threads} threads: {r.error}" for r in self.records if r.error]
        return lines + [f"first call of {c.workload}, {c.contestant}: {c.error}" for c in self.cold if c.error]

    @property
    def is_busy(self) -> bool:
        return self.load > BUSY

    def warning(self) -> str:
        return (
            f"The machine was busy when this began (load average {self.load:.1f}): these numbers say little."
            if self.is_busy
            else ""
        )

    def text(self, width: int | None = None) -> str:
        """For a terminal."""
        parts = [f"{title}\n\n{as_text(rows, width)}" for title, rows in self.tables()]
        return "\n\n".join([*filter(None, [self.warning()]), *parts, *filter(None, ["\n".join(self.errors())])])

    def markdown(self) -> str:
        """For the page: with the date, the CPU and the versions."""
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        settings = ", ".join(f"{name} {value}" for name, value in self.settings.items())
        parts = [f"{self.date}, {self.cpu}; {settings}.\n{versions}."]
        if self.is_busy:
            parts.append(f"**{self.warning()}**")
        for title, rows in self.tables():
            parts.append(f"**{title}**\n\n{as_markdown(rows)}")
        if self.errors():
            parts.append("What failed:\n\n" + "\n".join(f"- {line}" for line in self.errors()))
        return "\n\n".join(parts)


def _workloads(records: Iterable[Record] | Iterable[Cold]) -> list[str]:
    return list(dict.fromkeys(r.workload for r in records))


def against_best(records: Sequence[Record]) -> Rows:
    rows = [["workload", "ours", "by", "best peer", "by", "ratio", "aim", "", "spread"]]
    for v in verdicts(records, _workloads(records)):
        verdict = "" if v.is_reached is None else "reached" if v.is_reached else "missed"
        spread = max((b.spread for b in (v.ours, v.peer) if b), default=0.0)
        rows.append(
            [
                v.workload,
                duration(v.ours.seconds if v.ours else None),
                f"{v.ours.contestant.removeprefix('ours ')}/{v.ours.threads}" if v.ours else "-",
                duration(v.peer.seconds if v.peer else None),
                f"{v.peer.contestant}/{v.peer.threads}" if v.peer else "-",
                ratio(v.ratio),
                ratio(v.aim),
                verdict,
                f"{spread:.0%}",
            ]
        )
    return rows


def everybody(records: Sequence[Record]) -> Rows:
    names = list(dict.fromkeys(r.contestant for r in records))
    rows = [["workload", *names]]
    for workload in _workloads(records):
        row = [workload]
        for name in names:
            found = best(r for r in records if r.workload == workload and r.contestant == name)
            row.append(duration(found.seconds if found else None))
        rows.append(row)
    return rows


def first_calls(cold: Sequence[Cold]) -> Rows:
    """Each of ours against JAX: the first call, and that of a second process."""
    names = list(dict.fromkeys(c.contestant for c in cold if c.contestant != "JAX"))
    rows = [["workload", "JAX"]]
    for name in names:
        rows[0] += [name, f"(aim {FIRST_CALL_AIM})", "2nd process", f"(aim {SECOND_PROCESS_AIM})"]
    for workload in _workloads(cold):
        times = {c.contestant: c for c in cold if c.workload == workload and not c.error}
        base = median(times["JAX"].first) if "JAX" in times and times["JAX"].first else None
        row = [workload, duration(base)]
        for name in names:
            found = times.get(name)
            for kept in (found.first if found else [], found.again if found else []):
                middle = median(kept) if kept else None
                row += [duration(middle), ratio(middle / base if middle is not None and base else None)]
        rows.append(row)
    return rows
