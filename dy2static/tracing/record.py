"""From a function and examples to a trace: runs the function once."""

import itertools
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dy2static.cache.compiled import CompiledGraph
from dy2static.cache.guard_set import GuardSet
from dy2static.cache.program import Program
from dy2static.cache.signature import Call, exact
from dy2static.cache.sources import Guard, Source
from dy2static.eager_mode import run_eagerly
from dy2static.errors import StagingError
from dy2static.staging.locate import user_location
from dy2static.staging.objects.cells import HandleCell
from dy2static.staging.objects.frames import undo
from dy2static.staging.stage import Staged, describe, writes_of
from dy2static.tracing.decision import Decision
from dy2static.tracing.placement import place_examples
from dy2static.tracing.recorder import Tracer
from dy2static.tracing.state import State, references, refuse_leaks
from dy2static.tracing.texts import described, leaf_names
from dy2static.tracing.traced import TracedTensor
from eager.pytree import children, is_container
from eager.recorder import recording
from eager.tape_links import Leaf
from eager.tensor import Tensor, wrap


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """One execution as a program, and the calls that it may serve. Its guards are checked while it runs."""

    program: Program
    decisions: tuple[Decision, ...]
    key: Hashable
    """Structure and types of the arguments."""
    arguments: Mapping[str, tuple[str, Any]]
    """The arguments in words (see `texts.described`)."""
    writes_handles: bool
    captured: frozenset[int]
    """Tensors that are read from outside, by identity."""
    leaves: Mapping[tuple[int, ...], int]
    """The parameters of the tensors among the arguments, by the way to them (see `arguments.ArgumentRef`)."""

    def serves(self, key: Hashable, call: Call) -> bool:
        """Whether a call may use the program, if the guards of its graph hold."""
        return key == self.key and self.program.serves(call) and not self.overlaps(call)

    @property
    def unshared(self) -> frozenset[int]:
        """Tensors, by identity, that may not be arguments as well, because values of tensors change."""
        return self.captured if self.writes_handles else frozenset()

    def overlaps(self, call: Call) -> bool:
        """Whether an argument is a tensor that is read from outside as well, and values of tensors change."""
        return any(id(leaf) in self.unshared for leaf in call.leaves)


def key_of(call: Call, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Hashable:
    """The family of a call, and which of its containers are one object."""
    if not any(is_container(value) for value in (*args, *kwargs.values())):
        return call.family
    seen: list[int] = []

    def visit(value: Any) -> None:
        split = children(value) if value is not None else None
        if split is not None:
            if not isinstance(value, tuple):
                seen.append(id(value))
            for item in split[1]:
                visit(item)

    for value in (*args, *kwargs.values()):
        visit(value)
    return (call.family, tuple(map(seen.index, seen)))


def record(
    function: Callable[..., Any],
    name: str,
    names: Sequence[str],
    call: Call,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    warned: set[tuple[str, int]],
    reason: str,
) -> Trace:
    """Run the function on examples, and take down what it does. All that it changes is set back.

    Raises: what the function raises; StagingError for results that no graph can give.
    """
    tracer = Tracer(name, warned)
    leaves = exact(call).leaves(call, leaf_names(names, args, kwargs))
    objects = [(leaf.name, value) for leaf, value in zip(leaves, call.leaves, strict=True) if leaf.aval is None]
    placed = place_examples(tracer, args, kwargs, leaves)
    state = State([("", function), *objects], placed.containers)
    try:
        with run_eagerly(), recording(tracer):
            value = function(*placed.args, **placed.kwargs)
            if tracer.failed is not None:
                raise StagingError(
                    "an operation on tensors failed here and the function went on, which a replay cannot check",
                    next_step="convert the source with `@to_static`, which keeps `try` and `except`.",
                    loc=tracer.failed,
                )
            state.note_changes(tracer.cells.outermost)
            result, results = describe(tracer, placed, value)
            refuse_leaks(result, "the result")
            writes = writes_of(tracer, placed, results)
            for write in writes:
                refuse_leaks(write.spec, write.cell.text)
    except Exception as error:
        error.args = tuple(map(_released, error.args))
        raise
    finally:
        state.note_changes(tracer.cells.outermost)
        undo(tracer.cells.outermost)
    held = tuple(held for held, _ in tracer.captured.values())
    staged = Staged(tracer.root.build(results), held, result, writes, tuple(tracer.gradients.values()), ())
    returned = {id(x) for write in (result, *(w.spec for w in writes)) for x in references(write)}
    ids = frozenset(map(id, held))
    gradients = {leaf: _gradient_source(leaf) for leaf in tracer.gradients.values()}
    sources = state.sources_of(ids - returned) | {id(leaf.kept): source for leaf, source in gradients.items()}
    program = Program(
        staged=staged,
        compiled=CompiledGraph(staged.graph),
        pattern=exact(call),
        guards=GuardSet([*state.guards(sources.keys(), ids), *itertools.starmap(_gradient_guard, gradients.items())]),
        staged_leaves=tuple(i for i, leaf in enumerate(leaves) if leaf.aval is not None),
        dynamic=(),
        captured=tuple(_loader(x, sources) for x in held),
        reason=reason,
    )
    trace = Trace(
        program=program,
        decisions=tuple(tracer.decisions),
        key=key_of(call, args, kwargs),
        arguments=described(names, args, kwargs),
        writes_handles=any(isinstance(write.cell, HandleCell) for write in writes),
        captured=ids,
        leaves=_paths(args, kwargs, [leaf.aval is not None for leaf in leaves]),
    )
    if trace.overlaps(call):
        raise StagingError(
            f"an argument of `{name}` is a tensor that it reads from outside as well, and it changes tensors in place",
            next_step="pass the tensor, or read it from outside, but not both.",
            loc=user_location(),
        )
    return trace


def _paths(args: Sequence[Any], kwargs: Mapping[str, Any], is_staged: Sequence[bool]) -> Mapping[tuple[int, ...], int]:
    """The ways to the leaves that are staged, with their places among these."""
    found: list[tuple[int, ...]] = []

    def visit(value: Any, path: tuple[int, ...]) -> None:
        split = children(value)
        if split is None:
            found.append(path)
            return
        for i, item in enumerate(split[1]):
            visit(item, (*path, i))

    for i, value in enumerate(args):
        visit(value, (0, i))
    for i, value in enumerate(kwargs.values()):
        visit(value, (1, i))
    staged = [path for path, on in zip(found, is_staged, strict=True) if on]
    return {path: i for i, path in enumerate(staged)}


def _released(x: Any) -> Any:
    """An argument of an error that leaves the trace."""
    return wrap(x.graph_example) if isinstance(x, TracedTensor) else x


def _gradient_source(leaf: Leaf) -> Source:
    return Source("attribute", leaf, "grad", "the gradient of a Parameter")


def _gradient_guard(leaf: Leaf, source: Source) -> Guard:
    kept = leaf.kept
    return Guard(source, None, "value") if kept is None else Guard(source, kept.aval, "tensor")


def _loader(held: Tensor, sources: Mapping[int, Source]) -> Callable[[], Any]:
    source = sources.get(id(held))
    return (lambda: held) if source is None else source.load
