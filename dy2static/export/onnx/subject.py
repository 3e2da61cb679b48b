"""What is exported: a graph, which of its parameters are inputs, and the names that these have for the user."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np

from dy2static.cache.program import Program
from dy2static.cache.signature import Call
from dy2static.decorator import BoundStaticFunction, StaticFunction, to_static
from dy2static.errors import ExportError
from dy2static.export.onnx.handles import part_types
from dy2static.export.onnx.outputs import Outputs, part_names
from dy2static.staging.arguments import ArgumentRef, CapturedRef
from dy2static.tracing.example import Example
from dy2static.tracing.texts import parameter_names
from dy2static.tracing.trace import TracedFunction
from eager.pytree import children
from eager.tensor import Tensor
from graph.ir.op import Graph
from graph.ir.value import Value

HANDLES: Final[Any] = (Tensor, np.ndarray)
STATIC: Final[Any] = (StaticFunction, BoundStaticFunction)


@dataclass(frozen=True, slots=True)
class Subject:
    """A graph to be exported, and its arguments for each example."""

    name: str
    graph: Graph
    inputs: int
    """How many of its parameters are inputs; the others are held, and part of the model."""
    names: tuple[str, ...]
    """Of all parameters."""
    results: tuple[str, ...]
    """A name for each part of each result."""
    examples: tuple[tuple[Any, ...], ...]

    @property
    def held(self) -> tuple[Any, ...]:
        """The values of the parameters that are no inputs."""
        return self.examples[0][self.inputs :]


def subject_of(f: Any, examples: Sequence[Example], allow_baked: bool) -> Subject:
    """What is to be exported of a function, or a graph.

    Raises: ExportError for a trace with decisions, for functions that change what their caller holds, and where nothing
    that is returned is computed.
    """
    if isinstance(f, Graph):
        return _of_graph(f, examples)
    if isinstance(f, TracedFunction):
        names = parameter_names(f.__dy2static_function__)[0]
        found = [_Found(*f.find(x.args, f.ordered(x.kwargs)), x.args, f.ordered(x.kwargs), names) for x in examples]
        if f.decisions and not allow_baked:
            raise _baked(f)
        return _of_program(str(f), found)
    static: StaticFunction | BoundStaticFunction = (
        f if isinstance(f, STATIC) else to_static(cast("Callable[..., Any]", f))
    )
    return _of_program(repr(static), [_found(static, example) for example in examples])


@dataclass(frozen=True, slots=True)
class _Found:
    """A program for a call."""

    program: Program
    call: Call
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    names: Sequence[str]
    """Of the positional parameters."""

    def hints(self) -> list[str]:
        """The user's names of the parameters of the graph: ways into the arguments, then weights."""
        names = [*self.names, *(f"arg{i}" for i in range(len(self.names), len(self.args)))]
        named = [*zip(names, self.args, strict=False), *self.kwargs.items()]
        leaves = [name for own, value in named for name in _leaf_names(own, value)]
        inputs = [leaves[i] for i in self.program.staged_leaves]
        return inputs + [f"weight_{i}" for i in range(len(self.program.compiled.to_run.params) - len(inputs))]


def _found(f: StaticFunction | BoundStaticFunction, example: Example) -> _Found:
    is_bound = isinstance(f, BoundStaticFunction)
    args = (f.__self__, *example.args) if is_bound else example.args
    static = f.__func__ if is_bound else f
    return _Found(*static.cache.find(args, example.kwargs), args, example.kwargs, static.names)


def _baked(f: TracedFunction) -> ExportError:
    listed = "".join(f"\n    {decision}" for decision in f.decisions)
    return ExportError(
        f"the trace holds only for inputs that decide as its examples did:{listed}",
        next_step="convert the source with `@to_static`, which keeps branches and loops; or pass `allow_baked=True`: "
        "the model then fails for other inputs.",
        loc=f.decisions[0].location,
    )


def _of_graph(graph: Graph, examples: Sequence[Example]) -> Subject:
    given = tuple(tuple(map(_array, example.args)) for example in examples)
    if any(len(args) != len(graph.params) for args in given):
        raise TypeError(f"graph {graph.name!r} takes {len(graph.params)} arguments")
    parts = [f"output_{i}" for i, v in enumerate(graph.results) for _ in part_types(v.type)]
    return Subject(graph.name, graph, len(graph.params), _unique(_hints(graph)), _unique(parts), given)


def _of_program(what: str, found: Sequence[_Found]) -> Subject:
    last = found[-1]
    program = last.program
    if not all(program.serves(each.call) for each in found):
        raise ExportError(
            f"the examples need several programs of {what}",
            next_step="export each kind of arguments by itself, or declare dims with `input_spec`.",
        )
    staged = program.staged
    if staged.writes:
        changed = ", ".join(f"`{write.cell.text}`" for write in staged.writes)
        raise ExportError(
            f"{what} changes what its caller holds ({changed}), and a model has no state",
            next_step="return the new values; pass a layer's `eval()` mode.",
        )
    graph = program.compiled.to_run
    inputs = len(program.staged_leaves)
    examples = tuple(tuple(map(_array, program.inputs(each.call))) for each in found)
    names = _unique(last.hints())

    def find(ref: ArgumentRef) -> Any:
        return program.captured[ref.index]() if isinstance(ref, CapturedRef) else ref.find(last.args, last.kwargs)

    outputs = Outputs(graph, find, _params_of(program, last.call))
    outputs.take(staged.result, "output")
    if not outputs.results:
        raise ExportError(f"{what} returns nothing that a model can give", next_step="return a tensor.")
    parts = [
        part
        for name, v in zip(outputs.names, outputs.results, strict=True)
        for part in part_names(name, len(list(part_types(v.type))))
    ]
    return Subject(graph.name, outputs.graph, inputs, names, _unique(parts, names), examples)


def _params_of(program: Program, call: Call) -> dict[int, Value]:
    """The parameters for tensors of the caller's, and for those that are read from outside, by identity."""
    params = program.compiled.to_run.params
    leaves = (call.leaves[i] for i in program.staged_leaves)
    outside = (load() for load in program.captured)
    inputs = zip(leaves, params, strict=False)
    held = zip(outside, params[len(params) - len(program.captured) :], strict=True)
    return {id(x): p for x, p in (*inputs, *held) if isinstance(x, HANDLES)}


def _leaf_names(name: str, value: Any) -> Iterator[str]:
    split = children(value)
    if split is None:
        yield name
        return
    for key, item in zip(split[0].keys, split[1], strict=True):
        yield from _leaf_names(f"{name}_{key}", item)


def _array(x: Any) -> Any:
    if isinstance(x, Tensor):
        return x._data  # pyright: ignore[reportPrivateUsage]
    return [*map(_array, cast("list[Any]", x))] if isinstance(x, list | tuple) else np.asarray(x)


def _hints(graph: Graph) -> list[str]:
    return [p.hint or f"input_{i}" for i, p in enumerate(graph.params)]


def _unique(names: Sequence[str], taken: Sequence[str] = ()) -> tuple[str, ...]:
    """The names, those that come again with a number."""
    seen = set(taken)
    made: list[str] = []
    for name in names:
        own, n = name, 1
        while own in seen:
            n += 1
            own = f"{name}_{n}"
        seen.add(own)
        made.append(own)
    return tuple(made)
