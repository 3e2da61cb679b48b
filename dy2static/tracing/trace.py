"""`trace`: the road into the graph that needs no source, and holds for inputs that take the same decisions."""

import functools
import threading
import weakref
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Final, Literal, TypeVar

from dy2static.bound import Bound
from dy2static.cache.compiled import wait_for
from dy2static.cache.making import MAKING
from dy2static.cache.program import Program
from dy2static.cache.shortcut import MISS, MOST_SHORTCUTS, Shortcut, shortcut
from dy2static.cache.signature import Call, signature
from dy2static.debug.profile import Profile, profiled
from dy2static.debug.tracebacks import hide_ours
from dy2static.decorator import ShownGraph
from dy2static.eager_mode import is_running_eagerly
from dy2static.gradient import StaticGradient
from dy2static.inspection import execution, native_of
from dy2static.tracing.decision import Decision, warn
from dy2static.tracing.example import Example
from dy2static.tracing.merge import merged
from dy2static.tracing.record import Trace, key_of, record
from dy2static.tracing.texts import described, difference, parameter_names
from eager.recorder import active
from graph.errors import TraceGuardError
from graph.execute.failure import location_of
from graph.location import UNKNOWN

OnMismatch = Literal["error", "retrace"]
MOST_TRACES: Final = 64
"""Traces of one function; the one that was used longest ago goes first."""
SECOND: Final = 2
"""The use at which a trace gets its shortcut: one that runs once needs none."""
NEXT: Final = 'trace again (`on_mismatch="retrace"` does it), or convert the source with `@to_static`.'
T = TypeVar("T")


