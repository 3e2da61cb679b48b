"""Where the stack of a thread ends, in the word language."""

import sys
from typing import Final

from graph.llvm.runtime.python_api import thread_id
from graph.llvm.runtime.words import External, Word, cells, load, reserve, store

# Linux and others
attributes_of = External("pthread_getattr_np", "i32(i64, i64)")
stack_in = External("pthread_attr_getstack", "i32(i64, i64, i64)")
drop_attributes = External("pthread_attr_destroy", "i32(i64)")
# macOS
top_of = External("pthread_get_stackaddr_np", "i64(i64)")
size_of = External("pthread_get_stacksize_np", "i64(i64)")
# Windows
stack_limits = External("GetCurrentThreadStackLimits", "void(i64, i64)")

IS_WINDOWS: Final = sys.platform == "win32"
IS_MAC: Final = sys.platform == "darwin"
ATTRIBUTES_BYTES: Final = 256
"""More than a `pthread_attr_t` has anywhere."""
RESERVE: Final = 1 << 18
"""Bytes of the stack that are left to the frame of one function and to what it calls of Python, or a quarter of all."""

main_thread = cells("dy_main_thread")
"""The thread that handles signals."""
main_stack_end = cells("dy_main_stack_end")
"""The end of its stack once it is known: it takes long to ask for. 0 before."""


def dy_stack_end() -> Word:
    """The address down to which functions may use the stack of this thread."""
    is_main = ((thread_id() ^ load(main_thread)) & 0xFFFFFFFF) == 0
    if is_main and load(main_stack_end):
        return load(main_stack_end)
    low = reserve(8)
    size = reserve(8)
    if IS_WINDOWS:
        stack_limits(low, size)
        store(size, load(size) - load(low))
    elif IS_MAC:
        store(size, size_of(thread_id()))
        store(low, top_of(thread_id()) - load(size))
    else:
        attributes = reserve(ATTRIBUTES_BYTES)
        if attributes_of(thread_id(), attributes):
            return 0
        stack_in(attributes, low, size)
        drop_attributes(attributes)
    quarter = load(size) >> 2
    end = load(low) + (quarter if quarter < RESERVE else RESERVE)
    if is_main:
        store(main_stack_end, end)
    return end
