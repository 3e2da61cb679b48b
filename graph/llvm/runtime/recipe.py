"""What belongs to object code beside it: types of results and callbacks, constants. Kept on disk as its note."""

import base64
import json
from typing import Any, NamedTuple, cast

import numpy as np

from graph.aval import Aval, Dim, ListType, OptionalType, SymDim, Type
from graph.dtypes import FROM_SHORT, SHORT_NAMES

Signature = tuple[tuple[Type, ...], tuple[Type, ...]]
"""The types of operands and results."""


class Recipe(NamedTuple):
    """What native code needs to run, but for the functions that it calls back."""

    results: tuple[Type, ...]
    callbacks: tuple[Signature, ...]
    constants: tuple[np.ndarray, ...]
    recurses: bool
    """Whether functions of the graph call each other."""

    def text(self) -> str:
        """The recipe as `read` takes it."""
        callbacks = [[[_written(t) for t in types] for types in signature] for signature in self.callbacks]
        constants = [
            [SHORT_NAMES[x.dtype], x.shape, base64.b64encode(np.ascontiguousarray(x).tobytes()).decode()]
            for x in self.constants
        ]
        return json.dumps([[_written(t) for t in self.results], callbacks, constants, self.recurses])


def read(text: str) -> Recipe:
    """The recipe of a text."""
    results, callbacks, constants, recurses = cast("tuple[list[Any], list[Any], list[Any], bool]", json.loads(text))
    return Recipe(
        tuple(map(_read, results)),
        tuple((tuple(map(_read, operands)), tuple(map(_read, results))) for operands, results in callbacks),
        tuple(
            np.frombuffer(base64.b64decode(data), FROM_SHORT[name]).reshape(shape) for name, shape, data in constants
        ),
        recurses,
    )


def _written(t: Type) -> Any:
    match t:
        case Aval(dtype, shape):
            return [SHORT_NAMES[dtype], [d if isinstance(d, int) else [d.terms, d.constant] for d in shape]]
        case ListType(element):
            return ["list", _written(element)]
        case OptionalType(element):
            return ["optional", _written(element)]


def _read(written: Any) -> Type:
    kind, rest = written
    if kind == "list":
        return ListType(_read(rest))
    if kind == "optional":
        return OptionalType(_read(rest))
    return Aval(FROM_SHORT[kind], tuple(map(_dim, rest)))


def _dim(written: Any) -> Dim:
    if isinstance(written, int):
        return written
    terms, constant = written
    return SymDim(tuple((name, k) for name, k in terms), constant)
