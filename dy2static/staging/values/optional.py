"""Values that are None on some paths.

What Python's None does where a value is used, such a value does too: a TypeError or AttributeError with Python's text,
raised when the graph runs and gets there. A test for None is a test of the graph; behind it the value is what the test
says, and needs no check.
"""

import operator
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

import numpy as np

from dy2static.errors import StagingError
from dy2static.staging.locate import is_users, user_location
from dy2static.staging.objects.cells import AttributeCell, Cell, put_value
from dy2static.staging.objects.instances import children
from dy2static.staging.values.comparisons import COMPARISONS, TURNED, no_order
from dy2static.staging.values.maybe import MaybeDefined, unwrapped
from dy2static.staging.values.number_attributes import attribute_of
from dy2static.staging.values.optional_written_out import is_equal, is_unequal
from dy2static.staging.values.python_values import refuse
from dy2static.staging.values.shown import mark_of
from dy2static.staging.values.staged import PYTHON_NUMBERS, AdaptedTensor, StagedNumber, StagedTensor, the_stager
from eager.tensor import Tensor
from graph.errors import InternalError
from graph.ir.value import Value

if TYPE_CHECKING:
    from dy2static.staging.values.spec import Spec


@dataclass(frozen=True, slots=True, eq=False)
class MaybeNone:
    """`flag` says whether there is a value; `values` are optionals of the graph values that `spec` is made of."""

    flag: Value
    spec: "Spec"
    values: tuple[Value, ...]
    attribute: tuple[str, str] | None = None
    """The class and the name, of an attribute that is set on some paths only: where it is not, it is missing."""


NOTHING: Final = object()


def maybe_none(value: Any) -> MaybeNone | None:
    """What is known of a value that is None on some paths; None for all other values."""
    if isinstance(value, STAGED_OPTIONALS):
        return cast(MaybeNone, value._data)  # pyright: ignore[reportPrivateUsage]
    return object.__getattribute__(value, "_data") if type(value) is OptionalObject else None


def present(value: Any, error: str, text: str) -> Any:
    """The value, where it may be None: the graph raises the built-in exception `error` with `text` when it is. Other
    values as they are."""
    maybe = maybe_none(value)
    if maybe is None:
        return value
    stager = the_stager()
    b = stager.builder
    b.loc = user_location()
    known = stager.known(maybe.flag)
    if maybe.attribute is not None:
        error, text = "AttributeError", f"{maybe.attribute[0]!r} object has no attribute {maybe.attribute[1]!r}"
    if known is False:
        stager.raise_in_graph({"TypeError": TypeError, "AttributeError": AttributeError}[error], (text,))
    if known is None:
        b.check(maybe.flag, error=error, parts=(text,), forms=())
    found = stager.unpack(maybe.spec, unwrapped(stager, maybe.values, "value"))
    return found if is_the_object(maybe.spec, found) else stager.sharing.read_optional(value, found)


def is_the_object(spec: "Spec", value: Any) -> bool:
    """Whether what was made of a description is an object that was there, and not one made for it."""
    return getattr(spec, "value", NOTHING) is value


def optional(maybe: MaybeNone, kind: type[Any]) -> Any:
    """The Python value that stands for it: `kind` is OptionalTensor, OptionalNumber or OptionalObject."""
    made: Any = object.__new__(kind)
    object.__setattr__(made, "_data", maybe)
    if kind is not OptionalObject:
        made._link = None
    return made


def held_by(cell: Cell, value: Any) -> Any:
    """What a cell holds after paths of which some have set it: reading an attribute that is missing is an error."""
    if not isinstance(cell, AttributeCell):
        return value
    return held_as_attribute(cast("type[Any]", type(cell.owner)), cell.name, value)


def held_as_attribute(cls: type[Any], name: str, value: Any) -> Any:
    """The same of an attribute of an object of this class."""
    if not isinstance(value, MaybeDefined):
        return value
    names = (cls.__name__, name)
    kind = OptionalObject if value.handle is None else OptionalTensor
    return optional(MaybeNone(value.flag, value.spec, value.values, names), kind)


