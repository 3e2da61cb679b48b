"""What a run did and when: events by line of the user's program, written as a Chrome trace."""

import contextlib
import json
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graph.location import UNKNOWN, Loc


@dataclass(frozen=True, slots=True)
class Site:
    """A place in the program that was timed: one op of the graph."""

    op: str
    """Its name; `while_loop`, `for_loop` and `cond` for control flow."""
    variable: str
    """The user's name for what it computes; may be empty."""
    type: str
    """The type of its result."""
    loc: Loc
    loop: int = -1
    """The number of the site of the innermost loop around it; -1 where there is none."""

    @property
    def title(self) -> str:
        """It in few words: `h = matmul`, `while`."""
        name = {"while_loop": "while", "for_loop": "for", "cond": "if", "attempt": "try"}.get(self.op, self.op)
        return f"{self.variable} = {name}" if self.variable and name == self.op else name


@dataclass(frozen=True, slots=True)
class Event:
    """One time that a site ran, in nanoseconds since the run began. `trips`: of a loop, how often its body ran."""

    site: int
    start: int
    duration: int
    trips: int | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """A site in the whole run, in nanoseconds."""

    times: int = 0
    duration: int = 0
    trips: int = 0


@dataclass(frozen=True)
class Timeline:
    """A run. `totals`, one per site, are of the whole run; `events` are single times, by their start.

    Native code has one event for each outermost loop, with trip counts; what was timed within is in the totals. Of the
    other executors events nest, and there are at most `MOST_EVENTS`.
    """

    name: str
    executor: str
    sites: tuple[Site, ...]
    events: tuple[Event, ...]
    totals: tuple[Total, ...]
    duration: int
    """Of the whole run, in nanoseconds."""

    def trace(self) -> dict[str, Any]:
        """The run in the trace event format of Chrome, which Perfetto reads too."""
        whole = _event(f"run of {self.name}", "run", 0, self.duration, {"executor": self.executor})
        events = [self._traced(event) for event in self.events]
        names = [("process_name", self.name), ("thread_name", self.executor)]
        metadata = [{"ph": "M", "pid": 1, "tid": 1, "name": key, "args": {"name": name}} for key, name in names]
        return {"displayTimeUnit": "ns", "traceEvents": [*metadata, whole, *events]}

    def _traced(self, event: Event) -> dict[str, Any]:
        site = self.sites[event.site]
        args: dict[str, Any] = {**_where(site), "variable": site.variable, "type": site.type}
        if event.trips is not None:
            args["trips"] = event.trips
        if event.site not in self._with_events_within():
            inside = [self._inside(i) for i in self._within(event.site)]
            args |= {"inside": inside} if inside else {}
        return _event(site.title, site.op, event.start, event.duration, {k: v for k, v in args.items() if v != ""})

    def _with_events_within(self) -> set[int]:
        return {self.sites[event.site].loop for event in self.events}

    def _within(self, loop: int) -> list[int]:
        """The sites in a loop that ran, by their time."""
        found = [i for i, site in enumerate(self.sites) if site.loop == loop and self.totals[i].times]
        return sorted(found, key=lambda i: -self.totals[i].duration)

    def _inside(self, i: int) -> dict[str, Any]:
        site, total = self.sites[i], self.totals[i]
        found: dict[str, Any] = {"name": site.title, **_where(site), "times": total.times, "us": total.duration / 1000}
        found |= {"trips": total.trips} if total.trips else {}
        inside = [self._inside(k) for k in self._within(i)]
        return found | ({"inside": inside} if inside else {})

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the trace as JSON, whole or not at all: for chrome://tracing or ui.perfetto.dev."""
        write_whole(Path(path), json.dumps(self.trace(), indent=1))

    def __str__(self) -> str:
        lines = [f"{self.name} on {self.executor}: {_time(self.duration)}"]
        return "\n".join([*lines, *self._lines(-1, "  ")])

    def _lines(self, loop: int, indent: str) -> list[str]:
        lines: list[str] = []
        for i in self._within(loop):
            site, total = self.sites[i], self.totals[i]
            trips = f", {total.trips} trips" if total.trips else ""
            share = f"{total.duration / max(self.duration, 1):4.0%}"
            times = f" x {total.times}" if total.times > 1 else ""
            where = f"  {site.loc}" if site.loc != UNKNOWN else ""
            lines.append(f"{indent}{share} {_time(total.duration):>9}  {site.title}{times}{trips}{where}")
            if site.op in ("while_loop", "for_loop"):
                lines += self._lines(i, indent + "    ")
        return lines


def _where(site: Site) -> dict[str, str]:
    if site.loc == UNKNOWN:
        return {}
    return {"line": f"{site.loc.file}:{site.loc.line}", "code": site.loc.text()}


def _event(name: str, category: str, start: int, duration: int, args: dict[str, Any]) -> dict[str, Any]:
    times = {"ts": start / 1000, "dur": duration / 1000}
    return {"name": name, "cat": category, "ph": "X", "pid": 1, "tid": 1, **times, "args": args}


def _time(nanoseconds: int) -> str:
    for unit, size in (("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000)):
        if nanoseconds >= size:
            return f"{nanoseconds / size:.3g} {unit}"
    return f"{nanoseconds} ns"


def write_whole(path: Path, text: str) -> None:
    """Write a file so that nobody ever finds half of it. Raises OSError; what was there stays then."""
    part = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def in_order(events: Sequence[Event]) -> tuple[Event, ...]:
    """Events by their start, outer ones first."""
    return tuple(sorted(events, key=lambda event: (event.start, -event.duration)))
