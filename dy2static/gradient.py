"""Gradients of static functions as graphs of their own."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from dy2static.cache.compiled import CompiledGraph
from dy2static.cache.program import Program
from dy2static.cache.signature import Call, signature
from dy2static.debug.profile import Profile, timed_run
from dy2static.debug.tracebacks import hide_ours
from dy2static.eager_mode import is_running_eagerly
from dy2static.inspection import native_of
from dy2static.staging.values.spec import ContainerSpec, Spec, TensorSpec
from eager import functional_grad
from eager.pytree import flatten, tree_map, unflatten
from eager.recorder import active
from eager.tensor import Tensor
from graph.autodiff.activity import carries_cotangents
from graph.errors import NotDifferentiableError
from graph.execute.timeline import Timeline
from graph.ir.printer import print_graph


class Programs(Protocol):
    """Where programs come from."""

    def find(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Program, Call]:
        """The program that serves a call, made if there is none."""
        ...


class StaticGradient:
    """Computes gradients by one graph: the function's own, differentiated. A gradient has its argument's structure.

    As with `eager.grad`, the arguments that are differentiated are values of their own (of one tensor passed twice each
    has its gradient), and all else that the function changes is changed.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        cache: Programs,
        argnums: int | Sequence[int],
        *,
        with_value: bool,
        has_aux: bool = False,
        bound: tuple[Any, ...] = (),
    ) -> None:
        self._function = function
        self._cache = cache
        self._argnums = argnums
        self._with_value = with_value
        self._has_aux = has_aux
        self._bound = bound
        self._latest: CompiledGraph | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if is_running_eagerly() or active() is not None:
            return self._recorded(args, kwargs)
        try:
            places = self._places(len(args))
            own = self.own_arguments((*self._bound, *args), places)
            program, call = self._cache.find(own, kwargs)
            return self.run(program, call, own, kwargs, places)
        except Exception as error:
            hide_ours(error)
            raise

    def _recorded(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """By the tape of eager, which a recorder records."""
        places = self._places(len(args))
        argnums = places[0] if isinstance(self._argnums, int) else places
        transform = functional_grad.value_and_grad if self._with_value else functional_grad.grad
        return transform(self._function, argnums, self._has_aux)(*self._bound, *args, **kwargs)

    def _places(self, count: int) -> tuple[int, ...]:
        """Where the arguments to differentiate stand among bound and positional ones."""
        asked = (self._argnums,) if isinstance(self._argnums, int) else tuple(self._argnums)
        if any(not -count <= place < count for place in asked):
            raise NotDifferentiableError(
                f"argnums {self._argnums} asks for an argument that was not passed by position",
                next_step=f"use 0 to {count - 1}, or pass the argument by position.",
            )
        return tuple(len(self._bound) + place % count for place in asked)

    @staticmethod
    def own_arguments(args: Sequence[Any], places: Sequence[int]) -> tuple[Any, ...]:
        """The arguments, with handles of their own for the tensors that are differentiated."""
        return tuple(tree_map(_own_handle, x) if i in places else x for i, x in enumerate(args))

    def profile(self, *args: Any, **kwargs: Any) -> Profile:
        """A call that is timed, by loop and op; see `StaticFunction.profile`."""
        timelines: list[Timeline] = []

        def execute(compiled: CompiledGraph, inputs: Sequence[Any]) -> list[Any]:
            results, timeline = timed_run(compiled, inputs)
            timelines.append(timeline)
            return results

        try:
            places = self._places(len(args))
            own = self.own_arguments((*self._bound, *args), places)
            program, call = self._cache.find(own, kwargs)
            return Profile(self.run(program, call, own, kwargs, places, execute), timelines[0])
        except Exception as error:
            hide_ours(error)
            raise

    def run(
        self,
        program: Program,
        call: Call,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        places: Sequence[int],
        execute: Callable[[CompiledGraph, Sequence[Any]], list[Any]] = CompiledGraph.__call__,
    ) -> Any:
        """The gradient at the arguments of a call, by a program that serves it."""
        _check_result(program.staged.result, has_aux=self._has_aux)
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
        self._latest = compiled = program.compiled.gradient(wrt)
        values = execute(compiled, program.inputs(call))
        count = len(program.compiled.graph.results)
        found = dict(zip(wrt, values[count:], strict=True))
        gradients = [
            unflatten(flatten(args[place])[1], [found.get(position.get(leaf, -1)) for leaf in leaves])
            for place, leaves in zip(places, leaf_ranges, strict=True)
        ]
        value = program.deliver(values[:count], args, kwargs)
        result = gradients[0] if isinstance(self._argnums, int) else tuple(gradients)
        if self._with_value:
            return value, result
        return (result, value[1]) if self._has_aux else result

    @property
    def graph(self) -> str:
        """The graph of the latest gradient, as text."""
        return print_graph(self.compiled.graph, elide=True)

    @property
    def program(self) -> str:
        """Its NumPy source."""
        return self.compiled.program.source

    @property
    def native(self) -> Any:
        """Its native code; see `StaticFunction.native`."""
        return native_of(self.compiled, "the gradient")

    @property
    def compiled(self) -> CompiledGraph:
        """The latest gradient."""
        if self._latest is None:
            raise RuntimeError(
                "no gradient was computed yet: call it once, graphs are made for the arguments of a call"
            )
        return self._latest


def _check_result(result: Spec, *, has_aux: bool) -> None:
    """Raises NotDifferentiableError unless the function returns one tensor, or with `has_aux` a pair that begins so."""
    if has_aux:
        if isinstance(result, ContainerSpec) and result.node.kind is tuple and len(result.parts) == 2:
            result = result.parts[0]
        else:
            raise NotDifferentiableError(
                f"has_aux: the function must return a pair of the loss and anything else, this one returns {result}",
                next_step="return `loss, aux`.",
            )
    if not isinstance(result, TensorSpec):
        raise NotDifferentiableError(
            f"the gradient needs a function that returns one tensor, this one returns {result}",
            next_step="return the loss alone, or `loss, aux` with has_aux=True.",
        )


def _own_handle(x: Any) -> Any:
    return x._alias(x._link) if isinstance(x, Tensor) else x  # pyright: ignore[reportPrivateUsage]


def _leaf_ranges(args: Sequence[Any], places: Sequence[int]) -> list[range]:
    """Which leaves of the call belong to each argument."""
    starts = [0]
    for value in args:
        starts.append(starts[-1] + len(signature((value,), {}).leaves))
    return [range(starts[place], starts[place + 1]) for place in places]
