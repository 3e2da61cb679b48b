"""Modules of LLVM IR written by hand, which keep to `graph/llvm/abi.py`: what the runtime is tested with."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from graph.aval import Type
from graph.llvm.abi import offsets_of
from graph.llvm.runtime.compile import compile_text, machine
from graph.llvm.runtime.plan import Callback
from graph.llvm.runtime.program import NativeProgram, memory_use, native_program

DECLARATIONS = """\
declare ptr @dy_alloc(ptr, i64)
declare void @dy_free(ptr, ptr)
declare i32 @dy_poll(ptr)
declare i32 @dy_callback(ptr, i32, ptr, ptr)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
"""

ADD = """\
define i32 @run(ptr %ctx, ptr %in, ptr %out) {
entry:
  %n.at = getelementptr i8, ptr %in, i64 16
  %n = load i64, ptr %n.at
  %a.at = getelementptr i8, ptr %in, i64 8
  %a = load ptr, ptr %a.at
  %b.at = getelementptr i8, ptr %in, i64 32
  %b = load ptr, ptr %b.at
  %bytes = mul i64 %n, 8
  %block = call ptr @dy_alloc(ptr %ctx, i64 %bytes)
  %none = icmp eq ptr %block, null
  br i1 %none, label %fail, label %go
fail:
  ret i32 3
go:
  %data = getelementptr i8, ptr %block, i64 64
  %any = icmp sgt i64 %n, 0
  br i1 %any, label %loop, label %done
loop:
  %i = phi i64 [0, %go], [%next, %loop]
  %a.i = getelementptr double, ptr %a, i64 %i
  %b.i = getelementptr double, ptr %b, i64 %i
  %c.i = getelementptr double, ptr %data, i64 %i
  %x = load double, ptr %a.i
  %y = load double, ptr %b.i
  %z = fadd double %x, %y
  store double %z, ptr %c.i
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %n
  br i1 %more, label %loop, label %done
done:
  store ptr %block, ptr %out
  %data.at = getelementptr i8, ptr %out, i64 8
  store ptr %data, ptr %data.at
  %dim.at = getelementptr i8, ptr %out, i64 16
  store i64 %n, ptr %dim.at
  ret i32 0
}
"""
"""(f64[n], f64[n]) -> f64[n]: the sum."""


def identity_text(types: Sequence[Type]) -> str:
    """The parameters are the results."""
    return f"""\
define i32 @run(ptr %ctx, ptr %in, ptr %out) {{
  call void @llvm.memcpy.p0.p0.i64(ptr %out, ptr %in, i64 {offsets_of(types)[1]}, i1 false)
  ret i32 0
}}
"""


FREE_LIST = """\
  %list = load ptr, ptr %in
  %items.at = getelementptr i8, ptr %list, i64 80
  %items = load ptr, ptr %items.at
  call void @dy_free(ptr %ctx, ptr %items)
  call void @dy_free(ptr %ctx, ptr %list)"""


def callback_text(*, first_is_list: bool = False) -> str:
    """All parameters go to callback 0, whose results are the results. Memory is asked for, and freed on success. The
    first parameter may be a list with elements, but all tensors in it and beside it are the caller's."""
    return f"""\
define i32 @run(ptr %ctx, ptr %in, ptr %out) {{
  %a = call ptr @dy_alloc(ptr %ctx, i64 100000)
  %b = call ptr @dy_alloc(ptr %ctx, i64 10)
  %status = call i32 @dy_callback(ptr %ctx, i32 0, ptr %in, ptr %out)
  %failed = icmp ne i32 %status, 0
  br i1 %failed, label %fail, label %done
fail:
  ret i32 %status
done:
{FREE_LIST if first_is_list else ""}
  call void @dy_free(ptr %ctx, ptr %b)
  call void @dy_free(ptr %ctx, ptr %a)
  ret i32 0
}}
"""


def program(
    text: str, params: Sequence[Type], results: Sequence[Type], *callbacks: Callback, **options: Any
) -> NativeProgram:
    """A module, compiled for this machine without much effort, as a function."""
    options.setdefault("plainly", _plainly.get())
    return native_program(_code(text), params, results, callbacks=callbacks, **options)


@contextmanager
def called_through(plainly: bool) -> Iterator[None]:
    """`program` makes functions that are called through ctypes, or built-in ones."""
    token = _plainly.set(plainly)
    yield
    _plainly.reset(token)


_plainly = ContextVar("plainly", default=False)


@contextmanager
def nothing_forgotten() -> Iterator[None]:
    """Runs free what they allocate, and results what they have."""
    before = memory_use()
    yield
    after = memory_use()
    assert after.forgotten == before.forgotten
    assert after.results == before.results


@cache
def _code(text: str) -> Any:
    return compile_text(DECLARATIONS + text, machine(), level=1, verify=True)
