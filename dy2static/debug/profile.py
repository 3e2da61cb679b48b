"""Where the time of a call goes: one run with a clock at the loops and ops, by the user's lines."""

# pyright: reportPrivateUsage=false

import os
import threading
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dy2static.cache.compiled import CompiledGraph, data_of, wrapped
from dy2static.cache.program import Program
from dy2static.cache.signature import Call
from dy2static.debug.naming import names_in
from eager.grad_mode import is_grad_enabled
from eager.tape import is_tracked
from graph.execute.timed import TimedGraph
from graph.execute.timeline import Timeline

_LOCK: Final = threading.Lock()
_TIMED: Final[weakref.WeakKeyDictionary[CompiledGraph, TimedGraph]] = weakref.WeakKeyDictionary()
"""The graphs that were timed, for as long as their programs live: native code is compiled once."""


@dataclass(frozen=True)
class Profile:
    """A call that was timed. Prints as a table of what took the time."""

    result: Any
    """What the call gave."""
    timeline: Timeline

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a Chrome trace (JSON), whole or not at all; open it at ui.perfetto.dev or chrome://tracing."""
        self.timeline.save(path)

    def __str__(self) -> str:
        return str(self.timeline)


def timed_run(compiled: CompiledGraph, inputs: Sequence[Any]) -> tuple[list[Any], Timeline]:
    """The results of a run off the tape, and how they came. Raises what the run raises."""
    results, timeline = _timed(compiled)([data_of(x) for x in inputs])
    return [wrapped(x) for x in results], timeline


def profiled(program: Program, call: Call, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Profile:
    """A call by its program, timed. What the function changes is changed."""
    program.refuse_overlaps(call, args, kwargs)
    results, timeline = timed_run(program.compiled, program.inputs(call))
    return Profile(program.deliver(results, args, kwargs), timeline)


def is_recorded(program: Program, call: Call) -> bool:
    """Whether a call leaves something on the tape, or may do so."""
    if not is_grad_enabled():
        return False
    wrt = tuple(i for i, x in enumerate(program.inputs(call)) if is_tracked(x))
    return bool(wrt) and program.compiled.unrecorded(wrt) != wrt


def _timed(compiled: CompiledGraph) -> TimedGraph:
    with _LOCK:
        found = _TIMED.get(compiled)
        if found is None:
            graph = compiled.graph if compiled.executor == "interpreter" else compiled.to_run
            found = _TIMED[compiled] = TimedGraph(graph, compiled.executor, names_in, compiled.options)
        return found
