"""Where the functions are that native code calls, by the names under which it calls them.

Object code has names and no addresses, so that it can be kept on disk. A name is one of: a function or object of
Python's C API; one of NumPy's C API, which publishes a table; `dy_blas_<name>` and `dy_lapack_<name>`, which SciPy
publishes for Cython; one of the C library's.
"""

import ctypes
import functools
import importlib
import sys
from collections.abc import Iterable
from types import ModuleType
from typing import Any, Final, cast

from graph.ops.scipy_parts import extension_of_scipy

_OBJECTS: Final[dict[str, object]] = {
    "PyList_Type": list,
    "PyFloat_Type": float,
    "PyLong_Type": int,
    "PyBool_Type": bool,
    "_Py_NoneStruct": None,
    "_Py_TrueStruct": True,
}
_NUMPY_TABLE: Final = {
    "PyArray_Type": 2,
    "PyArray_Scalar": 60,
    "PyArray_ScalarAsCtype": 62,
    "PyArray_NewFromDescr": 94,
    "PyArray_SetBaseObject": 282,
}
"""Where in NumPy's table its functions are, as `numpy/__multiarray_api.h` says; places never change."""
_SCIPY: Final = {"dy_blas_": "cython_blas", "dy_lapack_": "cython_lapack"}


def addresses_of(names: Iterable[str]) -> dict[str, int]:
    """The addresses of those of the names that are known here.

    Raises ImportError where SciPy is asked for a function that it does not have.
    """
    found: dict[str, int] = {}
    for name in names:
        address = _address(name)
        if address is not None:
            found[name] = address
    return found


@functools.cache
def _address(name: str) -> int | None:
    if name in _OBJECTS:
        return id(_OBJECTS[name])
    if name in _NUMPY_TABLE:
        return _numpy_table()[_NUMPY_TABLE[name]]
    for prefix, module in _SCIPY.items():
        if name.startswith(prefix):
            return _scipy_pointer(module, name.removeprefix(prefix))
    for library in (ctypes.pythonapi, *_libraries()):
        if hasattr(library, name):
            return ctypes.cast(getattr(library, name), ctypes.c_void_p).value
    return None


@functools.cache
def _libraries() -> tuple[ctypes.CDLL, ...]:
    """Where C's own functions are."""
    if sys.platform == "win32":
        return (ctypes.CDLL("ucrtbase"), ctypes.CDLL("kernel32"))
    return (ctypes.CDLL(None),)


def _numpy_table() -> Any:
    module = importlib.import_module("numpy._core._multiarray_umath")
    return ctypes.cast(_pointer_in(module.__dict__["_ARRAY_API"], None), ctypes.POINTER(ctypes.c_size_t))


def _scipy_pointer(module: str, name: str) -> int:
    """The address that SciPy publishes for a function of BLAS or LAPACK."""
    capsule = cast("dict[str, object]", _scipy_module(module).__dict__["__pyx_capi__"]).get(name)
    if capsule is None:
        raise ImportError(f"scipy.linalg.{module} has no {name}")
    signature = ctypes.pythonapi.PyCapsule_GetName
    signature.restype, signature.argtypes = ctypes.c_char_p, [ctypes.py_object]
    return _pointer_in(capsule, signature(capsule))


def _scipy_module(name: str) -> ModuleType:
    return extension_of_scipy("linalg", name) or importlib.import_module(f"scipy.linalg.{name}")


def library_of_blas() -> ctypes.CDLL:
    """The library through which SciPy publishes BLAS; what that library needs is found through it too."""
    return ctypes.CDLL(_scipy_module("cython_blas").__file__)


def _pointer_in(capsule: object, name: bytes | None) -> int:
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return cast("int", get(capsule, name))
