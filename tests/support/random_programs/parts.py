"""Which parts of the language random programs are made of."""

from enum import Enum
from typing import Final


class Part(Enum):
    """So much of the language; each has the ones before it."""

    CONTROL = "control"
    """Nested branches, loops and jumps over tensors and Python values, list state, partial definitions."""
    CORE = "core"
    """Functions, methods, classes and comprehensions too."""
    WHOLE = "whole"
    """All constructs."""


CONTROL: Final = frozenset(
    {
        *("assignment", "augmented assignment", "augmented number", "augmented vector", "item assignment"),
        "augmented number or tensor",
        *("slice assignment", "mask assignment", "matrix assignment", "append", "list method", "list item"),
        *("parallel assignment", "several targets", "unpacking", "starred unpacking"),
        *("dict item", "print", "assert", "jump", "jump on a test", "early return"),
        *("if", "while", "for", "for over an iterator"),
        *("arithmetic", "elementwise", "scaled", "ternary", "item of a vector", "sum of a vector", "with a number"),
        *("min max", "item of a pair", "item of a list", "of changing size", "item of a matrix"),
        *("integer arithmetic", "integer ternary", "argmax", "vector arithmetic", "stack", "vector indexed", "where"),
        *("vector ternary", "row", "comparison", "logical", "size that changes", "matrix"),
        *("tensor comparison", "with a constant", "number test", "integer test", "and or", "not", "chained", "truth"),
        *("length test", "in", "number arithmetic", "division", "number ternary", "and or of values", "length"),
        *("int of a tensor", "built in", "flag of numbers", "bool of a tensor", "number that becomes a tensor"),
        *("list", "tuple"),
    }
)
"""What programs of control flow alone are made of, by the names of the makers."""
CONTROL_KINDS: Final = frozenset("tipvgbheals")
"""The kinds of their values (see `writer.KINDS`)."""
