"""A graph that is timed while it runs, on any executor."""

import importlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, cast

import numpy as np

from graph.execute.blueprint import Blueprint
from graph.execute.interpreter import run
from graph.execute.native import AS_USUAL, NativeOptions
from graph.execute.numpy_program import compile_program
from graph.execute.program_runtime import detached
from graph.execute.stamps import LOOPS, Names, Stamps, Stopwatch, timed_in_native, timed_in_python
from graph.execute.timeline import Event, Timeline, Total, in_order
from graph.ir.op import Graph
from graph.ir.value import Value
from graph.ir.walk import walk
from graph.passes.nested import without_sharing
from graph.schedule.order import scheduled

NAMES: Final = {"native": "native code", "numpy": "the NumPy program", "interpreter": "the interpreter"}
"""The executors in words."""


def _hints(graph: Graph) -> Mapping[Value, str]:
    """The names that values of a graph bring with them."""
    return {v: v.hint for op in walk(graph) for v in op.results}


class TimedGraph:
    """A verified graph on an executor, with stamps. Compiled when it is made; one run at a time.

    `names_in` gives the user's names of values.
    """

    def __init__(
        self,
        graph: Graph,
        executor: Literal["native", "numpy", "interpreter"],
        names_in: Names = _hints,
        options: NativeOptions = AS_USUAL,
    ) -> None:
        self._name, self._executor = graph.name, executor
        self._lock = threading.Lock()
        self._watch = Stopwatch()
        self._stamps = Stamps(
            timed_in_native if executor == "native" else timed_in_python,
            self._watch.take,
            names_in,
            is_native=executor == "native",
        )
        self._table = np.zeros((0, 0), np.int64)
        self._columns: tuple[int, ...] = ()
        """Where in a row of the table first, last, duration, times and trips are."""
        self._run: Callable[[Sequence[Any]], tuple[Any, ...]]
        if executor == "native":
            program = self._native(graph, options)
            self._run = lambda args: program(*args)
            return
        stamped = self._stamps.graph(scheduled(without_sharing(graph)))
        if executor == "numpy":
            program = compile_program(stamped)
            self._run = lambda args: program(*args)
        else:
            self._run = lambda args: tuple(map(detached, run(stamped, args)))

    def _native(self, graph: Graph, options: NativeOptions) -> Any:
        """The native program; it writes to a table that is made before it, and is large enough."""
        stamps = importlib.import_module("graph.llvm.stamps")
        plan = Blueprint(
            graph, exact=options.exact, cpu=options.cpu, threads=options.threads, change=self._stamps.graph
        )
        plan.lowered()
        self._table = np.zeros((len(self._stamps.sites) + 1, stamps.COLUMNS), np.int64)
        self._columns = (stamps.FIRST, stamps.LAST, stamps.TOTAL, stamps.TIMES, stamps.TRIPS)
        return plan.made({stamps.STAMPS: self._table})

    def __call__(self, args: Sequence[Any]) -> tuple[tuple[Any, ...], Timeline]:
        """The results, and how they came. Raises what the run raises."""
        with self._lock:
            self._table[...] = 0
            self._watch.start()
            results = self._run(args)
            end = time.perf_counter_ns()
            sites = tuple(self._stamps.sites)
            if self._executor == "native":
                events, totals = self._read(self._watch.begin)
            else:
                events, totals = self._watch.events(sites), self._watch.totals(len(sites))
        duration = end - self._watch.begin
        return results, Timeline(self._name, NAMES[self._executor], sites, events, totals, duration)

    def _read(self, begin: int) -> tuple[tuple[Event, ...], tuple[Total, ...]]:
        events: list[Event] = []
        totals: list[Total] = []
        for i, site in enumerate(self._stamps.sites):
            row = cast("list[int]", self._table[i].tolist())
            first, last, duration, times, trips = (row[column] for column in self._columns)
            totals.append(Total(times, duration, trips))
            if times and site.loop < 0:
                events.append(Event(i, first - begin, last - first, trips if site.op in LOOPS else None))
        return in_order(events), tuple(totals)
