"""Object code made callable, and the runtime itself, which is loaded once for the process."""

import ctypes
import functools
import importlib
import itertools
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

from graph.errors import InternalError
from graph.llvm.runtime.cache import default_cache
from graph.llvm.runtime.host import machine_for
from graph.llvm.runtime.image import placed
from graph.llvm.runtime.object_code import ObjectCode
from graph.llvm.runtime.symbols import addresses_of
from graph.llvm.runtime.version import runtime_version

T = TypeVar("T")
_lock: Final = threading.RLock()
_serial: Final = itertools.count(1)


class Library:
    """Loaded code. It stays as long as this object."""

    def __init__(self, addresses: Mapping[str, int], memory: Any) -> None:
        self.addresses = addresses
        self._memory = memory

    def __getitem__(self, name: str) -> int:
        return self.addresses[name]


def load(code: ObjectCode, exports: Sequence[str], own: Mapping[str, int] | None = None) -> Library:
    """Load code. `exports` are names whose addresses are asked for, `own` are addresses that it is given.

    Raises: InternalError where a name is known nowhere; RuntimeError where the object code is damaged; OSError where
    the system does not let this process have machine code of its own.
    """
    return _loaded(code, exports, {**runtime_library().addresses, **(own or {})})


def _loaded(code: ObjectCode, exports: Sequence[str], own: Mapping[str, int]) -> Library:
    found = {name: own[name] for name in code.imports if name in own}
    found.update(addresses_of(name for name in code.imports if name not in own))
    unknown = [name for name in code.imports if name not in found]
    if unknown:
        raise InternalError(f"native code calls what is not there: {', '.join(unknown)}")
    if code.layout is None:
        return _linked(code, exports, found, own)
    image = placed(code.code, code.layout, found)
    return Library({name: image[name] for name in image.names}, image)


def _linked(code: ObjectCode, exports: Sequence[str], found: Mapping[str, int], own: Mapping[str, int]) -> Library:
    """By LLVM's linker. It calls the conversions of float16 without their being declared."""
    names = _own_code().half.NAMES
    with _lock:
        builder = _compiler().binding().JITLibraryBuilder().add_object_img(code.code).add_current_process()
        for name, address in {**{name: own[name] for name in names if name in own}, **found}.items():
            builder.import_symbol(name, address)
        for name in exports:
            builder.export_symbol(name)
        tracker = builder.link(_linker(), f"dy2static.{next(_serial)}")
    return Library({name: tracker[name] for name in exports}, tracker)


@functools.cache
def _linker() -> Any:
    llvm = _compiler()
    target = llvm.target_machine(llvm.machine())
    return _immortal(llvm.binding().create_lljit_compiler(target, use_jit_link=True))


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
    host = machine_for()
    made_from = ("runtime", runtime_version())
    code = default_cache().compiled(made_from, host, lambda: _compiler().compile_plainly(_own_code().text(), host))
    return _immortal(_loaded(code, () if code.layout is not None else _own_code().NAMES, {}))


def _compiler() -> Any:
    """What LLVM is needed for; a process that finds all code on disk never loads it."""
    return importlib.import_module("graph.llvm.runtime.compile")


def _own_code() -> Any:
    return importlib.import_module("graph.llvm.runtime.own_code")
