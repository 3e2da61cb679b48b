"""Pytrees: nested containers and their leaves. Used for arguments, results and state, here and in `dy2static`.

Containers are None (without leaves), tuples and named tuples, lists, dicts (also OrderedDict, defaultdict, Counter, in
their own order), dataclass instances, and registered classes. All else is a leaf; so are instances of their other
subclasses.
"""

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final, cast

TUPLE: Final[Any] = tuple
DICT: Final[Any] = dict
Leaf = Any
Flatten = Callable[[Any], tuple[Sequence[Any], Hashable]]
"""`flatten(x) -> (children, aux)`; `aux` is what else it takes to build one, compared by `==`."""
Unflatten = Callable[[Hashable, Sequence[Any]], Any]


@dataclass(frozen=True, slots=True)
class TreeDef:
    """The structure of a pytree: hashable, equal for equal structures. `kind` None stands for a leaf."""

    kind: type | None
    aux: Hashable
    children: tuple["TreeDef", ...]

    @property
    def leaves_count(self) -> int:
        return 1 if self.kind is None else sum(child.leaves_count for child in self.children)

    def __str__(self) -> str:
        if self.kind is None:
            return "*"
        if self.kind is type(None):
            return "None"
        inner = ", ".join(map(str, self.children))
        if self.kind is tuple:
            return f"({inner}{',' if len(self.children) == 1 else ''})"
        if self.kind is list:
            return f"[{inner}]"
        if self.kind is dict:
            keys = cast("tuple[Any, ...]", self.aux)
            return "{" + ", ".join(f"{k!r}: {c}" for k, c in zip(keys, self.children, strict=True)) + "}"
        return f"{self.kind.__name__}({inner})"


LEAF: Final = TreeDef(None, None, ())


@dataclass(frozen=True, slots=True)
class _Container:
    flatten: Flatten
    unflatten: Unflatten


_REGISTERED: Final[dict[type, _Container]] = {}


def register_pytree(cls: type[Any], flatten: Flatten, unflatten: Unflatten) -> None:
    """Make instances of exactly `cls` containers, which graphs take apart and make anew, in branches, loops, arguments
    and results.

    `flatten(x)` gives the children and what else is needed, which is hashable; `unflatten(that, children)` makes an
    instance. Raises: ValueError when they are already.
    """
    if cls in _REGISTERED:
        raise ValueError(f"{cls.__qualname__} is registered already")
    _REGISTERED[cls] = _Container(flatten, unflatten)


def is_registered(cls: type[Any]) -> bool:
    """Whether instances of exactly `cls` are containers by `register_pytree`."""
    return cls in _REGISTERED


def _flatten_none(x: None) -> tuple[Sequence[Any], Hashable]:
    return (), None


def _unflatten_none(aux: Hashable, children: Sequence[Any]) -> None:
    return None


def _flatten_sequence(x: Sequence[Any]) -> tuple[Sequence[Any], Hashable]:
    return x, None


