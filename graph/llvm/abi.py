"""What native code and its runtime agree on: how values lie in memory, which functions each side provides.

The lowered graph is `i32 @run(ptr ctx, ptr inputs, ptr outputs)`. `inputs` and `outputs` point to descriptors, one
after the other, `offsets_of` the parameter and result types. A descriptor has a multiple of 8 bytes:

    tensor, static shape of at most UNROLLED elements (0-d too)   its elements, in C order, padded
    any other tensor                                              ptr block, ptr data, i64 dims[ndim]
    list                                                          ptr block of the list
    value that may be missing                                     i64 is it there, then a descriptor of the element,
                                                                  all zeros where it is not there

Elements of tensors have NumPy's layout (bool is one byte), native byte order, C order; data is aligned to its dtype.

*Blocks.* A block is memory with a header of HEADER bytes, then the data. The header begins with an i64 count of owners.
A tensor may lie anywhere within its block. Its block is null where its memory belongs to somebody else (the caller's
arrays, constants): such memory is never written to. The data of a list's block is {i64 length, i64 capacity,
ptr items}: `items` is the block (null where capacity is 0) whose data are descriptors of the elements, one after the
other; only its list owns it.

*Ownership.* The callee takes over one count of every block in its inputs, and gives one count of every block in its
outputs. An output whose block is null or has other owners must be copied before it is handed to Python. On failure
nothing is freed by the code: the runtime frees what the run allocated.

*Constants* are passed by address: `constants` of a lowered module are arrays; `@constant_<i>` are external symbols.

*BLAS and LAPACK* are `dy_blas_dgemm`, `dy_lapack_dgetrf` and so on, as Fortran calls them. Integers that they are given
have 64 bits, as BLAS may be one with such or with 32-bit ones (on big-endian processors 32, and it is); those that
LAPACK gives back have 32.
"""

import math
from collections.abc import Sequence
from enum import IntEnum
from typing import Final

from graph.aval import Aval, ListType, OptionalType, Shape, Type, is_static

HEADER: Final = 64
"""Bytes of a block before its data, so that data is aligned for every vector width."""
UNROLLED: Final = 64
"""A tensor of static shape with at most so many elements is as many registers, and lies by value in descriptors.

Measured against memory: products of matrices take a fifth (2 x 2) to an eighth (8 x 8) of the time, lists of vectors a
fifth (2 elements), half (16), nine tenths (64); chains of arithmetic gain nothing and lose from 32 elements on (60 % at
64), and the code takes up to three times as long to compile. What is much code for an element stays a loop: see
`writer.LOOPED`.
"""
LIST_LENGTH: Final = HEADER
LIST_CAPACITY: Final = HEADER + 8
LIST_ITEMS: Final = HEADER + 16
LIST_BYTES: Final = 24
"""Bytes of data of a list's block, and where its fields are from the start of the block."""
STACK_END: Final = 0
"""Where `ctx` holds an address: code calls functions of the graph only while its frame lies above."""
EPOCH: Final = 8
"""Where `ctx` has the number that new blocks get: it goes up with each block of Python's `try` that is entered."""
FROZEN: Final = 16
"""Where `ctx` has the least number of blocks whose counts may change: older ones are frozen while a `try` runs, so
that nothing has to be put back where it fails. 0 outside of all."""
BLOCK_EPOCH: Final = 48
"""Where a block's header has its number."""


class Status(IntEnum):
    """What `run`, `dy_poll` and `dy_callback` return."""

    OK = 0
    RAISED = 1
    """A callback raised: the exception is kept by the runtime."""
    INTERRUPTED = 2
    """A signal came, whose handler raised."""
    NO_MEMORY = 3
    TOO_DEEP = 4
    """Calls nest too deep for the stack: RecursionError."""


RUNTIME: Final = {
    "dy_alloc": "ptr(ptr ctx, i64 bytes): a block with room for so many bytes, count 1; null when there is no memory",
    "dy_free": "void(ptr ctx, ptr block): give a block back, whose count has come to zero",
    "dy_poll": "i32(ptr ctx): called by loops now and then; a status other than OK ends the run. It reads the cycle "
    "counter, some 10 ns: called every microsecond to millisecond",
    "dy_callback": "i32(ptr ctx, i32 number, ptr operands, ptr results): run an op in NumPy; descriptors as above, "
    "operands are borrowed, results are owned by the caller",
    "dy_side_by_side": "i32(ptr ctx, ptr group, i64 count, i64 is_worth_it): call the functions of a group, on several "
    "threads where it is worth it; blocks that were there before are frozen meanwhile. See `runtime/pieces.py`",
    "dy_undo": "void(ptr ctx, i64 epoch): free the blocks of this number and later ones, whatever their counts",
    "dy_catch": "i32(ptr ctx, i32 number, i32 status, ptr results): after a status other than OK, ask a callback for "
    "what handles the exception; OK where it is caught, and no exception is set then",
}


def elements(shape: Shape) -> int | None:
    """How many elements a static shape has; None where the run time knows."""
    return math.prod(d for d in shape if isinstance(d, int)) if is_static(shape) else None


def is_unrolled(t: Type) -> bool:
    """Whether a value of this type is registers, and lies by value in descriptors."""
    if not isinstance(t, Aval):
        return False
    count = elements(t.shape)
    return count is not None and count <= UNROLLED


def size_of(t: Type) -> int:
    """Bytes of a descriptor."""
    match t:
        case Aval():
            count = elements(t.shape)
            if count is not None and count <= UNROLLED:
                return -(-count * t.dtype.itemsize // 8) * 8
            return 16 + 8 * t.ndim
        case ListType():
            return 8
        case OptionalType():
            return 8 + size_of(t.element)


def offsets_of(types: Sequence[Type]) -> tuple[tuple[int, ...], int]:
    """Where the descriptors of several values begin, and how many bytes they take together."""
    offsets: list[int] = []
    total = 0
    for t in types:
        offsets.append(total)
        total += size_of(t)
    return tuple(offsets), total
