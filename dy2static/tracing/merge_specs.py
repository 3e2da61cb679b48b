"""Results and writes of several traces described together: what each of them must yield so that one graph gives it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dy2static.staging.arguments import ArgumentRef, CapturedRef
from dy2static.staging.objects.cells import HandleCell
from dy2static.staging.stage import Staged, Write
from dy2static.staging.values.spec import ConstantSpec, ContainerSpec, Spec, TensorSpec, UndefinedSpec
from graph.aval import Aval, scalar
from graph.dtypes import of_scalar
from graph.ir.value import Value

NUMBERS: Final = (bool, int, float, complex)
Yielded = Value | bool | int | float | complex
"""A value of a trace's graph, or a Python number that becomes one."""


class CannotMergeError(Exception):
    """Traces that do not fit into one graph; says why."""


@dataclass(slots=True)
class Outcome:
    """What the merged program gives (`result`, `writes`), and for each trace the values for it, in order."""

    result: Spec
    writes: tuple[Write, ...]
    yielded: list[list[Yielded]]


def merge_outcomes(
    traces: Sequence[Staged], positions: Sequence[Sequence[int]], leaves: Sequence[Mapping[tuple[int, ...], int]]
) -> Outcome:
    """One description for all. `positions` gives for each trace where its captured tensors are among those of all,
    `leaves` the parameters of its tensor arguments by their paths.

    Raises: CannotMergeError where structures differ, or what is written.
    """
    merger = _Merger(traces, positions, leaves)
    result = merger.merge([staged.result for staged in traces], "the result")
    ordered = [_by_place(staged) for staged in traces]
    if any(other.keys() != ordered[0].keys() for other in ordered):
        texts = [{write.cell.text for write in places.values()} for places in ordered]
        odd = sorted(set[str]().union(*texts) - set[str].intersection(*texts))
        raise CannotMergeError(f"{', '.join(odd) or 'some object'} is written for some examples only")
    if any(list(other) != list(ordered[0]) for other in ordered):
        raise CannotMergeError("objects are written in another order")
    writes = tuple(
        Write(places[0].cell, places[0].owner, merger.merge([w.spec for w in places], places[0].cell.text))
        for places in zip(*(list(places.values()) for places in ordered), strict=True)
    )
    return Outcome(result, writes, merger.yielded)


def _by_place(staged: Staged) -> dict[Any, Write]:
    """The writes by what they change: in an argument by the way to it, elsewhere by the object."""
    found: dict[Any, Write] = {}
    for write in staged.writes:
        kind, owner, name = write.cell.key
        found[(kind, owner if write.owner is None else write.owner, name)] = write
    return found


class _Merger:
    def __init__(
        self,
        traces: Sequence[Staged],
        positions: Sequence[Sequence[int]],
        leaves: Sequence[Mapping[tuple[int, ...], int]],
    ) -> None:
        self._traces = traces
        self._leaves = leaves
        self._results: list[Iterator[Value]] = [iter(staged.graph.results) for staged in traces]
        self._positions = positions
        self.yielded: list[list[Yielded]] = [[] for _ in traces]

    def merge(self, specs: Sequence[Spec], what: str) -> Spec:
        if all(isinstance(spec, ContainerSpec) for spec in specs):
            containers = [spec for spec in specs if isinstance(spec, ContainerSpec)]
            if any(spec.node != containers[0].node for spec in containers):
                raise CannotMergeError(f"{what} is {_listed(specs)}")
            columns = zip(*(spec.parts for spec in containers), strict=True)
            return ContainerSpec(containers[0].node, tuple(self.merge(parts, what) for parts in columns))
        if all(isinstance(spec, ConstantSpec) for spec in specs):
            values = [self._placed(spec, i) for i, spec in enumerate(specs)]
            if all(value == values[0] for value in values):
                return values[0]
        if all(isinstance(spec, UndefinedSpec) for spec in specs):
            return specs[0]
        return self._tensor(specs, what)

    def _tensor(self, specs: Sequence[Spec], what: str) -> Spec:
        avals: list[tuple[Aval, bool]] = []
        for i, spec in enumerate(specs):
            if isinstance(spec, TensorSpec):
                self.yielded[i].append(next(self._results[i]))
                avals.append((spec.aval, spec.weak))
            elif isinstance(spec, ConstantSpec) and type(spec.value) in NUMBERS:
                self.yielded[i].append(spec.value)
                avals.append((scalar(of_scalar(spec.value)), True))
            elif isinstance(spec, ConstantSpec) and isinstance(spec.value, ArgumentRef):
                param = self._param(spec.value, i)
                if param is None:
                    raise CannotMergeError(f"{what} is an object of the caller's for some examples only")
                self.yielded[i].append(param)
                avals.append((param.aval, False))
            else:
                raise CannotMergeError(f"{what} is {_listed(specs)}")
        aval, weak = avals[0]
        if any(a.dtype != aval.dtype or a.ndim != aval.ndim or w != weak for a, w in avals):
            raise CannotMergeError(f"{what} is {_listed(specs)}")
        return TensorSpec(aval, weak)

    def _param(self, ref: ArgumentRef, trace: int) -> Value | None:
        """The parameter of a tensor of the caller's, where it is not changed in place."""
        staged = self._traces[trace]
        held = staged.captured[ref.index] if isinstance(ref, CapturedRef) else None
        for write in staged.writes:
            if isinstance(write.cell, HandleCell) and (write.owner == ref or write.cell.handle is held):
                return None
        own = len(self._leaves[trace])
        place = own + ref.index if isinstance(ref, CapturedRef) else self._leaves[trace].get(ref.path)
        return None if place is None else staged.graph.params[place]

    def _placed(self, spec: Spec, trace: int) -> ConstantSpec:
        assert isinstance(spec, ConstantSpec)
        ref = spec.value
        if isinstance(ref, CapturedRef):
            return ConstantSpec(CapturedRef(ref.path, self._positions[trace][ref.index]))
        return spec


def _listed(specs: Sequence[Spec]) -> str:
    return ", ".join(dict.fromkeys(map(_text, specs)))


def _text(spec: Spec) -> str:
    match spec:
        case ConstantSpec(ArgumentRef()):
            return "an object of the caller's"
        case ContainerSpec(node, parts):
            return f"{node.kind.__name__}({', '.join(map(_text, parts))})"
        case _:
            return str(spec)
