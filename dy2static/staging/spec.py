"""What a Python value is made of, as control flow sees it: which parts are graph values, which are ordinary.

`spec_of` describes a value, `unify` finds the description that covers two, `pack` turns a value into graph values of
a description, `unpack` makes a Python value of graph values. A cond or loop carries `types(spec)` for each variable.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import BuiltinMethodType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any

import numpy as np

from dy2static.errors import StagingError
from dy2static.staging.lists import StageableList
from dy2static.staging.maybe import MaybeDefined
from dy2static.staging.never import Never
from dy2static.staging.optional import (
    MaybeNone,
    OptionalNumber,
    OptionalObject,
    OptionalTensor,
    maybe_none,
    optional,
    present,
)
from dy2static.staging.staged import NUMBERS, StagedNumber, StagedTensor, type_text
from dy2static.staging.stale import Stale, StaleTensor
from dy2static.staging.taped_ops import append_op
from dy2static.staging.text import StagedText
from dy2static.staging.undefined import Undefined
from eager.pytree import Node, children, rebuild
from eager.tensor import Tensor
from graph.aval import Aval, Dim, ListType, OptionalType, Type, scalar
from graph.dtypes import bool_, of_scalar
from graph.ir.opdef import lookup
from graph.ir.regions import close
from graph.ir.value import Value

if TYPE_CHECKING:
    from dy2static.staging.stager import Stager


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """A tensor of the graph; `weak` marks a Python number."""

    aval: Aval
    weak: bool = False

    def __str__(self) -> str:
        return type_text(self.aval, self.weak)


@dataclass(frozen=True, slots=True, eq=False)
class ConstantSpec:
    """An ordinary Python value, known while staging."""

    value: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ConstantSpec) and same_constant(self.value, other.value)

    def __hash__(self) -> int:
        return hash(type(self.value).__name__)

    def __str__(self) -> str:
        if type(self.value).__repr__ is object.__repr__:
            return f"an object of class {type(self.value).__name__}"
        text = repr(self.value)
        return text if len(text) <= 40 else f"a {type(self.value).__name__}"


@dataclass(frozen=True, slots=True)
class ListSpec:
    """A list of the graph, of any length. `element` is None while nothing was ever put in it."""

    element: "Spec | None"

    def __str__(self) -> str:
        return f"a list of {self.element}" if self.element else "an empty list"


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """A Python container of fixed structure."""

    node: Node
    parts: tuple["Spec", ...]

    def __str__(self) -> str:
        inner = ", ".join(map(str, self.parts))
        return f"{self.node.kind.__name__}({inner})"


@dataclass(frozen=True, slots=True)
class MaybeSpec:
    """A name that is bound on some paths only."""

    name: str
    inner: "Spec"

    def __str__(self) -> str:
        return f"{self.inner}, or unbound"


@dataclass(frozen=True, slots=True)
class OptionalSpec:
    """A value that is None on some paths."""

    inner: "Spec"

    def __str__(self) -> str:
        return f"{self.inner}, or None"


@dataclass(frozen=True, slots=True)
class UndefinedSpec:
    """An unbound name."""

    name: str

    def __str__(self) -> str:
        return "unbound"


@dataclass(frozen=True, slots=True)
class NeverSpec:
    """What a variable is after an exception: anything."""

    def __str__(self) -> str:
        return "never there"


@dataclass(frozen=True, slots=True, eq=False)
class StaleSpec:
    """A tensor that cannot be used any more."""

    stale: Stale

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StaleSpec)

    def __hash__(self) -> int:
        return hash(StaleSpec)

    def __str__(self) -> str:
        return "a tensor that another name changes in place"


Spec = (
    NeverSpec
    | TensorSpec
    | ConstantSpec
    | ListSpec
    | ContainerSpec
    | MaybeSpec
    | OptionalSpec
    | UndefinedSpec
    | StaleSpec
)


class MismatchError(Exception):
    """No description covers both; `path` says where inside the variable."""

    def __init__(self, path: str, a: Spec, b: Spec) -> None:
        super().__init__(path)
        self.path = path
        self.a = a
        self.b = b


def same_constant(a: Any, b: Any) -> bool:
    """Whether two ordinary values are one to control flow: identical, equal numbers or texts of one type, one method of
    one object, or what one `def` or `lambda` made twice."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return a == b or (a != a and b != b)
    if isinstance(a, FunctionType):
        return _same_function(a, b)
    if isinstance(a, MethodType | BuiltinMethodType):
        return a == b and a.__self__ is b.__self__
    return isinstance(a, (bool, int, complex, str, bytes, range, np.dtype)) and a == b


