"""The attributes of numbers of the graph: to users' code those of Python's numbers, and no others.

A number of the graph is a tensor to what makes a graph of it, which reads its `dtype` and `shape`. A user's program
asks `hasattr(x, "shape")` to tell tensors from numbers, and gets the answer of plain Python.
"""

import sys
from collections.abc import Callable
from typing import Any, Final, NoReturn, cast

from dy2static.errors import StagingError
from dy2static.staging.locate import is_users, user_location
from eager.recorder import active
from eager.tensor import Tensor


def is_missing(kind: type, name: str) -> bool:
    """Whether it is an attribute of tensors that Python's numbers of this kind lack."""
    return not name.startswith("_") and hasattr(Tensor, name) and not hasattr(kind, name)


def _missing(kind: type, name: str, number: Any) -> AttributeError:
    return AttributeError(f"{kind.__name__!r} object has no attribute {name!r}", name=name, obj=number)


def attribute_of(number: Any, name: str) -> Any:
    """The attribute, as users' code reads it."""
    held = vars(cast("type[Any]", type(number))).get(name)
    if isinstance(held, OfTensors):
        raise held.missing(number)
    return getattr(number, name)


class OfTensors:
    """An attribute that numbers have for dy2static and `eager` only."""

    __slots__ = ("_cls", "_kind", "_name")

    def __init__(self, cls: type, kind: type, name: str) -> None:
        self._cls, self._kind, self._name = cls, kind, name

    def __get__(self, number: Any, owner: type | None = None) -> Any:
        if number is None:
            return getattr(Tensor, self._name)
        if is_users(sys._getframe(1).f_code.co_filename):  # pyright: ignore[reportPrivateUsage]
            raise self.missing(number)
        return getattr(cast(Any, super(self._cls, number)), self._name)

    def __set__(self, number: Any, value: Any) -> None:
        raise self.missing(number)

    def missing(self, number: Any) -> AttributeError:
        """What Python raises."""
        return _missing(self._kind, self._name, number)


def bind(cls: Any, kind: type) -> None:
    """Give the class of the graph's numbers the attributes of Python's, and take those of tensors away."""
    for name in dir(Tensor):
        if is_missing(kind, name):
            setattr(cls, name, OfTensors(cls, kind, name))
    for name, found in OF_NUMBERS.items():
        if hasattr(kind, name):
            setattr(cls, name, found)
    for name, text in NOT_FOR_NUMBERS.items():
        setattr(cls, name, _refused(text.format(kind.__name__)))

    def lacks(number: Any, name: str) -> NoReturn:
        if name.startswith("__") or not hasattr(kind, name):
            raise _missing(kind, name, number)
        raise StagingError(
            f"`{name}` needs {'an' if kind is int else 'a'} {kind.__name__} that is known while the graph is built",
            next_step="use operators, `abs`, `round`, and the functions of `math` and `eager`.",
            loc=user_location(),
        )

    cls.__getattr__ = lacks


def _refused(text: str) -> Callable[..., Any]:
    def refused(*_: Any) -> Any:
        return cast(Any, active()).raise_in_graph(TypeError, (text,))

    return refused


NOT_FOR_NUMBERS: Final = {
    "__iter__": "{!r} object is not iterable",
    "__len__": "object of type {!r} has no len()",
    "__getitem__": "{!r} object is not subscriptable",
    "__setitem__": "{!r} object does not support item assignment",
    "__delitem__": "{!r} object does not support item deletion",
    "__contains__": "argument of type {!r} is not iterable",
}
"""What Python says where an operator of sequences meets a number."""


def _real(x: Any) -> Any:
    return x.of(cast(Any, Tensor.real).__get__(x).graph_value) if x.dtype.kind == "c" else +x


def _imag(x: Any) -> Any:
    if x.dtype.kind == "c":
        return x.of(cast(Any, Tensor.imag).__get__(x).graph_value)
    return 0.0 if x.dtype.kind == "f" else 0


def _conjugate(x: Any) -> Any:
    return x.of(cast(Any, Tensor.conj(x)).graph_value) if x.dtype.kind == "c" else +x


def _is_integer(x: Any) -> Any:
    return x % 1.0 == 0.0 if x.dtype.kind == "f" else True


def _numerator(x: Any) -> Any:
    return +x


def _denominator(_: Any) -> Any:
    return 1


OF_NUMBERS: Final[dict[str, Any]] = {
    "real": property(_real),
    "imag": property(_imag),
    "numerator": property(_numerator),
    "denominator": property(_denominator),
    "conjugate": _conjugate,
    "is_integer": _is_integer,
}
"""Those that a graph can compute."""
