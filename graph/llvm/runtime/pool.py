"""How many threads share large loops: what is known of it before machine code runs."""

import ctypes
import functools
import os
from collections.abc import Collection
from typing import Final

from graph.llvm.runtime.blas import OpenBlas, openblas_of_numpy, openblas_of_scipy
from graph.llvm.runtime.load import runtime_library

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


def find_blas_threads(imports: Collection[str]) -> bool:
    """Tell the runtime where the libraries say how many threads they use that code calls; whether it calls any. Only
    OpenBLAS has functions for it that are known here; with another BLAS, products have its threads as well as ours."""
    calls_lapack, calls_blas = (any(name.startswith(start) for name in imports) for start in ("dy_lapack_", "dy_blas_"))
    if calls_blas:
        _note(0, openblas_of_numpy())
    if calls_lapack or (calls_blas and openblas_of_numpy() is None):
        _note(1, openblas_of_scipy())
    return calls_blas or calls_lapack


def _note(place: int, library: OpenBlas | None) -> None:
    if library is not None:
        for cell, address in zip(("dy_blas_get_threads", "dy_blas_set_threads"), library.threads(), strict=True):
            ctypes.c_int64.from_address(runtime_library()[cell] + 8 * place).value = address
