"""What the runtime is made of. Loaded only where it has to be compiled."""

from typing import Final

from graph.llvm.runtime import clock, entry, half, memory, pieces, polling, stack, threads
from graph.llvm.runtime.translate import module_text

_EXPORTS: Final = (
    entry.dy_call,
    entry.dy_callback,
    entry.dy_catch,
    entry.dy_run,
    pieces.dy_side_by_side,
    clock.dy_clock,
    polling.dy_poll,
    stack.dy_stack_end,
    memory.dy_begin,
    memory.dy_end,
    memory.dy_alloc,
    memory.dy_free,
    memory.dy_undo,
    memory.dy_trim,
    threads.dy_parallel,
    threads.dy_threads_reset,
    half.dy_half_of_double,
    half.dy_double_of_half,
)
_CELLS: Final = (
    "dy_main_thread",
    "dy_main_stack_end",
    "dy_system_bytes",
    "dy_stored_bytes",
    "dy_handed_over",
    "dy_left_over",
    "dy_default_threads",
    "dy_threads_started",
    "dy_groups",
    "dy_blas_get_threads",
    "dy_blas_set_threads",
)
NAMES: Final = (*(function.__name__ for function in _EXPORTS), *half.NAMES, *_CELLS)
"""What others may ask for."""


def text() -> str:
    """The runtime as LLVM IR."""
    return module_text(_EXPORTS) + half.TEXT