def _same_function(a: FunctionType, b: FunctionType) -> bool:
    """Whether two functions do the same: of one code, over the same variables, with the same defaults."""

    def parts(f: FunctionType) -> list[Any]:
        named = f.__kwdefaults__ or {}
        return [*(f.__closure__ or ()), *(f.__defaults__ or ()), *named, *named.values(), *vars(f), *vars(f).values()]

    one, other = parts(a), parts(b)
    is_same = a.__code__ is b.__code__ and a.__globals__ is b.__globals__ and len(one) == len(other)
    return is_same and all(map(same_constant, one, other))


def spec_of(value: Any, stager: "Stager") -> Spec:
    """The description of a value as it is."""
    if isinstance(value, StaleTensor):
        return StaleSpec(value.stale)
    maybe = maybe_none(value)
    if maybe is not None:
        known = stager.known(maybe.flag)
        if maybe.attribute is not None and not known:
            name = maybe.attribute[1]
            return MaybeSpec(name, maybe.spec) if known is None else UndefinedSpec(name)
        return OptionalSpec(maybe.spec) if known is None else maybe.spec if known else ConstantSpec(None)
    match value:
        case StagedTensor():
            return TensorSpec(value.value.aval, isinstance(value, StagedNumber))
        case Tensor():
            return TensorSpec(stager.lift_tensor(value).aval)
        case Never():
            return NeverSpec()
        case Undefined():
            return UndefinedSpec(value.name)
        case MaybeDefined():
            held = value.handle
            if isinstance(held, StaleTensor):
                return StaleSpec(held.stale)
            is_as_made = held is None or isinstance(held, Tensor)  # a container may have been changed in place
            return MaybeSpec(value.name, value.spec if is_as_made else spec_of(held, stager))
        case StageableList() if value.staged is not None:
            return ListSpec(value.staged.element)
        case StagedText():
            raise StagingError(
                "a text that contains values of the graph is made when the graph runs; it cannot be kept or returned",
                next_step="print it, or use it as the message of an `assert` or `raise`.",
            )
        case _:
            split = children(value) if value is not None else None
            if split is None:
                return ConstantSpec(value)
            node, items = split
            return ContainerSpec(node, tuple(spec_of(item, stager) for item in items))


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
        case TensorSpec(), TensorSpec():
            return _unify_tensors(a, b, join, path)
        case (TensorSpec() as tensor, ConstantSpec(value)) | (ConstantSpec(value), TensorSpec() as tensor):
            if type(value) not in NUMBERS:
                raise MismatchError(path, a, b)
            number = TensorSpec(scalar(of_scalar(value)), weak=True)
            return _unify_tensors(*((tensor, number) if a is tensor else (number, tensor)), join, path)
        case ConstantSpec(x), ConstantSpec(y) if type(x) in NUMBERS and type(y) in NUMBERS:
            return TensorSpec(scalar(np.result_type(of_scalar(x), of_scalar(y))), weak=True)
        case ListSpec(x), ListSpec(y):
            return ListSpec(y if x is None else x if y is None else unify(x, y, join, path + "[...]"))
        case ContainerSpec(), ContainerSpec() if a.node == b.node:
            return ContainerSpec(
                a.node,
                tuple(
                    unify(x, y, join, f"{path}{_step(a.node, key)}")
                    for x, y, key in zip(a.parts, b.parts, a.node.keys, strict=True)
                ),
            )
        case _:
            if _is_list(a) and _is_list(b):
                return unify(as_list(a, join, path), as_list(b, join, path), join, path)
            raise MismatchError(path, a, b)


