"""How many threads share large loops: what is known of it before machine code runs."""

import ctypes
import functools
import os
from typing import Final

from graph.llvm.runtime.load import runtime_library
from graph.llvm.runtime.symbols import library_of_blas

_VARIABLES: Final = ("DY2STATIC_THREADS", "OMP_NUM_THREADS")
_ENOUGH: Final = 8
"""Loops that are worth threads seldom gain from more: they wait for memory."""


@functools.cache
def default_threads() -> int:
    """How many threads share a loop where nobody says: by DY2STATIC_THREADS or OMP_NUM_THREADS, else as many as this
    process has processors, but at most 8."""
    for name in _VARIABLES:
        text = os.environ.get(name, "").split(",")[0].strip()
        if text.isdigit() and int(text) > 0:
            return int(text)
    return min(_processors(), _ENOUGH)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@functools.cache
def start_pool() -> None:
    """Make the pool ready. Its threads start when a loop is shared for the first time."""
    reset_pool()
    _cell("dy_default_threads").value = default_threads()


def reset_pool() -> None:
    """A pool of no threads: none came over to a process that was forked."""
    ctypes.PYFUNCTYPE(ctypes.c_int64)(runtime_library()["dy_threads_reset"])()


def _cell(name: str) -> ctypes.c_int64:
    return ctypes.c_int64.from_address(runtime_library()[name])


@functools.cache
def find_blas_threads() -> None:
    """Tell the runtime where BLAS says how many threads it uses. Only OpenBLAS has functions for it that are known
    here; with another BLAS, products have its threads as well as ours."""
    blas = library_of_blas()
    for prefix in ("scipy_openblas", "openblas"):
        names = {"dy_blas_get_threads": f"{prefix}_get_num_threads", "dy_blas_set_threads": f"{prefix}_set_num_threads"}
        if all(hasattr(blas, name) for name in names.values()):
            for cell, name in names.items():
                _cell(cell).value = ctypes.cast(getattr(blas, name), ctypes.c_void_p).value or 0
            return
