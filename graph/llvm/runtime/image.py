"""Machine code as it stands in memory, so that loading it is a copy and a table of addresses: no linker is needed.

`elf.py` makes images of what LLVM emits. Code for systems that it does not know is left to LLVM's linker, which takes
tens of milliseconds to start.
"""

import ctypes
import functools
import mmap
import struct
from collections.abc import Mapping
from typing import Any, Final

from graph.llvm.runtime.object_code import Layout

PAGE: Final = mmap.PAGESIZE


class Placed:
    """An image in memory, until this object is gone."""

    def __init__(self, memory: Any, base: int, names: Mapping[str, int]) -> None:
        self._memory = memory
        self.base = base
        self.names = names

    def __getitem__(self, name: str) -> int:
        """The address of what the image defines under a name."""
        return self.base + self.names[name]


def placed(code: bytes, layout: Layout, addresses: Mapping[str, int]) -> Placed:
    """Put an image into memory. `addresses` are those of all its imports.

    Raises OSError where the system does not let this process have code of its own.
    """
    memory = mmap.mmap(-1, layout.size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    first = ctypes.c_char.from_buffer(memory)
    base = ctypes.addressof(first)
    memory[: len(code)] = code
    for at, name in layout.outside:
        struct.pack_into("=Q", memory, at, addresses[name])
    for at, offset in layout.inside:
        struct.pack_into("=Q", memory, at, base + offset)
    if layout.writable:
        _protect(base, layout.writable)
    return Placed((memory, first), base, layout.names)


@functools.cache
def _mprotect() -> Any:
    protect = ctypes.CDLL(None, use_errno=True).mprotect
    protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return protect


def _protect(base: int, size: int) -> None:
    """Make pages code: they can be run, and not be written to any more."""
    if _mprotect()(base, size, mmap.PROT_READ | mmap.PROT_EXEC):
        raise OSError(ctypes.get_errno(), "the system lets this process have no machine code of its own")
