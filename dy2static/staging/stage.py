"""From a function and the kinds of its arguments to a graph: what runs once per program."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Protocol

from dy2static.source.convert import Converted
from dy2static.staging.arguments import ArgumentRef, Arguments, CapturedRef, place_arguments
from dy2static.staging.arguments import Leaf as ArgumentLeaf
from dy2static.staging.cells import AttributeCell, Cell, ClosureCell, ItemCell, Key, undo
from dy2static.staging.lists import StageableList
from dy2static.staging.never import RaisedInGraph, fail_as, is_of_the_program, must_come_later
from dy2static.staging.spec import ConstantSpec, ContainerSpec, Spec, pack, spec_of
from dy2static.staging.staged import StagedNumber, StagedTensor
from dy2static.staging.stager import Stager
from eager.pytree import children
from eager.recorder import recording
from eager.tape_links import Leaf
from eager.tensor import Tensor
from graph.aval import scalar
from graph.dtypes import of_scalar
from graph.ir.op import Graph
from graph.ir.value import Value


class Source(Protocol):
    """A place outside that a number is read from, which is an input of the program (see `cache.sources`)."""

    @property
    def kind(self) -> str: ...
    @property
    def owner(self) -> Any: ...
    @property
    def name(self) -> Any: ...
    @property
    def text(self) -> str: ...
    def load(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Write:
    """A change that the function makes to what its caller holds: applied after a run that succeeded."""

    cell: Cell
    owner: ArgumentRef | None
    """The argument that is changed, found anew in each call; None where the cell itself says it."""
    spec: Spec


@dataclass(frozen=True, slots=True)
class Staged:
    """A function as a graph.

    Parameters: one for each staged leaf of the arguments, in order, one for each dynamic source, one for each of
    `captured`. Results: those of `result`, then those of `writes`.
    """

    graph: Graph
    captured: tuple[Any, ...]
    result: Spec
    writes: tuple[Write, ...]
    gradients: tuple[Leaf, ...]
    """The leaves of the tape whose gradients it read or replaced."""
    conversions: tuple[tuple[Any, Converted], ...]
    """The functions that were converted on the way."""


NOTHING: Final[Mapping[Key, StagedNumber]] = MappingProxyType({})


def stage(
    name: str,
    function: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    leaves: Sequence[ArgumentLeaf],
    call: Callable[..., Any],
    dynamic: Sequence[Source] = (),
) -> Staged:
    """Run a converted function on staged arguments and take down what it does. `call` is that of the runtime.

    All that the run changes is set back before this returns, whether it succeeds or not.
    """
    stager = Stager(name, call)
    placed = place_arguments(stager, args, kwargs, leaves)
    try:
        given: dict[Key, StagedNumber] = {}
        for source in dynamic:
            number = source.load()
            param = stager.root.param(scalar(of_scalar(number)), source.text)
            given[cell_of(source).key] = made = StagedNumber.of(param)
            stager.cells.put(cell_of(source), made)
        with recording(stager):
            value = _run(stager, function, placed)
            result, results = describe(stager, placed, value)
            writes = writes_of(stager, placed, results, given)
    finally:
        undo(stager.cells.outermost)
    graph = stager.root.build(results)
    captured = tuple(held for held, _ in stager.captured.values())
    return Staged(graph, captured, result, writes, tuple(stager.gradients.values()), tuple(stager.conversions))


def _run(stager: Stager, function: Callable[..., Any], placed: Arguments) -> Any:
    """The value of the function. An exception of the program that comes after something that a run does is one of the
    graph's; it ends the graph, whose value nobody gets."""
    try:
        return function(*placed.args, **placed.kwargs)
    except RaisedInGraph:
        return None
    except Exception as error:
        if not (is_of_the_program(error) and must_come_later(stager)):
            raise
        fail_as(stager, error)
        return None


def cell_of(source: Source) -> Cell:
    """The place that a source reads, as one to store to."""
    match source.kind:
        case "attribute":
            return AttributeCell(source.owner, source.name)
        case "cell":
            return ClosureCell(source.owner)
        case _:
            return ItemCell(source.owner, source.name)


def describe(stager: Stager, placed: Arguments, value: Any) -> tuple[Spec, list[Value]]:
    """The returned value: objects of the caller's by reference, staged values by what they are made of."""
    known = _reference(stager, placed, value)
    if known is not None:
        return ConstantSpec(known), []
    is_graph_list = isinstance(value, StageableList) and value.staged is not None
    is_leaf = value is None or isinstance(value, Tensor) or is_graph_list
    split = None if is_leaf else children(value)
    if split is None:
        value = stager.settled(value) if isinstance(value, StagedTensor) else value
        spec = spec_of(value, stager)
        return spec, pack(spec, value, stager)
    node, items = split
    described = [describe(stager, placed, item) for item in items]
    return ContainerSpec(node, tuple(spec for spec, _ in described)), [v for _, values in described for v in values]


def _reference(stager: Stager, placed: Arguments, value: Any) -> Any:
    """How to find an object that the caller has already; None for one that is new."""
    if id(value) in placed.references:
        return placed.references[id(value)]
    if isinstance(value, Tensor) and not isinstance(value, StagedTensor):
        stager.lift_tensor(value)  # its place may hold another one in the next call
    if id(value) in stager.captured:
        return CapturedRef((), list(stager.captured).index(id(value)))
    return None


def writes_of(
    stager: Stager, placed: Arguments, results: list[Value], given: Mapping[Key, StagedNumber] = NOTHING
) -> tuple[Write, ...]:
    """Describe what changed cells hold in the end; their graph values go to `results`.

    `given` are the numbers that were put in place of those read elsewhere: where they still are, nothing changed.
    """
    writes: list[Write] = []
    for cell, before in stager.cells.outermost.values():
        if cell.key in given and cell.load() is given[cell.key]:
            continue  # an input that was only read
        owner = placed.owner_of(cell)
        if owner is None and not stager.is_seen_outside(cell, before):
            continue
        spec, values = describe(stager, placed, cell.load())
        results += values
        writes.append(Write(cell, owner, spec))
    return tuple(writes)
