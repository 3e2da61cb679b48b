"""The other way in, through ctypes: slower by a hundred times, and it reads no object of Python's as memory.

For builds of Python on which `object_layout.reads_objects` finds that ours may not.
"""

import ctypes
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import numpy as np

from graph.aval import Aval, ListType, OptionalType, Type
from graph.dtypes import DType
from graph.llvm.abi import (
    HEADER,
    LIST_BYTES,
    LIST_CAPACITY,
    LIST_ITEMS,
    LIST_LENGTH,
    Status,
    is_unrolled,
    offsets_of,
    size_of,
)
from graph.llvm.runtime.load import runtime_library
from graph.llvm.runtime.plan import Callback, Plan

_WORD: Final = ctypes.c_int64
_CALLBACK: Final = ctypes.CFUNCTYPE(ctypes.c_int32, _WORD, ctypes.c_int32, _WORD, _WORD)
_CATCH: Final = ctypes.CFUNCTYPE(ctypes.c_int32, _WORD, ctypes.c_int32, ctypes.c_int32, _WORD)


class PlainCall:
    """A program as a function, like the one that native code makes of it (see `program.py`)."""

    def __init__(
        self,
        params: Sequence[Type],
        results: Sequence[Type],
        callbacks: Sequence[Callback],
        fit: Callable[..., tuple[Any, ...]],
        fail: Callable[[int], None],
    ) -> None:
        self.params, self.results, self.callbacks = tuple(params), tuple(results), tuple(callbacks)
        self.fit, self.fail = fit, fail
        self.call_back = _CALLBACK(self._call_back)
        """What the program calls instead of the runtime's `dy_callback`."""
        self.catch = _CATCH(self._catch)
        """What it calls instead of `dy_catch`."""
        self._kept: tuple[Any, ...] = ()
        self._program = 0
        self._raised: dict[int, BaseException] = {}
        """What a callback of a run, by its context, has raised."""

    def start(self, program: bytes, plan: Plan) -> None:
        """Take the words of the program, and what they point to."""
        words = ctypes.create_string_buffer(program)
        self._kept = (words, plan)
        self._program = ctypes.addressof(words)

    def __call__(self, *args: Any) -> tuple[Any, ...]:
        fit = self.fit(*args)
        ctx = _function("dy_begin", 2)(self._program, _function("dy_stack_end", 0)())
        if not ctx:
            self.fail(Status.NO_MEMORY)
        try:
            inputs, outputs = _room(self.params), _room(self.results)
            for x, t, place in zip(fit, self.params, _places(inputs, self.params), strict=True):
                _write(ctx, place, t, x, owns=False)
            status = _function("dy_run", 4)(ctx, self._program, ctypes.addressof(inputs), ctypes.addressof(outputs))
            if ctx in self._raised:
                raise self._raised.pop(ctx)
            if status != Status.OK:
                self.fail(status)
            return tuple(_read(p, t) for p, t in zip(_places(outputs, self.results), self.results, strict=True))
        finally:
            _function("dy_end", 1)(ctx)

    def _call_back(self, ctx: int, number: int, operands: int, results: int) -> int:
        try:
            site = self.callbacks[number]
            given = [_read(p, t) for p, t in zip(_from(operands, site.operands), site.operands, strict=True)]
            self._give(ctx, site, site.function(*given), results)
        except BaseException as error:
            self._raised[ctx] = error
            return int(Status.RAISED)
        return int(Status.OK)

    def _catch(self, ctx: int, number: int, status: int, results: int) -> int:
        try:
            site = self.callbacks[number]
            self._give(ctx, site, site.function(status, self._raised.pop(ctx, None)), results)
        except BaseException as error:
            self._raised[ctx] = error
            return int(Status.RAISED)
        return int(Status.OK)

    def _give(self, ctx: int, site: Callback, found: tuple[Any, ...], results: int) -> None:
        for x, t, place in zip(found, site.results, _from(results, site.results), strict=True):
            _write(ctx, place, t, x, owns=True)


def _function(name: str, parameters: int) -> Callable[..., int]:
    """A function of the runtime, called with the GIL held; an exception that it leaves set is raised."""
    return ctypes.PYFUNCTYPE(_WORD, *[_WORD] * parameters)(runtime_library()[name])


def _room(types: Sequence[Type]) -> Any:
    """Memory for descriptors."""
    return (_WORD * (offsets_of(types)[1] // 8 + 1))()


def _places(room: Any, types: Sequence[Type]) -> list[int]:
    return _from(ctypes.addressof(room), types)


def _from(start: int, types: Sequence[Type]) -> list[int]:
    return [start + offset for offset in offsets_of(types)[0]]


def _word(address: int) -> Any:
    return _WORD.from_address(address)


def _write(ctx: int, place: int, t: Type, x: Any, *, owns: bool) -> None:
    """Write the descriptor of an object that fits. `owns`: with memory of the run, else with the object's."""
    match t:
        case OptionalType(element):
            _word(place).value = x is not None
            if x is not None:
                _write(ctx, place + 8, element, x, owns=owns)
        case ListType(element):
            items, step = cast("list[Any]", x), size_of(element)
            block = _block(ctx, LIST_BYTES)
            room = _block(ctx, len(items) * step) if items else 0
            for field, value in ((LIST_LENGTH, len(items)), (LIST_CAPACITY, len(items)), (LIST_ITEMS, room)):
                _word(block + field).value = value
            for i, item in enumerate(items):
                _write(ctx, room + HEADER + i * step, element, item, owns=owns)
            _word(place).value = block
        case Aval():
            _write_tensor(ctx, place, t, np.asarray(x), owns)


def _write_tensor(ctx: int, place: int, t: Aval, x: np.ndarray, owns: bool) -> None:
    if is_unrolled(t):
        ctypes.memmove(place, x.ctypes.data, x.nbytes)
        return
    block = _block(ctx, x.nbytes) if owns else 0
    data = block + HEADER if owns else x.ctypes.data
    if owns:
        ctypes.memmove(data, x.ctypes.data, x.nbytes)
    for i, value in enumerate((block, data, *x.shape)):
        _word(place + i * 8).value = value


def _block(ctx: int, size: int) -> int:
    block = _function("dy_alloc", 2)(ctx, size)
    if not block:
        raise MemoryError("no memory for the arguments of a native program")
    return block


def _read(place: int, t: Type) -> Any:
    """The object of a descriptor, with memory of its own."""
    match t:
        case OptionalType(element):
            return _read(place + 8, element) if _word(place).value else None
        case ListType(element):
            block, step = _word(place).value, size_of(element)
            items = _word(block + LIST_ITEMS).value + HEADER
            return [_read(items + i * step, element) for i in range(_word(block + LIST_LENGTH).value)]
        case Aval(dtype, shape) if is_unrolled(t):
            return _array(place, dtype, [dim for dim in shape if isinstance(dim, int)])
        case Aval(dtype, shape):
            dims = [_word(place + 16 + axis * 8).value for axis in range(len(shape))]
            return _array(_word(place + 8).value, dtype, dims)


def _array(data: int, dtype: DType, shape: Sequence[int]) -> Any:
    made = np.empty(shape, dtype)
    ctypes.memmove(made.ctypes.data, data, made.nbytes)
    return made if shape else made[()]