def _is_list(spec: Spec) -> bool:
    return isinstance(spec, ListSpec) or (isinstance(spec, ContainerSpec) and issubclass(spec.node.kind, StageableList))


def as_list(spec: Spec, join: JoinDims, path: str = "") -> Spec:
    """The description of a Python list as a graph list."""
    if not isinstance(spec, ContainerSpec):
        return spec
    element: Spec | None = None
    for part in spec.parts:
        part = stageable(part)
        element = part if element is None else unify(element, part, join, path + "[...]")
    return ListSpec(element)


def stageable(spec: Spec) -> Spec:
    """Numbers as staged numbers: what an element of a graph list is."""
    if isinstance(spec, ConstantSpec) and type(spec.value) in NUMBERS:
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
        return strong
    if a.aval.dtype != b.aval.dtype or a.aval.ndim != b.aval.ndim:
        raise MismatchError(path, a, b)
    return TensorSpec(join_avals(a.aval, b.aval, join))


def _adapts(number: Aval, tensor: Aval) -> bool:
    order = "biufc"
    kind = tensor.dtype.kind if tensor.dtype.kind in order else "f"
    return order.index(number.dtype.kind) <= order.index(kind) and (kind == "b") == (number.dtype.kind == "b")


def join_avals(a: Aval, b: Aval, join: JoinDims) -> Aval:
    """Equal dims, and joins of those that differ."""
    dims: list[Dim] = [m if m == n else join(m, n) for m, n in zip(a.shape, b.shape, strict=True)]
    return Aval(a.dtype, tuple(dims))


def element_types(element: Spec) -> list[Type]:
    """The types of what an element of a graph list is made of. Where nothing of it is in the graph (a text, None) the
    list still knows how many there are: by a flag for each."""
    return types(element) or [scalar(bool_)]


def types(spec: Spec) -> list[Type]:
    """The types of the graph values that a value of this description is made of."""
    match spec:
        case TensorSpec(aval):
            return [aval]
        case ListSpec(element):
            return [] if element is None else [ListType(t) for t in element_types(element)]
        case ContainerSpec(_, parts):
            return [t for part in parts for t in types(part)]
        case MaybeSpec(_, inner):
            return [scalar(bool_), *(OptionalType(t) for t in types(inner))]
        case OptionalSpec(inner):
            return [scalar(bool_), *(OptionalType(t) for t in types(inner))]
        case ConstantSpec() | UndefinedSpec() | NeverSpec() | StaleSpec():
            return []


def pack(spec: Spec, value: Any, stager: "Stager") -> list[Value]:
    """The graph values of `value`, as a description that covers it asks for."""
    if isinstance(value, Never):  # nobody gets there: a value of the type, whatever it is
        b = stager.builder
        return [b.unwrap(b.none(type=t), name="") for t in types(spec)]
    if isinstance(spec, TensorSpec | ListSpec | ContainerSpec):
        value = present(value, "TypeError", "this value is None")
    match spec:
        case TensorSpec(aval, _):
            return [stager.cast_to(value, aval.dtype)]
        case ListSpec(element):
            return [] if element is None else stager.lists.pack(element, value)
        case ContainerSpec(_, parts):
            split = children(value)
            assert split is not None
            return [v for part, item in zip(parts, split[1], strict=True) for v in pack(part, item, stager)]
        case MaybeSpec(_, inner):
            return _pack_maybe(inner, value, stager)
        case OptionalSpec(inner):
            return _pack_optional(inner, value, stager)
        case ConstantSpec() | UndefinedSpec() | NeverSpec() | StaleSpec():
            return []


