"""From a function and the kinds of its arguments to a graph: what runs once per program."""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import CellType, FunctionType, MappingProxyType, ModuleType
from typing import Any, Final, Protocol, cast

from dy2static.errors import StagingError
from dy2static.source.convert import Converted
from dy2static.staging.arguments import ArgumentRef, Arguments, CapturedRef, place_arguments
from dy2static.staging.arguments import Leaf as ArgumentLeaf
from dy2static.staging.containers.lists import StageableList, is_of_graph
from dy2static.staging.declared import Declared, check_shapes
from dy2static.staging.failures.never import RaisedInGraph, fail_as, is_of_the_program, must_come_later
from dy2static.staging.failures.slips import refuse_slips
from dy2static.staging.objects.cells import (
    AttributeCell,
    Cell,
    ClosureCell,
    EndCell,
    ItemCell,
    Key,
    ListCell,
    attribute_cell,
)
from dy2static.staging.objects.frames import set_back_to, undo
from dy2static.staging.objects.made import HOLDING, QUEUE, MadeSpec, another, fields_of, is_changeable
from dy2static.staging.objects.stale import refused, stale_of
from dy2static.staging.regions.branch import decide
from dy2static.staging.regions.recursion import Calls
from dy2static.staging.regions.rounds import Foreseen, Settled
from dy2static.staging.restore import check_can_leave
from dy2static.staging.shown_as_made import refusing_to_show
from dy2static.staging.stager import Asked, Stager, is_staged_value
from dy2static.staging.values.chosen import index_of, options_of
from dy2static.staging.values.chosen_objects import are_objects, beyond_its_block, choose
from dy2static.staging.values.maybe import MaybeDefined
from dy2static.staging.values.optional import maybe_none, present
from dy2static.staging.values.spec import (
    ChoiceSpec,
    ConstantSpec,
    ContainerSpec,
    MaybeSpec,
    OptionalSpec,
    Spec,
    pack,
    spec_of,
    text_spec,
    types,
)
from dy2static.staging.values.staged import StagedNumber, StagedTensor
from dy2static.staging.values.text import StagedText
from eager.pytree import Node, children
from eager.recorder import recording
from eager.tape_links import Leaf
from eager.tensor import Tensor
from graph.aval import scalar
from graph.dtypes import of_scalar
from graph.ir.op import Graph
from graph.ir.value import Value
from graph.ir.written import WrittenGraph
from graph.location import UNKNOWN, Loc


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


