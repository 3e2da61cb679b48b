"""Comparing what two runs of a program came to: values, Python types, printed text, errors, changed arguments."""

import contextlib
import copy
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eager.tensor import Tensor
from graph.errors import GraphError

RELATIVE = {"float64": 1e-12, "float32": 1e-5, "complex128": 1e-12, "complex64": 1e-5}
"""Tolerance by dtype: passes may order a computation anew. All else is compared bit by bit."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call came to. `args` are its arguments after it."""

    error: BaseException | None
    value: Any
    printed: str
    args: tuple[Any, ...]

    @property
    def text(self) -> str:
        """In one line."""
        return (
            f"raises {type(self.error).__name__}: {first_line(self.error)}" if self.error else f"returns {self.value!r}"
        )


def outcome(function: Callable[..., Any], args: Sequence[Any], own: tuple[Any, ...] | None = None) -> Outcome:
    """Call a function on a deep copy of these arguments, or on `own`."""
    if own is None:
        own = copy.deepcopy(tuple(args))
    printed = io.StringIO()
    error: BaseException | None = None
    value: Any = None
    with contextlib.redirect_stdout(printed):
        try:
            value = function(*own)
        except Exception as raised:
            error = raised
    return Outcome(error, value, printed.getvalue(), own)


def python_type(error: BaseException | None) -> type:
    """What Python code catches it as: errors of ours derive from a built-in one, and add the place and a way out."""
    kind = next(kind for kind in type(error).__mro__ if not issubclass(kind, GraphError))
    return type(error) if kind is Exception else kind


NUMBER_TYPE = re.compile(r"'(bool|int|float)'")
"""A number's type in a message of Python's."""


def first_line(error: BaseException | None) -> str:
    """The message of an error, without the place that a static error adds."""
    text = error.what if isinstance(error, GraphError) else str(error)
    return text.split("\n", 1)[0]


def difference(expected: Outcome, found: Outcome, before: Sequence[Any] | None, *, adapts: bool = False) -> str:
    """Where two outcomes differ, in words; empty when they do not. `before` are the arguments before the calls: static
    code leaves them alone when it raises; None of code that runs in Python, which does not. With `adapts`, a 0-d tensor
    may stand for a number of Python or NumPy. It may be a float where that is an integer zero, which has no sign: then
    the signs of zeros may differ. Integers have 64 bits then."""
    if (expected.error is None) != (found.error is None):
        if adapts and found.error is None and _asks_a_number(expected.error):
            return ""
        return f"eager {expected.text}\nstatic {found.text}"
    if expected.error is not None:
        texts = [first_line(expected.error), first_line(found.error)]
        if adapts:  # a text may name the type of what a tensor stands for
            texts = [NUMBER_TYPE.sub("'Tensor'", text) for text in texts]
        if python_type(expected.error) is not python_type(found.error) or texts[0] != texts[1]:
            return f"eager {expected.text}\nstatic {found.text}"
        changed = value_difference(expected.args if before is None else tuple(before), found.args, "args")
        if changed:
            return f"arguments were changed by a call that raised {found.text}: {changed}"
    else:
        what = value_difference(expected.value, found.value, "result", adapts=adapts)
        what = what or value_difference(expected.args, found.args, "args after the call", adapts=adapts)
        if what:
            return what
        what = _shared_more(expected, found)
        if what:
            return what
    if expected.printed != found.printed:
        return f"eager printed {expected.printed!r}\nstatic printed {found.printed!r}"
    return ""


def _asks_a_number(error: BaseException | None) -> bool:
    """Whether it is for an attribute of tensors that a Python number lacks: what stands for the number has it."""
    return isinstance(error, AttributeError) and type(error.obj) in (bool, int, float) and hasattr(Tensor, error.name)