def _unflatten_tuple(aux: Hashable, children: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(children)


def _unflatten_list(aux: Hashable, children: Sequence[Any]) -> list[Any]:
    return list(children)


def _flatten_dict(x: dict[Any, Any]) -> tuple[Sequence[Any], Hashable]:
    return tuple(x.values()), tuple(x)


def _unflatten_dict(aux: Hashable, children: Sequence[Any]) -> dict[Any, Any]:
    return dict(zip(cast("tuple[Any, ...]", aux), children, strict=True))


def _unflatten_ordered(aux: Hashable, children: Sequence[Any]) -> OrderedDict[Any, Any]:
    return OrderedDict(zip(cast("tuple[Any, ...]", aux), children, strict=True))


def _flatten_defaultdict(x: defaultdict[Any, Any]) -> tuple[Sequence[Any], Hashable]:
    return tuple(x.values()), (x.default_factory, tuple(x))


def _unflatten_defaultdict(aux: Hashable, children: Sequence[Any]) -> defaultdict[Any, Any]:
    factory, keys = cast("tuple[Any, tuple[Any, ...]]", aux)
    return defaultdict(factory, zip(keys, children, strict=True))


def _unflatten_counter(aux: Hashable, children: Sequence[Any]) -> Counter[Any]:
    return Counter(_unflatten_dict(aux, children))


register_pytree(type(None), _flatten_none, _unflatten_none)
register_pytree(tuple, _flatten_sequence, _unflatten_tuple)
register_pytree(list, _flatten_sequence, _unflatten_list)
register_pytree(dict, _flatten_dict, _unflatten_dict)
register_pytree(OrderedDict, _flatten_dict, _unflatten_ordered)
register_pytree(defaultdict, _flatten_defaultdict, _unflatten_defaultdict)
register_pytree(Counter, _flatten_dict, _unflatten_counter)


def _children(x: Any) -> tuple[Sequence[Any], Hashable] | None:
    """The children of a container and what else it takes to build it; None for a leaf."""
    cls = cast("type[Any]", type(x))
    container = _REGISTERED.get(cls)
    if container is not None:
        return container.flatten(x)
    if _is_named_tuple(cls):
        return x, None
    if is_dataclass(cls):
        names = tuple(field.name for field in fields(cls))
        return tuple(getattr(x, name) for name in names), names
    return None


def _is_named_tuple(cls: type[Any]) -> bool:
    return issubclass(cls, TUPLE) and hasattr(cls, "_fields")


def _build(treedef: TreeDef, children: Sequence[Any]) -> Any:
    cls = cast("type[Any]", treedef.kind)
    container = _REGISTERED.get(cls)
    if container is not None:
        return container.unflatten(treedef.aux, children)
    if treedef.aux is None:
        return cls(*children)
    # Without __init__, as copy.copy does: fields may be frozen, or computed in __post_init__.
    built = object.__new__(cls)
    for name, child in zip(cast("tuple[str, ...]", treedef.aux), children, strict=True):
        object.__setattr__(built, name, child)
    return built


@dataclass(frozen=True, slots=True)
class Node:
    """A container without its children. `keys` name these for messages: indices, dict keys, field names."""

    kind: type
    aux: Hashable
    keys: tuple[Any, ...]


def children(x: Any) -> tuple[Node, list[Any]] | None:
    """A container taken apart by one level; None for a leaf."""
    parts = _children(x)
    if parts is None:
        return None
    items, aux = parts
    keys: tuple[Any, ...] = tuple(range(len(items)))
    if isinstance(x, DICT):
        keys = tuple(cast("dict[Any, Any]", x))
    elif _is_named_tuple(cast("type[Any]", type(x))):
        keys = x._fields
    elif isinstance(aux, TUPLE) and type(x) not in _REGISTERED:
        keys = cast("tuple[Any, ...]", aux)
    return Node(cast("type[Any]", type(x)), aux, keys), list(items)


def rebuild(node: Node, items: Sequence[Any]) -> Any:
    """The container of a node with other children."""
    return _build(TreeDef(node.kind, node.aux, ()), items)


def is_container(x: Any) -> bool:
    """Whether `x` is a node of pytrees."""
    return _children(x) is not None


def flatten(tree: Any) -> tuple[list[Leaf], TreeDef]:
    """The leaves of `tree` in order, and its structure."""
    leaves: list[Any] = []
    return leaves, _flatten_into(tree, leaves)


def _flatten_into(tree: Any, leaves: list[Any]) -> TreeDef:
    parts = _children(tree)
    if parts is None:
        leaves.append(tree)
        return LEAF
    children, aux = parts
    return TreeDef(cast("type[Any]", type(tree)), aux, tuple(_flatten_into(child, leaves) for child in children))


def unflatten(treedef: TreeDef, leaves: Iterable[Leaf]) -> Any:
    """The tree of a structure and its leaves. ValueError when there are too few or too many."""
    rest = iter(leaves)
    tree = _unflatten_from(treedef, rest)
    if next(rest, _NOTHING) is not _NOTHING:
        raise ValueError(f"more leaves than the structure {treedef} has")
    return tree


_NOTHING: Final = object()


def _unflatten_from(treedef: TreeDef, leaves: Any) -> Any:
    if treedef.kind is None:
        leaf = next(leaves, _NOTHING)
        if leaf is _NOTHING:
            raise ValueError("fewer leaves than the structure has")
        return leaf
    return _build(treedef, [_unflatten_from(child, leaves) for child in treedef.children])


def leaves_of(tree: Any) -> list[Leaf]:
    """The leaves in order."""
    return flatten(tree)[0]


def tree_map(f: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """`f` of each leaf, and of the leaves at its place in `others`, which have the same structure (else ValueError)."""
    leaves, treedef = flatten(tree)
    columns = [leaves]
    for other in others:
        column, structure = flatten(other)
        if structure != treedef:
            raise ValueError(f"trees differ in structure: {treedef} and {structure}")
        columns.append(column)
    return unflatten(treedef, [f(*row) for row in zip(*columns, strict=True)])