class Member(Protocol):
    """A member of a class in its converted form (see `cache.members`)."""

    @property
    def owner(self) -> type: ...
    @property
    def name(self) -> str: ...
    @property
    def converted(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Write:
    """A change that the function makes to what its caller holds: applied after a run that succeeded."""

    cell: Cell
    owner: ArgumentRef | None
    """The argument that is changed, found anew in each call; None where the cell itself says it."""
    spec: Spec


PLACES: Final = frozenset({"attribute", "cell", "item"})
"""The kinds of sources that are places to store to (see `cell_of`)."""
TOO_DEEP: Final = (
    "dy2static makes a graph block within block, and what follows an `if` that returns is a block in it. Where plain "
    "Python does not go as deep, raise its limit (sys.setrecursionlimit) or write cases that follow one another as a "
    "loop."
)
NOT_SETTLED: Final = Settled()


@dataclass(frozen=True, slots=True)
class Staged:
    """A function as a graph.

    Parameters: one for each staged leaf of the arguments, in order, one for each dynamic source, one for each of
    `captured`. Results: those of `result`, then those of `writes`.
    """

    form: Graph | WrittenGraph
    captured: tuple[Any, ...]
    result: Spec
    writes: tuple[Write, ...]
    gradients: tuple[Leaf, ...]
    """The leaves of the tape whose gradients it read or replaced."""
    functions: tuple[Any, ...]
    """The users' functions that were converted on the way."""
    asked: tuple[Asked, ...] = ()
    """Attributes that were read by a text; None stands for all of an object."""
    gradients_read: tuple[Leaf, ...] = ()
    """Those of `gradients` that were there before and matter."""
    settled: Settled = NOT_SETTLED
    """What its loops were found to carry."""
    has_warned: bool = False
    """Whether users were told something while it was staged."""

    @property
    def graph(self) -> Graph:
        return self.form.graph if isinstance(self.form, WrittenGraph) else self.form


NOTHING: Final[Mapping[Key, Any]] = MappingProxyType({})
OF_PYTHON: Final = frozenset({"builtins", "collections", "functools", "itertools"})
"""Modules whose objects (sets, queues, iterators) hold others without attributes."""


def stage(
    name: str,
    function: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    leaves: Sequence[ArgumentLeaf],
    call: Callable[..., Any],
    dynamic: Sequence[Source] = (),
    shapes: Sequence[Declared] | None = None,
    lists: Sequence[Source] = (),
    grown: Sequence[Source] = (),
    members: Sequence[Member] = (),
    conversions: list[tuple[Any, Converted]] | None = None,
    foresee: Callable[[], Sequence[Foreseen]] | None = None,
    chooses_objects: bool = False,
) -> Staged:
    """Run a converted function on staged arguments and take down what it does. `call` is that of the runtime; `shapes`
    are what the tensors that it returns are declared to have; `lists` are places outside whose lists may change under
    control flow of the graph, `grown` those whose lists are only added to, `members` those of classes that are
    converted for as long as this takes. `conversions` gets the functions that were converted, if this fails too.
    `foresee` gives what loops were found to carry when this was done before; `chooses_objects` says that items at
    places of the graph are the objects themselves.

    All that the run changes is set back before this returns, whether it succeeds or not.
    """
    stager = Stager(name, call, foresee)
    stager.chooses_objects = chooses_objects
    stager.calls = Calls(stager)
    stager.decide = partial(decide, stager)
    stager.choose = partial(choose, stager)
    if conversions is not None:
        stager.conversions = conversions
    placed = place_arguments(stager, args, kwargs, leaves)
    try:
        given: dict[Key, Any] = {}
        for member in members:
            cell = AttributeCell(member.owner, member.name)
            given[cell.key] = member.converted
            stager.cells.put(cell, member.converted)
        for source in dynamic:  # before lists are copied that hold some
            number = source.load()
            known = number.dtype if isinstance(number, StagedNumber) else of_scalar(number)
            param = stager.root.param(scalar(known), source.text)
            given[cell_of(source).key] = made = StagedNumber.of(param)
            stager.cells.put(cell_of(source), made)
        for source in (*lists, *grown):
            held = source.load()
            begins: list[Any] = held if source in lists else []
            twin = placed.twins.setdefault(id(held), (held, StageableList(begins)))[1]
            if source in grown:
                placed.grown.add(id(held))
            stager.arguments[id(twin)] = given[cell_of(source).key] = twin
            stager.cells.put(cell_of(source), twin)
        with recording(stager), refusing_to_show():
            value = _run(stager, function, placed)
            if shapes is not None:
                check_shapes(stager, value, shapes)
            result, results = describe(stager, placed, value)
            writes = writes_of(stager, placed, results, given)
            check_can_leave([result, *(write.spec for write in writes)])
    except StagingError as error:
        error.at(_place_of(function))
        raise
    except RecursionError as error:
        error.add_note(TOO_DEEP)
        raise
    finally:
        for put_back in reversed(stager.put_back):
            put_back()
        undo(stager.cells.outermost)
    graph = stager.root.build(results, stager.functions)
    captured = tuple(held for held, _ in stager.captured.values())
    return Staged(
        graph,
        captured,
        result,
        writes,
        tuple(stager.gradients.values()),
        tuple(function for function, _ in stager.conversions),
        tuple(stager.asked),
        tuple(stager.gradients_read.values()),
        stager.rounds.settled,
        bool(stager.warned),
    )


def _run(stager: Stager, function: Callable[..., Any], placed: Arguments) -> Any:
    """The value of the function. An exception of the program that comes after something that a run does is one of the
    graph's; it ends the graph, whose value nobody gets."""
    try:
        return function(*placed.args, **placed.kwargs)
    except RaisedInGraph:
        return None
    except Exception as error:
        refuse_slips(error)
        if not (is_of_the_program(error) and must_come_later(stager)):
            raise
        fail_as(stager, error)
        return None


def _place_of(function: Callable[..., Any]) -> Loc:
    """Where a function begins: for errors about what it returns."""
    code = getattr(function, "__code__", None)
    return UNKNOWN if code is None else Loc(code.co_filename, code.co_firstlineno, function=function.__name__)


def cell_of(source: Source) -> Cell:
    """The place that a source reads, as one to store to."""
    match source.kind:
        case "attribute":
            return attribute_cell(source.owner, source.name)
        case "cell":
            return ClosureCell(source.owner)
        case _:
            return ItemCell(source.owner, source.name)


def can_be_put(source: Source) -> bool:
    """Whether something else can be put into a place: not into a tuple, a frozen object or a length."""
    if source.kind not in PLACES:
        return False
    cell = cell_of(source)
    held = cell.load()
    try:
        cell.store(held)
    except (AttributeError, TypeError):
        return False
    set_back_to(cell, held)  # the class may have it, not the object
    return True


def describe(stager: Stager, placed: Arguments, value: Any) -> tuple[Spec, list[Value]]:
    """The returned value: objects of the caller's by reference, staged values by what they are made of."""
    if (stale := stale_of(value)) is not None:
        raise refused(stale.label, stale.loc)
    known = _reference(stager, placed, value)
    if known is not None:
        return ConstantSpec(known), []
    if (maybe := maybe_none(value)) is not None and maybe.attribute is not None:
        return describe(stager, placed, present(value, "AttributeError", ""))
    if hasattr(cast(Any, type(value)), "__drains__"):
        raise StagingError(
            "a generator cannot leave a graph: nothing of it has run yet",
            next_step="return a list of its values: `list(...)`.",
        )
    is_graph_list = isinstance(value, StageableList) and value.staged is not None
    is_leaf = value is None or isinstance(value, Tensor) or is_graph_list
    split = None if is_leaf else children(value)
    if placed.left is not None and (split is None or not issubclass(split[0].kind, tuple)):
        made = _describe_object(stager, placed, value, split)
        if made is not None:
            return made
    if isinstance(value, StagedText):
        return text_spec(value), value.values
    if are_objects(value):
        return _describe_chosen(stager, placed, value)
    if split is None:
        _refuse_leak(stager, value)
        value = stager.settled(value) if isinstance(value, StagedTensor) and maybe_none(value) is None else value
        spec = spec_of(value, stager)
        return _with_objects(stager, placed, spec, iter(pack(spec, value, stager)))
    return _describe_parts(stager, placed, *split)


def describe_held(stager: Stager, placed: Arguments, value: Any) -> tuple[Spec, list[Value]]:
    """The same of what a place holds, where there may be nothing on some paths."""
    maybe = maybe_none(value)
    if not isinstance(value, MaybeDefined) and (maybe is None or maybe.attribute is None):
        return describe(stager, placed, value)
    spec = spec_of(value, stager)
    return _with_objects(stager, placed, spec, iter(pack(spec, value, stager)))


def _describe_chosen(stager: Stager, placed: Arguments, value: Any) -> tuple[Spec, list[Value]]:
    """One of several objects of the caller's, by reference."""
    parts: list[ConstantSpec] = []
    for option in options_of(value):
        known = _reference(stager, placed, option)
        if known is None and (stager.cells.is_ours(option) or children(option) is not None):
            raise beyond_its_block()
        parts.append(ConstantSpec(option if known is None else known))
    return ChoiceSpec(tuple(parts)), [index_of(value).graph_value]


def _describe_parts(stager: Stager, placed: Arguments, node: Node, items: Sequence[Any]) -> tuple[Spec, list[Value]]:
    if issubclass(node.kind, dict) and any(is_of_graph(key) or is_staged_value(key) for key in node.keys):
        raise StagingError(
            "a dict whose keys are values of the graph is returned or kept",
            next_step="return a list of pairs, or the keys and the values as two lists.",
        )
    described = [describe(stager, placed, item) for item in items]
    return ContainerSpec(node, tuple(spec for spec, _ in described)), [v for _, values in described for v in values]


def _describe_object(
    stager: Stager, placed: Arguments, value: Any, split: tuple[Node, list[Any]] | None
) -> tuple[Spec, list[Value]] | None:
    """An object that can be changed: one in all the places where it is left. None for other values."""
    assert placed.left is not None
    is_list = isinstance(value, StageableList)
    is_instance = split is None and stager.cells.is_made(value)
    if value is None or not (split is not None or is_list or is_instance or is_changeable(value)):
        return None
    if id(value) in placed.left:
        if placed.left[id(value)] is None:
            raise StagingError(
                f"a {type(cast(Any, value)).__name__} that holds itself is returned or kept",
                next_step="refer to it by an index or a name instead.",
            )
        return MadeSpec(value, None), []
    placed.left[id(value)] = value if is_instance else None
    names: tuple[str, ...] | None = None
    if is_instance:
        names = tuple(fields_of(value))
        described = [describe_held(stager, placed, held) for held in fields_of(value).values()]
        inner = ContainerSpec(Node(tuple, None, names), tuple(spec for spec, _ in described))
        values = [v for _, held in described for v in held]
    elif split is not None:
        inner, values = _describe_parts(stager, placed, *split)
    elif is_list:
        inner = spec_of(value, stager)
        values = pack(inner, value, stager)
    elif isinstance(value, QUEUE):
        inner, values = _describe_parts(stager, placed, Node(tuple, None, ()), [*value])
    else:
        _refuse_leak(stager, value)
        inner, values = None, []
    placed.left[id(value)] = value
    return MadeSpec(value, inner, names, another(value) if inner is None else None), values


def _with_objects(
    stager: Stager, placed: Arguments, spec: Spec, values: Iterator[Value], depth: int = 0
) -> tuple[Spec, list[Value]]:
    """The description, with its values, of what may be None or unbound, where each run makes the objects in it anew.
    Such an object may leave by this way alone or by others: each describes all of it. `depth` counts the optionals."""
    match spec:
        case OptionalSpec(inner) | MaybeSpec(_, inner):
            flag = next(values)
            found, held = _with_objects(stager, placed, inner, values, depth + 1)
            return replace(spec, inner=found), [flag, *held]
        case ContainerSpec(_, parts) if depth:
            pairs = [_with_objects(stager, placed, part, values, depth) for part in parts]
            return replace(spec, parts=tuple(part for part, _ in pairs)), [v for _, held in pairs for v in held]
        case ConstantSpec(value) if depth and placed.left is not None:
            known = _reference(stager, placed, value)
            if known is not None:
                return ConstantSpec(known), []
            left = dict(placed.left)
            made = _describe_object(stager, placed, value, None)
            placed.left = left  # it may not leave by this way
            if made is None:
                _refuse_leak(stager, value)
                return spec, []
            return made[0], [_wrapped(stager, v, depth) for v in made[1]]
        case _:
            return spec, [next(values) for _ in types(spec)]


def _wrapped(stager: Stager, value: Value, depth: int) -> Value:
    """The value as an optional that has it; so many times."""
    for _ in range(depth):
        value = stager.builder.some(value)
    return value


def _refuse_leak(stager: Stager, value: Any) -> None:
    """Raises: StagingError for an object that the function made, with values of the graph in it, or that changes by
    calls: a run would not make another one."""
    if isinstance(value, Tensor | StageableList | type | ModuleType | BaseException):
        return
    if stager.place_of(value) is not None:
        raise StagingError(
            f"a {type(value).__name__} that the function makes is returned or kept, and all runs would have "
            "the same one",
            next_step="make it outside of the converted function, or return what is in it.",
        )
    if isinstance(value, FunctionType):
        held = [cell.cell_contents for cell in value.__closure__ or () if cell != CellType()]
        next_step = "return the values that it uses, and make the function of them outside."
    elif type(value).__module__ in OF_PYTHON or isinstance(value, HOLDING):
        held = list(_within(value))
        next_step = "return a tuple or a list of what is in it."
    else:
        held = list(fields_of(value).values()) if stager.cells.is_born(value) or stager.cells.is_made(value) else []
        next_step = "make its class a dataclass, or register it with `eager.register_pytree`."
    if any(map(is_staged_value, held)):
        raise StagingError(
            f"a {type(cast(Any, value)).__name__} that the function makes, and that holds values of the graph, is "
            "returned or kept",
            next_step=next_step,
        )


def _within(value: Any, depth: int = 3) -> Iterator[Any]:
    """What an object of Python's own holds: itself, what that holds, and so on."""
    for item in gc.get_referents(value):
        yield item
        if depth and not isinstance(item, type | FunctionType | ModuleType | Tensor):
            yield from _within(item, depth - 1)


def _reference(stager: Stager, placed: Arguments, value: Any) -> Any:
    """How to find an object that the caller has already; None for one that is new."""
    if id(value) in placed.references:
        return placed.references[id(value)]
    if (original := placed.original(id(value))) is not None:
        return original
    if isinstance(value, Tensor) and not isinstance(value, StagedTensor):
        stager.lift_tensor(value)  # its place may hold another one in the next call
    if id(value) in stager.captured:
        return CapturedRef((), list(stager.captured).index(id(value)))
    return None


def writes_of(
    stager: Stager, placed: Arguments, results: list[Value], given: Mapping[Key, Any] = NOTHING
) -> tuple[Write, ...]:
    """Describe what changed cells hold in the end; their graph values go to `results`.

    `given` are the numbers and lists that were put in place of those outside: where they still are, nothing changed.
    """
    writes: list[Write] = []
    stager.cells.outermost.orders.check()
    for cell, before in stager.cells.outermost.values():
        if cell.key in given and cell.load() is given[cell.key]:
            continue  # an input that was only read
        owner = placed.owner_of(cell)
        original = placed.original(cell.key[1])
        if original is not None:
            cell = ListCell(original)
        elif owner is None and not stager.is_seen_outside(cell, before):
            continue
        changed = cell.load() if original is None else placed.twins[id(original)][1].twin()
        if isinstance(cell, ListCell) and (added := _added(cell, before, changed, placed)) is not None:
            cell, changed = EndCell(cell.items), added
        spec, values = describe_held(stager, placed, changed)
        results += values
        writes.append(Write(cell, owner, spec))
    return tuple(writes)


def _added(cell: ListCell, before: list[Any], now: list[Any], placed: Arguments) -> list[Any] | None:
    """What was added at the end of a list; None where more was changed, or nobody can tell."""
    if id(cell.items) in placed.grown:
        return now
    if any(isinstance(items, StageableList) and items.staged is not None for items in (before, now)):
        return None
    if len(now) < len(before) or any(a is not b for a, b in zip(before, now, strict=False)):
        return None
    return now[len(before) :]
