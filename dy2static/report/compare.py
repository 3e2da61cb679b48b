"""Runs one model in every mode."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dy2static.cache.program import Program
from dy2static.cache.signature import signature
from dy2static.decorator import StaticFunction, to_static
from dy2static.errors import TraceWarning
from dy2static.report.baked import run_unguarded, unguarded
from dy2static.report.case import Case
from dy2static.report.comparison import Comparison, Times, TraceOutcome
from dy2static.report.gradients import check_gradients
from dy2static.report.sources import sources_of
from dy2static.report.timing import seconds_per_call
from dy2static.tracing.trace import TracedFunction, trace
from eager.tensor import Tensor
from graph.errors import TraceGuardError


def compare(case: Case) -> Comparison:
    """Everything that the table and the page show. Raises what the model raises in any mode."""
    static = to_static(case.function)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TraceWarning)  # the comparison says it in its own words
        outcome = _traced(case, trace(case.function, *case.example))
        traced_on_other = trace(case.function, *case.other)
    static(*case.example)
    converted = static(*case.other)
    program = static.program_for(*case.other)
    return Comparison(
        case=case,
        eager=case.function(*case.other),
        trace=outcome,
        converted=converted,
        graph=program.compiled.graph,
        gradient=check_gradients(case, case.other),
        times=_times(case, traced_on_other, static),
        sources=sources_of(static, program),
    )


def _traced(case: Case, traced: TracedFunction) -> TraceOutcome:
    made = traced.traces[0]
    graph = made.program.compiled.graph
    error: TraceGuardError | None = None
    try:
        traced(*case.other)
    except TraceGuardError as refused:
        error = refused
    return TraceOutcome(
        graph=graph,
        decisions=made.decisions,
        value=_baked(made.program, case.other),
        broken=run_unguarded(graph, _data(made.program, case.other)).broken,
        error=error,
    )


def _baked(program: Program, args: tuple[Any, ...]) -> Any:
    """What the recorded program gives for these arguments when nothing checks its decisions."""
    compiled = program.compiled.like(unguarded(program.compiled.graph))
    return replace(program, compiled=compiled).run(signature(args, {}), args, {})


def _data(program: Program, args: tuple[Any, ...]) -> Sequence[Any]:
    """The program's inputs as the interpreter takes them."""
    inputs = program.inputs(signature(args, {}))
    return [np.asarray(x)[()] if isinstance(x, Tensor) else x for x in inputs]


def _times(case: Case, traced: TracedFunction, static: StaticFunction) -> Times:
    def on_other(function: Callable[..., Any]) -> Callable[[], Any]:
        return lambda: function(*case.other)

    for function in (traced, static):
        function(*case.other)
        function.wait_compiled()
    return Times(*seconds_per_call([on_other(function) for function in (case.function, traced, static)]))
