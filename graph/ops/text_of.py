"""The text of run-time values: what `print`, f-strings and error messages show, in eager and static code alike."""

from ast import literal_eval
from collections.abc import Sequence
from typing import Any, Final, cast

import numpy as np

from graph.ops.raised import unpacked
from graph.ops.text_of_list import BESIDE, ITEMS, JOINED, joined_items, text_of_items

PLAIN_KINDS: Final = frozenset([np.dtype(np.bool_), np.dtype(np.int64), np.dtype(np.float64), np.dtype(np.complex128)])
"""Dtypes that `repr_tensor` leaves out: those that Python scalars have."""

ONE_OF: Final = "!one of "
WHERE_THERE: Final = "!where there "
ARRAY: Final[Any] = np.ndarray


def format_tensor(array: Any) -> str:
    """`str` of a tensor: that of the NumPy array or scalar with the same value."""
    return str(np.asarray(array)[()])


def repr_tensor(array: Any) -> str:
    """`repr` of a tensor: `tensor([1., 2.], dtype=float32)`; the default dtype of a kind is left out."""
    values = np.asarray(array)
    body = np.array2string(values, separator=", ", prefix="tensor(") if values.size else str(values.tolist())
    shape = f", shape={values.shape}" if not values.size and values.shape != (0,) else ""
    dtype = "" if values.dtype in PLAIN_KINDS else f", dtype={values.dtype}"
    return f"tensor({body}{shape}{dtype})"


def format_value(value: Any, spec: str = "") -> str:
    """`format(value, spec)`: a 0-d tensor takes the specs of a Python number, a larger one only the empty spec."""
    if isinstance(value, str) or value is None:
        return format(value, spec)
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return format(items, spec) if spec else "[" + ", ".join(map(repr_value, items)) + "]"
    array = np.asarray(value)
    if not spec:
        return format_tensor(array)
    if array.ndim:
        raise TypeError("unsupported format string passed to Tensor.__format__")
    return format(array.item(), spec)


def repr_value(value: Any) -> str:
    """`repr` of a run-time value: a tensor, a list, or None for what is missing."""
    if isinstance(value, list):
        return format_value(cast("list[Any]", value))
    return repr(value) if value is None or isinstance(value, str) else repr_tensor(value)


def text_of(value: Any, form: str) -> str:
    """The text of one field of an f-string; `form` is its conversion and spec as written: "", ":.2f", "!r:>20".

    "!one of ('a', 'b')" gives the text at that place, "!where there :.2f" nothing for what is missing, "!error message"
    the message of an exception that was caught, and so on (see `raised.unpacked`).
    """
    if form.startswith(ONE_OF):
        return texts_of(form)[int(value)]
    if form.startswith(WHERE_THERE):
        return "" if value is None else text_of(value, form.removeprefix(WHERE_THERE))
    conversion, _, spec = form.partition(":")
    if conversion.startswith("!error "):
        return format(unpacked(value)[conversion.removeprefix("!error ")], spec)
    match conversion:
        case "":
            return format_value(value, spec)
        case "!s":
            return format(format_value(value), spec)
        case "!r":
            return format(repr_value(value), spec)
        case "!a":
            return format(repr_value(value).encode("ascii", "backslashreplace").decode(), spec)
        case _:
            raise ValueError(f"there is no conversion {conversion!r}")


def texts_of(form: str) -> tuple[str, ...]:
    """The texts that a form "!one of (...)" chooses among."""
    return literal_eval(form.removeprefix(ONE_OF))


def message(parts: Sequence[str], values: Sequence[Any], forms: Sequence[str]) -> str:
    """`parts` with the texts of `values` between them."""
    text = parts[0]
    lists: list[Any] = []
    for value, form, part in zip(values, forms, parts[1:], strict=True):
        kind = form.removeprefix(WHERE_THERE)
        if kind == BESIDE:
            lists.append(value)
        elif kind.startswith(ITEMS):
            layout = literal_eval(kind.removeprefix(ITEMS))
            text += "" if value is None else text_of_items(layout, [*lists, value], message)
            lists = []
        elif kind.startswith(JOINED):
            between, layout = literal_eval(kind.removeprefix(JOINED))
            text += "" if value is None else joined_items(between, layout, [*lists, value], message)
            lists = []
        else:
            text += text_of(value, form)
        text += part
    return text


def short(value: Any) -> str:
    """A value on one line; of a large array, its corners."""
    if not isinstance(value, ARRAY):
        return str(value)
    text = np.array2string(value, separator=", ", threshold=8, edgeitems=2, max_line_width=10**6)
    return " ".join(text.split())
