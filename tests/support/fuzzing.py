"""Running one random program in every mode and comparing."""

# pyright: reportPrivateUsage=false

import contextlib
import copy
import dataclasses
import io
import os
import re
import signal
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import eager as xp
from dy2static.cache.compiled import Executor
from dy2static.decorator import StaticFunction, to_static
from dy2static.runtime.callables.math_written_out import TOO_LONG
from dy2static.source.convert import convert_function
from eager.tensor import Tensor, wrap
from graph.errors import NotDifferentiableError, ShapeError
from graph.execute.interpreter import run
from support.compare import Outcome, difference, outcome
from support.defining import define
from support.differential import REFUSALS, total
from support.module_state import ModuleState
from support.programs import f64, i64
from support.random_programs.box import Box
from support.random_programs.parts import Part
from support.random_programs.program import SIZES, random_program
from support.random_programs.shrink import shrunk

NUMBER = 3
"""The position of the Python number among the arguments."""
BOX = 5
"""The position of the object among the arguments."""
SECONDS = 5
"""What a program may take of the processor, in all modes together."""
SHRINKING_SECONDS = 300
"""What finding a smaller program that differs too may take."""
PLAIN_SECONDS = 1
"""What a call may take in plain Python: one that takes longer does not end, as a `for` over a list that it extends."""


