"""`@to_static`: a function that runs as a static graph."""

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from types import FunctionType, MethodType
from typing import Any, Unpack, overload

from dy2static.bound import Bound
from dy2static.cache.cache import ProgramCache
from dy2static.cache.compiled import compile_option, executor_option, wait_for
from dy2static.cache.program import Program
from dy2static.cache.signature import signature
from dy2static.debug.profile import Profile, is_recorded, profiled
from dy2static.debug.shadow import Shadow
from dy2static.debug.tracebacks import hide_ours
from dy2static.eager_mode import is_running_eagerly, run_eagerly
from dy2static.errors import ConversionError
from dy2static.fallback import REFUSALS, Fallbacks
from dy2static.gradient import StaticGradient
from dy2static.input_spec import by_parameter
from dy2static.inspection import execution, native_of
from dy2static.options import StaticOptions, all_options, with_options
from dy2static.runtime.callables.converted import converted
from dy2static.runtime.calls import call
from dy2static.source.convert import convert_function
from dy2static.source.show import code, numbered
from dy2static.staging.values.staged import current
from eager.nn.module import Module
from graph.errors import GraphError
from graph.execute.native import NativeOptions
from graph.ir.printer import print_graph
from graph.location import Loc


class StaticFunction:
    """A function whose calls run as compiled graphs, one for each kind of arguments. See `to_static`."""

    def __init__(self, function: Callable[..., Any], **options: Unpack[StaticOptions]) -> None:
        chosen = all_options(options)
        function = _function_of(function)
        functools.update_wrapper(self, function)  # first: attributes of the function must not replace ours
        self.__dy2static_function__ = function
        native = NativeOptions(chosen["exact"], chosen["threads"], chosen["cpu"])
        compile_option(chosen["compile"])
        executor = executor_option(chosen["executor"])
        self._shadow = Shadow(chosen["shadow"]) if chosen["shadow"] else None
        self.names = _parameter_names(function)
        named = [name for name in self.names if name not in ("self", "cls")]
        specs, results = by_parameter(chosen["input_spec"], named)
        self.fallbacks = None if chosen["fallback"] is None else Fallbacks()
        """The calls that ran as plain Python; None without `fallback="eager"`."""
        self._refused: GraphError | None = None
        target = self._converted(function)
        self._target: Callable[..., Any] = function if target is None else target
        self.cache = ProgramCache(
            function, self._target, self.names, specs, executor, results, chosen["compile"], native
        )
        self._run = self._run_timed if chosen["profile"] else self.cache.run
        self.latest_profile: Profile | None = None
        """The latest call, timed, where the function was converted with `profile=True`."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if is_running_eagerly():
            return self.__dy2static_function__(*args, **kwargs)
        if current() is not None:
            return call(self, *args, **kwargs)  # the runtime notes what is converted: guards need it
        if self.fallbacks is not None:
            return self._run_or_fall_back(self.fallbacks, args, kwargs)
        try:
            if self._shadow is not None and self._shadow.is_due():
                return self._run_twice(self._shadow, args, kwargs)
            return self._run(args, kwargs)
        except Exception as error:
            hide_ours(error)
            raise

    def _run_timed(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        program, taken = self.cache.find(args, kwargs)
        if is_recorded(program, taken):
            return self.cache.run(args, kwargs)
        self.latest_profile = made = profiled(program, taken, args, kwargs)
        return made.result

    def _converted(self, function: Callable[..., Any]) -> Callable[..., Any] | None:
        try:
            target = converted(function)
            _refuse_generators(function)
            return target
        except REFUSALS as error:
            if self.fallbacks is None:
                raise
            self._refused = error
            return None

    def _run_or_fall_back(self, fallbacks: Fallbacks, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        kind = None if self._refused is not None else signature(args, kwargs).kind
        refused = self._refused or fallbacks.known(kind)
        if refused is None:
            try:
                return self._run(args, kwargs)
            except REFUSALS as error:
                refused = error
                fallbacks.remember(kind, error)
            except Exception as error:
                hide_ours(error)
                raise
        return fallbacks.run(refused, self.__dy2static_function__, *args, **kwargs)

    def _run_twice(self, shadow: Shadow, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        program, taken = self.cache.find(args, kwargs)

        def plain() -> Any:
            with run_eagerly():
                return self.__dy2static_function__(*args, **kwargs)

        return shadow.run(program.staged.graph.name, plain, program, taken, args, kwargs)

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

    @property
    def code_with_lines(self) -> str:
        """The same, with the line of the user's file that each statement stands for beside it."""
        return numbered(self._conversion().tree)

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

    @property
    def native(self) -> Any:
        """The native code of the latest program: `llvm` and `optimized` (before and after LLVM's passes), `asm`,
        `callbacks`. RuntimeError where there was no call yet, or another executor was asked for."""
        return native_of(self._latest().compiled, repr(self))

    def bind(self, *examples: Any) -> Bound:
        """The function for positional arguments of the structure, shapes and dtypes of `examples`, as a callable that
        checks nothing else.

        What the function reads besides its arguments is what it was when this was called: tensors are read anew in each
        call, Python values are not looked at. ShapeError or DTypeError where arguments do not fit.
        """
        program, taken = self.cache.find(examples, {})
        return Bound(self, program, taken, examples, self.names)

    def profile(self, *args: Any, **kwargs: Any) -> Profile:
        """A call that is timed, by loop and op. Nothing is recorded on the tape. Raises what the call raises."""
        try:
            program, taken = self.cache.find(args, kwargs)
            return profiled(program, taken, args, kwargs)
        except Exception as error:
            hide_ours(error)
            raise

    def program_for(self, *args: Any, **kwargs: Any) -> Program:
        """The program that a call with these arguments would use; made, but not run."""
        return self.cache.find(args, kwargs)[0]

    def wait_compiled(self, timeout: float | None = None) -> bool:
        """Return when the native code of all programs that were called is there, gradients included, or after `timeout`
        seconds; whether it is there. Raises: what compiling raised."""
        return wait_for((program.compiled for program in self.cache.programs()), timeout)

    def explain(self) -> str:
        """Why there are as many programs as there are, and how the latest runs: on what, what it calls back to NumPy
        for and whether it does so in a loop, the most memory that a run has had."""
        count = len(self.cache.programs())
        lines = [f"{self!r}: {count} program{'s' * (count != 1)}"]
        first = self.cache.made - len(self.cache.misses) + 1
        lines += [f"  {i}. made for {reason}" for i, reason in enumerate(self.cache.misses, first)]
        for reason, times in (self.fallbacks.reasons if self.fallbacks else {}).items():
            lines.append(f"  ran as plain Python {times} time{'s' * (times != 1)}, because:")
            lines += [f"    {line}" for line in reason.splitlines()]
        latest = self.cache.latest
        lines += [] if latest is None else [f"  {line}" for line in execution(latest.compiled)]
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

    def bind(self, *examples: Any) -> Bound:
        """As `StaticFunction.bind`, of this object."""
        whole = (self.__self__, *examples)
        program, taken = self.__func__.cache.find(whole, {})
        return Bound(self.__func__, program, taken, whole, self.__func__.names, leading=(self.__self__,))

    def profile(self, *args: Any, **kwargs: Any) -> Profile:
        """As `StaticFunction.profile`, of this object."""
        return self.__func__.profile(self.__self__, *args, **kwargs)

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


