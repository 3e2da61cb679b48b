"""Descriptions of what a loop carries, as another staging of it has found them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from dy2static.staging.values.spec import (
    ChoiceSpec,
    ConstantSpec,
    ContainerSpec,
    ListSpec,
    MaybeSpec,
    NeverSpec,
    OptionalSpec,
    Spec,
    TensorSpec,
    UndefinedSpec,
)
from dy2static.staging.values.staged import NUMBERS
from dy2static.staging.values.unify import MismatchError, stageable, unify
from graph.aval import Dim
from graph.ops.shape_rules import UNKNOWN_DIM

PLAIN: Final = (*NUMBERS, str, bytes, type(None))
"""The constants that are the same in all stagings."""


def _of_another_staging() -> MismatchError:
    return MismatchError("", NeverSpec(), NeverSpec())


def without_objects(spec: Spec) -> Spec:
    """The description without the objects in it: these live no longer for it, and the next staging has others."""
    match spec:
        case ConstantSpec(value):
            return spec if type(spec) is ConstantSpec and type(value) in PLAIN else NeverSpec()
        case ContainerSpec(node, parts):
            return ContainerSpec(node, tuple(map(without_objects, parts)))
        case ListSpec(inner):
            return ListSpec(None if inner is None else without_objects(inner))
        case OptionalSpec(inner):
            return OptionalSpec(without_objects(inner))
        case MaybeSpec(name, inner):
            return MaybeSpec(name, without_objects(inner))
        case TensorSpec() | UndefinedSpec():
            return spec
        case ChoiceSpec(parts) if all(type(part) is ConstantSpec and type(part.value) in PLAIN for part in parts):
            return spec
        case _:
            return NeverSpec()


def as_found(initial: Spec, begun: Spec, found: Spec, varying: Mapping[Dim, Dim]) -> Spec:
    """What a variable is presumed to be that begins as `initial`, and was found to be `found` where it began as
    `begun`. What is around the loop has become wider since, if anything: so it is at least what it was. `varying` are
    the names, now, of sizes that were found to vary from trip to trip."""
    if begun == found:
        return initial

    def join(_: Dim, new: Dim) -> Dim:
        if new not in varying.values():
            raise _of_another_staging()
        return new

    try:
        return unify(initial, _renamed(found, {size: size for size in _sizes(initial)} | dict(varying)), join)
    except MismatchError:
        return _staged_as(initial, found)


def _renamed(spec: Spec, sizes: Mapping[Dim, Dim]) -> Spec:
    """The description with these names of sizes.

    Raises: MismatchError where it has objects, or names another size, which is none of the staging of now.
    """
    match spec:
        case TensorSpec(aval) if aval.shape:
            if not all(isinstance(dim, int) or dim == UNKNOWN_DIM or dim in sizes for dim in aval.shape):
                raise _of_another_staging()
            return replace(spec, aval=replace(aval, shape=tuple(sizes.get(dim, dim) for dim in aval.shape)))
        case ListSpec(element):
            return ListSpec(None if element is None else _renamed(element, sizes))
        case OptionalSpec(inner):
            return OptionalSpec(_renamed(inner, sizes))
        case MaybeSpec(name, inner):
            return MaybeSpec(name, _renamed(inner, sizes))
        case ContainerSpec(node, parts):
            return ContainerSpec(node, tuple(_renamed(part, sizes) for part in parts))
        case NeverSpec():
            raise _of_another_staging()
        case _:
            return spec


def _sizes(spec: Spec) -> set[Dim]:
    """The sizes that it names."""
    match spec:
        case TensorSpec(aval):
            return {dim for dim in aval.shape if not isinstance(dim, int)}
        case ListSpec(inner) | OptionalSpec(inner) | MaybeSpec(_, inner) if inner is not None:
            return _sizes(inner)
        case ContainerSpec(_, parts):
            return {dim for part in parts for dim in _sizes(part)}
        case _:
            return set()


def _staged_as(spec: Spec, other: Spec) -> Spec:
    """The description with those numbers staged that are in the graph in another one of the same structure."""
    match spec, other:
        case ConstantSpec(), TensorSpec():
            return stageable(spec)
        case ContainerSpec(), ContainerSpec() if spec.node == other.node:
            return ContainerSpec(spec.node, tuple(map(_staged_as, spec.parts, other.parts)))
        case _:
            return spec
