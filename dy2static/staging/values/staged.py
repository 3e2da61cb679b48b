"""Values known only when the graph runs: staged tensors, and staged Python numbers."""

from typing import TYPE_CHECKING, Any, ClassVar, Final, NoReturn, TypeVar, cast

from dy2static.errors import StagingError
from dy2static.staging.locate import user_location
from dy2static.staging.values.number_attributes import bind
from dy2static.staging.values.shown import mark_of
from eager.dispatch import apply
from eager.mutation import fitted
from eager.operators import BINARY, COMPARE, UNARY
from eager.recorder import active
from eager.tensor import Tensor
from graph.aval import Aval, Type
from graph.dtypes import DType
from graph.errors import InternalError
from graph.ir.opdef import lookup
from graph.ir.value import Value

if TYPE_CHECKING:
    from dy2static.staging.stager import Stager


S = TypeVar("S", bound="StagedTensor")


def current() -> "Stager | None":
    """The stager that is building a graph in this context."""
    recorder = active()
    return recorder if getattr(recorder, "is_stager", False) else None  # pyright: ignore[reportReturnType]


def the_stager() -> "Stager":
    """The stager; a staged value that is used outside of one has leaked from its graph."""
    stager = current()
    if stager is None:
        raise InternalError(
            "a staged value is used outside of the function that was being staged; return it instead of storing it"
        )
    return stager


class StagedTensor(Tensor):
    """A handle to a value of the graph under construction. As with every tensor, storing into it replaces the value."""

    __slots__ = ()

    may_be_none: ClassVar[bool] = False
    """Its operators are asked first, also as the right operand: they know what Python says of None."""

    @staticmethod
    def of(value: Value) -> "StagedTensor":
        """A new handle."""
        return _handle(StagedTensor, value)

    @property
    def graph_value(self) -> Value:
        """The graph value that the handle holds now. Named as no attribute of a user's is: programs ask by these what
        an object is."""
        return self._data

    @property
    def shape(self) -> tuple[Any, ...]:
        """Sizes: ints, and staged integers where a size is known only at run time."""
        dims = self.graph_value.shape
        if all(type(d) is int for d in dims):
            return dims
        return the_stager().sizes_of(self.graph_value)

    @property
    def ndim(self) -> int:
        return self.graph_value.ndim

    @property
    def dtype(self) -> DType:
        return self.graph_value.dtype

    @property
    def aval(self) -> Aval:
        return self.graph_value.aval

    def __repr__(self) -> str:
        return mark_of(self, "r", shown=f"<staged {self.graph_value.type}>")

    def __str__(self) -> str:
        return mark_of(self, "")

    def __format__(self, spec: str) -> str:
        return mark_of(self, "", spec)


StagedTensor.__name__ = Tensor.__name__  # Python's messages name the class of an operand


def _handle(cls: type[S], value: Value) -> S:
    made = cls.__new__(cls)
    made._data = value  # pyright: ignore[reportPrivateUsage]
    made._link = None  # pyright: ignore[reportPrivateUsage]
    return made


class StagedNumber(StagedTensor):
    """A Python bool, int, float or complex that is known only when the graph runs.

    It is weak in promotion (NEP 50), its operators mean what they mean on Python numbers, and where it leaves the graph
    it is a Python number again. Ints are 64 bits wide.
    """

    __slots__ = ()

    stands_for_number = True

    @staticmethod
    def of(value: Value) -> "StagedNumber":
        return _handle(OF_KIND[value.dtype.kind], value)


class StagedStructure(StagedTensor):
    """A handle to a graph list, or to a value that may be missing. Only the tape sees it, and sums it up."""

    __slots__ = ()

    @staticmethod
    def of(value: Value) -> "StagedStructure":
        return _handle(StagedStructure, value)

    @property
    def shape(self) -> tuple[()]:
        return ()

    @property
    def ndim(self) -> int:
        return 0

    @property
    def dtype(self) -> DType:
        """That of the tensors in it."""
        inner = self.graph_value.type
        while not isinstance(inner, Aval):
            inner = inner.element
        return inner.dtype


NUMBERS: Final = (bool, int, float, complex)
PYTHON_NUMBERS: Final[dict[str, type]] = {"b": bool, "i": int, "f": float, "c": complex}
"""By kind of dtype."""
OF_KIND: Final[dict[str, type[StagedNumber]]] = {
    kind: type(f"Staged{number.__name__.title()}", (StagedNumber,), {"__slots__": ()})
    for kind, number in PYTHON_NUMBERS.items()
}
"""The classes of staged numbers differ in name only: Python's messages name the class of an operand."""


def is_staged(value: Any) -> bool:
    """Whether a value is known only when the graph runs."""
    return isinstance(value, StagedTensor)


def is_number(value: Any) -> bool:
    """A Python number, ordinary or staged."""
    return isinstance(value, (*NUMBERS, StagedNumber))


def may_be_none(value: Any) -> bool:
    """Whether a value is None on some paths."""
    return getattr(cast("type[Any]", type(value)), "may_be_none", False)


