"""Native code as a function of Python."""

import ctypes
import importlib
import os
import struct
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

import numpy as np

from graph.aval import Type
from graph.errors import InternalError
from graph.llvm.abi import Status
from graph.llvm.runtime.arguments import fit
from graph.llvm.runtime.load import Library, load, runtime_library
from graph.llvm.runtime.object_code import ObjectCode
from graph.llvm.runtime.object_layout import reads_objects
from graph.llvm.runtime.plan import Callback, Plan, bytes_of
from graph.llvm.runtime.pool import find_blas_threads, reset_pool, start_pool

_METH_FASTCALL: Final = 0x0080


class _MethodDef(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


class NativeProgram:
    """Loaded code of a graph. `call` takes the arguments, one per parameter, and gives the tuple of results.

    Results share memory with no argument, no constant and no other result; 0-d ones are NumPy scalars. `call` is a
    built-in function: safe in several threads at once, and again while it runs. Other threads must leave lists that
    are arguments as they are until it returns.
    """

    def __init__(self, name: str, call: Any, statistics: Any) -> None:
        self.name = name
        self.call = call
        self._statistics = statistics

    def __call__(self, *args: Any) -> tuple[Any, ...]:
        return cast("tuple[Any, ...]", self.call(*args))

    @property
    def peak_bytes(self) -> int:
        """The most bytes of memory, arguments not counted, that a run has had at one time."""
        return int(self._statistics[0])


def native_program(
    code: ObjectCode,
    params: Sequence[Type],
    results: Sequence[Type],
    *,
    name: str = "graph",
    callbacks: Sequence[Callback] = (),
    constants: Mapping[str, np.ndarray] | None = None,
    releases_gil: bool = False,
    recurses: bool = True,
    plainly: bool = False,
    threads: int | None = None,
) -> NativeProgram:
    """The function of code that defines `run` (see `graph/llvm/abi.py`).

    `constants` are the arrays whose elements the code finds under their names. With `releases_gil` other threads run
    from the start; else where the run before was a long one, and from when this one has taken 20 ms and polls.
    `recurses`: the code asks where the stack ends. `plainly` calls through ctypes, as is done where the objects of a
    build of Python cannot be read. `threads` share its large loops; None stands for `default_threads()`.
    """
    types = tuple(params)

    def make_fit(*args: Any) -> tuple[Any, ...]:
        return fit(args, types, name)

    arrays = {key: np.ascontiguousarray(x) for key, x in (constants or {}).items()}
    own = {key: x.ctypes.data for key, x in arrays.items()}
    plain = None
    if plainly or not reads_objects():
        plain = _plain_call(params, results, callbacks, make_fit, _fail)
        own["dy_callback"] = ctypes.cast(plain.call_back, ctypes.c_void_p).value or 0
        own["dy_catch"] = ctypes.cast(plain.catch, ctypes.c_void_p).value or 0
    library = load(code, ["run"], own)
    runtime = _runtime()
    multiplies = find_blas_threads(code.imports)
    plan = Plan([library, arrays])
    statistics = (ctypes.c_int64 * 2)()
    param_nodes = plan.nodes(params, binds=True)
    result_nodes = plan.nodes(results, binds=False)
    relations = plan.relations()
    words = (
        library["run"],
        len(params),
        param_nodes,
        len(results),
        result_nodes,
        bytes_of(params),
        bytes_of(results),
        int(releases_gil),
        int(recurses),
        len(plan.sizes),
        len(relations) // 4,
        plan.words(relations),
        plan.object(make_fit),
        plan.object(_fail),
        plan.callbacks(callbacks),
        ctypes.addressof(statistics),
        threads or 0,
        int(multiplies),
        int(plain is None),
    )
    plan.kept.append(statistics)
    program = struct.pack(f"={len(words)}q", *words)
    if plain is not None:
        plain.start(program, plan)
        return NativeProgram(name, plain, statistics)
    method = _MethodDef(name.encode(), runtime["dy_call"], _METH_FASTCALL, None)
    new_function = ctypes.pythonapi.PyCFunction_NewEx
    new_function.restype = ctypes.py_object
    new_function.argtypes = [ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p]
    itself = (program, method, plan)
    return NativeProgram(name, new_function(ctypes.addressof(method), itself, None), statistics)


def _plain_call(*args: Any) -> Any:
    """`PlainCall`, which most builds of Python never need."""
    return importlib.import_module("graph.llvm.runtime.plain_call").PlainCall(*args)


def failure(status: int) -> Exception:
    """What a status means for which Python has set no exception."""
    match status:
        case Status.NO_MEMORY:
            return MemoryError("no memory for the results of a native program")
        case Status.TOO_DEEP:
            return RecursionError("maximum recursion depth exceeded in a native program")
        case _:
            return InternalError(f"native code returned the status {status}")


def _fail(status: int) -> None:
    raise failure(status)


class MemoryUse(NamedTuple):
    """What the runtime has of the system's memory: all bytes, those that nothing uses now, how many results have a
    block of ours, how many blocks runs forgot to free."""

    held: int
    kept: int
    results: int
    forgotten: int


def memory_use() -> MemoryUse:
    """The state of the memory of native programs; contexts of runs keep up to 1 MB each that `kept` does not count."""
    names = ("dy_system_bytes", "dy_stored_bytes", "dy_handed_over", "dy_left_over")
    return MemoryUse(*(ctypes.c_int64.from_address(runtime_library()[name]).value for name in names))


def trim() -> None:
    """Give memory back to the system that nothing uses now."""
    ctypes.PYFUNCTYPE(ctypes.c_int64)(runtime_library()["dy_trim"])()


def _runtime() -> Library:
    """The runtime, told which thread handles signals."""
    library = runtime_library()
    _note_main_thread(library)
    start_pool()
    return library


def _note_main_thread(library: Library) -> None:
    ident = threading.main_thread().ident or 0
    ctypes.c_uint64.from_address(library["dy_main_thread"]).value = ident
    ctypes.c_uint64.from_address(library["dy_main_stack_end"]).value = 0


def _after_fork() -> None:
    """The thread that forked is the main one of the new process."""
    if runtime_library.cache_info().currsize:
        _note_main_thread(runtime_library())
        reset_pool()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
