"""`@to_static`: a function that runs as a static graph."""

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from types import FunctionType, MethodType
from typing import Any, overload

from dy2static.cache.cache import ProgramCache
from dy2static.cache.compiled import Executor
from dy2static.cache.program import Program
from dy2static.debug.tracebacks import hide_ours
from dy2static.eager_mode import is_running_eagerly
from dy2static.gradient import StaticGradient
from dy2static.input_spec import InputSpec
from dy2static.runtime.calls import call, converted
from dy2static.source.convert import convert_function
from dy2static.source.show import code
from dy2static.staging.staged import current
from eager.nn.module import Module
from graph.ir.printer import print_graph


class StaticFunction:
    """A function whose calls run as compiled graphs, one for each kind of arguments. See `to_static`."""

    def __init__(
        self,
        function: Callable[..., Any],
        input_spec: Mapping[str, InputSpec] | Sequence[InputSpec] | None = None,
        executor: Executor = "numpy",
    ) -> None:
        function = _function_of(function)
        functools.update_wrapper(self, function)  # first: attributes of the function must not replace ours
        self.__dy2static_function__ = function
        self._options = (input_spec, executor)
        self._names = _parameter_names(function)
        if input_spec is None or isinstance(input_spec, Mapping):
            specs: dict[str, InputSpec] = dict(input_spec or {})
        else:
            declared = [name for name in self._names if name not in ("self", "cls")]
            specs = dict(zip(declared, input_spec, strict=False))
        target = converted(function)
        self._target: Callable[..., Any] = function if target is None else target
        self.cache = ProgramCache(function, self._target, self._names, specs, executor)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if is_running_eagerly():
            return self.__dy2static_function__(*args, **kwargs)
        if current() is not None:
            return call(self, *args, **kwargs)  # the runtime notes what is converted: guards need it
        try:
            return self.cache.run(args, kwargs)
        except Exception as error:
            hide_ours(error)
            raise

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        return BoundStaticFunction(self, instance)

    def __repr__(self) -> str:
        return f"<static function {getattr(self.__dy2static_function__, '__qualname__', '?')}>"

    # Looking inside

    @property
    def code(self) -> str:
        """The converted source."""
        return code(self._conversion().tree)

    def _conversion(self) -> Any:
        return convert_function(getattr(self.__dy2static_function__, "__func__", self.__dy2static_function__))

    @property
    def programs(self) -> list[Program]:
        """The compiled programs, latest first in each family of calls."""
        return self.cache.programs()

    @property
    def graph(self) -> "ShownGraph":
        """The graph of the latest program."""
        return ShownGraph(self._latest().compiled.graph)

    @property
    def program(self) -> str:
        """The NumPy source of the latest program."""
        return self._latest().compiled.program.source

    def _latest(self) -> Program:
        if self.cache.latest is None:
            raise RuntimeError(f"{self!r} has no graph yet: call it once, graphs are made for the arguments of a call")
        return self.cache.latest

    def program_for(self, *args: Any, **kwargs: Any) -> Program:
        """The program that a call with these arguments would use; made, but not run."""
        return self.cache.find(args, kwargs)[0]

    def explain(self) -> str:
        """Why there are as many programs as there are."""
        count = len(self.cache.programs())
        lines = [f"{self!r}: {count} program{'s' * (count != 1)}"]
        first = self.cache.made - len(self.cache.misses) + 1
        lines += [f"  {i}. made for {reason}" for i, reason in enumerate(self.cache.misses, first)]
        return "\n".join(lines)

    def grad(self, argnums: int | Sequence[int] = 0, *, has_aux: bool = False) -> StaticGradient:
        """The gradient of the function's number with respect to some arguments, itself a graph; see `eager.grad`."""
        return StaticGradient(self, self.cache, argnums, with_value=False, has_aux=has_aux)

    def value_and_grad(self, argnums: int | Sequence[int] = 0, *, has_aux: bool = False) -> StaticGradient:
        """As `grad`, with the value in front."""
        return StaticGradient(self, self.cache, argnums, with_value=True, has_aux=has_aux)


class ShownGraph:
    """A graph to look at: prints itself with large constants left out; `graph` is the thing itself."""

    def __init__(self, graph: Any) -> None:
        self.graph = graph

    def __str__(self) -> str:
        return print_graph(self.graph, elide=True)

    __repr__ = __str__


class BoundStaticFunction:
    """A static function as a method of an object."""

    def __init__(self, function: StaticFunction, instance: Any) -> None:
        self.__func__ = function
        self.__self__ = instance
        self.__dy2static_function__ = MethodType(function.__dy2static_function__, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return self.__func__(self.__self__, *args, **kwargs)
        except Exception as error:
            hide_ours(error)
            raise

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__func__, name)

    def program_for(self, *args: Any, **kwargs: Any) -> Program:
        """As `StaticFunction.program_for`, of this object."""
        return self.__func__.program_for(self.__self__, *args, **kwargs)

    def grad(self, argnums: int | Sequence[int] = 0, *, has_aux: bool = False) -> StaticGradient:
        """As `StaticFunction.grad`; arguments are counted without the object."""
        bound = (self.__self__,)
        return StaticGradient(
            self.__func__, self.__func__.cache, argnums, with_value=False, has_aux=has_aux, bound=bound
        )

    def value_and_grad(self, argnums: int | Sequence[int] = 0, *, has_aux: bool = False) -> StaticGradient:
        """As `grad`, with the value in front."""
        bound = (self.__self__,)
        return StaticGradient(
            self.__func__, self.__func__.cache, argnums, with_value=True, has_aux=has_aux, bound=bound
        )


def _function_of(function: Any) -> Callable[..., Any]:
    """What a call of `function` runs: of a module its `forward`, of another callable object its `__call__`."""
    if isinstance(function, Module):
        function = function.forward
    marked = getattr(function, "__dy2static_function__", None)
    if marked is not None:
        return marked
    method = getattr(type(function), "__call__", None)  # noqa: B004  # pyright: ignore[reportUnknownArgumentType]
    return MethodType(method, function) if isinstance(method, FunctionType) else function


def _parameter_names(function: Callable[..., Any]) -> list[str]:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [name for name, p in inspect.signature(function).parameters.items() if p.kind in kinds]


@overload
def to_static(
    function: Callable[..., Any],
    *,
    input_spec: Mapping[str, InputSpec] | Sequence[InputSpec] | None = None,
    executor: Executor = "numpy",
) -> StaticFunction: ...
@overload
def to_static(
    function: None = None,
    *,
    input_spec: Mapping[str, InputSpec] | Sequence[InputSpec] | None = None,
    executor: Executor = "numpy",
) -> Callable[[Callable[..., Any]], StaticFunction]: ...
def to_static(
    function: Callable[..., Any] | None = None,
    *,
    input_spec: Mapping[str, InputSpec] | Sequence[InputSpec] | None = None,
    executor: Executor = "numpy",
) -> Any:
    """Convert a function's source so that its calls run as one static graph: branches and loops on tensors included.

    Use it bare, with options, on functions, methods, lambdas and callable objects (an `nn.Module` is converted by its
    `forward`).
    `input_spec` declares free dims; without it a dim that is seen with two sizes becomes free by itself. `executor` is
    "numpy" (the graph as a Python function) or "interpreter" (the oracle).
    Raises: ConversionError at once for constructs that are not converted, at the user's line.
    """
    if function is None:
        return functools.partial(to_static, input_spec=input_spec, executor=executor)
    try:
        return StaticFunction(function, input_spec, executor)
    except Exception as error:
        hide_ours(error)
        raise
