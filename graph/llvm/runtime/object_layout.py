"""Where the runtime reads in objects of Python's and NumPy's.

Offsets follow from the size of Python's object header, which differs between builds; what comes behind the header in
arrays and dtypes is part of NumPy's public ABI.
"""

import ctypes
import functools
import sys
from typing import Final

import numpy as np

HEAD: Final = object.__basicsize__
TYPE: Final = HEAD - 8
TUPLE_ITEMS: Final = tuple.__basicsize__
BYTES_DATA: Final = bytes.__basicsize__ - 1

ARRAY_DATA: Final = HEAD
ARRAY_NDIM: Final = HEAD + 8
ARRAY_DIMS: Final = HEAD + 16
ARRAY_DESCR: Final = HEAD + 40
ARRAY_FLAGS: Final = HEAD + 48
DESCR_BYTEORDER: Final = HEAD + 10
DESCR_TYPE_NUM: Final = HEAD + 12

C_ORDER_AND_ALIGNED: Final = 0x0101
C_ORDER_ALIGNED_WRITABLE: Final = 0x0501
NATIVE: Final = ord("=")
NO_BYTE_ORDER: Final = ord("|")


@functools.cache
def reads_objects() -> bool:
    """Whether objects of this Python are as this module says, and the GIL keeps them so while they are read."""
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        return False
    array, items, text = np.arange(6.0).reshape(2, 3), (None, "item"), b"bytes of text"

    def word(thing: object, offset: int) -> int:
        return ctypes.c_int64.from_address(id(thing) + offset).value

    return (
        word(array, TYPE) == id(np.ndarray)
        and word(array, ARRAY_DATA) == array.ctypes.data
        and word(array, ARRAY_NDIM) & 0xFFFFFFFF == 2
        and tuple((ctypes.c_int64 * 2).from_address(word(array, ARRAY_DIMS))) == (2, 3)
        and word(array, ARRAY_DESCR) == id(array.dtype)
        and word(array, ARRAY_FLAGS) & 0xFFFFFFFF == array.flags.num
        and word(array.dtype, DESCR_TYPE_NUM) & 0xFFFFFFFF == array.dtype.num
        and word(array.dtype, DESCR_BYTEORDER) & 0xFF == ord(array.dtype.byteorder)
        and word(items, TUPLE_ITEMS + 8) == id(items[1])
        and ctypes.string_at(id(text) + BYTES_DATA, len(text)) == text
    )
