"""Shadow runs: on a share of its calls, a static function runs as plain Python too, and differences are reported.

On such a call plain Python does what the caller sees: its effects, its result. The compiled program runs beside it on
the same values, and prints and writes nothing.
"""

# pyright: reportPrivateUsage=false

import gc
import itertools
import math
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from types import FrameType
from typing import Any, Final, cast
from weakref import WeakKeyDictionary

import numpy as np

from dy2static.cache.compiled import CompiledGraph
from dy2static.cache.program import Program
from dy2static.cache.signature import Call
from dy2static.debug.history import SHOWING, Event, record
from dy2static.debug.watch import Watched, Watcher
from dy2static.errors import ShadowWarning
from dy2static.staging.arguments import ArgumentRef, CapturedRef
from dy2static.staging.objects.cells import Cell, EndCell, ItemCell
from dy2static.staging.restore import restore, restore_change
from dy2static.staging.stage import Write
from eager.grad_mode import set_grad_enabled
from eager.pytree import flatten
from eager.recorder import recording
from eager.tensor import Tensor, wrap
from graph.aval import Aval
from graph.ir.op import Graph
from graph.location import UNKNOWN, Loc
from graph.ops.effects import short

ROUNDINGS: Final = 10_000
"""Results may differ by that many roundings of the largest value: sums are taken in another order."""
Plain = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """The first op whose value differs, or what of the call does where no op can be named."""

    what: str
    loc: Loc


class Shadow:
    """Which calls run twice: the first, and from then on that share of them, evenly."""

    def __init__(self, share: float) -> None:
        if not 0 < share <= 1:
            raise ValueError(f"`shadow` is the share of the calls to check, above 0 and at most 1, not {share!r}")
        self._share = share
        self._calls = itertools.count()
        self._quiet: WeakKeyDictionary[Program, CompiledGraph] = WeakKeyDictionary()
        self._writes: WeakKeyDictionary[Program, list[Write]] = WeakKeyDictionary()

    def is_due(self) -> bool:
        """Whether this call is one of them."""
        i = next(self._calls)
        return i == 0 or math.floor(i * self._share) > math.floor((i - 1) * self._share)

    def run(self, name: str, plain: Plain, program: Program, call: Call, args: Sequence[Any], kwargs: Any) -> Any:
        """What the plain function gives or raises. ShadowWarning at the first op that differs in the program."""
        inputs = [_frozen(x) for x in program.inputs(call)]
        compiled = self._without_prints(program)
        expected = _compiled_outcome(program, compiled, inputs, self._seen(program), args, kwargs)
        watcher = Watcher()
        found: Any = None
        error: Exception | None = None
        try:
            with recording(watcher):
                found = plain()
        except Exception as raised:
            error = raised
        difference = _difference(expected, found, error)
        if difference:
            _report(name, difference, _first_difference(program, compiled, inputs, watcher.events))
        if error is not None:
            raise error
        return found

    def _seen(self, program: Program) -> Sequence[Write]:
        """The writes to what exists outside of the program. Containers that staging made are written to as well."""
        if program not in self._writes:
            self._writes[program] = [w for w in program.staged.writes if w.owner is not None or _is_alive(w.cell)]
        return self._writes[program]

    def _without_prints(self, program: Program) -> CompiledGraph:
        quiet = self._quiet.get(program)
        if quiet is None:
            graph = program.compiled.graph
            silent = without_prints(graph)
            quiet = program.compiled if silent is graph else program.compiled.like(silent)
            self._quiet[program] = quiet
        return quiet


def _is_alive(cell: Cell) -> bool:
    """Whether anything but the cells of a program holds the dict of an item."""
    if not isinstance(cell, ItemCell):
        return True
    return any(not isinstance(x, ItemCell | FrameType) for x in gc.get_referrers(cell.owner))