def _used(value: Any) -> Any:
    """The value, for code that is given it: a library function, for one."""
    return present(value, "TypeError", "NoneType of object cannot become a tensor")


OWN: Final = frozenset({"__class__", "__copy__", "__deepcopy__", "__reduce_ex__", "may_be_none"})
OF_TENSORS: Final = frozenset({"_alias", "_data", "_link", "_name", "graph_value"})
"""What those that are handles have of tensors; an object of the user's may have its own attributes of these names."""


def _attribute(self: Any, name: str) -> Any:
    if name in OWN or (name in OF_TENSORS and type(self) is not OptionalObject):
        return object.__getattribute__(self, name)
    caller = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    if name.startswith("__") or not is_users(caller.f_code.co_filename):
        return getattr(_used(self), name)
    owner = present(self, "AttributeError", f"'NoneType' object has no attribute {name!r}")
    return attribute_of(owner, name) if isinstance(owner, StagedNumber) else getattr(owner, name)


class OptionalTensor(StagedTensor):
    """A tensor or None."""

    __slots__ = ()

    may_be_none = True

    def __copy__(self) -> "OptionalTensor":
        return optional(self._data, OptionalTensor)

    def __deepcopy__(self, memo: dict[int, Any]) -> "OptionalTensor":
        return optional(self._data, OptionalTensor)

    @property
    def graph_value(self) -> Value:
        """The graph value, where there is one."""
        return _used(self).graph_value


class OptionalNumber(StagedNumber):
    """A Python number or None."""

    __slots__ = ()

    may_be_none = True

    def __copy__(self) -> "OptionalNumber":
        return optional(self._data, OptionalNumber)

    def __deepcopy__(self, memo: dict[int, Any]) -> "OptionalNumber":
        return optional(self._data, OptionalNumber)

    @property
    def graph_value(self) -> Value:
        """The graph value, where there is one."""
        return _used(self).graph_value


class OptionalObject:
    """Any other value or None: a container, a list of the graph, an ordinary value."""

    __slots__ = ("__weakref__", "_data")

    may_be_none = True


STAGED_OPTIONALS: Final = (OptionalTensor, OptionalNumber)
BUILT_IN: Final = (int, float, complex, str, bytes, list, tuple, dict, set, frozenset, np.ndarray, type(None))


def kind_of(value: Any) -> str:
    """The name that Python's messages have for the class of a value."""
    maybe = maybe_none(value)
    if isinstance(value, StagedNumber):
        return PYTHON_NUMBERS[(value if maybe is None else cast(Any, maybe.spec).aval).dtype.kind].__name__
    return "Tensor" if isinstance(value, Tensor) else type(value).__name__


def _operands(self: Any, other: Any, text: Callable[[str, str], str]) -> tuple[Any, Any]:
    """Both operands of an operator, of which the second may be None too: where one is, the graph raises TypeError with
    the `text` for the names of their classes."""
    mine, its = maybe_none(self), maybe_none(other)
    if mine is not None and its is not None and mine.attribute is None and its.attribute is None:
        stager = the_stager()
        if not (stager.known(mine.flag) or stager.known(its.flag)):
            b = stager.builder
            b.loc = user_location()
            either = b.logical_or(mine.flag, its.flag)
            b.check(either, error="TypeError", parts=(text("NoneType", "NoneType"),), forms=())
    own = present(self, "TypeError", text("NoneType", kind_of(other)))
    return own, present(other, "TypeError", text(kind_of(own), "NoneType"))


def _applied(left: Any, right: Any, name: str, text: str) -> Any:
    """What the method `name` of the left operand says, else the reflected one of the right. Where neither takes the
    other, the graph raises TypeError with the text: Python's would name our classes."""
    turned = f"__{TURNED[name]}__" if name in TURNED else f"__r{name}__"
    for x, method, y in ((left, f"__{name}__", right), (right, turned, left)):
        cls = cast("type[Any]", type(x))
        try:
            found = getattr(cls, method)(x, y) if hasattr(cls, method) else NotImplemented
        except TypeError as error:  # behind the check for None
            its_kind = cast("type[Any]", type(y)).__name__
            the_stager().raise_in_graph(TypeError, (str(error).replace(its_kind, kind_of(y)),))
        if found is not NotImplemented:
            return found
    the_stager().raise_in_graph(TypeError, (text,))


