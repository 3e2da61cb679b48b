"""A graph made runnable, with its derivatives made when they are first asked for."""

# pyright: reportPrivateUsage=false
# Data goes from tensors to programs and back here, without passing the ops of eager.

import functools
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, repeat
from typing import Any, Final, Literal, cast, get_args

import numpy as np

from eager.grad_mode import GRAD_MODE
from eager.tape import is_tracked, record_custom, snapshot
from eager.tensor import Tensor, wrap
from graph.autodiff.vjp import active_results, grad, split, vjp
from graph.execute.blueprint import Blueprint
from graph.execute.interpreter import run
from graph.execute.meanwhile import Meanwhile, runner
from graph.execute.native import AS_USUAL, NativeOptions, blueprint
from graph.execute.numpy_program import compile_program
from graph.execute.program_runtime import detached
from graph.ir.differentiator import Split
from graph.ir.op import Graph
from graph.ir.written import WrittenGraph
from graph.passes.erase_effects import erase_effects
from graph.passes.pipeline import EXACTLY, TO_RUN, is_checked, optimize

Executor = Literal["numpy", "interpreter", "native"]
Compile = Literal["background", "now"]
Runner = Callable[..., tuple[Any, ...]]
DEFAULT_EXECUTOR: Final[Executor] = "native"


def executor_option(chosen: Executor | None) -> Executor:
    """What runs the graph: as chosen, else as the environment says (`DY2STATIC_EXECUTOR`), else native code.

    Raises ValueError for another word.
    """
    found = chosen or os.environ.get("DY2STATIC_EXECUTOR") or DEFAULT_EXECUTOR
    if found not in get_args(Executor):
        raise ValueError(f"executor={found!r}: it must be one of {', '.join(map(repr, get_args(Executor)))}")
    return cast("Executor", found)


def compile_option(chosen: Compile | None) -> Compile:
    """When native code is made: as chosen, else as the environment says (`DY2STATIC_COMPILE`), else in the background.

    Raises ValueError for another word.
    """
    found = chosen or os.environ.get("DY2STATIC_COMPILE") or "background"
    if found not in get_args(Compile):
        raise ValueError(f"compile={found!r}: it must be one of {', '.join(map(repr, get_args(Compile)))}")
    return cast("Compile", found)


