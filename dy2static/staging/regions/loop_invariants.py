"""What holds whenever a trip of a loop begins, and behind the loop, by induction: as long as a flag, such as the one
that stands for `break`, is what it was before the loop, a name is None (or unbound) as it was then."""

from collections.abc import Iterator, Sequence
from typing import Any

from dy2static.staging.objects.changeable import held_in
from dy2static.staging.regions.carried import Carried
from dy2static.staging.regions.facts import BOOL, Implication
from dy2static.staging.stager import Stager
from dy2static.staging.values.spec import MaybeSpec, OptionalSpec, TensorSpec
from dy2static.staging.values.staged import StagedTensor
from dy2static.staging.values.undefined import Undefined
from graph.ir.value import Value


def flag_of(value: Any) -> Value | bool:
    """The first value that the graph has for it, where that is a bool: whether it is there, or the bool that it is."""
    maybe = held_in(value)
    if maybe is not None:
        return maybe.flag
    if isinstance(value, StagedTensor):
        return value.graph_value
    return bool(value) if isinstance(value, bool | None) else not isinstance(value, Undefined)


def presume(stager: Stager, carried: Carried, passed: Sequence[Any]) -> None:
    """Note of what is `passed` to a trip, in its region, what has not turned out otherwise."""
    carried.invariants = {}
    for i, j in _candidates(stager, carried):
        implication = _implication(carried, passed, i, j)
        if implication is not None:
            carried.invariants[i, j] = implication
            stager.facts.imply(stager.builder, implication)


def verify(stager: Stager, carried: Carried, left: Sequence[Any]) -> bool:
    """Whether what was presumed and has been relied on holds for what a trip has left. What does not hold is not
    presumed any more."""
    for i, j in carried.invariants:
        if not _holds(stager, flag_of(left[i]), _while(carried, i), flag_of(left[j])):
            carried.broken.add((i, j))
    return not any(carried.invariants.get(pair) in stager.facts.relied_on for pair in carried.broken)


def conclude(stager: Stager, carried: Carried, left: Sequence[Any]) -> None:
    """Note of what is `left` behind the loop what every trip keeps."""
    for i, j in (pair for pair in carried.invariants if pair not in carried.broken):
        implication = _implication(carried, left, i, j)
        if implication is not None:
            stager.facts.imply(stager.builder, implication)


def _candidates(stager: Stager, carried: Carried) -> Iterator[tuple[int, int]]:
    """Pairs of a flag and of what is None or unbound on some paths of which it is so before the loop."""
    numbered = list(enumerate(zip(carried.initial, carried.specs, strict=False)))
    flags = [i for i, (_, spec) in numbered if isinstance(spec, TensorSpec) and spec.aval == BOOL]
    names = [j for j, (_, spec) in numbered if isinstance(spec, OptionalSpec | MaybeSpec)]
    for j in names:
        there = flag_of(carried.initial[j])
        for i in flags:
            if (i, j) not in carried.broken and (
                there is False or _holds(stager, flag_of(carried.initial[i]), _while(carried, i), there)
            ):
                yield i, j


def _while(carried: Carried, i: int) -> bool:
    """As long as the flag is this, nothing is presumed to be in the name: what it is before the loop, where that is
    known."""
    initial = carried.initial[i]
    return initial if isinstance(initial, bool) else False


def _holds(stager: Stager, flag: Value | bool, before: bool, there: Value | bool) -> bool:
    """Whether nothing is `there` where the flag is as `before`."""
    if flag is (not before) or there is False:
        return True
    return not stager.facts.may_be(
        stager.builder, tuple((x, holds) for x, holds in ((flag, before), (there, True)) if isinstance(x, Value))
    )


def _implication(carried: Carried, values: Sequence[Any], i: int, j: int) -> Implication | None:
    flag, there = flag_of(values[i]), flag_of(values[j])
    if not isinstance(flag, Value) or not isinstance(there, Value):
        return None
    return (flag, _while(carried, i)), (there, False)