@dataclass(frozen=True, slots=True)
class Modes:
    """Which programs run in the costly modes: every so many, none with 0."""

    gradients: int = 6
    native: int = 10
    verify: int = 4
    """Graphs are verified between the passes."""
    anew: int = 3
    """Programs are called with another Python number too, for which they are staged anew."""
    part: Part = Part.WHOLE

    @staticmethod
    def is_due(every: int, seed: int) -> bool:
        return bool(every) and (seed + seed // SIZES) % every == 0  # programs of each size in turn


class TooLongError(BaseException):
    """Nothing in a program catches it."""


class EndlessError(TooLongError):
    """A program does not end in plain Python."""


@dataclass(slots=True)
class Report:
    """What programs came to: `differences` by seed, counts of all else."""

    counts: Counter[str] = field(default_factory=Counter[str])
    constructs: Counter[str] = field(default_factory=Counter[str])
    """In how many programs each stands of which no call was refused."""
    refused: Counter[str] = field(default_factory=Counter[str])
    """In how many others."""
    reasons: Counter[str] = field(default_factory=Counter[str])
    differences: dict[int, str] = field(default_factory=dict[int, str])
    too_long: dict[int, str] = field(default_factory=dict[int, str])
    """Programs that were stopped, by seed, as they are: each smaller one could take as long."""

    def add(self, other: "Report") -> None:
        for name in ("counts", "constructs", "refused", "reasons", "differences", "too_long"):
            getattr(self, name).update(getattr(other, name))


def arguments(seed: int) -> list[tuple[Any, ...]]:
    """Arguments of the calls: other data, then another Python number."""
    rng = np.random.default_rng(seed)

    def one(p: int) -> tuple[Any, ...]:
        x, y, a, b = rng.standard_normal(4)
        n = int(rng.integers(-2, 5))
        box, d = Box(f64(a), 1), {"a": f64(b), "b": 2}
        return f64(x), f64(y), i64(n), p, f64(rng.standard_normal(3)), box, d

    return [one(2), one(2), one(int(rng.integers(-1, 4)))]


class OtherRun:
    """Takes the place of a program's compiled graph and runs it in another way, given data."""

    def __init__(self, run_it: Callable[[Sequence[Any]], Sequence[Any]]) -> None:
        self._run = run_it

    def __call__(self, inputs: Sequence[Any]) -> list[Any]:
        values = self._run([x._data if isinstance(x, Tensor) else x for x in inputs])
        return [wrap(x) if isinstance(x, np.ndarray | np.generic) else x for x in values]


class Checked:
    """A program, compared in every mode with eager Python."""

    def __init__(self, source: str, seed: int, counts: Counter[str]) -> None:
        function = define(source, file=f"<random {seed}>", xp=xp)
        self.function: Callable[..., Any] = function
        self.state = ModuleState(function.__globals__)
        self.box = Box(None, None)
        """The object that static calls are given: with another one each, each would be staged anew."""
        self.seed = seed
        self.counts = counts
        self.reasons: list[str] = []

    def call(self, function: Callable[..., Any], args: Sequence[Any]) -> Outcome:
        """What a call comes to, from the module as it is at first; its state is one more argument."""
        self.state.reset()
        found = outcome(function, args)
        return dataclasses.replace(found, args=(*found.args, self.state.now()))

    def call_static(self, function: Callable[..., Any], args: Sequence[Any]) -> Outcome:
        """The same, of static code: the object among the arguments is the same in all calls, in the state of `args`."""
        self.state.reset()
        own = copy.deepcopy(tuple(args))
        vars(self.box).clear()
        vars(self.box).update(vars(own[BOX]))
        found = outcome(function, args, (*own[:BOX], self.box, *own[BOX + 1 :]))
        return dataclasses.replace(found, args=(*found.args, self.state.now()))

    def results(self, native: bool, anew: bool) -> str:
        """Where a mode gives another result, prints something else, changes something else or fails otherwise."""
        try:
            static: StaticFunction = to_static(self.function, executor="numpy")
            converted = convert_function(self.function).function
        except REFUSALS as error:
            self.counts["refused"] += 1
            self.reasons.append(f"{type(error).__name__}: {error.what}")
            return ""
        before = self.state.first()
        refused: set[int] = set()
        """The Python numbers of calls that were refused: others with them would be, as no data decides on that."""
        for args in arguments(self.seed)[: 3 if anew else 2]:
            if args[NUMBER] in refused:
                continue
            with within_seconds(PLAIN_SECONDS, EndlessError):
                expected = self.call(self.function, args)
            if isinstance(expected.error, RecursionError):
                continue  # how deep it goes is not the program's
            what = difference(expected, self.call(converted, args), None)
            if what:
                return f"converted code run by Python: {what}"
            static.cache.latest = None
            found = self.call_static(static, args)
            if isinstance(found.error, REFUSALS):
                self.counts["refused"] += 1
                self.reasons.append(f"{type(found.error).__name__}: {found.error.what}")
                refused.add(args[NUMBER])
                continue
            if isinstance(found.error, OverflowError) and TOO_LONG in str(found.error) and expected.error is None:
                self.counts["beyond 64 bits"] += 1
                continue
            if _is_of_structure(expected.error) or _is_of_structure(found.error):
                self.counts["other structures"] += 1
                continue
            self.counts["raises" if expected.error else "returns"] += 1
            what = difference(expected, found, (*args, before), adapts=True)
            if what:
                return f"NumPy program: {what}"
            if static.cache.latest is None:
                continue  # raised while it was staged
            for name, mode in self._others(static, native):
                what = difference(expected, self.call_static(mode, args), (*args, before), adapts=True)
                if what:
                    return f"{name}: {what}"
        return ""

    def _others(self, static: StaticFunction, native: bool) -> Iterator[tuple[str, Callable[..., Any]]]:
        def by(run_program: Callable[[Any, Sequence[Any]], Sequence[Any]]) -> Callable[..., Any]:
            def mode(*own: Any) -> Any:
                program, call = static.cache.find(own, {})
                other: Any = OtherRun(lambda inputs: run_program(program, inputs))
                return dataclasses.replace(program, compiled=other).run(call, own, {})

            return mode

        yield "interpreter", by(lambda program, inputs: run(program.staged.graph, inputs))
        if native:
            self.counts["native"] += 1
            yield "native", by(lambda program, inputs: program.compiled.native(*inputs))

    def gradients(self, executor: Executor) -> str:
        """Where the tape over static code, the static gradient or the gradient within static code differ from the
        tape over eager code."""
        args = arguments(self.seed)[0]
        if self.call(self.function, args).error is not None:
            return ""
        function, wrt = self.function, (0, 1, 4)
        static = to_static(function, executor=executor)

        def loss(*args: Any) -> Any:
            return total(function(*args))

        def static_loss(*args: Any) -> Any:
            return total(static(*args))

        def within(*args: Any) -> Any:
            return xp.grad(loss, wrt)(*args)

        expected = self.call(xp.grad(loss, wrt), args)
        ways: Mapping[str, Callable[..., Any]] = {
            "the tape over static code": xp.grad(static_loss, wrt),
            "the static gradient": to_static(loss, executor=executor).grad(wrt),
            "the gradient within static code": to_static(within, executor=executor),
        }
        for name, way in ways.items():
            found = self.call(way, args)
            if isinstance(found.error, (*REFUSALS, NotDifferentiableError)):
                self.counts["gradients refused"] += 1
                continue
            self.counts["gradients"] += 1
            if expected.error is not None or found.error is not None:
                what = difference(expected, found, (*args, found.args[-1]), adapts=True)
                return f"gradient by {name}: {what}" if what else ""
            for argument, a, b in zip("xyv", expected.value, found.value, strict=True):
                if not np.allclose(np.asarray(a), np.asarray(b), rtol=1e-8, atol=1e-8, equal_nan=True):
                    return f"gradient by {name}: by {argument}: eager {a}, static {b}"
        return ""


def _is_of_structure(error: BaseException | None) -> bool:
    """Whether tangents or cotangents do not fit, such as None for a tensor: static code says so of branches that are
    not taken too, as of shapes."""
    return isinstance(error, ShapeError) and "the structure" in error.what


def check_source(
    source: str,
    seed: int,
    *,
    gradients: bool = False,
    native: bool = False,
    anew: bool = True,
    counts: Counter[str] | None = None,
) -> tuple[str, list[str]]:
    """Where the modes differ on this program, in words, empty when they agree; and why calls were refused."""
    checked = Checked(source, seed, Counter() if counts is None else counts)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        what = checked.results(native, anew)
        if not what and gradients and not checked.reasons:
            what = checked.gradients("native" if native else "numpy")
    return what, checked.reasons


def check_seed(seed: int, report: Report, modes: Modes) -> None:
    """Make a program of the seed and check it; a difference goes to the report with the smallest such program."""
    program = random_program(seed, modes.part)
    report.counts["programs"] += 1
    try:
        what, reasons = _guarded(program.source, seed, modes, report.counts)
    except EndlessError:
        report.counts["endless"] += 1
        return
    except TooLongError as error:
        report.counts["too long"] += 1
        report.too_long[seed] = f"seed {seed}\n{program.source}\n{error}"
        return
    if reasons:
        report.counts["programs refused"] += 1
    report.reasons.update({reason.split("\n")[0] for reason in reasons})
    (report.refused if reasons else report.constructs).update(program.constructs.keys())
    if what:
        kind = kind_of(what)
        until = time.monotonic() + SHRINKING_SECONDS
        small = shrunk(program.source, lambda less: time.monotonic() < until and _differs_so(less, seed, modes, kind))
        what = _guarded(small, seed, modes)[0] or what
        report.differences[seed] = f"seed {seed}\n{small}\n{what}"


def _differs_so(source: str, seed: int, modes: Modes, kind: tuple[str, ...]) -> bool:
    try:
        return kind_of(_guarded(source, seed, modes)[0]) == kind
    except TooLongError:
        return False


def kind_of(what: str) -> tuple[str, ...]:
    """What a difference has in common with that of a smaller program: mode, place, what each side came to."""
    sides = re.findall(r"(eager|static) (returns|raises|printed) ?(\w+Error: [a-zA-Z ]*|\w+Error)?", what)
    words = re.split(r"[\[\d'(]", what.split("\n")[0])[0]
    return (words if not sides else what.split(":")[0], *("".join(side) for side in sides))


def _guarded(source: str, seed: int, modes: Modes, counts: Counter[str] | None = None) -> tuple[str, list[str]]:
    """Raises: TooLongError where the program takes longer than `SECONDS`."""
    os.environ["DY2STATIC_VERIFY"] = "1" if modes.is_due(modes.verify, seed) else "0"
    try:
        with contextlib.redirect_stdout(io.StringIO()), within_seconds(SECONDS):
            return check_source(
                source,
                seed,
                gradients=modes.is_due(modes.gradients, seed),
                native=modes.is_due(modes.native, seed),
                anew=modes.is_due(modes.anew, seed),
                counts=counts,
            )
    except SyntaxError:
        if counts is not None:
            counts["not Python"] += 1
        return "", []
    except Exception as error:
        return f"{type(error).__name__}: {error}", []
    finally:
        os.environ["DY2STATIC_VERIFY"] = "1"


@contextlib.contextmanager
def within_seconds(seconds: float, error: type[TooLongError] = TooLongError) -> Generator[None]:
    """Raises: `error` where what runs within takes more time of the processor, which says the same on a busy machine;
    also where a `finally` in it raises something else then. For the main thread; a limit around this one goes on."""
    stopped: list[TooLongError] = []
    report_before = sys.unraisablehook

    def stop(*_: Any) -> None:
        stopped.append(error(f"not done within {seconds} seconds"))
        raise stopped[-1]

    def report(lost: "sys.UnraisableHookArgs") -> None:
        if not isinstance(lost.exc_value, TooLongError):
            report_before(lost)

    began = time.process_time()
    before = signal.signal(signal.SIGPROF, stop)
    sys.unraisablehook = report
    left, _ = signal.setitimer(signal.ITIMER_PROF, seconds, 1)  # again: one raised in a callback is lost
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        sys.unraisablehook = report_before
        signal.signal(signal.SIGPROF, before)
        if left:
            signal.setitimer(signal.ITIMER_PROF, max(left - (time.process_time() - began), 0.001), 1)
        if stopped:
            raise stopped[0]