def without_prints(graph: Graph) -> Graph:
    """The graph, silent; itself where it prints nothing."""
    ops = tuple(
        replace(op, regions=regions) if any(a is not b for a, b in zip(regions, op.regions, strict=True)) else op
        for op in graph.ops
        if op.name not in SHOWING
        for regions in (tuple(map(without_prints, op.regions)),)
    )
    functions = {name: without_prints(function) for name, function in graph.functions.items()}
    is_same = len(ops) == len(graph.ops) and all(a is b for a, b in zip(ops, graph.ops, strict=True))
    if is_same and all(functions[name] is graph.functions[name] for name in functions):
        return graph
    return replace(graph, ops=ops, functions=functions)


@dataclass(slots=True)
class _Outcome:
    """What the program gave: a value and the new contents of cells, or an exception."""

    result: Any = None
    writes: Sequence[tuple[str, Callable[[], Any], Any]] = ()
    error: Exception | None = None


def _compiled_outcome(
    program: Program,
    compiled: CompiledGraph,
    inputs: Sequence[Any],
    seen: Sequence[Write],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
) -> _Outcome:
    def find(ref: ArgumentRef) -> Any:
        return program.captured[ref.index]() if isinstance(ref, CapturedRef) else ref.find(args, kwargs)

    try:
        with set_grad_enabled(False):
            values = iter(compiled(inputs))
    except Exception as error:
        return _Outcome(error=error)
    made: dict[int, Any] = {}
    result = restore(program.staged.result, values, find, made)
    writes: list[tuple[str, Callable[[], Any], Any]] = []
    for write in program.staged.writes:
        value = restore_change(write.spec, values, find, made)
        if write in seen:
            cell = write.cell if write.owner is None else write.cell.of(find(write.owner))
            cell = cell.from_now() if isinstance(cell, EndCell) else cell
            writes.append((cell.text, cell.load, value))
    return _Outcome(result, writes)


def _difference(expected: _Outcome, found: Any, error: Exception | None) -> str:
    """What differs between the program (`expected`) and plain Python, in words; empty where nothing does."""
    if expected.error is not None or error is not None:
        a, b = expected.error, error
        if a is not None and b is not None and (isinstance(a, type(b)) or isinstance(b, type(a))):
            return ""
        return f"the program {_raised(a)}, plain Python {_raised(b)}"
    if not is_close(expected.result, found):
        return f"the result is {_text(expected.result)} of the program, {_text(found)} of plain Python"
    for text, load, value in expected.writes:
        now = load()
        if now is not value and not is_close(value, now):
            return f"{text} is {_text(value)} after the program, {_text(now)} after plain Python"
    return ""


def _first_difference(
    program: Program, compiled: CompiledGraph, inputs: Sequence[Any], watched: Sequence[Watched]
) -> Difference | None:
    """The first op of the graph whose values differ from those of plain Python; else of the program from the graph."""
    data = [_data(x) for x in inputs]
    graph = program.staged.graph
    history = record(graph, data)
    rest: dict[tuple[Loc, str], list[Watched]] = {}
    for other in reversed(watched):
        rest.setdefault((other.loc, other.name), []).append(other)
    lone = _lone(rest, {(event.op.loc, event.op.name) for event in history.events})
    for event in history.events:
        key = (event.op.loc, event.op.name)
        others = rest.get(lone.get(key, key))
        if event.op.regions or event.op.loc == UNKNOWN or not others:
            continue
        other = others.pop()
        if not is_close(event.results, other.results):
            return _of_op(event, "the graph", event.results, other.results)
    return _in_program(graph, compiled, data, history.events)


Key = tuple[Loc, str]


def _lone(watched: Collection[Key], staged: Collection[Key]) -> dict[Key, Key]:
    """Where plain Python and the graph each have one op that the other has not, these are the same op."""
    found: dict[Key, Key] = {}
    extra = [key for key in staged if key not in watched and key[1] != "cast"]
    for key in extra:
        missing = [other for other in watched if other[0] == key[0] and other not in staged]
        if len(missing) == 1 and sum(other[0] == key[0] for other in extra) == 1:
            found[key] = missing[0]
    return found


