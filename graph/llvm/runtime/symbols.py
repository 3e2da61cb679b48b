"""Where the functions are that native code calls, by the names under which it calls them.

Object code has names and no addresses, so that it can be kept on disk. A name is one of: a function or object of
Python's C API; one of NumPy's C API, which publishes a table; `dy_blas_<name>` and `dy_lapack_<name>`, which SciPy
publishes for Cython; one of the C library's.
"""

import ctypes
import functools
import importlib
import sys
from collections.abc import Callable, Iterable
from typing import Any, Final

from graph.llvm.runtime.blas import blas, lapack

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
_ALGEBRA: Final = {"dy_blas_": blas, "dy_lapack_": lapack}


def addresses_of(names: Iterable[str]) -> dict[str, int]:
    """The addresses of those of the names that are known here.

    Raises ImportError for a function of BLAS or LAPACK that is nowhere.
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
    for prefix, address_of in _ALGEBRA.items():
        if name.startswith(prefix):
            return address_of(name.removeprefix(prefix))
    return _looked_up()(name)


@functools.cache
def _looked_up() -> Callable[[str], int | None]:
    """Gives the addresses of C's and of Python's own functions."""
    if sys.platform == "win32":
        return functools.partial(_exported, (ctypes.pythonapi, ctypes.CDLL("ucrtbase"), ctypes.CDLL("kernel32")))
    process = ctypes.CDLL(None)
    find = process.dlsym  # a fifth of the time that a function object of ctypes takes
    find.argtypes, find.restype = [ctypes.c_void_p, ctypes.c_char_p], ctypes.c_void_p
    return lambda name: find(process._handle, name.encode())


def _exported(libraries: tuple[ctypes.CDLL, ...], name: str) -> int | None:
    for library in libraries:
        if hasattr(library, name):
            return ctypes.cast(library[name], ctypes.c_void_p).value
    return None


def _numpy_table() -> Any:
    module = importlib.import_module("numpy._core._multiarray_umath")
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return ctypes.cast(get(module.__dict__["_ARRAY_API"], None), ctypes.POINTER(ctypes.c_size_t))