def value_difference(a: Any, b: Any, path: str, seen: frozenset[int] = frozenset(), *, adapts: bool = False) -> str:
    """Where two values differ; empty when they are the same in structure, types and bits, NaNs being alike."""
    if adapts and isinstance(a, int) and isinstance(b, int | Tensor) and not -(2**63) <= a < 2**63:
        a = (a + 2**63) % 2**64 - 2**63
    if adapts and isinstance(a, bool | int | float | np.generic) and isinstance(b, Tensor) and b.ndim == 0:
        return _array_difference(_unsigned(np.asarray(a, b.dtype)), _unsigned(np.asarray(b)), path)
    if type(a) is not type(b):
        return f"{path}: {a!r} is a {type(a).__name__}, {b!r} a {type(b).__name__}"
    if id(a) in seen:
        return ""
    if isinstance(a, Tensor | np.ndarray | np.generic | float | complex):
        x, y = np.asarray(a), np.asarray(b)
        return _array_difference(_unsigned(x), _unsigned(y), path) if adapts else _array_difference(x, y, path)
    seen = seen | {id(a)}
    if isinstance(a, list | tuple):
        if len(a) != len(b):
            return f"{path}: {len(a)} items and {len(b)}"
        return _first(
            value_difference(x, y, f"{path}[{i}]", seen, adapts=adapts)
            for i, (x, y) in enumerate(zip(a, b, strict=True))
        )
    if isinstance(a, Mapping):
        if list(a) != list(b):
            return f"{path}: keys {list(a)} and {list(b)}"
        return _first(value_difference(a[key], b[key], f"{path}[{key!r}]", seen, adapts=adapts) for key in a)
    if hasattr(a, "__dict__") and not callable(a):
        return value_difference(vars(a), vars(b), f"{path}.__dict__", seen, adapts=adapts)
    slots = getattr(type(a), "__slots__", None)
    if slots and not isinstance(a, str | int):
        return _first(value_difference(getattr(a, s), getattr(b, s), f"{path}.{s}", seen, adapts=adapts) for s in slots)
    return "" if a is b or callable(a) or a == b else f"{path}: {a!r} and {b!r}"


def _first(differences: Any) -> str:
    return next((what for what in differences if what), "")


def _unsigned(x: np.ndarray) -> np.ndarray:
    """The array with zeros of one sign."""
    return np.where(x == 0, np.zeros((), x.dtype), x) if x.dtype.kind == "f" else x


def _array_difference(a: np.ndarray, b: np.ndarray, path: str) -> str:
    if a.dtype != b.dtype or a.shape != b.shape:
        return f"{path}: {a.dtype}{list(a.shape)} {a} and {b.dtype}{list(b.shape)} {b}"
    if a.dtype.kind not in "fc":
        return "" if np.array_equal(a, b) else f"{path}: {a} and {b}"
    rtol = RELATIVE.get(a.dtype.name, 1e-2)
    if not np.allclose(a, b, rtol=rtol, atol=1e-14 if rtol < 1e-9 else 1e-7, equal_nan=True):
        return f"{path}: {a} and {b}"
    if a.dtype.kind == "f":
        zeros = (a == 0) & (b == 0)
        if not np.array_equal(np.signbit(a[zeros]), np.signbit(b[zeros])):
            return f"{path}: {a} and {b} differ in the sign of a zero"
    return ""


def _shared_more(expected: Outcome, found: Outcome) -> str:
    """Objects that static code gives twice where eager gives two: a change of one would change the other."""
    pairs: dict[int, int] = {}
    others = dict(objects((found.value, found.args)))
    for path, a in objects((expected.value, expected.args)):
        if path in others and pairs.setdefault(id(others[path]), id(a)) != id(a):
            return f"{path} is an object that is also elsewhere in the static outcome, not in the eager one"
    return ""


def objects(value: Any, path: str = "", seen: set[int] | None = None) -> list[tuple[str, Any]]:
    """The mutable objects within a value, each place in order."""
    if isinstance(value, Tensor | np.ndarray):
        return [(path, value)]
    if isinstance(value, list | dict):
        items = list(value.items() if isinstance(value, dict) else enumerate(value))
        return [(path, value), *(found for key, item in items for found in objects(item, f"{path}[{key!r}]"))]
    if isinstance(value, tuple):
        return [found for i, item in enumerate(value) for found in objects(item, f"{path}[{i}]")]
    return []
