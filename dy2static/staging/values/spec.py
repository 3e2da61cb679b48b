"""What a Python value is made of, as control flow sees it: which parts are graph values, which are ordinary.

`spec_of` describes a value, `unify` (see there) finds what covers two, `pack` turns a value into graph values of
a description, `unpack` makes a Python value of graph values. A cond or loop carries `types(spec)` for each variable.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from dy2static.errors import StagingError
from dy2static.staging.containers.lists import StageableList
from dy2static.staging.failures.never import Never
from dy2static.staging.objects.instances import Attributes, children, has_attributes, is_made, rebuild
from dy2static.staging.objects.leaks import without_leak
from dy2static.staging.objects.made import MadeSpec, all_of, changed
from dy2static.staging.objects.stale import Stale, StaleKind, made_stale, stale_kind, stale_of
from dy2static.staging.values.chosen import Chosen, index_of, is_chosen, options_of
from dy2static.staging.values.chosen_objects import leaving
from dy2static.staging.values.constants import same_constant
from dy2static.staging.values.maybe import MaybeDefined
from dy2static.staging.values.optional import (
    MaybeNone,
    OptionalNumber,
    OptionalObject,
    OptionalTensor,
    held_as_attribute,
    maybe_none,
    optional,
    present,
)
from dy2static.staging.values.staged import AdaptedTensor, StagedNumber, StagedTensor, type_text
from dy2static.staging.values.taped_ops import append_op
from dy2static.staging.values.text import Choice, StagedText
from dy2static.staging.values.text_choice import missing, one_of, optional_type, optional_value
from dy2static.staging.values.undefined import Undefined
from eager.pytree import Node
from eager.tensor import Tensor
from graph.aval import Aval, ListType, OptionalType, Type, scalar
from graph.dtypes import bool_, int64
from graph.errors import InternalError
from graph.ir.opdef import lookup
from graph.ir.regions import close
from graph.ir.value import Value

if TYPE_CHECKING:
    from dy2static.staging.stager import Stager


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """A tensor of the graph; `weak` marks a Python number, `adapted` what is one on some of the paths (see
    `AdaptedTensor`)."""

    aval: Aval
    weak: bool = False
    adapted: bool = False

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
        if type(self.value).__repr__ is object.__repr__ or is_made(self.value):
            return f"an object of class {type(self.value).__name__}"
        try:
            text = repr(self.value)
        except StagingError:  # it has values of the graph in it
            return f"an object of class {type(self.value).__name__}"
        return text if len(text) <= 40 else f"a {type(self.value).__name__}"


@dataclass(frozen=True, slots=True, eq=False)
class ObjectSpec(ConstantSpec):
    """An object of a plain class that the staged code made, outside of the block that is described. It stays itself
    where no other object comes to its place; where one does, it is taken apart, as the block left it in `left`."""

    left: Any

    def apart(self, stager: "Stager") -> "Spec":
        """What it is made of."""
        return _described(self.left, stager)


@dataclass(frozen=True, slots=True)
class ChoiceSpec:
    """One of several ordinary values, by its place among them; of texts, some may have values of the graph in them."""

    parts: "tuple[ConstantSpec | TextSpec, ...]"

    def __str__(self) -> str:
        *others, last = map(str, self.parts)
        shown = others if len(others) < 3 else [*others[:2], "..."]
        return f"{', '.join(shown)} or {last}"


@dataclass(frozen=True, slots=True)
class TextSpec:
    """A text that is made when it leaves a run: pieces, with the texts of values between them, each in its form."""

    pieces: tuple[str, ...]
    forms: tuple[str, ...]
    kinds: tuple[Type, ...]

    def __str__(self) -> str:
        return "a text that contains values of the graph"


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
        inner = map(str, self.parts)
        if isinstance(self.node.aux, Attributes):
            inner = (f"{name}={part}" for name, part in zip(self.node.keys, self.parts, strict=True))
        return f"{self.node.kind.__name__}({', '.join(inner)})"


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


@dataclass(frozen=True, slots=True)
class StaleSpec:
    """A value that cannot be used any more."""

    stale: Stale = field(compare=False)
    kind: StaleKind = field(compare=False)

    def __str__(self) -> str:
        return "what another name changes in place"


Spec = (
    NeverSpec
    | TensorSpec
    | ConstantSpec
    | ChoiceSpec
    | TextSpec
    | ListSpec
    | ContainerSpec
    | MaybeSpec
    | OptionalSpec
    | UndefinedSpec
    | StaleSpec
    | MadeSpec
)


def spec_of(value: Any, stager: "Stager") -> Spec:
    """The description of a value as it is."""
    if stale := stale_of(value):
        return StaleSpec(stale, stale_kind(value))
    maybe = maybe_none(value)
    if maybe is not None:
        known, inner = stager.known(maybe.flag), _of_now(maybe.spec, stager)
        if maybe.attribute is not None and not known:
            name = maybe.attribute[1]
            return MaybeSpec(name, inner) if known is None else UndefinedSpec(name)
        return OptionalSpec(inner) if known is None else inner if known else ConstantSpec(None)
    match value:
        case StagedTensor():
            return TensorSpec(value.graph_value.aval, isinstance(value, StagedNumber), isinstance(value, AdaptedTensor))
        case Tensor():
            return TensorSpec(stager.lift_tensor(value).aval)
        case Never():
            return NeverSpec()
        case Undefined():
            return UndefinedSpec(value.name)
        case MaybeDefined():
            held = value.handle
            if stale := stale_of(held):
                return StaleSpec(stale, stale_kind(held))
            is_as_made = held is None or isinstance(held, Tensor)  # a container may have been changed in place
            return MaybeSpec(value.name, _of_now(value.spec, stager) if is_as_made else spec_of(held, stager))
        case StageableList() if value.staged is not None:
            return ListSpec(value.staged.element)
        case StagedText():
            return text_spec(value) if value.choice is None else value.choice.spec
        case Chosen():
            return ChoiceSpec(tuple(map(ConstantSpec, leaving(value))))
        case _:
            found = stager.cells.there(value)
            return _described(value, stager) if found is None else ObjectSpec(found, value)


def text_spec(text: StagedText) -> TextSpec:
    """The description of a text with all that is in it."""
    return TextSpec(tuple(text.parts), tuple(text.forms), tuple(v.type for v in text.values))


def _described(value: Any, stager: "Stager") -> Spec:
    split = children(value)
    if split is None:
        return ConstantSpec(value)
    node, items = split
    return ContainerSpec(node, tuple(spec_of(item, stager) for item in items))


def _of_now(spec: Spec, stager: "Stager") -> Spec:
    """The description, made in a block that may have ended, with the objects taken apart that were made in it."""

    def settled(part: Spec) -> Spec:
        is_gone = isinstance(part, ObjectSpec) and stager.cells.there(part.value) is None
        return apart(part, stager) if is_gone else part

    return changed(spec, settled)


def apart(spec: Spec, stager: "Stager") -> Spec:
    """The description with all objects taken apart that would stay themselves, as elements of graph lists are."""
    return changed(spec, lambda part: apart(part.apart(stager), stager) if isinstance(part, ObjectSpec) else part)


def as_it_is(spec: Spec) -> Spec:
    """The description with objects that stay themselves as they are, and no longer as a block left them."""
    return changed(spec, lambda part: ObjectSpec(part.value, part.value) if isinstance(part, ObjectSpec) else part)


def as_left(spec: Spec) -> Spec:
    """The description for taking apart what it is of: each object as a block left it."""
    return changed(spec, lambda part: ConstantSpec(part.left) if isinstance(part, ObjectSpec) else part)


def element_types(element: Spec) -> list[Type]:
    """The types of what an element of a graph list is made of. Where nothing of it is in the graph (a text, None) the
    list still knows how many there are: by a flag for each."""
    return types(element) or [scalar(bool_)]


def types(spec: Spec) -> list[Type]:
    """The types of the graph values that a value of this description is made of."""
    match spec:
        case TensorSpec(aval):
            return [aval]
        case ChoiceSpec(parts):
            return [scalar(int64), *(optional_type(t) for part in parts for t in types(part))]
        case TextSpec():
            return [*spec.kinds]
        case ListSpec(element):
            return [] if element is None else [ListType(t) for t in element_types(element)]
        case ContainerSpec(_, parts):
            return [t for part in parts for t in types(part)]
        case MaybeSpec(_, inner):
            return [scalar(bool_), *(OptionalType(t) for t in types(inner))]
        case OptionalSpec(inner):
            return [scalar(bool_), *(OptionalType(t) for t in types(inner))]
        case MadeSpec():
            return [] if spec.inner is None else types(spec.inner)
        case ConstantSpec() | UndefinedSpec() | NeverSpec() | StaleSpec():
            return []


def keeps_places(before: Spec, after: Spec) -> bool:
    """Whether each value that the graph chooses has, among those that the other description knows, the same place."""
    pairs = [(a, b) for a, b in zip(all_of(before), all_of(after), strict=False) if isinstance(a, ChoiceSpec)]
    return all(isinstance(b, ChoiceSpec) and a.parts == b.parts[: len(a.parts)] for a, b in pairs)


def pack(spec: Spec, value: Any, stager: "Stager") -> list[Value]:
    """The graph values of `value`, as a description that covers it asks for."""
    if isinstance(value, Never):  # nobody gets there: a value of the type, whatever it is
        b = stager.builder
        return [b.unwrap(b.none(type=t), name="") for t in types(spec)]
    if isinstance(spec, TensorSpec | ListSpec | ContainerSpec | ChoiceSpec):
        value = present(value, "TypeError", "this value is None")
    match spec:
        case TensorSpec(aval, _):
            return [stager.cast_to(value, aval.dtype)]
        case ChoiceSpec(parts):
            return _pack_choice(parts, value, stager)
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
        case ConstantSpec() | UndefinedSpec() | NeverSpec() | StaleSpec() | MadeSpec():
            return []
        case TextSpec():
            return list(cast(StagedText, value).values)


def _pack_choice(parts: Sequence[ConstantSpec | TextSpec], value: Any, stager: "Stager") -> list[Value]:
    """The place of a value among these, where it may be one of fewer in another order, and the values in texts."""
    b = stager.builder
    index: Value | None = None
    held: dict[ConstantSpec | TextSpec, tuple[Value, ...]] = {}
    own: Sequence[ConstantSpec | TextSpec]
    if isinstance(value, StagedText):
        choice = value.choice
        if choice is None:
            own = (text_spec(value),)
            held[own[0]] = tuple(optional_value(stager, v) for v in value.values)
        else:
            own, index = choice.spec.parts, choice.index
            held.update(zip(own, choice.values, strict=True))
    elif is_chosen(value):
        own, index = [ConstantSpec(option) for option in options_of(value)], index_of(value).graph_value
    else:
        own = (ConstantSpec(value),)
    places = [parts.index(part) for part in own]
    found = b.constant(places[0], int64) if index is None else index
    if index is not None:
        for i, place in enumerate(places):
            if i != place:
                found = b.where(b.eq(index, i), b.constant(place, int64), found)
    return [found, *(v for part in parts for v in held.get(part) or [missing(stager, t) for t in types(part)])]


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
    if [str(t) for t in types(inner)] == [str(t) for t in types(value.spec)] and keeps_places(value.spec, inner):
        return [value.flag, *value.values]
    whole = {append_op(stager, "unwrap", v, name=""): v for v in value.values}
    bare = unpack(as_left(value.spec), iter(whole), stager)
    return [value.flag, *(whole[v] if v in whole else append_op(stager, "some", v) for v in pack(inner, bare, stager))]


def _pack_optional(inner: Spec, value: Any, stager: "Stager") -> list[Value]:
    b = stager.builder
    maybe = maybe_none(value)
    if maybe is not None and maybe.spec != inner:
        maybe = replace(maybe, spec=as_left(maybe.spec))
        value = optional(maybe, cast("type[Any]", type(value)))
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
        case TensorSpec(_, weak, adapted):
            made = stager.handle(next(values), weak)
            return AdaptedTensor.made(made) if adapted else made
        case ChoiceSpec(parts):
            return _unpack_choice(spec, next(values), [tuple(islice(values, len(types(x)))) for x in parts], stager)
        case ListSpec():
            return stager.lists.unpack(spec, values)
        case ContainerSpec(node, parts):
            cls = cast("type[Any]", node.kind)
            items = [unpack(part, values, stager) for part in parts]
            if issubclass(cls, StageableList):
                return stager.lists.display(items)
            if has_attributes(node):
                items = [held_as_attribute(cls, name, x) for name, x in zip(node.keys, items, strict=True)]
            made = rebuild(node, items)
            stager.cells.made(made)
            return made
        case MaybeSpec(name, inner):
            flag, inner = next(values), as_it_is(inner)
            wrapped = tuple(next(values) for _ in types(inner))
            is_tensor = isinstance(inner, TensorSpec) and not inner.weak
            handle = optional(MaybeNone(flag, inner, wrapped), OptionalTensor) if is_tensor else None
            made = MaybeDefined(name, flag, inner, wrapped, handle, stager.builder)
            stager.cells.born(made)
            return made
        case OptionalSpec(inner):
            maybe = MaybeNone(next(values), as_it_is(inner), tuple(next(values) for _ in types(inner)))
            if not isinstance(inner, TensorSpec):
                return optional(maybe, OptionalObject)
            return optional(maybe, OptionalNumber if inner.weak else OptionalTensor)
        case ConstantSpec(value):
            return without_leak(value, stager)
        case UndefinedSpec(name):
            return Undefined(name)
        case NeverSpec():
            return Never()
        case StaleSpec(stale, kind):
            stager.cells.born(made := made_stale(kind, stale))
            return made
        case TextSpec(pieces, forms):
            text = StagedText(pieces[0])
            for form, piece in zip(forms, pieces[1:], strict=True):
                text.add_form(next(values), form)
                text.add(piece)
            return text
        case MadeSpec():
            raise InternalError("what a run makes is not there while it is staged")


def _unpack_choice(spec: ChoiceSpec, index: Value, held: Sequence[tuple[Value, ...]], stager: "Stager") -> Any:
    constants = [without_leak(part.value, stager) for part in spec.parts if isinstance(part, ConstantSpec)]
    if len(constants) == len(spec.parts):
        return Chosen(constants, StagedNumber.of(index))
    alternatives = [
        (part.pieces, part.forms, x) if isinstance(part, TextSpec) else ((cast(str, part.value),), (), ())
        for part, x in zip(spec.parts, held, strict=True)
    ]
    text = one_of(alternatives, index)
    text.choice = Choice(spec, index, tuple(held))
    return text


def pack_all(specs: Sequence[Spec], values: Sequence[Any], stager: "Stager") -> list[Value]:
    """`pack` for several variables."""
    return [v for spec, value in zip(specs, values, strict=True) for v in pack(spec, value, stager)]


def unpack_all(specs: Sequence[Spec], values: Sequence[Value], stager: "Stager") -> list[Any]:
    """`unpack` for several variables."""
    rest = iter(values)
    return [unpack(spec, rest, stager) for spec in specs]
