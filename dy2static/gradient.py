"""Gradients of static functions as graphs of their own."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from dy2static.cache.compiled import CompiledGraph
from dy2static.cache.program import Program
from dy2static.cache.signature import Call, signature
from dy2static.staging.spec import TensorSpec
from eager.pytree import flatten, unflatten
from graph.autodiff.activity import carries_cotangents
from graph.autodiff.vjp import grad
from graph.errors import NotDifferentiableError
from graph.ir.printer import print_graph


class Programs(Protocol):
    """Where programs come from."""

    def find(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Program, Call]:
        """The program that serves a call, made if there is none."""
        ...


class StaticGradient:
    """Computes gradients by one graph: the function's own, differentiated. A gradient has its argument's structure."""

    def __init__(
        self, cache: Programs, argnums: int | Sequence[int], *, with_value: bool, bound: tuple[Any, ...] = ()
    ) -> None:
        self._cache = cache
        self._argnums = argnums
        self._with_value = with_value
        self._bound = bound
        self._compiled: WeakKeyDictionary[Program, dict[tuple[int, ...], CompiledGraph]] = WeakKeyDictionary()
        self._latest: CompiledGraph | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        args = (*self._bound, *args)
        program, call = self._cache.find(args, kwargs)
        return self.run(program, call, args)

    def run(self, program: Program, call: Call, args: Sequence[Any]) -> Any:
        """The gradient at the arguments of a call, by a program that serves it."""
        if not isinstance(program.staged.result, TensorSpec):
            raise NotDifferentiableError(
                f"the gradient needs a function that returns one tensor, this one returns {program.staged.result}",
                next_step="return the loss alone.",
            )
        places = (self._argnums,) if isinstance(self._argnums, int) else tuple(self._argnums)
        places = tuple(place + len(self._bound) if place >= 0 else place for place in places)
        count = len(args) - len(self._bound)
        if any(not -count <= (p - len(self._bound) if p >= 0 else p) < count for p in places):
            raise NotDifferentiableError(
                f"argnums {self._argnums} asks for an argument that was not passed by position",
                next_step=f"use 0 to {count - 1}, or pass the argument by position.",
            )
        places = tuple(place % len(args) for place in places)
        leaf_ranges = _leaf_ranges(args, places)
        position = {leaf: i for i, leaf in enumerate(program.staged_leaves)}
        params = program.compiled.graph.params
        wrt = tuple(
            position[leaf]
            for leaves in leaf_ranges
            for leaf in leaves
            if leaf in position and carries_cotangents(params[position[leaf]].type)
        )
        if not wrt:
            raise NotDifferentiableError("none of these arguments holds a floating tensor to differentiate by")
        made = self._compiled.setdefault(program, {})
        compiled = made.get(wrt)
        if compiled is None:
            compiled = made[wrt] = CompiledGraph(grad(program.compiled.graph, wrt), program.compiled.executor)
        self._latest = compiled
        values = compiled(program.inputs(call))
        found = dict(zip(wrt, values[len(program.compiled.graph.results) :], strict=True))
        gradients = [
            unflatten(flatten(args[place])[1], [found.get(position.get(leaf, -1)) for leaf in leaves])
            for place, leaves in zip(places, leaf_ranges, strict=True)
        ]
        result = gradients[0] if isinstance(self._argnums, int) else tuple(gradients)
        return (values[0], result) if self._with_value else result

    @property
    def graph(self) -> str:
        """The graph of the latest gradient, as text."""
        return print_graph(self.compiled.graph, elide=True)

    @property
    def program(self) -> str:
        """Its NumPy source."""
        return self.compiled.program.source

    @property
    def compiled(self) -> CompiledGraph:
        """The latest gradient."""
        if self._latest is None:
            raise RuntimeError(
                "no gradient was computed yet: call it once, graphs are made for the arguments of a call"
            )
        return self._latest


def _leaf_ranges(args: Sequence[Any], places: Sequence[int]) -> list[range]:
    """Which leaves of the call belong to each argument."""
    starts = [0]
    for value in args:
        starts.append(starts[-1] + len(signature((value,), {}).leaves))
    return [range(starts[place], starts[place + 1]) for place in places]