def _binary(name: str, symbol: str, *, reflected: bool = False) -> Callable[[Any, Any], Any]:
    apply = getattr(operator, f"{name}_" if name in ("and", "or") else name)

    def method(self: Any, other: Any) -> Any:
        def text(mine: str, its: str) -> str:
            if mine == "NoneType" and isinstance(other, BUILT_IN):
                return _python_says(apply, *((other, None) if reflected else (None, other)))
            left, right = (its, mine) if reflected else (mine, its)
            return f"unsupported operand type(s) for {symbol}: {left!r} and {right!r}"

        own, its = _operands(self, other, text)
        return _applied(*((its, own) if reflected else (own, its)), name, text(kind_of(own), kind_of(its)))

    return method


def _python_says(apply: Callable[[Any, Any], Any], left: Any, right: Any) -> str:
    """The text of the error that an operator raises, as one operand is None."""
    try:
        apply(left, right)
    except TypeError as error:
        return str(error)
    raise InternalError(f"an operator of Python's takes {left!r} and {right!r}")


def _in_place(name: str, symbol: str) -> Callable[[Any, Any], Any]:
    apply = getattr(operator, f"i{name}")

    def method(self: Any, other: Any) -> Any:
        text = f"unsupported operand type(s) for {symbol}: 'NoneType' and {kind_of(other)!r}"
        if not isinstance(self, OptionalTensor):
            return apply(changeable(self, "TypeError", text), other)
        own = present(self, "TypeError", text)
        if isinstance(own, AdaptedTensor):
            the_stager().give_up(self)
            return apply(own, other)
        return _put(self, apply(own, other))

    return method


def _put(handle: OptionalTensor, value: Any) -> OptionalTensor:
    """Store into a tensor that is there: all its names see it."""
    the_stager().cells.touch_tensor(handle)
    put_value(handle, value)
    return handle


def _set_item(self: Any, key: Any, value: Any) -> None:
    own = changeable(self, "TypeError", "'NoneType' object does not support item assignment")
    own[key] = value
    if isinstance(self, OptionalTensor):
        _put(self, own)


def changeable(value: Any, error: str, text: str) -> Any:
    """As `present`, of an object that is about to be changed in place.

    Raises: StagingError for a container: what the graph holds of it are values, its other names would not see it.
    """
    own = present(value, error, text)
    if type(value) is not OptionalObject or is_the_object(cast(MaybeNone, maybe_none(value)).spec, own):
        return own
    if children(own) is not None:
        raise StagingError(
            "a container is changed in place here, and on some paths it is None",
            next_step="build a new one with the change in it, or test for None outside of the converted function.",
            loc=user_location(),
        )
    return own


def in_order(name: str, a: Any, b: Any) -> Any:
    """`a < b` ("lt"), `a > b` and so on, asked of the left operand. Python asks the right one first where only that
    may be None, and then an error names the operator that the caller did not write."""
    own, other = _operands(a, b, lambda mine, its: no_order(name, mine, its))
    return getattr(operator, name)(own, other)


def _comparison(name: str) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        def text(mine: str, its: str) -> str:
            return no_order(name, mine, its)

        own, its = _operands(self, other, text)
        return _applied(own, its, name, text(kind_of(own), kind_of(its)))

    return method


def _equal(self: Any, other: Any) -> Any:
    return the_stager().call(is_equal, (self, other), {})


def _unequal(self: Any, other: Any) -> Any:
    return the_stager().call(is_unequal, (self, other), {})


def _unary(name: str, text: str, apply: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Any, *args: Any) -> Any:
        own = present(self, "TypeError", text)
        try:
            return getattr(own, name)(*args) if hasattr(own, name) else apply(own, *args)  # which says what it lacks
        except TypeError as error:
            the_stager().raise_in_graph(TypeError, error.args)

    return method


