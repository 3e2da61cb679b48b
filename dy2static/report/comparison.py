"""What a comparison found for one model."""

from dataclasses import dataclass
from typing import Any

from dy2static.report.agreement import agree
from dy2static.report.case import Case
from dy2static.report.counting import Size, size_of
from dy2static.report.gradients import GradientCheck
from dy2static.report.sources import SourcePair
from dy2static.tracing.decision import Decision
from graph.errors import TraceGuardError
from graph.ir.op import Graph, Op
from graph.location import Loc


@dataclass(frozen=True, slots=True)
class TraceOutcome:
    """A trace taken on a case's example, run on its other arguments.

    `error` is what our trace raises there, None if all its decisions hold; `value` what it would give with its guards
    off; `broken` the guards that do not hold, in order.
    """

    graph: Graph
    decisions: tuple[Decision, ...]
    value: Any
    broken: tuple[Op, ...]
    error: TraceGuardError | None

    @property
    def decided_at(self) -> Loc | None:
        """The line of the first decision that does not hold."""
        return self.broken[0].loc if self.broken else None

    @property
    def decision_lines(self) -> tuple[Loc, ...]:
        """Where decisions were taken, each line once."""
        return tuple({(d.location.file, d.location.line): d.location for d in self.decisions}.values())


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds per call on the case's other arguments; `traced` is that of a trace which was taken on them."""

    eager: float
    traced: float
    converted: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """One model in every mode, on its other arguments."""

    case: Case
    eager: Any
    trace: TraceOutcome
    converted: Any
    graph: Graph
    gradient: GradientCheck | None
    times: Times
    sources: tuple[SourcePair, ...]

    @property
    def trace_is_right(self) -> bool:
        """Whether the trace, with its guards off, gives what eager does."""
        return agree(self.trace.value, self.eager)

    @property
    def conversion_is_right(self) -> bool:
        return agree(self.converted, self.eager)

    @property
    def trace_size(self) -> Size:
        return size_of(self.trace.graph)

    @property
    def graph_size(self) -> Size:
        return size_of(self.graph)

    @property
    def is_as_promised(self) -> bool:
        """The converted function is right, and so are its gradients; a trace that is wrong is not silent."""
        gradient = self.gradient is None or self.gradient.holds
        return self.conversion_is_right and gradient and (self.trace_is_right or self.trace.error is not None)
