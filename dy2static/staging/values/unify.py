"""The description that covers two: what a value is after either of two paths."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import numpy as np

from dy2static.staging.containers.lists import StageableList
from dy2static.staging.objects.made import changed
from dy2static.staging.values.chosen import MOST, is_choosable
from dy2static.staging.values.spec import (
    ChoiceSpec,
    ConstantSpec,
    ContainerSpec,
    ListSpec,
    MaybeSpec,
    NeverSpec,
    ObjectSpec,
    OptionalSpec,
    Spec,
    StaleSpec,
    TensorSpec,
    TextSpec,
    UndefinedSpec,
    apart,
)
from dy2static.staging.values.staged import NUMBERS, the_stager
from dy2static.staging.values.text_choice import MOST_FIELDS
from eager.pytree import Node
from graph.aval import Aval, Dim, Type, scalar
from graph.dtypes import SHORT_NAMES, of_scalar


class MismatchError(Exception):
    """No description covers both; `path` says where inside the variable."""

    def __init__(self, path: str, a: Spec, b: Spec) -> None:
        super().__init__(path)
        self.path = path
        self.a = a
        self.b = b


JoinDims = Callable[[Dim, Dim], Dim]
"""The dim that covers two sizes that differ."""


def unify(a: Spec, b: Spec, join: JoinDims, path: str = "") -> Spec:
    """The description that covers both; MismatchError when there is none. `join` names a size that differs.

    Python numbers adapt to tensors, numbers that differ become staged numbers, lists whose lengths differ become graph
    lists, sizes that differ become symbolic.
    """
    if a == b:
        return a
    match a, b:
        case (NeverSpec(), other) | (other, NeverSpec()):
            return other
        case (StaleSpec() as stale, _) | (_, StaleSpec() as stale):
            return stale
        case UndefinedSpec(), UndefinedSpec():
            return a
        case (UndefinedSpec(name), MaybeSpec() as other) | (MaybeSpec() as other, UndefinedSpec(name)):
            return other
        case (UndefinedSpec(name), other) | (other, UndefinedSpec(name)):
            return MaybeSpec(name, other)
        case (MaybeSpec(name, x), MaybeSpec(_, y)) | (MaybeSpec(name, x), y) | (x, MaybeSpec(name, y)):
            return MaybeSpec(name, unify(x, y, join, path))
        case (OptionalSpec(), ConstantSpec(None)):
            return a
        case (ConstantSpec(None), OptionalSpec()):
            return b
        case (OptionalSpec(x), OptionalSpec(y)) | (OptionalSpec(x), y) | (x, OptionalSpec(y)):
            return OptionalSpec(unify(x, y, join, path))
        case (ConstantSpec(None), other) | (other, ConstantSpec(None)):
            return OptionalSpec(stageable(other))
        case _ if _of_numpy(a) is not a or _of_numpy(b) is not b:
            return unify(_of_numpy(a), _of_numpy(b), join, path)
        case TensorSpec(), TensorSpec():
            return _unify_tensors(a, b, join, path)
        case (TensorSpec() as tensor, ConstantSpec(value)) | (ConstantSpec(value), TensorSpec() as tensor):
            if not _is_number(value):
                raise MismatchError(path, a, b)
            number = TensorSpec(scalar(of_scalar(value)), weak=True)
            return _unify_tensors(*((tensor, number) if a is tensor else (number, tensor)), join, path)
        case ConstantSpec(x), ConstantSpec(y) if _is_number(x) and _is_number(y):
            return TensorSpec(scalar(np.result_type(of_scalar(x), of_scalar(y))), weak=True)
        case TextSpec(), TextSpec() if (same := _same_text(a, b, join)) is not None:
            return same
        case (ChoiceSpec() | ConstantSpec() | TextSpec()) as x, (ChoiceSpec() | ConstantSpec() | TextSpec()) as y if (
            found := _choice(x, y)
        ) is not None:
            return found
        case ListSpec(x), ListSpec(y):
            if x is None or y is None:
                return ListSpec(x or y)
            return ListSpec(as_element(unify(x, y, join, path + "[...]")))
        case ContainerSpec(), ContainerSpec() if a.node == b.node:
            return ContainerSpec(
                a.node,
                tuple(
                    unify(x, y, join, f"{path}{_step(a.node, key)}")
                    for x, y, key in zip(a.parts, b.parts, a.node.keys, strict=True)
                ),
            )
        case _:
            if isinstance(a, ObjectSpec) or isinstance(b, ObjectSpec):
                x, y = (s.apart(the_stager()) if isinstance(s, ObjectSpec) else s for s in (a, b))
                if not isinstance(x, ConstantSpec) and not isinstance(y, ConstantSpec):
                    return unify(x, y, join, path)
            if _is_list(a) and _is_list(b):
                return unify(as_list(a, join, path), as_list(b, join, path), join, path)
            raise MismatchError(path, a, b)


def _is_number(value: Any) -> bool:
    """Whether a graph can hold it as a Python number: ints there have 64 bits."""
    return type(value) in NUMBERS and (type(value) is not int or -(2**63) <= value < 2**63)


def _of_numpy(spec: Spec) -> Spec:
    """A scalar of NumPy as the tensor that it is to every function."""
    held: Any = spec.value if isinstance(spec, ConstantSpec) else None
    if isinstance(held, np.generic) and cast(Any, held).dtype in SHORT_NAMES:
        return TensorSpec(scalar(cast(Any, held).dtype))
    return spec


Option = ConstantSpec | TextSpec


def _choice(a: ChoiceSpec | Option, b: ChoiceSpec | Option) -> ChoiceSpec | None:
    """One of the values of both; None where they are not to be chosen among, or too many."""
    parts: list[Option] = []
    for spec in (a, b):
        parts += [part for part in (spec.parts if isinstance(spec, ChoiceSpec) else (spec,)) if part not in parts]
    constants = [part for part in parts if isinstance(part, ConstantSpec)]
    if len(parts) > MOST or any(type(part) is not ConstantSpec for part in constants):
        return None
    if len(constants) < len(parts):
        fields = sum(len(part.forms) for part in parts if isinstance(part, TextSpec))
        are_texts = fields <= MOST_FIELDS and all(type(part.value) is str for part in constants)
        return ChoiceSpec(tuple(parts)) if are_texts else None
    are_alike = all(is_choosable(constants[0].value, part.value) for part in constants[1:])
    return ChoiceSpec(tuple(parts)) if are_alike else None


def _same_text(a: TextSpec, b: TextSpec, join: JoinDims) -> TextSpec | None:
    """The description that covers two texts that differ in the sizes of the values in them; None of other texts."""
    if (a.pieces, a.forms) != (b.pieces, b.forms):
        return None
    kinds: list[Type] = []
    for x, y in zip(a.kinds, b.kinds, strict=True):
        if x == y:
            kinds.append(x)
        elif isinstance(x, Aval) and isinstance(y, Aval) and (x.dtype, x.ndim) == (y.dtype, y.ndim):
            kinds.append(join_avals(x, y, join))
        else:
            return None
    return replace(a, kinds=tuple(kinds))


def _is_list(spec: Spec) -> bool:
    return isinstance(spec, ListSpec) or (isinstance(spec, ContainerSpec) and issubclass(spec.node.kind, StageableList))


def as_list(spec: Spec, join: JoinDims, path: str = "") -> Spec:
    """The description of a Python list as a graph list."""
    if not isinstance(spec, ContainerSpec):
        return spec
    element: Spec | None = None
    for part in spec.parts:
        part = as_element(apart(part, the_stager()))
        element = part if element is None else as_element(unify(element, part, join, path + "[...]"))
    return ListSpec(element)


def as_element(spec: Spec) -> Spec:
    """What an element of a graph list is: numbers are staged numbers. Changes in place of elements are looked at by
    the list (see `Sharing`), so that it does not matter whether one was a number once."""

    def plain(part: Spec) -> Spec:
        return replace(part, adapted=False) if isinstance(part, TensorSpec) else part

    return changed(stageable(spec), plain)


def stageable(spec: Spec) -> Spec:
    """Numbers as staged numbers."""
    if isinstance(spec, ConstantSpec) and _is_number(spec.value):
        return TensorSpec(scalar(of_scalar(spec.value)), weak=True)
    if isinstance(spec, ContainerSpec) and not issubclass(spec.node.kind, StageableList):
        return ContainerSpec(spec.node, tuple(stageable(part) for part in spec.parts))
    return spec


def _step(node: Node, key: Any) -> str:
    return f".{key}" if isinstance(key, str) and not issubclass(node.kind, dict) else f"[{key!r}]"


def _unify_tensors(a: TensorSpec, b: TensorSpec, join: JoinDims, path: str) -> Spec:
    if a.weak and b.weak:
        return TensorSpec(scalar(np.result_type(a.aval.dtype, b.aval.dtype)), weak=True)
    if a.weak != b.weak:
        strong, weak = (b, a) if a.weak else (a, b)
        if strong.aval.ndim or not _adapts(weak.aval, strong.aval):
            raise MismatchError(path, a, b)
        return replace(strong, adapted=True)
    if a.aval.dtype != b.aval.dtype or a.aval.ndim != b.aval.ndim:
        raise MismatchError(path, a, b)
    return TensorSpec(join_avals(a.aval, b.aval, join), adapted=a.adapted or b.adapted)


def _adapts(number: Aval, tensor: Aval) -> bool:
    order = "biufc"
    kind = tensor.dtype.kind if tensor.dtype.kind in order else "f"
    return order.index(number.dtype.kind) <= order.index(kind) and (kind == "b") == (number.dtype.kind == "b")


def join_avals(a: Aval, b: Aval, join: JoinDims) -> Aval:
    """Equal dims, and joins of those that differ."""
    dims: list[Dim] = [m if m == n else join(m, n) for m, n in zip(a.shape, b.shape, strict=True)]
    return Aval(a.dtype, tuple(dims))
