"""Values of a model: tensors, and what lists and values that may be missing are made of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dy2static.errors import ExportError
from graph.aval import Aval, ListType, OptionalType, Shape, Type
from graph.dtypes import DType, bool_, is_complex
from graph.errors import InternalError


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """A tensor of the model, by name. `known` is its type in the graph; a step on the way to one has none."""

    name: str
    dtype: DType
    known: Aval | None = None

    @property
    def type(self) -> Aval:
        if self.known is None:
            raise InternalError(f"the shape of {self.name!r}, a step of a rule, is asked for")
        return self.known

    @property
    def shape(self) -> Shape:
        return self.type.shape

    @property
    def ndim(self) -> int:
        return self.type.ndim


@dataclass(frozen=True, slots=True, eq=False)
class TensorList:
    """A sequence of tensors of one dtype, as ONNX has it."""

    name: str
    dtype: DType


@dataclass(frozen=True, slots=True, eq=False)
class List:
    """A list: a sequence for each tensor that its elements are made of, all of one length."""

    type: ListType
    parts: tuple[TensorList, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Optional:
    """A flag, and the value; where the flag is false, some value of the type."""

    type: OptionalType
    flag: Tensor
    value: "Handle"


Handle = Tensor | List | Optional
Part = Tensor | TensorList


def parts_of(x: "Handle | TensorList") -> Iterator[Part]:
    """The tensors and sequences that a value is made of, in order."""
    match x:
        case Tensor() | TensorList():
            yield x
        case List():
            yield from x.parts
        case Optional():
            yield x.flag
            yield from parts_of(x.value)


@dataclass(frozen=True, slots=True)
class PartType:
    """What a value of a graph type has for a part."""

    dtype: DType
    is_sequence: bool = False


def part_types(t: Type) -> Iterator[PartType]:
    """The parts of a value of a type. Raises: ExportError for what no model can hold."""
    match t:
        case Aval():
            if is_complex(t.dtype):
                raise ExportError(
                    f"{t} has no form in ONNX: ONNX Runtime has no complex numbers",
                    next_step="compute with the real and the imaginary part.",
                )
            yield PartType(t.dtype)
        case OptionalType():
            yield PartType(bool_)
            yield from part_types(t.element)
        case ListType():
            for part in part_types(t.element):
                if part.is_sequence:
                    raise ExportError(
                        f"{t} has no form in ONNX: a sequence holds tensors",
                        next_step="keep one list, and another of the places where each part begins.",
                    )
                yield PartType(part.dtype, is_sequence=True)


def made_of(t: Type, names: Sequence[str]) -> Handle:
    """The value of a type whose parts have these names."""
    rest = iter(names)
    made = _made_of(t, rest)
    if next(rest, None) is not None:
        raise InternalError(f"more parts than {t} has")
    return made


def _made_of(t: Type, names: Iterator[str]) -> Handle:
    match t:
        case Aval():
            return Tensor(next(names), t.dtype, t)
        case OptionalType():
            return Optional(t, Tensor(next(names), bool_, Aval(bool_, ())), _made_of(t.element, names))
        case ListType():
            return List(t, tuple(TensorList(next(names), part.dtype) for part in part_types(t)))


def retyped(x: Handle, t: Type) -> Handle:
    """The same value under another type of the graph."""
    return made_of(t, [part.name for part in parts_of(x)])
