"""The word language: small native functions, written in Python's syntax, of which every value is a word of 64 bits.

The runtime (memory, the entry, calls back to Python) has to be machine code and is no numerics, so it is written in
this language and translated to LLVM IR. It knows whole numbers, which are also addresses, and no other type:

    def release(block: Word) -> Word:
        if block:
            store(block + COUNT, load(block + COUNT) - 1)
        return 0

Statements: assignment to a name, augmented assignment, `if`, `while`, `for i in range(start, stop)`, `break`,
`continue`, `return`, calls. Expressions: arithmetic that wraps (`//` and `%` are unsigned, `>>` fills with zeros),
signed comparisons, `and`, `or`, `not`, `a if c else b`. Names of the module that stand for numbers are constants;
other functions of the language, `External`s and the primitives below can be called; the names of `cells` and of a
`symbol` are addresses.
"""

from collections.abc import Callable
from typing import NamedTuple, cast

Word = int
"""A word of 64 bits: a number or an address."""
Half = int
"""As a parameter or a result: 32 bits in the calling convention; a word, with its sign, to the language."""


class External(NamedTuple):
    """A C function: `External("malloc", "i64(i64)")`. Words are `i64`, C's int `i32`, C's double `double` (in the
    language the word that has its bits); `void` gives 0."""

    name: str
    signature: str

    def __call__(self, *args: Word) -> Word:
        raise TypeError(f"{self.name} is called by native code only")


class Cells(NamedTuple):
    """What `cells` stands for in the translation."""

    name: str
    words: int


def cells(name: str, count: int = 1) -> Word:
    """The address of words that live as long as the process, zero at first."""
    return cast("Word", Cells(name, count))


class Symbol(NamedTuple):
    """What `symbol` stands for in the translation."""

    name: str


def symbol(name: str) -> Word:
    """An address that the module gets when it is loaded."""
    return cast("Word", Symbol(name))


def address(function: Callable[..., Word]) -> Word:
    """The address of a function of the language."""
    raise TypeError("native code only")


def load(address: Word) -> Word:
    """The word at an address."""
    raise TypeError("native code only")


def load_half(address: Word) -> Word:
    """The 32 bits at an address, with their sign."""
    raise TypeError("native code only")


def load_byte(address: Word) -> Word:
    """The byte at an address, 0 to 255."""
    raise TypeError("native code only")


def store(address: Word, value: Word) -> Word:
    """Write a word."""
    raise TypeError("native code only")


def store_byte(address: Word, value: Word) -> Word:
    """Write the low 8 bits of a word."""
    raise TypeError("native code only")


def swap(address: Word, value: Word) -> Word:
    """Write a word and give the one that was there, as one step that no other thread sees half done."""
    raise TypeError("native code only")


def replace(address: Word, expected: Word, value: Word) -> Word:
    """Write a word if `expected` is there, in one step; 1 if so."""
    raise TypeError("native code only")


def count_up(address: Word, by: Word) -> Word:
    """Add to a word in one step; gives what was there."""
    raise TypeError("native code only")


def copy(to: Word, source: Word, size: Word) -> Word:
    """Copy bytes that do not overlap."""
    raise TypeError("native code only")


def reserve(size: Word) -> Word:
    """Bytes on the stack, aligned to 16, until the function returns."""
    raise TypeError("native code only")


def leading_zeros(x: Word) -> Word:
    """The number of zero bits above the highest one."""
    raise TypeError("native code only")


def cycles() -> Word:
    """The processor's cycle counter."""
    raise TypeError("native code only")


def relax() -> Word:
    """Say to the processor that this is a loop which waits for another thread. Memory is read anew behind it."""
    raise TypeError("native code only")


def run_code(code: Word, ctx: Word, inputs: Word, outputs: Word) -> Word:
    """Call `i32 code(ptr, ptr, ptr)` at an address."""
    raise TypeError("native code only")
