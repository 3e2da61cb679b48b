"""What a type is, as the runtime reads it: a node, some words in memory. `plan.py` writes them."""

from typing import Final

KIND: Final = 0
SIZE: Final = 8
"""Bytes of a descriptor."""
ELEMENT: Final = 16
"""Of a list or optional: the node of what is in it."""
DESCR: Final = 16
SCALAR_TYPE: Final = 24
"""The type of 0-d values whose element can be read as it is; 0: none."""
NUMBER_TYPE: Final = 32
"""The type of Python numbers that are elements as they are; 0: none."""
TYPE_NUM: Final = 40
ITEMSIZE: Final = 48
NDIM: Final = 56
DIMS: Final = 64
"""One word per dim: a size, or -1 - i for the i-th of the sizes that only a call knows, or ANY_SIZE."""

BY_VALUE: Final = 0
ARRAY: Final = 1
LIST: Final = 2
OPTIONAL: Final = 3
ANY_SIZE: Final = -(1 << 40)
