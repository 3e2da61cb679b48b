"""NumPy's products on one thread, for as long as somebody holds it.

OpenBLAS has a thread for each processor, which spin when they wait for each other. Where a processor is taken, by the
compiler of ours if by nobody else, a small product waits a thousand times as long for the other thread as it takes.
"""

import contextlib
import functools
import os
import threading
from collections.abc import Callable, Generator
from typing import Final, NamedTuple

from graph.ir.op import Graph
from graph.ir.walk import walk
from graph.llvm.abi import elements
from graph.llvm.runtime.blas import openblas_of_numpy

SMALL: Final = 1 << 26
"""Multiplications of a product that one thread makes in less than a millisecond."""
PRODUCTS: Final = frozenset(["matmul", "add_matmul"])
OTHERS: Final = frozenset(["conv", "conv_input_grad", "conv_weight_grad", "einsum"])
"""What makes products of sizes that are not looked at."""


def has_small_products(graph: Graph) -> bool:
    """Whether a graph multiplies matrices, and none that is worth more than one thread."""
    found = False
    for part in (graph, *graph.functions.values()):
        for op in walk(part):
            if op.name in OTHERS:
                return False
            if op.name in PRODUCTS:
                size = elements((*op.results[0].shape, op.operands[-2].shape[-1]))
                if size is None or size > SMALL:
                    return False
                found = True
    return found


class _Threads(NamedTuple):
    """The functions of OpenBLAS."""

    number: Callable[[], int]
    use: Callable[[int], None]


class _Held:
    """How many want one thread now, and how many threads there were before the first of them."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.count = 0
        self.before = 1


_held: Final = _Held()


@contextlib.contextmanager
def one_thread() -> Generator[None]:
    """NumPy's products take one thread meanwhile, in all threads of Python; nothing changes with another BLAS."""
    threads = _threads()
    if threads is None:
        yield
        return
    with _held.lock:
        if not _held.count:
            _held.before = threads.number()
            if _held.before != 1:
                threads.use(1)
        _held.count += 1
    try:
        yield
    finally:
        with _held.lock:
            _held.count -= 1
            if not _held.count and _held.before != 1:
                threads.use(_held.before)


@functools.cache
def _threads() -> _Threads | None:
    found = openblas_of_numpy()
    return None if found is None else _Threads(found.number, found.use)


def _after_fork() -> None:
    """Nobody of the other process holds anything here."""
    threads = _threads() if _held.count else None
    _held.lock, _held.count = threading.Lock(), 0
    if threads is not None:
        threads.use(_held.before)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
