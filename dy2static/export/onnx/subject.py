"""What is exported: a graph, which of its parameters are inputs, and the names that these have for the user."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np

from dy2static.cache.program import Program
from dy2static.cache.signature import Call
from dy2static.decorator import BoundStaticFunction, StaticFunction, to_static
from dy2static.errors import ExportError
from dy2static.export.onnx.handles import part_types
from dy2static.staging.made import MadeSpec
from dy2static.staging.spec import ChoiceSpec, ContainerSpec, ListSpec, MaybeSpec, OptionalSpec, Spec, TextSpec, types
from dy2static.tracing.example import Example
from dy2static.tracing.trace import TracedFunction
from eager.tensor import Tensor
from graph.ir.op import Graph

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
        found = [f.find(example.args, f.ordered(example.kwargs)) for example in examples]
        if f.decisions and not allow_baked:
            raise _baked(f)
        return _of_program(str(f), found)
    static: StaticFunction | BoundStaticFunction = (
        f if isinstance(f, STATIC) else to_static(cast("Callable[..., Any]", f))
    )
    return _of_program(repr(static), [_found(static, example) for example in examples])


def _found(f: StaticFunction | BoundStaticFunction, example: Example) -> tuple[Program, Call]:
    if isinstance(f, BoundStaticFunction):
        return f.__func__.cache.find((f.__self__, *example.args), example.kwargs)
    return f.cache.find(example.args, example.kwargs)


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


def _of_program(what: str, found: Sequence[tuple[Program, Call]]) -> Subject:
    program = found[-1][0]
    if not all(program.serves(call) for _, call in found):
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
    examples = tuple(tuple(map(_array, program.inputs(call))) for _, call in found)
    names = _unique(_hints(graph))
    results = list(_result_names(staged.result, "output"))
    if not results:
        raise ExportError(f"{what} returns nothing that the graph computes", next_step="return a tensor.")
    parts = [
        part
        for name, v in zip(results, graph.results, strict=True)
        for part in _part_names(name, len(list(part_types(v.type))))
    ]
    return Subject(graph.name, graph, len(program.staged_leaves), names, _unique(parts, names), examples)


def _part_names(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name}.{i}" for i in range(count)]


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


def _result_names(spec: Spec, name: str) -> Iterator[str]:
    """A name for each value of the graph that the function's value is made of."""
    match spec:
        case ContainerSpec(node, parts):
            for key, part in zip(node.keys, parts, strict=True):
                yield from _result_names(part, f"{name}_{key}")
        case MadeSpec() if spec.inner is not None:
            yield from _result_names(spec.inner, name)
        case OptionalSpec(inner) | MaybeSpec(_, inner):
            yield f"{name}.is_some"
            yield from _result_names(inner, name)
        case TextSpec() | ChoiceSpec():
            raise ExportError(f"the function returns {spec}, and a model gives tensors", next_step="return tensors.")
        case ListSpec():
            yield from _part_names(name, len(types(spec)))
        case _:
            yield from _part_names(name, count) if (count := len(types(spec))) else ()
