"""Arguments in words: what a trace was made for, and how other arguments differ."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from dy2static.cache.sources import BY_VALUE, short
from eager.pytree import Node, children
from eager.tensor import Tensor
from graph.aval import Aval

ARRAYS: Final[Any] = (Tensor, np.ndarray, np.generic)
PLAIN: Final = (*ARRAYS, *BY_VALUE)


def parameter_names(function: Callable[..., Any]) -> tuple[list[str], bool]:
    """The names of positional parameters, and whether keyword arguments are taken as a dict. No names, and yes, where
    Python does not know, as of some builtins."""
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return [], True
    names = [name for name, p in parameters.items() if p.kind in positional]
    return names, any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())


def described(names: Sequence[str], args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    """Each container and each leaf of the arguments by its path: what it is in words, and an object itself."""
    found: dict[str, tuple[str, Any]] = {}

    def visit(path: str, value: Any) -> None:
        split = children(value) if value is not None else None
        if split is None:
            found[path] = (leaf_text(value), None if isinstance(value, PLAIN) else value)
            return
        node, items = split
        kind = node.kind.__name__
        content = ", ".join(map(repr, node.keys)) if issubclass(node.kind, dict) else str(len(items))
        found[path] = (f"a {kind} of {content}", None)
        for key, item in zip(node.keys, items, strict=True):
            visit(path + _step(node, key), item)

    for i, value in enumerate(args):
        visit(names[i] if i < len(names) else f"argument {i}", value)
    for name, value in kwargs.items():
        visit(name, value)
    return found


def leaf_names(names: Sequence[str], args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[str]:
    """For each leaf the name of the parameter that it is passed to."""
    named = [(names[i] if i < len(names) else f"arg{i}", value) for i, value in enumerate(args)] + list(kwargs.items())
    return [name for name, value in named for _ in range(_leaves_count(value))]


def _leaves_count(value: Any) -> int:
    split = children(value)
    return 1 if split is None else sum(map(_leaves_count, split[1]))


def leaf_text(value: Any) -> str:
    """A leaf in few words: the type of a tensor, the value of anything else."""
    if isinstance(value, ARRAYS):
        return str(Aval(value.dtype, value.shape))
    if isinstance(value, BY_VALUE):
        return short(value)
    return f"a {type(value).__name__}"


def _step(node: Node, key: Any) -> str:
    return f".{key}" if isinstance(key, str) and not issubclass(node.kind, dict) else f"[{key!r}]"


def difference(old: Mapping[str, tuple[str, Any]], new: Mapping[str, tuple[str, Any]]) -> str:
    """How the arguments `new` differ from those that a trace was made for; of many differences, the first."""
    for path, (text, value) in old.items():
        if path not in new:
            return f"`{path}` was {text}, and is missing now"
        now, other = new[path]
        if now != text:
            return f"`{path}` was {text}, it is {now} now"
        if other is not value:
            return f"`{path}` was another object of type {type(value).__name__}"
    added = [path for path in new if path not in old]
    if added:
        return f"`{added[0]}` is {new[added[0]][0]} now, and was not there"
    return "which arguments are one and the same object differs"
