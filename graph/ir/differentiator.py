"""What ops that own regions ask of reverse mode: the seam between their VJPs (`ops`) and the engine (`autodiff`)."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph, Op
from graph.ir.value import Value


@dataclass(frozen=True, slots=True)
class Split:
    """A region in two: a forward graph that also yields residuals, and a backward graph that takes them.

    forward: parameters of the region -> its results, then `residuals`.
    backward: all residuals (those that are parameters first, then those yielded), one cotangent per active result, one
    seed per seeded parameter -> one cotangent per entry of `outputs`.
    """

    forward: Graph
    backward: Graph
    from_params: tuple[int, ...]
    """Residuals that are parameters of the region, by index: whoever calls the region has them already."""
    active_results: tuple[bool, ...]
    seeded: tuple[int, ...]
    """Parameters whose cotangent sum so far enters the backward graph, which adds to it."""
    outputs: tuple[int, ...]
    """Parameters that the backward graph yields cotangents of; the other cotangents are zero."""
    reached: frozenset[int]
    """Those of the outputs that some cotangent flows to: the others are zeros."""
    narrow: "Callable[[frozenset[int], frozenset[int]], Split]"

    def narrowed(self, wanted: Collection[int], dense: Collection[int] = ()) -> "Split":
        """The same forward half and residuals, with a backward half for when there are cotangents of the `wanted`
        active results alone: zeros for the others would meet derivatives, and zero times infinity is not zero.
        `dense` parameters get a cotangent there in any case. The whole, which has all outputs, where none is missing,
        and where more than the residuals would be needed."""
        missing = any(on and i not in wanted for i, on in enumerate(self.active_results))
        return self.narrow(frozenset(wanted), frozenset(dense)) if missing else self

    @property
    def residuals(self) -> tuple[Value, ...]:
        """The residuals that the forward graph yields after the region's results."""
        return self.forward.results[len(self.active_results) :]


class Differentiator(Protocol):
    """Reverse mode under way: forward ops go to `b`, cotangents are summed per value."""

    @property
    def b(self) -> GraphBuilder: ...

    def is_active(self, value: Value) -> bool:
        """Whether the value depends on what is differentiated."""
        ...

    def active_results(self, region: Graph, active: Sequence[bool]) -> tuple[bool, ...]:
        """Which results of a region depend on its active parameters."""
        ...

    def is_at_hand(self, value: Value) -> bool:
        """Whether the backward half can read the value without its being saved, such as one from outside of a loop."""
        ...

    def split(
        self,
        region: Graph,
        active: Sequence[bool],
        *,
        seeded: Collection[int] = (),
        dense: Collection[int] = (),
        at_hand: Collection[int] = (),
    ) -> Split:
        """Differentiate a region with respect to its active parameters.

        `seeded` parameters get their sum so far (others may, where a rule asks for it); `dense` ones always get a
        cotangent, zeros if need be. `at_hand` are parameters whose operands the backward half can read at no cost: what
        is but a view of them is not saved.
        """
        ...

    def sum_of(self, value: Value) -> Value | None:
        """The sum of the cotangents of `value` so far."""
        ...

    def add(self, value: Value, ct: Value) -> None:
        """Add to the sum of the cotangents of `value`."""
        ...

    def replace(self, value: Value, ct: Value) -> None:
        """Put a sum, which contains the one so far, in its place."""
        ...


Pullback = Callable[[Differentiator, Sequence[Value | None]], None]
"""Given the cotangents of an op's results, adds to those of its operands."""


@dataclass(frozen=True, slots=True)
class Augmented:
    """The forward half of a region op: the op's own results, which of them are active, and its pullback."""

    results: tuple[Value, ...]
    active: tuple[bool, ...]
    pullback: Pullback


@dataclass(frozen=True, slots=True)
class RegionVjp:
    """The VJP of an op with regions: `augment` appends a version that saves residuals. `activity` says which results
    are active for given operands."""

    augment: Callable[[Differentiator, Op, tuple[Value, ...]], Augmented]
    activity: Callable[[Differentiator, Op, Sequence[bool]], tuple[bool, ...]]
