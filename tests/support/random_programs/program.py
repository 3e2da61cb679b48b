"""A random program as text, with the constructs that are in it."""

# pyright: reportUnusedImport=false

from collections import Counter
from dataclasses import dataclass
from typing import Final

# isort: off
# Imported for what they add to the tables of the writer, in an order that makes programs the same everywhere.
import support.random_programs.tensors
import support.random_programs.python_values
import support.random_programs.simple_statements
import support.random_programs.compound_statements
import support.random_programs.functions
import support.random_programs.library
import support.random_programs.dicts
import support.random_programs.objects
import support.random_programs.arrays
import support.random_programs.forms  # noqa: F401

# isort: on
from support.random_programs.parts import Part
from support.random_programs.prelude import prelude_of
from support.random_programs.writer import Writer

SIZES: Final = 18
"""How many sizes programs come in, one seed after the other."""


@dataclass(frozen=True, slots=True)
class RandomProgram:
    """A module with a function `f(x, y, n, p, v, box, d)`."""

    source: str
    constructs: Counter[str]
    """How often each stands in `f`."""


def random_program(seed: int, part: Part = Part.WHOLE) -> RandomProgram:
    """The program of a seed, of a part of the language."""
    writer = Writer(seed, size=6 + seed % SIZES, part=part)
    source = writer.source()
    return RandomProgram(f"{prelude_of(source)}\n\n\n{source}", writer.used)
