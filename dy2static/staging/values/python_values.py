"""What Python gets of a tensor while a graph is made: what is known by then, or a number of the graph."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

import numpy as np

from dy2static.errors import StagingError
from dy2static.staging.locate import user_location
from dy2static.staging.values.staged import StagedNumber
from eager.tensor import Tensor
from graph.dtypes import bool_, complex128, float64, int64
from graph.errors import ShapeError
from graph.ir.opdef import OpDef
from graph.ir.value import Value

if TYPE_CHECKING:
    from dy2static.staging.stager import Stager

WAY_OUT: Final[dict[str, tuple[str, str]]] = {
    "bool": (
        "the truth of a tensor is known only when the graph runs, and this place needs it while the graph is built",
        "call the function through converted code (decorate its caller with `@to_static`), or write it with `where`.",
    ),
    "iter": (
        "this iteration needs the length of a tensor while the graph is built, and it is known only at run time",
        "iterate with a `for` statement in converted code.",
    ),
    "array": (
        "NumPy asks for the data of a tensor, and there is none while the graph is built",
        "use the functions of `eager`, or those of NumPy that tensors implement.",
    ),
}
OF_KIND: Final = {"b": bool_, "i": int64, "u": int64, "f": float64, "V": float64, "c": complex128}
"""The dtype of the Python number that an element becomes, by the kind of its dtype."""
NOT_ONE: Final = "can only convert an array of size 1 to a Python scalar"


def to_python(stager: "Stager", x: Tensor, kind: str) -> Any:
    """What `kind` (see `Recorder.to_python`) gives. Raises: StagingError for what is known only when the graph runs."""
    if kind == "len":
        return _length(x)
    if kind == "iter":
        return _items(stager, x)
    constant = _constant(stager, x)
    if constant is None:
        if kind == "item":
            return item(stager, x)
        refuse(kind)
    match kind:
        case "bool":
            return bool(constant)
        case "int":
            return int(constant)
        case "float":
            return float(constant)
        case "complex":
            return complex(constant)
        case "index":
            return constant.__index__()
        case "item":
            return constant.item()
        case _:
            return np.asarray(constant)


def refuse_options(opdef: OpDef, attrs: Mapping[str, Any]) -> None:
    """Raises: StagingError for an option of an op that is known only when the graph runs."""
    for name, value in attrs.items():
        parts = cast("tuple[Any, ...]", value) if isinstance(value, tuple) else (value,)
        if any(isinstance(part, Tensor) for part in parts):
            raise StagingError(
                f"`{name}` of `{opdef.name}` is part of the graph, and here it is known only when the graph runs",
                next_step="give a Python value, or call the function with each in the branches of an `if`.",
                loc=user_location(),
            )


def item(stager: "Stager", x: Tensor) -> StagedNumber:
    """`x.item()`: the only element as a number, to which no gradient leads."""
    b = stager.builder
    b.loc = user_location()
    element = only_element(stager, b.lift(stager.lift_tensor(x)), NOT_ONE, NOT_ONE)
    return StagedNumber.of(stager.stop(b.cast(element, OF_KIND[x.dtype.kind])))


def only_element(stager: "Stager", value: Value, none: str, many: str) -> Value:
    """The element of a tensor that has one; ValueError, with the text `none` or `many`, for one that has not."""
    b = stager.builder
    if all(isinstance(d, int) for d in value.shape):
        size = int(np.prod(cast("tuple[int, ...]", value.shape)))
        if size == 1:
            return b.reshape(value, ())
        raise ShapeError(many if size else none, loc=user_location())
    total = b.constant(1, int64)
    for size in b.shape_of(value):
        total = b.mul(total, size)
    b.check(b.ne(total, 0), error="ValueError", parts=(none,), forms=())
    b.check(b.eq(total, 1), error="ValueError", parts=(many,), forms=())
    return b.reshape(value, ())


def _constant(stager: "Stager", x: Tensor) -> Any:
    """The data of a value that is a literal of the graph."""
    op = stager.builder.producer.get(stager.builder.lift(stager.lift_tensor(x)))
    return op.attrs["value"] if op is not None and op.name == "constant" else None


def _items(stager: "Stager", x: Tensor) -> Iterator[Any]:
    if not x.ndim:
        raise TypeError("iteration over a 0-d array")
    size: Any = x.shape[0]
    if not isinstance(size, int):
        refuse("iter")
    before, items = stager.lift_tensor(x), [x[i] for i in range(size)]
    # What is changed in place before it is asked for is given as it is then.
    return (item if stager.lift_tensor(x) is before else x[i] for i, item in enumerate(items))


def _length(x: Tensor) -> Any:
    if not x.ndim:
        raise TypeError("len() of unsized object")
    size: Any = x.shape[0]
    if isinstance(size, int):
        return size
    raise StagingError(
        "this length is known only when the graph runs",
        next_step="use `x.shape[0]`, which is a staged integer, or iterate with a `for` statement.",
        loc=user_location(),
    )


def refuse(kind: str) -> NoReturn:
    """The error for a value that Python needs and that is not there yet."""
    what, next_step = WAY_OUT.get(
        kind,
        (
            f"Python needs the value of a tensor here (`{kind}`), and it is known only when the graph runs",
            "keep it a tensor, or compute it outside of the converted function.",
        ),
    )
    refused = StagingError(what, next_step=next_step, loc=user_location())
    refused.is_of_index = kind in ("index", "array")
    raise refused
