"""Which ops may end a run with an exception, and of which classes."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

from graph.ir.op import Op
from graph.ir.opdef import Again, Effect, effect_of
from graph.ops.raised import class_of


def can_raise(op: Op) -> bool:
    """Whether an op may end a run with an exception."""
    return next(raising([op]), None) is not None


def can_raise_itself(op: Op) -> bool:
    """The same, apart from what is in the regions of other ops than `attempt`, whose own ops have been looked at."""
    return (not op.regions or op.name == "attempt") and can_raise(op)


def raising(ops: Sequence[Op]) -> Iterator[Op]:
    """The ops without regions that may raise something which nothing catches."""
    for op in ops:
        if op.opdef.again is Again.SHOWN or effect_of(op) is Effect.PURE:
            continue
        if not op.regions:
            yield op
        for region in op.regions:
            for inner in raising(region.ops):
                if op.name != "attempt" or not is_caught(inner, cast("tuple[str, ...]", op.attrs["errors"])):
                    yield inner


def is_caught(op: Op, errors: Sequence[str]) -> bool:
    """Whether what an op raises is of one of these classes; of a kernel's own errors only the base of all is known."""
    kinds: tuple[Any, ...] = tuple(map(class_of, errors))
    return issubclass(class_of(str(op.attrs.get("error", "Exception"))), kinds)


def may_raise(op: Op, errors: Sequence[str]) -> bool:
    """Whether an op may raise something of these classes."""
    if op.name == "attempt":
        return not set(errors) <= set(cast("tuple[str, ...]", op.attrs["errors"]))
    return "error" not in op.attrs or is_caught(op, errors)
