"""Running a graph as a NumPy program until its native code is there, so that nobody waits for the compiler.

What has loops is compiled from its first run on, once that has taken a tenth of a second. A run that is in a loop when
the code is there is given up and begins again with it: so the first run takes about as long as the shorter of the two
ways. Nothing is seen of the run that is given up: arguments are never written to, and a graph that prints in a loop is
compiled at once instead. What has no loop is compiled from its second run on: who calls it once does not pay for it.
"""

import functools
import threading
import weakref
from collections.abc import Callable
from typing import Any, Final

from graph.execute.background import BACKGROUND, Job
from graph.execute.blas_threads import has_small_products, one_thread
from graph.execute.blueprint import Blueprint
from graph.execute.in_blocks import in_blocks
from graph.execute.numpy_program import compile_program
from graph.ir.op import Graph, Op
from graph.ir.opdef import Again
from graph.ir.walk import walk
from graph.passes.small_tensors import small_tensors_as_numbers

LOOPS: Final = frozenset(["while_loop", "for_loop", "call"])
"""The ops that may make a run long."""

HEAD_START: Final = 0.1
"""Seconds that a run has for itself before compiling, which also takes Python's time, begins. Measured: the first
program of a process takes three times as long to compile, and a run of 50 ms took 70 with a start of 20 ms."""

Runner = Callable[..., tuple[Any, ...]]


class Superseded(BaseException):
    """The native code is there: this run is given up. No `except` of a kernel catches it."""


def runner(plan: Blueprint, deliver: Callable[[Runner], None]) -> Runner:
    """What runs a graph from now on: its native program where that is on disk, else a `Meanwhile`.

    `deliver` gets the native program when it is there, in another thread.
    """
    kept = plan.kept()
    if kept is not None:
        return kept
    graph = plan.graph
    loops = _has(graph, lambda op: op.name in LOOPS)
    shown = is_seen(graph)
    if loops and shown:
        return plan.compiled()
    alone = has_small_products(graph) and not plan.exact
    return Meanwhile(graph, plan.compiled, deliver, has_loops=loops, one_thread=alone)


class Meanwhile:
    """A graph as a NumPy program, until its native program is there. Safe to share between threads."""

    def __init__(
        self,
        graph: Graph,
        compiled: Callable[[], Runner],
        deliver: Callable[[Runner], None],
        *,
        has_loops: bool,
        one_thread: bool = False,
    ) -> None:
        """`one_thread`: its products are made by one thread, as the compiler needs the other processors."""
        self._compiled = compiled
        self._deliver = deliver
        self._has_loops, self._one_thread = has_loops, one_thread
        self._found: list[Runner] = []
        given = small_tensors_as_numbers(graph) if has_loops else graph
        program = compile_program(given, leave=give_way if has_loops else None, when=self._found)
        self._program = in_blocks(given, program)
        self._lock = threading.Lock()
        self._has_run = False
        self._job: Job | None = None
        self._hurry = threading.Event()

    def __call__(self, *args: Any) -> tuple[Any, ...]:
        if self._found:
            self._deliver(self._found[0])
            return self._found[0](*args)
        if self._has_loops or self._has_run:
            self.start()
        self._has_run = True
        try:
            if not self._one_thread:
                return self._program(*args)
            with one_thread():
                return self._program(*args)
        except Superseded:
            return self._found[0](*args)

    def hurry(self) -> Job:
        """Begin to compile, without a head start for runs."""
        self._hurry.set()
        return self.start()

    def start(self) -> Job:
        """Begin to compile, if nobody has. After a fork this begins again what was not begun before."""
        with self._lock:
            job = self._job
            if job is None:
                job = self._job = Job(functools.partial(_compile, weakref.ref(self)))
                BACKGROUND.submit(job)
                return job
        if not job.is_done:
            BACKGROUND.go_on()
        return job

    @property
    def error(self) -> BaseException | None:
        """What compiling it has raised."""
        return None if self._job is None else self._job.error

    def compile(self) -> None:
        """Compile, and deliver the native program."""
        self._hurry.wait(HEAD_START)
        BACKGROUND.do_asides()
        made = self._compiled()
        self._found.append(made)
        self._deliver(made)


def give_way() -> None:
    """End a run."""
    raise Superseded


def _compile(whom: "weakref.ref[Meanwhile]") -> None:
    """Unless nobody wants it any more."""
    wanted = whom()
    if wanted is not None:
        wanted.compile()


def is_seen(graph: Graph) -> bool:
    """Whether a run of the graph can be seen, so that two would be seen twice."""
    return _has(graph, lambda op: op.opdef.again is Again.SHOWN)


def _has(graph: Graph, is_one: Callable[[Op], bool]) -> bool:
    return any(is_one(op) for part in (graph, *graph.functions.values()) for op in walk(part))
