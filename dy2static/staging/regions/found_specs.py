"""Descriptions of what a loop carries, as another staging of it has found them."""

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

PLAIN: Final = (*NUMBERS, str, bytes, type(None))
"""The constants that are the same in all stagings."""


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


def as_found(initial: Spec, begun: Spec, found: Spec) -> Spec:
    """What a variable is presumed to be that begins as `initial`, and was found to be `found` where it began as
    `begun`. What is around the loop has become wider since, if anything: so it is at least what it was."""
    if begun == found:
        return initial
    try:
        return unify(initial, found, _one_size) if _is_same_elsewhere(found, _sizes(initial)) else initial
    except MismatchError:
        return _staged_as(initial, found)


def _one_size(dim: Dim, new: Dim) -> Dim:
    """Raises: MismatchError, as which size it is was not found."""
    raise MismatchError("", UndefinedSpec(""), UndefinedSpec(""))


def _is_same_elsewhere(spec: Spec, sizes: set[Dim]) -> bool:
    """Whether the description means the same in another staging, where these sizes are known: it names no others, and
    had no objects."""
    match spec:
        case TensorSpec(aval):
            return all(isinstance(dim, int) or dim in sizes for dim in aval.shape)
        case ListSpec(element):
            return element is None or _is_same_elsewhere(element, sizes)
        case OptionalSpec(inner) | MaybeSpec(_, inner):
            return _is_same_elsewhere(inner, sizes)
        case ContainerSpec(_, parts):
            return all(_is_same_elsewhere(part, sizes) for part in parts)
        case _:
            return not isinstance(spec, NeverSpec)


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