class CompiledGraph:
    """An optimized graph and what runs it. Compiled on first use; safe to share between threads."""

    def __init__(
        self,
        graph: Graph | WrittenGraph,
        executor: Executor | None = None,
        compile: Compile | None = None,
        options: NativeOptions = AS_USUAL,
    ) -> None:
        self._form = graph
        self.executor: Executor = executor_option(executor)
        self.compile: Compile = compile_option(compile)
        self.options = options
        self._lock = threading.RLock()
        self._meanwhile: Meanwhile | None = None
        self._halves: dict[tuple[int, ...], _Halves] = {}
        self._leading: dict[tuple[int, ...], bool] = {}
        self._vjps: dict[tuple[tuple[int, ...], tuple[int, ...]], CompiledGraph] = {}
        self._gradients: dict[tuple[int, ...], CompiledGraph] = {}

    @property
    def given(self) -> Graph:
        """The graph as it was staged."""
        return self._form.graph if isinstance(self._form, WrittenGraph) else self._form

    @functools.cached_property
    def graph(self) -> Graph:
        """The optimized graph. What runs code that is on disk does not ask for it."""
        return optimize(self.given, check=is_checked())

    @functools.cached_property
    def plan(self) -> Blueprint:
        """What native code is made from. It does not keep this graph alive."""
        return blueprint(self._form, self.options, functools.partial(_prepared, weakref.ref(self), self.options))

    @functools.cached_property
    def to_run(self) -> Graph:
        """The graph without what only differentiation needs."""
        return _to_run(self.graph, self.options)

    @functools.cached_property
    def program(self) -> Any:
        """The NumPy program of the graph."""
        return compile_program(self.to_run)

    @functools.cached_property
    def native(self) -> Any:
        """The native program of the graph."""
        return self.plan.compiled()

    @functools.cached_property
    def runner(self) -> Runner:
        """Takes the data of the parameters, gives that of the results. Replaced when native code is there."""
        if self.executor == "interpreter":
            return lambda *args: tuple(map(detached, run(self.graph, args)))
        with self._lock:  # cached properties lock nothing by themselves
            if self.executor == "numpy":
                return self.program
            if self.compile == "now" or "native" in self.__dict__:
                return self.native
            if self._meanwhile is None:
                found = runner(self.plan, functools.partial(_deliver, weakref.ref(self)))
                if not isinstance(found, Meanwhile):
                    self.native = found
                    return found
                self._meanwhile = found
            return self._meanwhile

    @property
    def compiling(self) -> Meanwhile | None:
        """What runs the graph while native code is not there; None where no code is awaited."""
        found = self.__dict__.get("runner")
        return found if isinstance(found, Meanwhile) else None

    def parts(self) -> "Iterator[CompiledGraph]":
        """This graph, and its derivatives that were made."""
        yield self
        with self._lock:
            halves = [half for own in self._halves.values() for half in own.parts()]
            made = [*halves, *self._vjps.values(), *self._gradients.values()]
        for part in made:
            yield from part.parts()

    def __call__(self, inputs: Sequence[Any]) -> list[Any]:
        """Run on tensors (or what else parameters may be); tensors among the results are fresh handles.

        On the tape, the whole run is one operation.
        """
        if GRAD_MODE.get():
            wrt = tuple(i for i, x in enumerate(inputs) if _is_tracked(x))
            if wrt:
                return self._differentiable(inputs, wrt)
        return [wrapped(x) for x in self.runner(*map(data_of, inputs))]

    def _differentiable(self, inputs: Sequence[Any], wrt: tuple[int, ...]) -> list[Any]:
        if not self._leads_on(wrt):
            return [wrapped(x) for x in self.runner(*map(data_of, inputs))]
        halves = self._split(wrt)
        cut = halves.split
        values = halves.forward.runner(*map(data_of, inputs))
        count = len(cut.active_results)
        results = [wrapped(x) for x in values[:count]]
        residuals = [*(data_of(inputs[i]) for i in cut.from_params), *values[count:]]
        active = [i for i, on in enumerate(cut.active_results) if on]
        # The pullback keeps values: handles may change, and the results' own would make a cycle with their link.
        kept = [_snapshot(x) for x in inputs]
        tracked = [x for i in wrt for x in _tensors(kept[i])]
        likes = {i: (values[i], len(_tensors(results[i]))) for i in active}

        def given(cts: tuple[Tensor | None, ...]) -> dict[int, Any]:
            """The cotangents of the results that there are any of."""
            rest, found = iter(cts), dict[int, Any]()
            for i, (like, tensors) in likes.items():
                own = list(islice(rest, tensors))
                if any(ct is not None for ct in own):
                    found[i] = _cotangent(like, iter(own))
            return found

        def pullback(cts: tuple[Tensor | None, ...]) -> tuple[Tensor | None, ...]:
            there = given(cts)
            own, backward = halves.for_cotangents_of(tuple(there))
            needed = [i for i, on in enumerate(own.active_results) if on]
            inputs = [there[i] if i in there else _cotangent(likes[i][0], repeat(None)) for i in needed]
            found = dict(zip(own.outputs, backward.runner(*residuals, *map(data_of, inputs)), strict=True))
            return tuple(ct for i in wrt for ct in _cotangents(kept[i], wrapped(found.get(i))))

        def higher(cts: tuple[Tensor | None, ...]) -> tuple[Tensor | None, ...]:
            there = given(cts)
            found = self._vjp(wrt, tuple(there))([*kept, *there.values()])[count:]
            return tuple(ct for i, x in zip(wrt, found, strict=True) for ct in _cotangents(kept[i], x))

        record_custom(tracked, [x for i in active for x in _tensors(results[i])], pullback, higher)
        return results

    def _split(self, wrt: tuple[int, ...]) -> "_Halves":
        with self._lock:
            if wrt not in self._halves:
                self._halves[wrt] = _Halves(split(self.graph, wrt), self.like)
            return self._halves[wrt]

    def _leads_on(self, wrt: tuple[int, ...]) -> bool:
        """Whether a result depends on inputs `wrt` for the tape: those of a training step do not. Found without the
        passes, where it can be."""
        found = self._leading.get(wrt)
        if found is None:
            found = any(active_results(self.given, wrt)) and any(active_results(self.graph, wrt))
            self._leading[wrt] = found
        return found

    def like(self, graph: Graph) -> "CompiledGraph":
        """Another graph that runs as this one does."""
        return CompiledGraph(graph, self.executor, self.compile, self.options)

    def unrecorded(self, wrt: tuple[int, ...]) -> tuple[int, ...]:
        """Those of the tracked inputs `wrt` of a run that need no tape: all, where no result depends on them."""
        return () if self._leading.get(wrt, True) else wrt

    def _vjp(self, wrt: tuple[int, ...], of: tuple[int, ...]) -> "CompiledGraph":
        """Parameters, then cotangents of the results `of` -> results, then cotangents of `wrt`."""
        with self._lock:
            if (wrt, of) not in self._vjps:
                self._vjps[wrt, of] = self.like(vjp(erase_effects(self.graph), wrt, of))
            return self._vjps[wrt, of]

    def gradient(self, wrt: tuple[int, ...]) -> "CompiledGraph":
        """Parameters -> results, then the gradients of the first result by `wrt`.

        Raises: NotDifferentiableError when that result is not a 0-d float.
        """
        with self._lock:
            if wrt not in self._gradients:
                self._gradients[wrt] = self.like(grad(self.graph, wrt))
            return self._gradients[wrt]


