"""One compiled program of a function, and how a call goes through it."""

# pyright: reportPrivateUsage=false

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from dy2static.cache.compiled import CompiledGraph
from dy2static.cache.guard_set import GuardSet
from dy2static.cache.making import MAKING
from dy2static.cache.moving import Moving
from dy2static.cache.signature import ARRAYS, Call, Pattern, in_native_order
from dy2static.cache.sources import Source
from dy2static.errors import StagingError
from dy2static.staging.arguments import ArgumentRef, CapturedRef
from dy2static.staging.objects.cells import HandleCell
from dy2static.staging.restore import restore, restore_change
from dy2static.staging.stage import Staged, Write
from dy2static.staging.values.spec import TensorSpec
from eager.tape_links import Leaf
from eager.tensor import Tensor, wrap
from graph.dtypes import of_scalar


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Program:
    """A compiled graph, the calls that it serves (`pattern`, `guards`), and where its inputs come from."""

    staged: Staged
    compiled: CompiledGraph
    pattern: Pattern
    guards: GuardSet
    staged_leaves: tuple[int, ...]
    dynamic: tuple[Source, ...]
    """Sources of Python numbers that became inputs."""
    captured: tuple[Callable[[], Any], ...]
    reason: str
    """Why it was made, for `explain()`."""
    bytes: int = 0
    """Roughly the memory that it takes."""
    changed_leaves: tuple[int, ...] = ()
    """The arguments among `call.leaves` that are tensors which the program changes in place."""
    changed_outside: frozenset[int] = frozenset()
    """The identities of the captured tensors that it changes in place."""
    objects: tuple[Any, ...] = ()
    """The objects of plain classes among the arguments."""
    moving: Moving | None = None
    """How others may take their places; None for a program that was moved itself."""

    def serves(self, call: Call) -> bool:
        """Whether a call may use this program."""
        is_same = not self.objects or all(map(operator.is_, self.objects, call.objects))
        return is_same and self.pattern.fits(call) and self.guards.hold() and not self.has_second_names(call)

    def moved(self, call: Call, *, is_kept: bool) -> "Program | None":
        """The program for a call with other objects of plain classes; None where it does not serve that. One that is
        kept for further calls has guards."""
        if self.moving is None or self.moving.refusal is not None or not self.pattern.fits(call):
            return None
        fit = self.moving.fit(call.objects)
        if fit.failed:
            return None
        made = replace(
            self,
            staged=self.moving.staged(fit),
            guards=GuardSet(self.moving.guards(fit) if is_kept else ()),
            dynamic=tuple(map(fit.source, self.dynamic)),
            captured=self.moving.loaders(fit, self.captured),
            changed_outside=frozenset(id(fit.now[i]) if i in fit.now else i for i in self.changed_outside),
            objects=tuple(call.objects),
            moving=None,
        )
        return None if made.has_second_names(call) else made

    def has_second_names(self, call: Call) -> bool:
        """Whether a tensor that the program changes in place comes in by a second way: eager code would see the change
        by that one too, and the graph has a value for each."""
        if not (self.changed_leaves or self.changed_outside):
            return False
        outside = [id(load()) for load in self.captured]
        passed = {id(leaf) for leaf in call.leaves if isinstance(leaf, Tensor)}  # one passed twice is one
        changed = self.changed_outside.union(id(call.leaves[i]) for i in self.changed_leaves)
        return sum(identity in changed for identity in (*outside, *passed)) > len(changed)

    def inputs(self, call: Call) -> list[Any]:
        """What the graph's parameters are in this call."""
        return [
            *(_input(call.leaves[i]) for i in self.staged_leaves),
            *(_input(source.load()) for source in self.dynamic),
            *(_input(load()) for load in self.captured),
        ]

    def run(self, call: Call, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """The function's value; its changes to objects of the caller are made once the run has succeeded."""
        if self.has_second_names(call):
            raise second_name("it comes in by a second way")
        self.refuse_overlaps(call, args, kwargs)
        return self.deliver(self.compiled(self.inputs(call)), args, kwargs)

    def refuse_overlaps(self, call: Call, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """Raises: StagingError where an array that the program changes shares memory with another argument, which the
        graph has a value of its own for."""
        for array in self.written_arrays(args, kwargs):
            for other in call.leaves:
                if other is not array and type(other) in ARRAYS and np.may_share_memory(array, other):
                    raise StagingError(
                        "an array that is changed in place may share memory with another argument: the graph has a "
                        "value for each and would change one of them only",
                        next_step="pass a copy of one of them.",
                    )

    def written_arrays(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Any]:
        """The NumPy arrays among the arguments of a call that the program changes."""
        owners = [write.owner for write in self.staged.writes if isinstance(write.cell, HandleCell)]
        found = [owner.find(args, kwargs) for owner in owners if owner and not isinstance(owner, CapturedRef)]
        return [x for x in found if type(x) in ARRAYS]

    def deliver(self, results: Sequence[Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """The function's value, made of the results of a run; the changes are applied."""
        if not self.staged.writes and type(self.staged.result) is TensorSpec and not self.staged.result.weak:
            return results[0]
        values = iter(results)

        def find(ref: ArgumentRef) -> Any:
            return self.captured[ref.index]() if isinstance(ref, CapturedRef) else ref.find(args, kwargs)

        made: dict[int, Any] = {}
        result = restore(self.staged.result, values, find, made)
        changes = [(write, restore_change(write.spec, values, find, made)) for write in self.staged.writes]
        MAKING.wait()
        owners = [None if write.owner is None else find(write.owner) for write in self.staged.writes]
        for (write, value), owner in zip(changes, owners, strict=True):  # which may have been found where one is stored
            _apply(write, value, owner)
        return result


def second_name(how: str) -> StagingError:
    """The error for a tensor that is changed in place and that two values of the graph stand for."""
    return StagingError(
        f"an argument is changed in place, and {how}: the graph has a value for each and would change one of them only",
        next_step="pass a copy, or use one of the names only.",
    )


def _input(x: Any) -> Any:
    if isinstance(x, Tensor):
        return x
    if isinstance(x, np.ndarray | np.generic):
        return wrap(in_native_order(x))
    return wrap(of_scalar(x).type(x))


def _apply(write: Write, value: Any, owner: Any) -> None:
    """Make one change: to the argument of this call, or where that is None to the object that the function reached by
    itself."""
    cell = write.cell
    if isinstance(cell, HandleCell):
        handle = cell.handle if owner is None else owner
        if isinstance(handle, np.ndarray):
            np.copyto(cast(Any, handle), np.asarray(value))
        elif handle is not value:
            handle._data = value._data
            if not isinstance(handle._link, Leaf):  # a Parameter stays the leaf that it is
                handle._link = value._link
        return
    (cell if owner is None else cell.of(owner)).store(value)
