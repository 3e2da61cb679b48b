"""Where BLAS and LAPACK are. BLAS is NumPy's, which is loaded anyway, where that is an OpenBLAS; else SciPy's, which
takes as long to load as a small program's whole first call. LAPACK is SciPy's: it gives 32-bit integers back, as the
code expects.
"""

import ctypes
import functools
import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final, NamedTuple, cast

from graph.ops.scipy_parts import extension_of_scipy

_NAMES: Final = (("scipy_", "64_"), ("scipy_", ""), ("", "64_"), ("", ""))
"""What the names of OpenBLAS's functions begin and end with, in different builds. Those that end with 64 take 64-bit
integers."""


class OpenBlas(NamedTuple):
    """An OpenBLAS of this process."""

    library: ctypes.CDLL
    prefix: str
    suffix: str

    @property
    def number(self) -> Callable[[], int]:
        """How many threads it uses."""
        function = self._about_threads("get")
        function.argtypes, function.restype = (), ctypes.c_int
        return function

    @property
    def use(self) -> Callable[[int], None]:
        """Has it use so many threads."""
        function = self._about_threads("set")
        function.argtypes, function.restype = (ctypes.c_int,), None
        return function

    def threads(self) -> tuple[int, int]:
        """The addresses of `number` and `use`."""
        number, use = (_address(self._about_threads(what)) for what in ("get", "set"))
        return number, use

    def function(self, name: str) -> int | None:
        """The address of a function of Fortran's; None where this build has none of the name."""
        full = f"{self.prefix}{name}_{self.suffix}"
        return _address(self.library[full]) if hasattr(self.library, full) else None

    def _about_threads(self, what: str) -> Any:
        return self.library[f"{self.prefix}openblas_{what}_num_threads{self.suffix}"]


@functools.cache
def openblas_of_numpy() -> OpenBlas | None:
    """The one that NumPy's products are made by; None where it has another BLAS."""
    try:
        return _openblas(importlib.import_module("numpy._core._multiarray_umath"))
    except (AttributeError, OSError):  # built in, or not to be opened twice
        return None


def openblas_of_scipy() -> OpenBlas | None:
    """The one that SciPy publishes functions of; None where it has another BLAS. SciPy's is loaded for it."""
    return _openblas(_module_of_scipy("cython_blas"))


def _openblas(extension: ModuleType) -> OpenBlas | None:
    library = ctypes.CDLL(extension.__file__)  # what it needs is found through it too
    for prefix, suffix in _NAMES:
        if all(hasattr(library, f"{prefix}openblas_{what}_num_threads{suffix}") for what in ("get", "set")):
            return OpenBlas(library, prefix, suffix)
    return None


def blas(name: str) -> int:
    """The address of a function of BLAS, for callers whose integers have 64 bits of which it may read the first 32.

    Raises ImportError where there is none.
    """
    ours = openblas_of_numpy() if sys.byteorder == "little" else None
    return (ours and ours.function(name)) or _published("cython_blas", name)


def lapack(name: str) -> int:
    """The address of a function of LAPACK with 32-bit integers. Raises ImportError where SciPy does not have it."""
    return _published("cython_lapack", name)


def _published(module: str, name: str) -> int:
    """The address that SciPy publishes for Cython."""
    capsule = cast("dict[str, object]", _module_of_scipy(module).__dict__["__pyx_capi__"]).get(name)
    if capsule is None:
        raise ImportError(f"scipy.linalg.{module} has no {name}")
    signature = ctypes.pythonapi.PyCapsule_GetName
    signature.restype, signature.argtypes = ctypes.c_char_p, [ctypes.py_object]
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return cast("int", get(capsule, signature(capsule)))


def _module_of_scipy(name: str) -> ModuleType:
    return extension_of_scipy("linalg", name) or importlib.import_module(f"scipy.linalg.{name}")


def _address(function: Any) -> int:
    return ctypes.cast(function, ctypes.c_void_p).value or 0