class _Halves:
    """The two halves of a graph, and other backward ones for when cotangents come of some results alone."""

    def __init__(self, split: Split, made_of: Callable[[Graph], CompiledGraph]) -> None:
        self.split = split
        self.forward = made_of(split.forward)
        self._made_of = made_of
        self._lock = threading.Lock()
        self._backward: dict[tuple[int, ...], tuple[Split, CompiledGraph]] = {}

    def for_cotangents_of(self, results: tuple[int, ...]) -> tuple[Split, CompiledGraph]:
        """The halves, and what runs the backward one, for cotangents of these active results."""
        with self._lock:
            if results not in self._backward:
                split = self.split.narrowed(results)
                self._backward[results] = split, self._made_of(split.backward)
            return self._backward[results]

    def parts(self) -> Iterator[CompiledGraph]:
        """What runs them, as far as it was made."""
        yield self.forward
        with self._lock:
            yield from [backward for _, backward in self._backward.values()]


def wait_for(graphs: Iterable[CompiledGraph], timeout: float | None = None) -> bool:
    """Return when the native code of graphs and of their derivatives is there, as far as they have run, or after
    `timeout` seconds; whether it is there. Raises: what compiling raised."""
    end = None if timeout is None else time.monotonic() + timeout
    waiting = [part.compiling for graph in graphs for part in graph.parts()]
    for job in [waits.hurry() for waits in waiting if waits is not None]:
        if not job.wait(None if end is None else max(end - time.monotonic(), 0)):
            return False
        if job.error is not None:
            raise job.error
    return True


def _to_run(graph: Graph, options: NativeOptions) -> Graph:
    return optimize(graph, EXACTLY if options.exact else TO_RUN, check=is_checked())


def _prepared(whom: "weakref.ref[CompiledGraph]", options: NativeOptions, given: Graph) -> Graph:
    compiled = whom()
    return _to_run(optimize(given, check=is_checked()), options) if compiled is None else compiled.to_run


def _deliver(whom: "weakref.ref[CompiledGraph]", native: Runner) -> None:
    """The native code of a graph is there: it runs from the next run on."""
    compiled = whom()
    if compiled is not None:
        compiled.native = compiled.runner = native
        compiled._meanwhile = None


def data_of(x: Any) -> Any:
    if isinstance(x, list):
        return [data_of(item) for item in cast("list[Any]", x)]
    return x._data if isinstance(x, Tensor) else x


def wrapped(x: Any) -> Any:
    """The value of a result: tensors, in lists of the graph too."""
    if isinstance(x, list):
        return [wrapped(item) for item in cast("list[Any]", x)]
    return wrap(x) if isinstance(x, np.ndarray | np.generic) else x


def _tensors(x: Any) -> list[Tensor]:
    """The tensors in a result, in order."""
    if isinstance(x, list):
        return [tensor for item in cast("list[Any]", x) for tensor in _tensors(item)]
    return [x] if isinstance(x, Tensor) else []


def _is_tracked(x: Any) -> bool:
    """Whether gradients may be asked of an input, or of a tensor in a list."""
    return any(map(_is_tracked, cast("list[Any]", x))) if isinstance(x, list) else is_tracked(x)


def _snapshot(x: Any) -> Any:
    """A handle of its own for the value of an input now; of each tensor in a list of the graph."""
    if isinstance(x, list):
        return [_snapshot(item) for item in cast("list[Any]", x)]
    return snapshot(x) if isinstance(x, Tensor) else x


def _cotangents(x: Any, ct: Any) -> Iterator[Tensor | None]:
    """The cotangents of the tensors in an input, in order: None where nothing flows."""
    if isinstance(x, list):
        items = cast("list[Any]", x)
        for item, of_item in zip(items, [None] * len(items) if ct is None else ct, strict=True):
            yield from _cotangents(item, of_item)
    elif isinstance(x, Tensor):
        yield ct


def _cotangent(like: Any, cts: Iterator[Tensor | None]) -> Any:
    """The cotangent of a result, made of those of its tensors in order: zeros where nothing flows."""
    if like is None:
        return None
    if isinstance(like, list):
        return [_cotangent(item, cts) for item in cast("list[Any]", like)]
    ct = next(cts)
    return wrap(np.zeros_like(like)[()]) if ct is None else ct