class TracedFunction:
    """A function whose calls run a recorded execution of it as a graph. See `trace`.

    Within a function that is being traced or staged, and under `run_eagerly`, it is the function itself.
    """

    def __init__(self, function: Callable[..., Any], on_mismatch: OnMismatch) -> None:
        if on_mismatch not in ("error", "retrace"):
            raise ValueError(f'`on_mismatch` is "error" or "retrace", not {on_mismatch!r}')
        self.__dy2static_function__ = function
        self._on_mismatch: OnMismatch = on_mismatch
        self._name = getattr(function, "__name__", type(function).__name__)
        self._names, self._sees_order = parameter_names(function)
        self._traces: tuple[Trace, ...] = ()
        self._shortcuts: tuple[tuple[Shortcut, Trace], ...] = ()
        self._uses: weakref.WeakKeyDictionary[Program, int] = weakref.WeakKeyDictionary()
        """How often programs ran the general way."""
        self._warned: set[tuple[str, int]] = set()
        self._lock = threading.RLock()
        functools.update_wrapper(self, function, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._is_plain():
            return self.__dy2static_function__(*args, **kwargs)
        try:
            result = MISS if kwargs else self._shortly(args)
            return self._run(args, self.ordered(kwargs)) if result is MISS else result
        except Exception as error:
            hide_ours(error)
            raise

    def _run(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """A call, the general way; from its second use on, a trace has a shortcut."""

        def run(program: Program, call: Call) -> Any:
            way = None if kwargs else self._shortcut(program, call, args)  # before the run changes what it reads
            result = program.run(call, args, kwargs)
            if not kwargs:
                self._uses[program] = self._uses.get(program, 0) + 1
            if way is not None:
                self._shortcuts = (way, *self._shortcuts)[:MOST_SHORTCUTS]
            return result

        return self.attempt(args, kwargs, run)

    def _shortly(self, args: tuple[Any, ...]) -> Any:
        """A plain call by the shortcut of a trace; MISS where no trace has one that takes it."""
        if MAKING.owner is not None:
            MAKING.wait()
        for way, trace in self._shortcuts:
            try:
                result = way(args)
            except TraceGuardError:
                return MISS
            if result is not MISS:
                if trace is not self._traces[0]:
                    self._to_front(trace)
                return result
        return MISS

    def _shortcut(self, program: Program, call: Call, args: tuple[Any, ...]) -> tuple[Shortcut, Trace] | None:
        trace = next((trace for trace in self._traces if trace.program is program), None)
        if self._uses.get(program, 0) + 1 != SECOND or trace is None:
            return None
        way = shortcut(program, call, args, apart_from=trace.unshared)
        return None if way is None else (way, trace)

    def __repr__(self) -> str:
        return f"<traced function {getattr(self.__dy2static_function__, '__qualname__', self._name)}>"

    def _is_plain(self) -> bool:
        return is_running_eagerly() or active() is not None

    def ordered(self, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Keyword arguments in one order, unless the function can see in which they were written."""
        return dict(kwargs if self._sees_order or len(kwargs) < 2 else sorted(kwargs.items()))

    # Traces

    def attempt(self, args: Sequence[Any], kwargs: Mapping[str, Any], run: Callable[[Program, Call], T]) -> T:
        """`run` with a program that holds for these arguments: that of a trace, or of a new one.

        Raises: TraceGuardError where no trace holds and none may be made.
        """
        MAKING.wait()
        call = signature(args, kwargs)
        key = key_of(call, args, kwargs)
        traces = self._traces
        failure: TraceGuardError | None = None
        for trace in traces:
            if not trace.serves(key, call):
                continue
            try:
                result = run(trace.program, call)
            except TraceGuardError as error:
                failure = _at_its_line(error)
                continue
            if trace is not traces[0]:
                self._to_front(trace)
            return result
        if traces and self._on_mismatch == "error":
            raise failure or self._mismatch(traces[0], key, call, args, kwargs)
        with MAKING, self._lock:
            if self._traces is not traces:  # another thread has traced meanwhile
                return self.attempt(args, kwargs, run)
            trace = self.add(args, kwargs, self._reason(traces, failure, key, call, args, kwargs))
        return run(trace.program, call)

    def add(self, args: Sequence[Any], kwargs: Mapping[str, Any], reason: str) -> Trace:
        """Run the function on these arguments and keep the trace."""
        name = self._name if self._name.isidentifier() else "main"
        call = signature(args, kwargs)
        function = self.__dy2static_function__
        with MAKING, self._lock:
            made = record(function, name, self._names, call, args, kwargs, self._warned, reason)
            self._keep(made, *self._traces)
        return made

    def add_merged(self, examples: Sequence[Example]) -> None:
        """Run the function on each of these, and keep one trace for all that have one type of arguments.

        Raises: StagingError where they do not fit into one graph.
        """
        groups: dict[Hashable, list[Trace]] = {}
        name = self._name if self._name.isidentifier() else "main"
        function = self.__dy2static_function__
        with MAKING, self._lock:
            for example in examples:
                kwargs = self.ordered(example.kwargs)
                call = signature(example.args, kwargs)
                made = record(function, name, self._names, call, example.args, kwargs, _EVERYTHING, "an example")
                groups.setdefault((made.key, made.program.pattern), []).append(made)
            found = [merged(group) if len(group) > 1 else group[0] for group in groups.values()]
            self._keep(*found, *self._traces)
        for decision in (decision for trace in found for decision in trace.decisions):
            where = (decision.location.file, decision.location.line)
            if where not in self._warned:
                self._warned.add(where)
                warn(decision)

    def _keep(self, *traces: Trace) -> None:
        self._traces = traces[:MOST_TRACES]
        self._shortcuts = tuple(pair for pair in self._shortcuts if pair[1] in self._traces)

    def _to_front(self, trace: Trace) -> None:
        with self._lock:
            self._traces = (trace, *(other for other in self._traces if other is not trace))

    def _mismatch(
        self, trace: Trace, key: Hashable, call: Call, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> TraceGuardError:
        return TraceGuardError(
            f"`{self._name}` was traced for something else: {self._why(trace, key, call, args, kwargs)}.",
            next_step=NEXT,
        )

    def _why(self, trace: Trace, key: Hashable, call: Call, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
        if key != trace.key or not trace.program.pattern.fits(call):
            return difference(trace.arguments, described(self._names, args, kwargs))
        for guard in trace.program.guards.all:
            if not guard.holds():
                return guard.explain()
        return "an argument is a tensor that the function reads from outside as well"

    def _reason(
        self,
        traces: Sequence[Trace],
        failure: TraceGuardError | None,
        key: Hashable,
        call: Call,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
    ) -> str:
        if failure is not None:
            return failure.what.partition(";")[0]
        return self._why(traces[0], key, call, args, kwargs) if traces else "the first call"

    # Looking inside

    @property
    def traces(self) -> tuple[Trace, ...]:
        """The traces, the one that was used last first."""
        return self._traces

    def _latest(self) -> Trace:
        if not self._traces:
            raise RuntimeError(f"`{self._name}` has no trace yet: it was made where nothing is traced; call it once")
        return self._traces[0]

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """What the latest trace has fixed, in program order."""
        return self._latest().decisions

    @property
    def graph(self) -> ShownGraph:
        """The graph of the latest trace."""
        return ShownGraph(self._latest().program.compiled.graph)

    @property
    def program(self) -> str:
        """The NumPy source of the latest trace."""
        return self._latest().program.compiled.program.source

    def wait_compiled(self, timeout: float | None = None) -> bool:
        """As `StaticFunction.wait_compiled`, of all traces."""
        return wait_for((trace.program.compiled for trace in self._traces), timeout)

    @property
    def native(self) -> Any:
        """The native code of the latest trace; see `StaticFunction.native`."""
        return native_of(self._latest().program.compiled, repr(self))

    def bind(self, *examples: Any) -> Bound:
        """As `StaticFunction.bind`; decisions are checked in each call. The function is run for it once."""
        program, call = self.find(examples, {})
        trace = next(trace for trace in self._traces if trace.program is program)
        return Bound(self, program, call, examples, self._names, apart_from=trace.unshared)

    def profile(self, *args: Any, **kwargs: Any) -> Profile:
        """As `StaticFunction.profile`."""
        ordered = self.ordered(kwargs)

        def run(program: Program, call: Call) -> Profile:
            return profiled(program, call, args, ordered)

        try:
            return self.attempt(args, ordered, run)
        except Exception as error:
            hide_ours(error)
            raise

    def explain(self) -> str:
        """What each trace holds for: its arguments, why it was made, and its decisions; and how the latest one runs."""
        lines = [f"{self!r}: {len(self._traces)} trace{'s' * (len(self._traces) != 1)}"]
        for i, trace in enumerate(self._traces):
            arguments = ", ".join(f"{path}: {text}" for path, (text, _) in trace.arguments.items())
            lines.append(f"  {i + 1}. ({arguments}), made for {trace.program.reason}")
            lines += [f"     {decision}" for decision in trace.decisions] or ["     no decisions"]
        lines += [f"  {line}" for trace in self._traces[:1] for line in execution(trace.program.compiled)]
        return "\n".join(lines)

    # Gradients

    def grad(self, argnums: int | Sequence[int] = 0) -> "TracedGradient":
        """The gradient of the function's number with respect to some arguments, itself a graph with the same guards."""
        return TracedGradient(self, argnums, with_value=False)

    def value_and_grad(self, argnums: int | Sequence[int] = 0) -> "TracedGradient":
        """As `grad`, with the value in front."""
        return TracedGradient(self, argnums, with_value=True)

    def find(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Program, Call]:
        """The program whose guards hold for these arguments; it is run for that, and the run leaves nothing behind."""

        def run(program: Program, call: Call) -> tuple[Program, Call]:
            program.compiled(program.inputs(call))
            return program, call

        return self.attempt(args, self.ordered(kwargs), run)


class TracedGradient(StaticGradient):
    """The gradient of a traced function. Guards are checked as in the function itself."""

    def __init__(self, function: TracedFunction, argnums: int | Sequence[int], *, with_value: bool) -> None:
        super().__init__(function.__dy2static_function__, function, argnums, with_value=with_value)
        self._traced = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if is_running_eagerly() or active() is not None:
            return self._recorded(args, kwargs)
        places = self._places(len(args))
        own, ordered = self.own_arguments(args, places), self._traced.ordered(kwargs)

        def run(program: Program, call: Call) -> Any:
            return self.run(program, call, own, ordered, places)

        try:
            return self._traced.attempt(own, ordered, run)
        except Exception as error:
            hide_ours(error)
            raise


def _at_its_line(error: TraceGuardError) -> TraceGuardError:
    """The error of a guard as one of the user's line."""
    return TraceGuardError(error.what, next_step=error.next_step, loc=location_of(error) or UNKNOWN)


class _Everything(set[tuple[str, int]]):
    """The lines that must not warn, where that comes later: all."""

    def __contains__(self, _: object) -> bool:
        return True


_EVERYTHING: Final = _Everything()


def trace(f: Callable[..., Any], *args: Any, on_mismatch: OnMismatch = "error", **kwargs: Any) -> TracedFunction:
    """Run `f` once on examples and keep what it did to tensors as a graph. It may be any callable; no source is needed.

        fast = trace(model, x)
        fast(y)

    What Python was given of a tensor's value (the test of an `if`, the length of a loop, `float(x)`, `np.asarray(x)`)
    is fixed in the trace: it warns once a line (`TraceWarning`), is listed in `decisions`, and is checked at every
    call. So are structure, types and shapes of the arguments, and Python numbers among them. A call for which the trace
    does not hold raises TraceGuardError before anything has changed, or with `on_mismatch="retrace"` runs a trace made
    for it.

    `trace(f, Example(x), Example(y))` runs `f` on several examples. Those of one type become one graph: where Python
    was given a truth, an integer or a length that differs between them, the graph has a `cond`, and serves the calls
    that decide either way. StagingError says so where they do not fit together.

    In-place changes of tensors, and of lists, dicts and attributes that the code of `f` names, are made at every call.
    Python values that these held are checked as well: an attribute that counts calls has to be traced at each of them.
    Other effects (`print`, files, NumPy's random numbers) happen while tracing only, and NumPy arrays from outside are
    constants. Within a trace, functions decorated with `to_static` run as plain Python.
    """
    traced = TracedFunction(f, on_mismatch)
    if active() is not None:
        return traced
    try:
        if args and all(isinstance(x, Example) for x in args):
            if kwargs:
                raise TypeError("keyword arguments belong into the examples: `Example(x, flag=True)`")
            traced.add_merged(args)
        else:
            traced.add(args, traced.ordered(kwargs), "the examples")
    except Exception as error:
        hide_ours(error)
        raise
    return traced
