"""The recorder that builds a graph while converted code runs on staged values."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

import numpy as np

from dy2static.errors import StagingError
from dy2static.staging.containers.list_values import ListValues
from dy2static.staging.containers.lists import StageableList
from dy2static.staging.failures.never import fail, raise_in_graph
from dy2static.staging.locate import user_location
from dy2static.staging.objects.cells import Cell, GradientCell, HandleCell, ListCell, graph_value, put_value
from dy2static.staging.objects.changeable import held_in
from dy2static.staging.objects.contents import ArrayCell, ContentCell
from dy2static.staging.objects.frames import Cells, Trial
from dy2static.staging.objects.sharing import Sharing
from dy2static.staging.regions.facts import Facts, Known
from dy2static.staging.regions.roster import Rosters
from dy2static.staging.regions.rounds import Foreseen, Rounds
from dy2static.staging.values.chosen import is_chosen, truth_of
from dy2static.staging.values.maybe import MaybeDefined
from dy2static.staging.values.number_ops import number_op
from dy2static.staging.values.optional import OptionalObject, maybe_none, present
from dy2static.staging.values.python_values import only_element, refuse_options, to_python
from dy2static.staging.values.spec import Spec, unpack
from dy2static.staging.values.staged import NUMBERS, StagedNumber, StagedStructure, StagedTensor, staged
from dy2static.staging.values.text import StagedText, truth_of_text
from dy2static.staging.values.truth import OnlyTruth
from dy2static.staging.world import World
from eager.grad_mode import is_grad_enabled
from eager.tape import is_tracked, link_of
from eager.tape_links import Leaf, resolve
from eager.tensor import Tensor
from graph.aval import Aval, Dim
from graph.dtypes import DType, is_differentiable
from graph.errors import GraphError, ShapeError
from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph
from graph.ir.opdef import OpDef, lookup
from graph.ir.regions import close
from graph.ir.value import Value

if TYPE_CHECKING:
    from dy2static.staging.regions.recursion import Calls

ADD: Final = lookup("add")
ADD_ANY: Final = lookup("add_any")


Asked = tuple[str, Any, Any]
"""What was read, by kind of place ("attribute", "item", "call" or "module"), owner and name."""


class Stager:
    """A `Recorder`: ops become ops of the graph under construction; tensors from outside become its inputs."""

    is_stager: Final = True
    calls: "Calls"
    """The calls of converted functions."""
    decide: Callable[[Any, Callable[[], Any], Callable[[], Any]], Any]
    """What the one of two branches gives that a test chooses."""

    choose: Callable[[Sequence[Any], StagedNumber], Any]
    """One of several objects, as itself (see `chosen_objects`)."""
    show: Callable[[Any, str, str], str] | None = None
    """What gives the texts of values while a text is read (`values.shown`)."""

    chooses_objects = False
    """Whether an item at a place of the graph is the object itself, and no copy."""

    def __init__(
        self, name: str, call: Callable[..., Any], foresee: Callable[[], Sequence[Foreseen]] | None = None
    ) -> None:
        self._call = call
        """What calls of converted code go through (`runtime.calls.call`)."""
        self._is_differentiated = is_grad_enabled()
        self._stopped: set[Value] = set()
        """Values that are constants to gradients."""
        self._began = Leaf().order
        self.gradients: dict[int, Leaf] = {}
        """Leaves of the tape from outside whose gradients were read or replaced, by identity."""
        self.gradients_read: dict[int, Leaf] = {}
        """Those of them whose gradients from before matter."""
        self.root = GraphBuilder(name)
        self.builder = self.root
        self.warned: set[tuple[str, int]] = set()
        """Places that were warned of."""
        self._made: dict[int, tuple[Any, GraphBuilder]] = {}
        self.asked: list[Asked] = []
        """What was read otherwise than by names in the source (see `note_asked`)."""
        self.world = World()
        self.kept: dict[int, tuple[Any, dict[Any, Any]]] = {}
        """Functions of `functools.cache` that the code makes, by identity, with their results by key."""
        self.functions: dict[str, Graph] = {}
        """Graph functions, by name."""
        self.lists = ListValues(self)
        self.captured: dict[int, tuple[Any, Value]] = {}
        """Tensors and arrays from outside, by identity, and the parameters that they come in by."""
        self.tracked: dict[Value, Tensor] = {}
        """Values of tensors that are on the tape, with a handle that says where."""
        self.done_again: set[Value] = set()
        """Those of them that a gradient computes again: nothing is saved for it."""
        self.conversions: list[tuple[Any, Any]] = []
        """Functions that were converted on the way, each with its conversion."""
        self.arguments: dict[int, Any] = {}
        """Objects that the caller passed, by identity: changes to them are seen outside."""
        self.rosters = Rosters()
        self.sharing = Sharing(
            self.is_from_outside,
            self.is_known_here,
            self.rosters.has,
            lambda facts: self.facts.may_be(self.builder, facts),
            lambda: (self.facts.known_in(self.builder),),
        )
        self.cells = Cells(self.sharing.check, self.sharing.check_changed)
        self.rounds = Rounds(foresee)
        self.rolled = 0
        """How many loops of Python that are being staged are tried as loops of the graph."""
        self.attempts: list[Any] = []
        """The `try` and `with` that catch in the graph what the code being staged raises, innermost last."""
        self.failing: Any = None  # what a failure of the code being staged means (`staging.signal`)
        self.handling: list[Any] = []
        """The exceptions that are being handled, innermost last."""
        self.put_back: list[Callable[[], None]] = []
        """What puts back members of classes, when staging ends."""
        self.facts = Known()
        """What the tests that led to each region say."""

    # Values that may be None

    def known(self, flag: Value) -> bool | None:
        """Whether a value is there, where the tests that led here say so."""
        return self.facts.holds(self.builder, flag)

    def assume(self, facts: Facts) -> None:
        """Note what holds from here on in the current region."""
        self.facts.assume(self.builder, facts)

    def told(self, test: Value, truth: bool) -> Facts:
        """What is known where `test` is true, or false."""
        return self.facts.told(self.builder, test, truth)

    # Inputs

    def lift_tensor(self, x: Tensor) -> Value:
        """The graph value of a tensor: its own, or for one from outside the parameter that brings it in."""
        if isinstance(x, StagedTensor):
            value = x.graph_value
        else:
            found = self.captured.get(id(x))
            if found is None:
                found = self.captured[id(x)] = (x, self.root.param(Aval(x.dtype, x.shape), x.name))
            value = found[1]
        if is_tracked(x):
            self.tracked[value] = _linked(value, x)
        return value

    def hold(self, x: Tensor) -> Tensor:
        """A handle of the graph value of `x`, for the tape too: an input has another value in each run."""
        if isinstance(x, StagedTensor):
            return present(x, "TypeError", "NoneType of object cannot become a tensor")
        return _linked(self.lift_tensor(x), x)

    def copied(self, x: Tensor) -> None:
        """A handle was made of a value of before: outside of this block nobody knows it."""
        self.cells.born(x)

    def set_apart(self, x: Tensor) -> Tensor:
        """A handle of a graph value of its own, which is the same: the tape knows what regions use by graph values."""
        value = self.lift_tensor(x)
        self.builder.loc = user_location()
        return staged(self.builder.transpose(value, axes=tuple(range(value.ndim))), isinstance(x, StagedNumber))

    def lift(self, x: Any) -> Value:
        """The graph value of a tensor, a number or an array."""
        if isinstance(x, Tensor):
            return self.lift_tensor(x)
        if isinstance(x, (np.ndarray, np.generic)):
            return self.builder.constant(x)
        if isinstance(x, NUMBERS):
            return self.builder.constant(x, np.result_type(type(x)))
        raise StagingError(f"a {type(x).__name__} cannot be part of a graph", loc=user_location())

    def cast_to(self, x: Any, dtype: DType) -> Value:
        """The graph value of `x` in `dtype`."""
        if isinstance(x, NUMBERS):
            return self.builder.constant(x, dtype)
        return self.builder.cast(self.lift(x), dtype)

    def is_from_outside(self, x: Any) -> bool:
        """Whether others than the staged code may hold this object."""
        if isinstance(x, Tensor) and not isinstance(x, StagedTensor):
            return True
        return id(x) in self.captured or id(x) in self.arguments or self.sharing.may_be_outside(x)

    def is_known_here(self, x: Any) -> bool:
        """Whether what a handle, or a name, holds is a value of the region that is being built, or of one around it."""
        held = held_in(x)
        if held is None and not isinstance(x, Tensor):
            return not self.cells.has_ended(x)
        value = graph_value(x) if held is None else held.flag
        b: GraphBuilder | None = self.builder
        while value is not None and b is not None and value not in b.producer:
            b = b.parent
        return b is not None

    def note_asked(self, obj: Any, name: Any, kind: str = "attribute") -> None:
        """An attribute, or item, of an object from outside is read that the source does not say it reads: by a text, or
        where a path leaves it as it is. None for all attributes."""
        is_ours = isinstance(obj, Tensor | StageableList) or id(obj) in self.arguments or self.cells.is_ours(obj)
        if not is_ours:
            self.asked.append((kind, obj, name))

    def made_here(self, x: Any) -> None:
        """Note an object that the staged code makes in the same way in every run."""
        self._made[id(x)] = (x, self.builder)

    def place_of(self, x: Any) -> GraphBuilder | None:
        """The region in which it was made, where it was noted so."""
        return self._made[id(x)][1] if id(x) in self._made else None

    def is_seen_outside(self, cell: Cell, before: Any) -> bool:
        """Whether a change of the cell is one that the caller can see: it was there before this staging began."""
        if isinstance(cell, HandleCell):
            return not isinstance(before, StagedTensor)
        if isinstance(cell, GradientCell):
            return cell.leaf.order < self._began
        if isinstance(cell, ContentCell | ArrayCell):
            return not cell.holds(before)
        return not isinstance(cell, ListCell) or not isinstance(cell.items, StageableList)

    def handle(self, value: Value, weak: bool = False) -> StagedTensor:
        """A new handle of a graph value, on the tape where the value is."""
        made = staged(value, weak)
        known = self.tracked.get(value)
        if known is not None and not weak:
            put_value(made, known)
        return made

    def unpack(self, spec: Spec, values: Sequence[Value]) -> Any:
        """The Python value that graph values of this description stand for."""
        return unpack(spec, iter(values), self)

    # Recorder

    def apply(self, opdef: OpDef, operands: Sequence[Any], attrs: Mapping[str, Any]) -> Any:
        """Append one op; results are staged tensors."""
        if attrs:
            refuse_options(opdef, attrs)
        b = self.builder
        b.loc = user_location()
        if opdef is ADD and isinstance(operands[0], StagedStructure):
            opdef = ADD_ANY  # a sum of cotangents
        values = [x if type(x) in NUMBERS else self.lift(x) for x in operands]
        weak = [isinstance(x, StagedNumber) for x in operands]
        is_cut = self.is_cut()
        if is_cut:
            values = [self.stop(v) if isinstance(v, Value) else v for v in values]
        try:
            promoted = b.promoted(opdef, values, weak)
            results = b.append(opdef, promoted, attrs)
        except GraphError as error:
            raise error.at(b.loc) from None
        if is_cut or opdef.name == "stop_gradient":
            self._stopped.update(results)
        return staged(results[0]) if len(results) == 1 else tuple(map(staged, results))

    def call(self, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Call from within the library what its user may have written."""
        return self._call(function, *args, **kwargs)

    def gradient(self, leaf: Leaf, written: bool) -> None:
        """The gradient of a leaf is about to be read or replaced."""
        cell = GradientCell(leaf)
        if leaf.order < self._began:
            self.gradients[id(leaf)] = leaf
            is_known = cell.key in self.cells.outermost or (written and self.cells.is_outermost)
            if not is_known:
                self.gradients_read[id(leaf)] = leaf
        if written:
            self.cells.touch(cell)

    # Gradients

    def is_cut(self) -> bool:
        """Whether `no_grad` is on, within a program that is differentiated from outside."""
        return self._is_differentiated and not is_grad_enabled()

    def stop(self, value: Value) -> Value:
        """The value as a constant to gradients."""
        if value in self._stopped or not (isinstance(value.type, Aval) and is_differentiable(value.dtype)):
            return value
        op = self.builder.producer.get(value)
        if op is not None and op.name == "constant":
            return value
        stopped = self.builder.stop_gradient(value)
        self._stopped.add(stopped)
        return stopped

    def settled(self, x: StagedTensor) -> StagedTensor:
        """A result as a constant, where an earlier `backward` has used up its tape."""
        link = link_of(x)
        return staged(self.stop(x.graph_value), isinstance(x, StagedNumber)) if link and resolve(link)[0].used_up else x

    def number_op(self, op: str, *operands: Any) -> Any:
        """An operator on Python numbers some of which are staged: Python's meaning, a staged number."""
        self.builder.loc = user_location()
        return number_op(self, op, operands)

    def to_python(self, x: Tensor, kind: str) -> Any:
        """What Python gets of `x` now; StagingError where it would have to wait for a run."""
        return to_python(self, x, kind)

    def fresh_dim(self, a: Dim, b: Dim) -> Dim:
        """A new size, for a dim that is `a` on one path and `b` on another."""
        return self.builder.fresh_dim()

    def dim_of(self, x: Tensor) -> Dim:
        """The dim that a 0-d integer stands for where it is used as a size."""
        return self.builder.dim_of(self.lift_tensor(x))

    def mutated(self, x: Tensor) -> None:
        """A handle is about to get another value."""
        if not isinstance(x, StagedTensor):
            self.lift_tensor(x)
        self.cells.touch_tensor(x)

    def give_up(self, x: Tensor) -> None:
        """An in-place operator has made something new of a handle that is a Python number on some paths: on the others
        it has changed, so that it can no longer be used."""
        self.cells.touch_tensor(x)
        self.cells.make_stale([(HandleCell(x), "")])

    def raise_in_graph(self, kind: type, args: tuple[Any, ...]) -> NoReturn:
        """End the path that is being staged with an exception."""
        raise_in_graph(self, kind, args)

    # Sizes, truth

    def sizes_of(self, value: Value) -> tuple[Any, ...]:
        """The shape: ints, and staged integers for the sizes known only at run time."""
        sizes = self.builder.shape_of(self.builder.lift(value))
        return tuple(s if isinstance(s, int) else StagedNumber.of(s) for s in sizes)

    def truth(self, x: Any) -> Value:
        """The truth of a staged value as a graph bool: of its one element, or whether a list has elements.

        Raises: ValueError with NumPy's text for a tensor of another size; at run time where only then it is known.
        """
        b = self.builder
        if maybe_none(x) is not None:
            return self._truth_of_optional(x)
        if is_chosen(x):
            return b.lift(truth_of(x))
        if isinstance(x, OnlyTruth):
            return b.lift(x.truth)
        if not isinstance(x, Tensor):
            return b.ne(self.lift(x.length()), 0)
        value = b.lift(self.lift_tensor(x))
        if value.ndim:
            value = only_element(self, value, ambiguous(0), ambiguous(2))
        return value if value.dtype.kind == "b" else b.ne(value, 0)

    def _truth_of_optional(self, x: Any) -> Value:
        maybe = maybe_none(x)
        assert maybe is not None
        known = self.known(maybe.flag)
        if known is not None:
            return self.predicate(present(x, "TypeError", "")) if known else self.builder.constant(False)
        with self.region("then") as then:
            self.assume(((maybe.flag, True),))
            there = self._truth_or_error(present(x, "TypeError", ""))
        with self.region("else") as orelse:
            missing = orelse.constant(False)
        regions, captured = close([then, orelse], [[there], [missing]])
        (found,) = self.builder.append(lookup("cond"), (maybe.flag, *captured), {}, regions)
        return found

    def _truth_or_error(self, x: Any) -> Value:
        try:
            return self.predicate(x)
        except ShapeError as error:  # only where there is a value
            fail(self, ValueError, (error.what,))
            return self.builder.constant(False)

    def test_of(self, x: Any) -> Any:
        """What the truth of `x` is to be taken of: for an object of a class with a truth of its own (`__bool__`, or
        `__len__`), what its converted method says."""
        if is_staged_value(x) or isinstance(x, StageableList):
            return x
        if isinstance(x, StagedText):
            return truth_of_text(x)
        if isinstance(x, MaybeDefined):  # a flag of a loop's, not there where a step of a trip has failed
            return x.read(x.name, "")
        cls = cast("type[Any]", type(x))
        for name in ("__bool__", "__len__"):
            method = getattr(cls, name, None)
            if isinstance(method, FunctionType):
                found = self.call(method, (x,), {})
                return found if is_staged_value(found) else bool(found)
            if method is not None:
                return x
        return x

    def predicate(self, x: Any) -> Value:
        """`truth` of any value, an ordinary one too."""
        x = self.test_of(x)
        if is_staged_value(x):
            return self.truth(x)
        return self.builder.constant(bool(x))

    # Trials

    @contextmanager
    def trial(self) -> Generator[Trial]:
        """A part that stays if it says so, by `keep`, or is left by an exception: a handler further out sees what was
        done before. Otherwise it is as if it had never been staged: its ops and graph functions, what was learned of
        flags, and all that it changed or bound is taken back."""
        builder, count = self.builder, len(self.builder.ops)
        functions, facts, mark = len(self.functions), len(self.facts), self.rounds.mark()
        with self.cells.trial() as trial:
            try:
                yield trial
            except BaseException:
                trial.keep()
                raise
        if trial.is_kept:
            return
        builder.truncate(count)
        while len(self.functions) > functions:
            self.functions.popitem()
        self.facts.forget(facts)
        self.rounds.take_back(mark)

    # Regions

    def region(self, name: str) -> "_Within":
        """Ops go to a new region of the current graph."""
        return _Within(self, GraphBuilder(name, self.builder))

    def within(self, builder: GraphBuilder) -> "_Within":
        """Ops go to this region."""
        return _Within(self, builder)


class _Within:
    """A part whose ops go to a region. A class, as a generator would take four times as long to enter and to leave."""

    __slots__ = ("_builder", "_outer", "_stager")

    def __init__(self, stager: Stager, builder: GraphBuilder) -> None:
        self._stager, self._builder = stager, builder

    def __enter__(self) -> GraphBuilder:
        self._outer, self._stager.builder = self._stager.builder, self._builder
        return self._builder

    def __exit__(self, *_: object) -> None:
        self._stager.builder = self._outer


def _linked(value: Value, x: Tensor) -> StagedTensor:
    """A handle of a graph value, on the tape as `x` is."""
    made = staged(value)
    made._link = x._link  # pyright: ignore[reportPrivateUsage]
    return made


def ambiguous(size: int) -> str:
    """NumPy's words for the truth of an array that has not one element."""
    if size == 0:
        return (
            "The truth value of an empty array is ambiguous. Use `array.size > 0` to check that an array is not empty."
        )
    return "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()"


def is_staged_value(x: Any) -> bool:
    """Whether the truth of `x` is known only when the graph runs."""
    if isinstance(x, StageableList):
        return x.staged is not None
    return isinstance(x, Tensor) or type(x) is OptionalObject or is_chosen(x)