def _iterate(self: Any) -> Iterator[Any]:
    return iter(present(self, "TypeError", "'NoneType' object is not iterable"))


def _no_truth(self: Any) -> NoReturn:
    refuse("bool")


BINARY: Final = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "truediv": "/",
    "floordiv": "//",
    "mod": "%",
    "pow": "** or pow()",
    "matmul": "@",
    "and": "&",
    "or": "|",
    "xor": "^",
    "lshift": "<<",
    "rshift": ">>",
}
OTHERS: Final[dict[str, tuple[Callable[..., Any], str]]] = {
    "__neg__": (operator.neg, "bad operand type for unary -: 'NoneType'"),
    "__pos__": (operator.pos, "bad operand type for unary +: 'NoneType'"),
    "__invert__": (operator.invert, "bad operand type for unary ~: 'NoneType'"),
    "__abs__": (abs, "bad operand type for abs(): 'NoneType'"),
    "__getitem__": (operator.getitem, "'NoneType' object is not subscriptable"),
    "__contains__": (operator.contains, "argument of type 'NoneType' is not iterable"),
    "__len__": (len, "object of type 'NoneType' has no len()"),
    "__call__": (operator.call, "'NoneType' object is not callable"),
    "__round__": (round, "type NoneType doesn't define __round__ method"),
    "__int__": (int, "int() argument must be a string, a bytes-like object or a real number, not 'NoneType'"),
    "__float__": (float, "float() argument must be a string or a real number, not 'NoneType'"),
    "__complex__": (complex, "complex() first argument must be a string or a number, not 'NoneType'"),
    "__index__": (operator.index, "'NoneType' object cannot be interpreted as an integer"),
}
"""What else is asked of a value, with what Python says where it is None."""


def _text(self: Any) -> str:
    maybe = maybe_none(self)
    return mark_of(self, "r", shown="<staged>" if maybe is None else f"<staged {maybe.spec} or None>")


def _no_hash(_: Any) -> NoReturn:
    raise StagingError(
        "a value that is None on some paths cannot be a key of a dict or an element of a set",
        next_step="test it with `is None` first.",
        loc=user_location(),
    )


HASHES: Final[dict[Any, Callable[[Any], int]]] = {
    OptionalTensor: object.__hash__,
    OptionalNumber: StagedNumber.__hash__,
    OptionalObject: _no_hash,
}


def _bind(cls: Any) -> None:
    for name, symbol in BINARY.items():
        setattr(cls, f"__{name}__", _binary(name, symbol))
        setattr(cls, f"__r{name}__", _binary(name, symbol, reflected=True))
        symbol = "**=" if name == "pow" else f"{symbol}="
        setattr(cls, f"__i{name}__", _in_place(name, symbol))
    for name in COMPARISONS:
        setattr(cls, f"__{name}__", _comparison(name))
    cls.__eq__, cls.__ne__ = _equal, _unequal
    for name, (apply, text) in OTHERS.items():
        setattr(cls, name, _unary(name, text, apply))
    cls.__setitem__ = _set_item
    cls.__iter__ = _iterate
    cls.__bool__ = _no_truth
    cls.__hash__ = HASHES[cls]
    cls.__getattribute__ = _attribute
    cls.__repr__ = _text
    for name in ("__str__", "__format__"):
        setattr(cls, name, getattr(StagedTensor, name))


for _class in (OptionalTensor, OptionalNumber, OptionalObject):
    _bind(_class)


def is_none(value: Any, negated: bool = False) -> Any:
    """`value is None`, or `value is not None`: a staged bool where only the graph knows."""
    maybe = maybe_none(value)
    if maybe is None:
        return (value is None) != negated
    stager = the_stager()
    if maybe.attribute is not None:
        return is_none(present(value, "AttributeError", ""), negated)
    known = stager.known(maybe.flag)
    if known is not None:
        return known == negated
    stager.builder.loc = user_location()
    return StagedNumber.of(maybe.flag if negated else stager.builder.logical_not(maybe.flag))