def _pack_maybe(inner: Spec, value: Any, stager: "Stager") -> list[Value]:
    b = stager.builder
    maybe = maybe_none(value)
    if maybe is not None and maybe.attribute is not None:
        value = MaybeDefined(maybe.attribute[1], maybe.flag, maybe.spec, maybe.values)
    if isinstance(value, Undefined):
        return [b.constant(False), *(b.none(type=t) for t in types(inner))]
    if isinstance(value, MaybeDefined) and value.handle is not None:
        held = maybe_none(value.handle)
        if held is None:
            return [value.flag, *(append_op(stager, "some", v) for v in pack(inner, value.handle, stager))]
        value = MaybeDefined(value.name, held.flag, held.spec, held.values)
    if not isinstance(value, MaybeDefined):
        return [b.constant(True), *(append_op(stager, "some", v) for v in pack(inner, value, stager))]
    if [str(t) for t in types(inner)] == [str(t) for t in types(value.spec)]:
        return [value.flag, *value.values]
    bare = unpack(value.spec, iter([append_op(stager, "unwrap", v, name="") for v in value.values]), stager)
    return [value.flag, *(append_op(stager, "some", v) for v in pack(inner, bare, stager))]


def _pack_optional(inner: Spec, value: Any, stager: "Stager") -> list[Value]:
    b = stager.builder
    maybe = maybe_none(value)
    known = value is not None if maybe is None else stager.known(maybe.flag)
    if known is False:
        return [b.constant(False), *(b.none(type=t) for t in types(inner))]
    if known:
        there = pack(inner, present(value, "TypeError", ""), stager)
        return [b.constant(True), *(append_op(stager, "some", v) for v in there)]
    assert maybe is not None
    if maybe.spec == inner:
        return [maybe.flag, *maybe.values]
    with stager.region("then") as then:
        stager.assume(((maybe.flag, True),))
        there = [then.some(v) for v in pack(inner, present(value, "TypeError", ""), stager)]
    with stager.region("else") as orelse:
        missing = [orelse.none(type=t) for t in types(inner)]
    regions, captured = close([then, orelse], [there, missing])
    return [maybe.flag, *b.append(lookup("cond"), (maybe.flag, *captured), {}, regions)]


def unpack(spec: Spec, values: Iterator[Value], stager: "Stager") -> Any:
    """The Python value made of the next graph values."""
    match spec:
        case TensorSpec(_, weak):
            return stager.handle(next(values), weak)
        case ListSpec():
            return stager.lists.unpack(spec, values)
        case ContainerSpec(node, parts):
            items = [unpack(part, values, stager) for part in parts]
            if issubclass(node.kind, StageableList):
                return stager.lists.display(items)
            made = rebuild(node, items)
            stager.cells.born(made)
            return made
        case MaybeSpec(name, inner):
            flag = next(values)
            wrapped = tuple(next(values) for _ in types(inner))
            is_tensor = isinstance(inner, TensorSpec) and not inner.weak
            handle = optional(MaybeNone(flag, inner, wrapped), OptionalTensor) if is_tensor else None
            made = MaybeDefined(name, flag, inner, wrapped, handle, stager.builder)
            stager.cells.born(made)
            return made
        case OptionalSpec(inner):
            maybe = MaybeNone(next(values), inner, tuple(next(values) for _ in types(inner)))
            if not isinstance(inner, TensorSpec):
                return optional(maybe, OptionalObject)
            return optional(maybe, OptionalNumber if inner.weak else OptionalTensor)
        case ConstantSpec(value):
            return value
        case UndefinedSpec(name):
            return Undefined(name)
        case NeverSpec():
            return Never()
        case StaleSpec(stale):
            return StaleTensor.made(stale)


def pack_all(specs: Sequence[Spec], values: Sequence[Any], stager: "Stager") -> list[Value]:
    """`pack` for several variables."""
    return [v for spec, value in zip(specs, values, strict=True) for v in pack(spec, value, stager)]


def unpack_all(specs: Sequence[Spec], values: Sequence[Value], stager: "Stager") -> list[Any]:
    """`unpack` for several variables."""
    rest = iter(values)
    return [unpack(spec, rest, stager) for spec in specs]
