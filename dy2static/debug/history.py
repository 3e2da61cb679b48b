"""All that a run of a graph does, op by op, for looking at it later: nothing is printed, nothing outside is changed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

import numpy as np

from graph.execute.failure import better
from graph.ir.op import Graph, Op
from graph.ir.value import Value
from graph.ops.text_of import message

MOST_EVENTS: Final = 100_000
SHOWING: Final = frozenset({"print", "log_record"})
"""Ops that are only seen outside: their text is kept instead."""


@dataclass(frozen=True, slots=True, eq=False)
class Activation:
    """One run of a region or a function of a graph, or of the graph itself (`owner` is None)."""

    graph: Graph
    inputs: dict[Value, Any]
    owner: Op | None = None
    parent: "Activation | None" = None
    trip: int = 0
    """Of loops: the how manieth, from 1."""

    def chain(self) -> "list[Activation]":
        """From the outermost to this one."""
        return [*(self.parent.chain() if self.parent else []), self]


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """One op that ran. `printed` is what it would have printed; `error` what it raised."""

    op: Op
    operands: tuple[Any, ...]
    results: tuple[Any, ...]
    where: Activation
    printed: str = ""
    error: Exception | None = None


@dataclass(slots=True)
class History:
    """The events of a run in order. `is_complete`: whether it came to its end, and not to an error or to the limit."""

    graph: Graph
    events: list[Event] = field(default_factory=list[Event])
    results: tuple[Any, ...] = ()
    is_complete: bool = False


class _Full(BaseException):
    """There are as many events as may be kept."""


def record(graph: Graph, args: Sequence[Any], limit: int = MOST_EVENTS) -> History:
    """Run a graph on data (arrays, lists of arrays, None), and keep the first `limit` events."""
    history = History(graph)
    walker = _Walker(history, limit)
    try:
        with np.errstate(all="ignore"):
            history.results = walker.run(Activation(graph, dict(zip(graph.params, args, strict=True))))
            history.is_complete = True
    except _Full:
        pass
    except Exception as error:
        if error not in walker.raised:
            raise
    return history


class _Walker:
    def __init__(self, history: History, limit: int) -> None:
        self._history = history
        self._limit = limit
        self.raised: list[Exception] = []

    def run(self, where: Activation) -> tuple[Any, ...]:
        env = dict(where.inputs)
        for op in where.graph.ops:
            operands = tuple(env[v] for v in op.operands)
            results = self._op(op, operands, where)
            env.update(zip(op.results, results, strict=True))
        return tuple(env[v] for v in where.graph.results)

    def _op(self, op: Op, operands: tuple[Any, ...], where: Activation) -> tuple[Any, ...]:
        if op.name in SHOWING:
            self._note(Event(op, operands, (), where, _printed(op, operands)))
            return ()
        attrs: dict[str, Any] = dict(op.attrs)
        if op.name == "call":
            attrs["function"] = self._function(self._history.graph.functions[str(attrs["function"])], op, where)
        if op.regions:
            attrs["regions"] = tuple(self._function(region, op, where) for region in op.regions)
        try:
            made = op.opdef.kernel(*operands, **attrs)
        except Exception as error:
            if error in self.raised:
                raise  # through the ops around the one that failed
            found = better(error, op, operands)
            self.raised.append(found)
            self._note(Event(op, operands, (), where, error=found))
            raise found from None
        results = cast("tuple[Any, ...]", made) if isinstance(made, tuple) else (made,)
        if op.name != "constant":
            self._note(Event(op, operands, results, where))
        return results

    def _function(self, region: Graph, op: Op, where: Activation) -> Callable[..., tuple[Any, ...]]:
        trips = 0

        def run(*operands: Any) -> tuple[Any, ...]:
            nonlocal trips
            trips += 1
            trip = trips if op.name in ("while_loop", "for_loop") else 0
            return self.run(Activation(region, dict(zip(region.params, operands, strict=True)), op, where, trip))

        return run

    def _note(self, event: Event) -> None:
        if len(self._history.events) >= self._limit:
            raise _Full
        self._history.events.append(event)


def _printed(op: Op, operands: tuple[Any, ...]) -> str:
    parts = cast("tuple[str, ...]", op.attrs.get("parts", ()))
    return message(parts, operands, cast("tuple[str, ...]", op.attrs.get("forms", ()))) if parts else ""
