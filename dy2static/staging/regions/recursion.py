"""Functions that call themselves until a test of the graph says otherwise: graph functions that call each other.

A converted function that is called again inside a branch of its own call, with arguments of the same kinds, would be
staged without end. Its call is then set back, and the function is staged once, as a graph function whose parameters are
the arguments that differ between the calls and what the function changes outside. Calls within are `call` ops. Types
are found as those of a loop are: the first staging follows the paths that do not recur, and each further one widens
what the ones before have found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Final

from dy2static.staging.failures.never import RaisedInGraph, until_raised
from dy2static.staging.locate import user_location
from dy2static.staging.objects.cells import Cell, Key
from dy2static.staging.objects.changes import held, left_behind, left_in, snapshot
from dy2static.staging.regions.region_ops import append_call
from dy2static.staging.values.optional import held_by
from dy2static.staging.values.spec import (
    ConstantSpec,
    ContainerSpec,
    NeverSpec,
    Spec,
    TensorSpec,
    pack_all,
    spec_of,
    types,
    unpack_all,
)
from dy2static.staging.values.unify import MismatchError, unify
from graph.aval import Aval, Dim, SymDim, Type
from graph.dtypes import bool_
from graph.errors import GraphError, InternalError, LoopTypeError
from graph.ir.builder import GraphBuilder
from graph.ir.value import Value

if TYPE_CHECKING:
    from dy2static.staging.stager import Stager

MOST_ROUNDS: Final = 20
MOST_UNROLLED: Final = 4
"""Calls within calls whose numbers differ, before the numbers become values of the graph, if they can."""

MOST_DEEP: Final = 50
"""Calls within calls whose arguments have no type in common, before that is an error: Python could end them."""


class RecursionFoundError(BaseException):
    """A call recurs on a test of the graph; unwinds to it."""

    def __init__(self, active: "Active", args: Sequence[Any]) -> None:
        self.active = active
        self.args_within = args


@dataclass(slots=True, eq=False)
class GraphFunction:
    """A function that is staged as a graph function. `specs` has None for arguments that all calls have in common."""

    name: str
    args: list[Any]
    specs: list[Spec | None]
    result: Spec = field(default_factory=NeverSpec)
    cells: dict[Key, Cell] = field(default_factory=dict[Key, Cell])
    cell_specs: list[Spec] = field(default_factory=list[Spec])
    captures: list[Value] = field(default_factory=list[Value])
    varying: set[Dim] = field(default_factory=set[Dim])
    handed_on: set[int] = field(default_factory=set[int])
    """The arguments whose objects may be in what it returns."""
    is_settled: bool = False

    def varied(self, args: Sequence[Any]) -> list[Any]:
        """The arguments that are parameters."""
        return [value for spec, value in zip(self.specs, args, strict=True) if spec is not None]

    def parameters(self) -> list[Spec]:
        """What the parameters are: arguments, then changed cells."""
        return [*(spec for spec in self.specs if spec is not None), *self.cell_specs]


@dataclass(slots=True, eq=False)
class Active:
    """A call under way."""

    key: tuple[Any, ...]
    names: tuple[str, ...]
    args: list[Any]
    builder: GraphBuilder
    graph: GraphFunction | None = None


class Calls:
    """The calls of converted functions in one staging."""

    def __init__(self, stager: "Stager") -> None:
        self._stager = stager
        self._active: list[Active] = []
        self._unrolled: set[tuple[Any, ...]] = set()
        """Functions whose numbers cannot become values of the graph."""

    def run(self, target: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Call a converted function."""
        owner: tuple[Any, ...] = ()
        while isinstance(target, MethodType):
            owner, target = (target.__self__, *owner), target.__func__
        if not isinstance(target, FunctionType):
            return target(*owner, *args, **kwargs)
        args = (*owner, *args)
        key = (target.__code__, tuple(map(id, target.__closure__ or ())))
        names = (str(len(args)), *kwargs)
        given = [*args, *kwargs.values()]
        active = next((a for a in reversed(self._active) if a.key == key and a.names == names), None)
        if active is not None and active.graph is not None:
            return self._call(active.graph, given)
        if active is not None and self._recurs(active, given):
            raise RecursionFoundError(active, given)
        return self._enter(target, Active(key, names, given, self._stager.builder), args, kwargs)

    def _enter(self, target: FunctionType, active: Active, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        stager = self._stager
        self._active.append(active)
        try:
            with stager.trial() as trial:
                try:
                    result = target(*args, **kwargs)
                except RecursionFoundError as found:
                    if found.active is not active:
                        raise
                    within = found.args_within
                else:
                    trial.keep()
                    return result
        finally:
            self._active.pop()
        if all(map(_has_equal_constants, *(self._specs(values) for values in (active.args, within)))):
            return self._as_graph_function(target, active, within)
        with stager.trial() as trial:
            try:
                result = self._as_graph_function(target, active, within)
            except (GraphError, TypeError):  # the numbers are needed while the graph is made: Python ends the recursion
                self._unrolled.add(active.key)
            else:
                trial.keep()
                return result
        return self._enter(target, active, args, kwargs)

    def _specs(self, values: Sequence[Any]) -> list[Spec]:
        return [spec_of(value, self._stager) for value in values]

    def _recurs(self, active: Active, args: Sequence[Any]) -> bool:
        """Whether a call within another one, behind a test of the graph, is of the same kind."""
        if self._stager.builder is active.builder:
            return False
        depth = sum(a.key == active.key for a in self._active)
        for outer, inner in zip(active.args, args, strict=True):
            if outer is inner:
                continue
            a, b = spec_of(outer, self._stager), spec_of(inner, self._stager)
            if not _has_equal_constants(a, b) and (depth < MOST_UNROLLED or active.key in self._unrolled):
                return False
            try:
                unify(a, b, self._stager.fresh_dim)
            except MismatchError as error:
                if depth < MOST_DEEP:
                    return False
                raise _mismatch(active.key[0].co_name, "an argument", error) from None
        return True

    # Staging a graph function

    def _as_graph_function(self, target: FunctionType, active: Active, within: Sequence[Any]) -> Any:
        stager = self._stager
        function = GraphFunction(self._new_name(target.__name__), active.args, [None] * len(active.args))
        self._widen_arguments(function, within)
        for _ in range(MOST_ROUNDS):
            kept = dict(stager.functions)
            if self._round(target, active, function):
                return self._call(function, active.args)
            stager.functions.clear()
            stager.functions.update(kept)
        raise InternalError(f"the types of the recursive function `{target.__name__}` do not settle")

    def _new_name(self, name: str) -> str:
        taken = {*self._stager.functions, *(a.graph.name for a in self._active if a.graph is not None)}
        name = name if name.isidentifier() else "function"
        return next(n for n in (name, *(f"{name}_{i}" for i in range(2, len(taken) + 3))) if n not in taken)

    def _round(self, target: FunctionType, active: Active, function: GraphFunction) -> bool:
        """Stage the body once; whether what it was staged with has held."""
        stager = self._stager
        function.is_settled = True
        within = Active(active.key, active.names, active.args, active.builder, function)
        with stager.region(function.name) as builder, stager.cells.frame(builder, is_trip=False) as frame:
            hints = _hints(target, function)
            pairs = zip(function.parameters(), hints, strict=True)
            params = [builder.param(t, hint) for spec, hint in pairs for t in types(spec)]
            values = iter(unpack_all(function.parameters(), params, stager))
            args = [
                arg if spec is None else next(values) for spec, arg in zip(function.specs, active.args, strict=True)
            ]
            for value in function.captures:
                builder.lift(value)
            for cell, value in zip(function.cells.values(), values, strict=True):
                stager.cells.put(cell, held_by(cell, value))
            self._active.append(within)
            try:
                count = int(active.names[0])
                kwargs = dict(zip(active.names[1:], args[count:], strict=True))
                outcome = until_raised(stager, lambda: (target(*args[:count], **kwargs),))
            finally:
                self._active.pop()
            if outcome is not None:
                handed_on = {i for i, arg in enumerate(args) if stager.sharing.have_in_common(outcome[0], arg)}
                function.is_settled = function.is_settled and handed_on <= function.handed_on
                function.handed_on |= handed_on
            changes = {} if outcome is None else left_behind(frame, stager, builder)
            result = None if outcome is None else snapshot(outcome[0], frame, stager)
        for key, change in changes.items():
            if key not in function.cells:
                function.cells[key] = change.cell
                function.cell_specs.append(spec_of(held(change.cell, stager), stager))
                function.is_settled = False
        outer, stager.builder = stager.builder, builder
        try:
            left = [] if outcome is None else [left_in(cell, changes, stager) for cell in function.cells.values()]
            if outcome is not None:
                function.result = self._widened(function, function.result, spec_of(result, stager), "what it returns")
                for i, value in enumerate(left):
                    text = list(function.cells.values())[i].text
                    spec = spec_of(value, stager)
                    function.cell_specs[i] = self._widened(function, function.cell_specs[i], spec, text)
            first: dict[Value, Value] = {}
            for value, param in builder.captured().items():  # two values outside may have one name inside
                first.setdefault(param, value)
            captures = list(first.values())
            if not function.is_settled or captures != function.captures:
                function.captures = captures
                return False
            results = (
                [] if outcome is None else pack_all([function.result, *function.cell_specs], [result, *left], stager)
            )
        finally:
            stager.builder = outer
        stager.functions[function.name] = builder.build(results)
        return True

    def _widened(self, function: GraphFunction, before: Spec, after: Spec, label: str) -> Spec:
        def join(known: Dim, new: Dim) -> Dim:
            if known in function.varying:
                return known
            fresh = self._stager.builder.fresh_dim()
            function.varying.add(fresh)
            return fresh

        try:
            found = unify(before, after, join)
        except MismatchError as error:
            raise _mismatch(function.name, label, error) from None
        if found != before:
            function.is_settled = False
        return found

    def _widen_arguments(self, function: GraphFunction, args: Sequence[Any]) -> None:
        for i, (outer, inner) in enumerate(zip(function.args, args, strict=True)):
            spec = function.specs[i]
            if spec is None and inner is outer:
                continue
            before = spec_of(outer, self._stager) if spec is None else spec
            found = self._widened(function, before, spec_of(inner, self._stager), "an argument")
            function.is_settled = function.is_settled and spec is not None
            function.specs[i] = found

    # Calling it

    def _call(self, function: GraphFunction, args: Sequence[Any]) -> Any:
        """Append a `call`; its value is that of the function."""
        stager = self._stager
        stager.builder.loc = user_location()
        self._widen_arguments(function, args)
        cells = list(function.cells.values())
        packed = pack_all(function.parameters(), [*function.varied(args), *(held(c, stager) for c in cells)], stager)
        returned = [function.result, *function.cell_specs]
        is_never = isinstance(function.result, NeverSpec)
        yielded = [] if is_never else [t for spec in returned for t in types(spec)]
        fixed = _size_names(
            [*(v.type for v in function.captures), *(t for s in function.parameters() for t in types(s))]
        )
        fixed -= _size_names([Aval(bool_, tuple(function.varying))])
        yielded = [_opened(t, fixed) for t in yielded]
        results = append_call(stager, function.name, [*packed, *function.captures], yielded)
        if is_never:
            raise RaisedInGraph
        value, *after = unpack_all(returned, results, stager)
        for cell, left in zip(cells, after, strict=True):
            stager.cells.put(cell, held_by(cell, left))
        for i in function.handed_on:
            stager.sharing.note_all_alike(value, args[i], f"what `{function.name}` returns")
        return value


def _mismatch(name: str, label: str, error: MismatchError) -> LoopTypeError:
    where = f" at `{error.path}`" if error.path else ""
    return LoopTypeError(
        f"`{name}` calls itself, and {label}{where} is {error.a} in one call and {error.b} in another; a graph needs "
        "one type.",
        next_step="give it the same type in all calls, with `astype` or a shape that fits.",
        loc=user_location(),
    )


def _hints(target: FunctionType, function: GraphFunction) -> list[str]:
    """Names for the parameters: those of the user's function, where the arguments were passed by position."""
    names = target.__code__.co_varnames[: target.__code__.co_argcount]
    hints = [names[i] if i < len(names) else "" for i, spec in enumerate(function.specs) if spec is not None]
    return [*hints, *("" for _ in function.cell_specs)]


def _has_equal_constants(a: Spec, b: Spec) -> bool:
    """Whether ordinary values are the same in both; where one of them is of the graph, that may be."""
    if isinstance(a, ContainerSpec) and isinstance(b, ContainerSpec) and len(a.parts) == len(b.parts):
        return all(map(_has_equal_constants, a.parts, b.parts))
    if isinstance(a, ConstantSpec) and isinstance(b, ConstantSpec):
        return a == b
    return isinstance(a, TensorSpec) or isinstance(b, TensorSpec) or a == b


def _size_names(kinds: Sequence[Type]) -> set[str]:
    """The names of the sizes in these types."""
    found: set[str] = set()
    for t in kinds:
        while not isinstance(t, Aval):
            t = t.element
        found.update(name for dim in t.shape if isinstance(dim, SymDim) for name in dim.names)
    return found


def _opened(t: Type, fixed: set[str]) -> Type:
    """The type of a result for one call: sizes that a function makes are new ones in each."""
    if not isinstance(t, Aval):
        return type(t)(_opened(t.element, fixed))
    shape = [dim if isinstance(dim, int) or fixed.issuperset(dim.names) else SymDim.named(f"?{dim}") for dim in t.shape]
    return Aval(t.dtype, tuple(shape))
