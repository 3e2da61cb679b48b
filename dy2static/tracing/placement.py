"""Examples made arguments of a trace: copies of their containers with traced tensors in them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dy2static.staging.arguments import ArgumentRef, Arguments, Leaf
from dy2static.staging.values.staged import staged
from dy2static.tracing.recorder import Tracer
from dy2static.tracing.traced import as_traced
from eager.numpy_types import ARRAY
from eager.pytree import children, rebuild
from eager.tensor import Tensor


class Placed(Arguments):
    """Arguments of a trace. `containers` are the copies that can be changed."""

    def __init__(self) -> None:
        super().__init__()
        self.containers: list[Any] = []


def place_examples(tracer: Tracer, args: Sequence[Any], kwargs: Mapping[str, Any], leaves: Sequence[Leaf]) -> Placed:
    """Lists, dicts and dataclasses are copied, so that the examples stay as they are; an object that is passed twice is
    one object again."""
    placed = Placed()
    rest = iter(leaves)
    made_of: dict[int, Any] = {}

    def place(value: Any, path: tuple[int, ...]) -> Any:
        split = children(value)
        if split is None:
            return place_leaf(value, next(rest), path)
        node, items = split
        inner = [place(item, (*path, i)) for i, item in enumerate(items)]
        if value is None or isinstance(value, tuple):
            return rebuild(node, inner)
        if id(value) in made_of:
            return made_of[id(value)]
        made = made_of[id(value)] = rebuild(node, inner)
        note(made, path)
        placed.containers.append(made)
        return made

    def place_leaf(value: Any, leaf: Leaf, path: tuple[int, ...]) -> Any:
        if leaf.aval is None:
            return value
        handle = as_traced(staged(tracer.root.param(leaf.aval, leaf.name)), _data_of(value))
        if isinstance(value, np.generic):
            return handle
        if id(value) in made_of:
            return made_of[id(value)]
        made_of[id(value)] = handle
        note(handle, path)
        return handle

    def note(made: Any, path: tuple[int, ...]) -> None:
        placed.note(made, ArgumentRef(path))
        tracer.arguments[id(made)] = made

    placed.args = tuple(place(value, (0, i)) for i, value in enumerate(args))
    placed.kwargs = {name: place(value, (1, i)) for i, (name, value) in enumerate(kwargs.items())}
    return placed


def _data_of(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value._data  # pyright: ignore[reportPrivateUsage] - the trace works on the data itself
    return np.array(value)[()] if isinstance(value, ARRAY) else value  # its owner may write to it
