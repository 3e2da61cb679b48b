"""What arrays from outside held when a program was made, and whether they still do: programs have it as constants."""

import array as arrays
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np

MOST_BYTES: Final = 1 << 16
"""Arrays with more bytes are compared with a copy word by word, not as bytes."""
_WORD: Final = 8
BYTES: Final = (bytearray, arrays.array)
"""The classes of arrays that are not NumPy's."""
_OBJECTS: Final[Any] = tuple
_WORDS: Final[Any] = np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """The content of one array at some time."""

    kind: Any
    """What has to be equal besides: dtype and shape, or the class."""
    held: Any
    """Bytes; words of a large array; objects; or the interface of an array that nobody can write to."""
    itself: Any = None
    """That array."""

    def is_in(self, value: Any) -> bool:
        """Whether a value has this content."""
        if self.itself is not None and value is self.itself:
            return value.__array_interface__ == self.held
        found = content(value)
        if found is None or found.kind != self.kind or type(found.held) is not type(self.held):
            return False
        if type(self.held) is _OBJECTS:
            return all(a is b for a, b in zip(found.held, self.held, strict=True))
        return np.array_equal(found.held, self.held) if type(self.held) is _WORDS else found.held == self.held

    def kept(self) -> "Content":
        """The same, safe against changes of the array."""
        return Content(self.kind, self.held.copy()) if type(self.held) is _WORDS else self


def content(value: Any) -> Content | None:
    """What is in a NumPy array or byte array now; None for other values. Of a large array it is a view."""
    if isinstance(value, np.ndarray):
        return _of_array(cast("np.ndarray[Any, Any]", value))
    if isinstance(value, BYTES):
        return Content(type(cast(Any, value)), bytes(cast(Any, value)))
    return None


def _of_array(array: "np.ndarray[Any, Any]") -> Content:
    kind = (array.dtype, array.shape)
    if array.dtype.hasobject:
        return Content(kind, tuple(array.ravel().tolist()))
    if array.nbytes <= MOST_BYTES or isinstance(array, np.ma.MaskedArray):
        return Content(kind, array.tobytes())
    if _is_frozen(array):
        return Content(kind, array.__array_interface__, array)
    held = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    return Content(kind, held if array.nbytes % _WORD else held.view(np.uint64))


def _is_frozen(array: Any) -> bool:
    """Whether an array lies in `bytes`, which nobody can change: not by another array, nor by a flag."""
    while isinstance(array, np.ndarray):
        array = array.base
    return isinstance(array, bytes)