def _in_program(
    graph: Graph, compiled: CompiledGraph, data: Sequence[Any], events: Sequence[Event]
) -> Difference | None:
    """The first op outside of branches and loops (or such a one itself) that gives another value when compiled."""
    silent = without_prints(graph)
    looked_at = [e for e in events if e.where.owner is None and all(isinstance(v.type, Aval) for v in e.op.results)]
    values = [v for event in looked_at for v in event.op.results]
    shown = compiled.like(replace(silent, results=tuple(values)))
    try:
        found = iter(shown.runner(*data))
    except Exception:
        return None
    for event in looked_at:
        results = tuple(next(found) for _ in event.op.results)
        if not is_close(results, event.results):
            return _of_op(event, "the program", results, event.results)
    return None


def _of_op(event: Event, whose: str, found: Any, expected: Any) -> Difference:
    what = f"`{event.op.name}` gives {_text(found)} in {whose}, {_text(expected)} in Python"
    trips = [a.trip for a in event.where.chain() if a.trip]
    if trips:
        what += f" (trip {', '.join(map(str, trips))})"
    return Difference(what, event.op.loc)


def _report(name: str, what: str, first: Difference | None) -> None:
    lines = [f"`{name}` is not what plain Python gives: {what}."]
    if first is not None and first.loc.line:
        lines += ["the first op that differs:", first.loc.excerpt(), f"  {first.what}."]
    elif first is not None:
        lines.append(f"the first op that differs: {first.what}.")
    else:
        lines.append("no single op of it differs when looked at.")
    lines.append("  Next: use plain Python here (`run_eagerly()`), and report this with the function.")
    loc = UNKNOWN if first is None else first.loc
    warnings.warn_explicit("\n".join(lines), ShadowWarning, loc.file, max(loc.line, 1))


def is_close(a: Any, b: Any) -> bool:
    """Whether two results are the same but for rounding: numbers by value, other objects by identity or equality."""
    (left, shape), (right, other) = flatten(a), flatten(b)
    return shape == other and all(map(_is_close_leaf, left, right))


def _is_close_leaf(a: Any, b: Any) -> bool:
    if a is b:
        return True
    if not (_is_number(a) and _is_number(b)):
        return type(a) is type(b) and (not isinstance(a, str | bytes) or a == b)
    x, y = np.asarray(_data(a)), np.asarray(_data(b))
    if x.shape != y.shape:
        return False
    if x.dtype.kind in "biu" and y.dtype.kind in "biu":
        return bool(np.array_equal(x, y))
    finite = np.abs(y[np.isfinite(y)].astype(np.complex128))
    scale = float(finite.max()) if finite.size else 0.0
    unit = max(_unit(x.dtype), _unit(y.dtype))
    tolerance = min(ROUNDINGS * unit, 0.05) * scale
    wide = [v.astype(np.complex128 if v.dtype.kind == "c" else np.float64) for v in (x, y)]
    return bool(np.allclose(*wide, rtol=0.0, atol=tolerance, equal_nan=True))


def _unit(dtype: Any) -> float:
    if dtype.kind in "fc":
        return float(np.finfo(dtype).eps)
    return 2.0**-7 if dtype.kind == "V" else 0.0  # bfloat16


def _is_number(x: Any) -> bool:
    return isinstance(x, Tensor | np.ndarray | np.generic | bool | int | float | complex)


def _frozen(x: Any) -> Any:
    """The value that an input has now: plain Python may change the handle or the array that brought it."""
    if isinstance(x, list):
        return [_frozen(item) for item in cast("list[Any]", x)]
    return wrap(np.array(_data(x))[()])


def _data(x: Any) -> Any:
    if isinstance(x, list):
        return [_data(item) for item in cast("list[Any]", x)]
    return x._data if isinstance(x, Tensor) else x


def _raised(error: Exception | None) -> str:
    return "returns" if error is None else f"raises {type(error).__name__}: {' '.join(str(error).split())}"


def _text(x: Any) -> str:
    items = cast("tuple[Any, ...]", x) if isinstance(x, tuple) else ()
    if len(items) == 1:
        return _text(items[0])
    if isinstance(x, Tensor | np.ndarray | np.generic):
        return short(np.asarray(_data(x)))
    text = repr(cast(object, x))
    return text if len(text) <= 120 else f"a {type(cast(object, x)).__name__}"
