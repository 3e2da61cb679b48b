"""A graph made runnable, with its derivatives made when they are first asked for."""

# pyright: reportPrivateUsage=false
# Data goes from tensors to programs and back here, without passing the ops of eager.

import functools
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, cast

import numpy as np

from eager.grad_mode import GRAD_MODE
from eager.tape import is_tracked, record_custom, snapshot
from eager.tensor import Tensor, wrap
from graph.autodiff.activity import carries_cotangents
from graph.autodiff.vjp import grad, split, vjp
from graph.execute.interpreter import run
from graph.execute.native import compile_native
from graph.execute.numpy_program import compile_program
from graph.ir.differentiator import Split
from graph.ir.op import Graph
from graph.passes.erase_effects import erase_effects
from graph.passes.pipeline import TO_RUN, is_checked, optimize

Executor = Literal["numpy", "interpreter", "native"]
Runner = Callable[..., tuple[Any, ...]]


class CompiledGraph:
    """An optimized graph and what runs it. Compiled on first use; safe to share between threads."""

    def __init__(self, graph: Graph, executor: Executor) -> None:
        self.graph = optimize(graph, check=is_checked())
        self.executor: Executor = executor
        self._lock = threading.RLock()
        self._halves: dict[tuple[int, ...], tuple[Split, CompiledGraph, CompiledGraph]] = {}
        self._vjps: dict[tuple[int, ...], CompiledGraph] = {}
        self._gradients: dict[tuple[int, ...], CompiledGraph] = {}

    @functools.cached_property
    def to_run(self) -> Graph:
        """The graph without what only differentiation needs."""
        return optimize(self.graph, TO_RUN, check=is_checked())

    @functools.cached_property
    def program(self) -> Any:
        """The NumPy program of the graph."""
        return compile_program(self.to_run)

    @functools.cached_property
    def native(self) -> Any:
        """The native program of the graph."""
        return compile_native(self.to_run)

    @functools.cached_property
    def runner(self) -> Runner:
        """Takes the data of the parameters, gives that of the results."""
        if self.executor == "interpreter":
            return lambda *args: run(self.graph, args)
        with self._lock:  # cached properties lock nothing by themselves
            return self.native if self.executor == "native" else self.program

    def __call__(self, inputs: Sequence[Any]) -> list[Any]:
        """Run on tensors (or what else parameters may be); tensors among the results are fresh handles.

        On the tape, the whole run is one operation.
        """
        if GRAD_MODE.get():
            wrt = tuple(i for i, x in enumerate(inputs) if is_tracked(x))
            if wrt:
                return self._differentiable(inputs, wrt)
        return [_wrapped(x) for x in self.runner(*map(_data, inputs))]

    def _differentiable(self, inputs: Sequence[Any], wrt: tuple[int, ...]) -> list[Any]:
        cut, forward, backward = self._split(wrt)
        values = forward.runner(*map(_data, inputs))
        if forward is self:
            return [_wrapped(x) for x in values]
        count = len(cut.active_results)
        results = [_wrapped(x) for x in values[:count]]
        residuals = [*(_data(inputs[i]) for i in cut.from_params), *values[count:]]
        active = [i for i, on in enumerate(cut.active_results) if on]
        # The pullback keeps values: handles may change, and the results' own would make a cycle with their link.
        kept = [snapshot(x) if isinstance(x, Tensor) else x for x in inputs]
        tracked = [kept[i] for i in wrt]
        likes = [values[i] for i in active]

        def pullback(cts: tuple[Tensor | None, ...]) -> tuple[Tensor | None, ...]:
            rest = iter(cts)
            given = [_cotangent(like, rest) for like in likes]
            found = dict(zip(cut.outputs, backward.runner(*residuals, *map(_data, given)), strict=True))
            return tuple(wrap(found[i]) if i in found else None for i in wrt)

        def higher(cts: tuple[Tensor | None, ...]) -> tuple[Tensor | None, ...]:
            rest = iter(cts)
            return tuple(self._vjp(wrt)([*kept, *(_cotangent(like, rest) for like in likes)])[count:])

        record_custom(tracked, [x for i in active for x in _tensors(results[i])], pullback, higher)
        return results

    def _split(self, wrt: tuple[int, ...]) -> "tuple[Split, CompiledGraph, CompiledGraph]":
        with self._lock:
            if wrt not in self._halves:
                cut = split(self.graph, wrt)
                forward = backward = self  # of a training step: its results have no gradients
                if any(cut.active_results):
                    forward = CompiledGraph(cut.forward, self.executor)
                    backward = CompiledGraph(cut.backward, self.executor)
                self._halves[wrt] = (cut, forward, backward)
            return self._halves[wrt]

    def _vjp(self, wrt: tuple[int, ...]) -> "CompiledGraph":
        """Parameters, then cotangents of the floating results -> results, then cotangents of `wrt`."""
        with self._lock:
            if wrt not in self._vjps:
                self._vjps[wrt] = CompiledGraph(vjp(erase_effects(self.graph), wrt), self.executor)
            return self._vjps[wrt]

    def gradient(self, wrt: tuple[int, ...]) -> "CompiledGraph":
        """Parameters -> results, then the gradients of the first result by `wrt`.

        Raises: NotDifferentiableError when that result is not a 0-d float.
        """
        with self._lock:
            if wrt not in self._gradients:
                self._gradients[wrt] = CompiledGraph(grad(self.graph, wrt), self.executor)
            return self._gradients[wrt]

    def has_cotangent(self, result: int) -> bool:
        return carries_cotangents(self.graph.results[result].type)


def _data(x: Any) -> Any:
    if isinstance(x, list):
        return [_data(item) for item in cast("list[Any]", x)]
    return x._data if isinstance(x, Tensor) else x


def _wrapped(x: Any) -> Any:
    """The value of a result: tensors, in lists of the graph too."""
    if isinstance(x, list):
        return [_wrapped(item) for item in cast("list[Any]", x)]
    return wrap(x) if isinstance(x, np.ndarray | np.generic) else x


def _tensors(x: Any) -> list[Tensor]:
    """The tensors in a result, in order."""
    if isinstance(x, list):
        return [tensor for item in cast("list[Any]", x) for tensor in _tensors(item)]
    return [x] if isinstance(x, Tensor) else []


def _cotangent(like: Any, cts: Iterator[Tensor | None]) -> Any:
    """The cotangent of a result, made of those of its tensors in order: zeros where nothing flows."""
    if like is None:
        return None
    if isinstance(like, list):
        return [_cotangent(item, cts) for item in cast("list[Any]", like)]
    ct = next(cts)
    return wrap(np.zeros_like(like)[()]) if ct is None else ct
