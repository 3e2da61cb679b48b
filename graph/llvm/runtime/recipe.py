"""What belongs to object code beside it: types of results and callbacks, constants. Kept on disk as its note."""

import base64
import json
from typing import Any, NamedTuple, cast

import numpy as np

from graph.aval import Type
from graph.dtypes import FROM_SHORT, SHORT_NAMES
from graph.ir.written import read_type, written_type

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
        callbacks = [[[written_type(t) for t in types] for types in signature] for signature in self.callbacks]
        constants = [
            [SHORT_NAMES[x.dtype], x.shape, base64.b64encode(np.ascontiguousarray(x).tobytes()).decode()]
            for x in self.constants
        ]
        return json.dumps([[written_type(t) for t in self.results], callbacks, constants, self.recurses])


def read(text: str) -> Recipe:
    """The recipe of a text."""
    results, callbacks, constants, recurses = cast("tuple[list[Any], list[Any], list[Any], bool]", json.loads(text))
    return Recipe(
        tuple(map(read_type, results)),
        tuple((tuple(map(read_type, operands)), tuple(map(read_type, results))) for operands, results in callbacks),
        tuple(
            np.frombuffer(base64.b64decode(data), FROM_SHORT[name]).reshape(shape) for name, shape, data in constants
        ),
        recurses,
    )
