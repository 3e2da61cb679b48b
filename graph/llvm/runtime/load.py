"""Object code made callable, and the runtime itself, which is loaded once for the process."""

import ctypes
import functools
import itertools
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from graph.errors import InternalError
from graph.llvm.runtime import entry, half, memory, stack
from graph.llvm.runtime.cache import default_cache
from graph.llvm.runtime.compile import ObjectCode, binding, compile_plainly, machine, target_machine
from graph.llvm.runtime.symbols import addresses_of
from graph.llvm.runtime.translate import module_text, sources_of

T = TypeVar("T")
_lock: Final = threading.RLock()
_serial: Final = itertools.count(1)
_EXPORTS: Final = (
    entry.dy_call,
    entry.dy_callback,
    entry.dy_poll,
    entry.dy_run,
    stack.dy_stack_end,
    memory.dy_begin,
    memory.dy_end,
    memory.dy_alloc,
    memory.dy_free,
    memory.dy_trim,
    half.dy_half_of_double,
    half.dy_double_of_half,
)
_NAMES: Final = (*(function.__name__ for function in _EXPORTS), *half.NAMES)
_CELLS: Final = (
    "dy_main_thread",
    "dy_main_stack_end",
    "dy_system_bytes",
    "dy_stored_bytes",
    "dy_handed_over",
    "dy_left_over",
)


@dataclass(frozen=True, slots=True)
class Library:
    """Loaded code. It stays as long as this object."""

    addresses: Mapping[str, int]
    tracker: Any = field(repr=False)

    def __getitem__(self, name: str) -> int:
        return self.addresses[name]


def load(code: ObjectCode, exports: Sequence[str], own: Mapping[str, int] | None = None) -> Library:
    """Load code. `exports` are names whose addresses are asked for, `own` are addresses that it is given.

    Raises InternalError where a name is known nowhere, RuntimeError where the object code is damaged.
    """
    return _linked(code, exports, {**runtime_library().addresses, **(own or {})})


def _linked(code: ObjectCode, exports: Sequence[str], own: Mapping[str, int]) -> Library:
    # LLVM calls the conversions of float16 without their being declared.
    found = {name: own[name] for name in (*code.imports, *half.NAMES) if name in own}
    found.update(addresses_of(name for name in code.imports if name not in own))
    with _lock:
        unknown = [name for name in code.imports if name not in found]
        if unknown:
            raise InternalError(f"native code calls what is not there: {', '.join(unknown)}")
        builder = binding().JITLibraryBuilder().add_object_img(code.code).add_current_process()
        for name, address in found.items():
            builder.import_symbol(name, address)
        for name in exports:
            builder.export_symbol(name)
        tracker = builder.link(_linker(), f"dy2static.{next(_serial)}")
    return Library({name: tracker[name] for name in exports}, tracker)


@functools.cache
def _linker() -> Any:
    return _immortal(binding().create_lljit_compiler(target_machine(machine()), use_jit_link=True))


def _immortal(thing: T) -> T:
    """Keep a thing when modules are cleared at exit: arrays and functions that outlive them need it to die."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))
    return thing


@functools.cache
def runtime_library() -> Library:
    """The runtime: what `graph/llvm/abi.py` lists, and the function that Python calls."""
    with _lock:
        return _runtime_library()


@functools.cache
def _runtime_library() -> Library:
    host = machine()
    code = default_cache().compiled(
        ("runtime", sources_of(_EXPORTS)), host, lambda: compile_plainly(module_text(_EXPORTS) + half.TEXT, host)
    )
    return _immortal(_linked(code, [*_NAMES, *_CELLS], {}))