def _refuse_generators(function: Callable[..., Any]) -> None:
    if inspect.isgeneratorfunction(function):
        code = function.__code__
        raise ConversionError(
            "a generator function cannot be a static function: its values leave it one by one.",
            next_step="convert the function that consumes it, or collect the values in a list and return it.",
            loc=Loc(code.co_filename, code.co_firstlineno, function=code.co_qualname),
        )


def _parameter_names(function: Callable[..., Any]) -> list[str]:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [name for name, p in inspect.signature(function).parameters.items() if p.kind in kinds]


@overload
def to_static(function: Callable[..., Any], **options: Unpack[StaticOptions]) -> StaticFunction: ...
@overload
def to_static(
    function: None = None, **options: Unpack[StaticOptions]
) -> Callable[[Callable[..., Any]], StaticFunction]: ...
@with_options
def to_static(function: Callable[..., Any] | None = None, **options: Unpack[StaticOptions]) -> Any:
    """Convert a function's source so that its calls run as one static graph: branches and loops on tensors included.

    Use it bare, with options, on functions, methods, lambdas and callable objects (an `nn.Module` is converted by its
    `forward`).
    `input_spec` declares free dims, by parameter, in order, or as one text: "b t 64, 64 h -> b t h"; a declared dim is
    never specialised. Without it a dim that is seen with two sizes becomes free by itself. `executor` is "native"
    (machine code), "numpy" (the graph as a Python function of NumPy calls) or "interpreter" (the oracle). `compile`
    says when machine code is made: in the "background" while the NumPy program runs, or "now", before the first run;
    None is what `DY2STATIC_COMPILE` says, else in the background (see docs/native.md). For native code, `exact` keeps
    the order of all operations, so that results have eager's bits but for functions (see docs/numerics.md), `threads`
    is how many share a large loop, by default as many as there are processors, and `cpu` the processor it is for.
    `shadow` is the share of the calls that are checked against plain Python, such as 0.01: on these plain Python gives
    the result, the compiled program runs beside it without effects, and a ShadowWarning names the first op that
    differs. With `fallback="eager"`, a function or call that cannot become a graph runs as plain Python, and is counted
    in `fallbacks`. With `profile=True` each call that leaves nothing on the tape is timed: `latest_profile` is where
    the time of the latest one went.
    Raises: ConversionError at once for constructs that are not converted, at the user's line.
    """
    try:
        all_options(options)
        return functools.partial(to_static, **options) if function is None else StaticFunction(function, **options)
    except Exception as error:
        hide_ours(error)
        raise