def _number_operator(op: str, *, reflected: bool = False) -> Any:
    def operator(self: StagedNumber, other: Any) -> Any:
        if may_be_none(other):
            return NotImplemented
        if is_number(other):
            stager = the_stager()
            return stager.number_op(op, other, self) if reflected else stager.number_op(op, self, other)
        if isinstance(other, Tensor) and not isinstance(other, AdaptedTensor):
            return apply(lookup(op), other, self) if reflected else apply(lookup(op), self, other)
        return NotImplemented

    return operator


def _matrix_product(name: str) -> Any:
    of_tensors = getattr(StagedTensor, name)

    def operator(self: StagedNumber, other: Any) -> Any:
        return NotImplemented if is_number(other) else of_tensors(self, other)

    return operator


def _number_unary(op: str) -> Any:
    def operator(self: StagedNumber) -> Any:
        return the_stager().number_op(op, self)

    return operator


def _no_hash(self: StagedNumber) -> NoReturn:
    error = StagingError(
        "a number that is known only when the graph runs cannot be a key of a dict or an element of a set",
        next_step="keep the values in a list or a tensor, and index it.",
        loc=user_location(),
    )
    error.is_of_index = True
    raise error


for _name, _op in {
    "add": "add",
    "sub": "sub",
    "mul": "mul",
    "truediv": "div",
    "floordiv": "floor_div",
    "mod": "mod",
    "pow": "pow",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "lshift": "shift_left",
    "rshift": "shift_right",
}.items():
    setattr(StagedNumber, f"__{_name}__", _number_operator(_op))
    setattr(StagedNumber, f"__r{_name}__", _number_operator(_op, reflected=True))
    setattr(StagedNumber, f"__i{_name}__", _number_operator(_op))
for _name in ("__matmul__", "__rmatmul__"):
    setattr(StagedNumber, _name, _matrix_product(_name))
for _op in ("lt", "le", "gt", "ge", "eq", "ne"):
    setattr(StagedNumber, f"__{_op}__", _number_operator(_op))
for _name, _op in {"neg": "neg", "abs": "abs", "invert": "bitwise_invert", "pos": "positive"}.items():
    setattr(StagedNumber, f"__{_name}__", _number_unary(_op))
StagedNumber.__hash__ = _no_hash  # pyright: ignore[reportAttributeAccessIssue]
for _kind, _class in OF_KIND.items():
    bind(_class, PYTHON_NUMBERS[_kind])


class AdaptedTensor(StagedTensor):
    """A tensor that eager code has as a Python number on some of the paths that lead here.

    Python's operators give such a thing again where the other operand is a number too. Their in-place forms make
    something new of a number, and change a tensor: here they make something new, and the old one can no longer be used.
    """

    __slots__ = ()

    @staticmethod
    def made(handle: StagedTensor) -> "AdaptedTensor":
        """A new handle of the value of another."""
        made = _handle(AdaptedTensor, handle.graph_value)
        made._link = handle._link
        return made


AdaptedTensor.__name__ = Tensor.__name__


def _adapted_operator(name: str) -> Any:
    plain = getattr(StagedTensor, name)

    def operator(self: AdaptedTensor, *others: Any) -> Any:
        if any(map(may_be_none, others)):
            return NotImplemented
        made = plain(self, *others)
        is_of_numbers = all(is_number(x) or isinstance(x, AdaptedTensor) for x in others)
        return AdaptedTensor.made(made) if is_of_numbers and made is not NotImplemented else made

    return operator


def _adapted_in_place(name: str, symbol: str) -> Any:
    def operator(self: AdaptedTensor, other: Any) -> Any:
        new = getattr(self, f"__{name}__")(other)
        if new is NotImplemented:
            return new
        made: Any = fitted(self, new, f"{symbol}=")
        the_stager().give_up(self)
        return AdaptedTensor.made(made) if isinstance(new, AdaptedTensor) else made

    return operator


for _name, (_, _symbol) in BINARY.items():
    setattr(AdaptedTensor, f"__{_name}__", _adapted_operator(f"__{_name}__"))
    setattr(AdaptedTensor, f"__r{_name}__", _adapted_operator(f"__r{_name}__"))
    setattr(AdaptedTensor, f"__i{_name}__", _adapted_in_place(_name, _symbol))
for _name in (*COMPARE, *UNARY, "pos"):
    setattr(AdaptedTensor, f"__{_name}__", _adapted_operator(f"__{_name}__"))
AdaptedTensor.__hash__ = StagedTensor.__hash__


def staged(value: Value, weak: bool = False) -> StagedTensor:
    """A handle to a graph value; a staged Python number when `weak`."""
    if not isinstance(value.type, Aval):
        return StagedStructure.of(value)
    return StagedNumber.of(value) if weak else StagedTensor.of(value)


def type_text(t: Type, weak: bool = False) -> str:
    """A type for messages; Python numbers by their Python names."""
    if weak and isinstance(t, Aval):
        return {"b": "a Python bool", "i": "a Python int", "f": "a Python float", "c": "a Python complex"}[t.dtype.kind]
    return str(t)
