"""From the results of a run back to Python values: the other end of `spec.pack`."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

import numpy as np

from dy2static.staging.arguments import ArgumentRef
from dy2static.staging.containers.iterables import StagedRange
from dy2static.staging.containers.lists import StageableList
from dy2static.staging.containers.queues import Queue, as_left
from dy2static.staging.objects.instances import rebuild
from dy2static.staging.objects.made import MadeSpec, all_of
from dy2static.staging.objects.stale import refused
from dy2static.staging.values.spec import (
    ChoiceSpec,
    ConstantSpec,
    ContainerSpec,
    ListSpec,
    MaybeSpec,
    NeverSpec,
    OptionalSpec,
    Spec,
    StaleSpec,
    TensorSpec,
    TextSpec,
    UndefinedSpec,
    element_types,
    types,
)
from dy2static.staging.values.undefined import Undefined
from eager.tensor import Tensor, wrap
from graph.errors import InternalError
from graph.ops.text_of import message


def restore(spec: Spec, values: Iterator[Any], find: Callable[[ArgumentRef], Any], made: dict[int, Any]) -> Any:
    """The Python value of a description; takes its parts from `values`. Numbers are Python numbers again, graph lists
    Python lists; `find` gives the caller's own objects, `made` are the objects that this run has made so far."""
    match spec:
        case MadeSpec():
            if id(spec.original) in made:
                for _ in types(spec):  # it has left by another way before
                    next(values)
            return spec.restore(made, lambda inner: restore(inner, values, find, made))
        case TensorSpec(_, weak):
            value = next(values)
            return value.item() if weak else value
        case ConstantSpec(value):
            return find(value) if isinstance(value, ArgumentRef) else value
        case ChoiceSpec(parts):
            place: int = next(values).item()
            held = [[next(values) for _ in types(part)] for part in parts]
            return restore(parts[place], iter(held[place]), find, made)
        case ContainerSpec(node, parts):
            items = [restore(part, values, find, made) for part in parts]
            if node.kind is Queue:
                return as_left(dict(zip(node.keys, items, strict=True)))
            if node.kind is StagedRange:
                bounds = dict(zip(node.keys, items, strict=True))
                return range(bounds["start"], bounds["stop"], bounds["step"])
            return items if issubclass(node.kind, StageableList) else rebuild(node, items)
        case TextSpec(pieces, forms, kinds):
            found = [next(values) for _ in kinds]
            return message(pieces, [x if x is None or isinstance(x, list) else np.asarray(x) for x in found], forms)
        case ListSpec(element) if element is not None:
            columns = [next(values) for _ in element_types(element)]
            rows = zip(*columns, strict=True)
            return [restore(element, iter([_tensor(x) for x in row]), find, made) for row in rows]
        case ListSpec():
            return []
        case MaybeSpec(name, inner):
            is_bound = next(values).item()
            found = [next(values) for _ in types(inner)]
            if not is_bound:
                return Undefined(name)
            return restore(inner, iter(found), find, made)
        case OptionalSpec(inner):
            is_there = next(values).item()
            found = [next(values) for _ in types(inner)]
            return restore(inner, iter(found), find, made) if is_there else None
        case NeverSpec():
            raise InternalError("a value that is never there leaves a graph")
        case UndefinedSpec(name):
            raise InternalError(f"the unbound name {name!r} leaves a graph")
        case StaleSpec(stale):
            raise InternalError(f"what {stale.label} was leaves a graph")


def check_can_leave(specs: Iterable[Spec]) -> None:
    """Raises: StagingError where there is something in these that another name has changed on some paths."""
    for part in (part for spec in specs for part in all_of(spec)):
        if isinstance(part, StaleSpec):
            raise refused(part.stale.label, part.stale.loc)


def restore_change(spec: Spec, values: Iterator[Any], find: Callable[[ArgumentRef], Any], made: dict[int, Any]) -> Any:
    """The same for what a changed place holds: `Undefined` where a run has left nothing there."""
    match spec:
        case UndefinedSpec(name):
            return Undefined(name)
        case MaybeSpec(name, inner):
            is_bound = next(values).item()
            found = [next(values) for _ in types(inner)]
            return restore(inner, iter(found), find, made) if is_bound else Undefined(name)
        case _:
            return restore(spec, values, find, made)


def _tensor(x: Any) -> Any:
    if isinstance(x, Tensor | list) or x is None:
        return cast(Any, x)
    return wrap(x)
