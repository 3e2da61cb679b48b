"""Images: object code that is linked by us, and loaded without LLVM."""

import ctypes
import gc
import struct

import pytest

from graph.llvm.runtime import elf
from graph.llvm.runtime.compile import compile_text, machine, target_machine
from graph.llvm.runtime.elf import linked
from graph.llvm.runtime.image import PAGE, placed

TEXT = """
@table = internal constant [4 x i64] [i64 10, i64 20, i64 30, i64 40]
@pointers = internal global [2 x ptr] [ptr @twice, ptr @outside]
@count = global i64 7
@zeros = internal global [300 x i64] zeroinitializer
declare i64 @outside(i64)
@elsewhere = external global i64

define internal i64 @twice(i64 %x) noinline {
  %r = mul i64 %x, 2
  ret i64 %r
}

define i64 @all(i64 %i) {
  %p = getelementptr [4 x i64], ptr @table, i64 0, i64 %i
  %t = load i64, ptr %p
  %d = call i64 @twice(i64 %t)
  %o = call i64 @outside(i64 %d)
  %e = load i64, ptr @elsewhere
  %s = add i64 %o, %e
  %c = load i64, ptr @count
  %n = add i64 %c, 1
  store i64 %n, ptr @count
  %z = getelementptr [300 x i64], ptr @zeros, i64 0, i64 299
  store i64 %n, ptr %z
  %r = add i64 %s, %n
  ret i64 %r
}

define i64 @by_pointer(i64 %i, i64 %x) {
  %p = getelementptr [2 x ptr], ptr @pointers, i64 0, i64 %i
  %f = load ptr, ptr %p
  %r = call i64 %f(i64 %x)
  ret i64 %r
}

define i64 @choose(i64 %x) {
  switch i64 %x, label %other [
    i64 0, label %a
    i64 1, label %b
    i64 2, label %c
    i64 3, label %d
    i64 4, label %e
  ]
a: ret i64 5
b: %b1 = call i64 @outside(i64 1) ret i64 %b1
c: %c1 = call i64 @outside(i64 2) ret i64 %c1
d: %d1 = call i64 @twice(i64 %x) ret i64 %d1
e: ret i64 77
other: ret i64 -1
}

define double @number(double %x) {
  %r = fmul double %x, 3.25
  ret double %r
}
"""
is_known = pytest.mark.skipif(
    not machine().triple.startswith("x86_64") or "linux" not in machine().triple, reason="ELF"
)


@is_known
def test_an_image_does_what_its_source_says() -> None:
    code = compile_text(TEXT, machine(), level=0)
    assert code.layout is not None
    assert sorted(code.imports) == ["elsewhere", "outside"]
    seen: list[int] = []

    @ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)
    def outside(x: int) -> int:
        seen.append(x)
        return x + 1

    elsewhere = ctypes.c_int64(1000)
    addresses = {
        "outside": ctypes.cast(outside, ctypes.c_void_p).value or 0,
        "elsewhere": ctypes.addressof(elsewhere),
    }
    loaded = placed(code.code, code.layout, addresses)

    def function(name: str, count: int) -> "ctypes._FuncPointer":
        return ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * count)(loaded[name])

    assert [function("all", 1)(i) for i in range(4)] == [20 + 1009, 40 + 1010, 60 + 1011, 80 + 1012]
    assert seen == [20, 40, 60, 80]
    assert ctypes.c_int64.from_address(loaded["count"]).value == 11
    assert [function("by_pointer", 2)(i, 21) for i in (0, 1)] == [42, 22]
    assert [function("choose", 1)(i) for i in range(-1, 6)] == [-1, 5, 2, 3, 6, 77, -1]
    assert ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(loaded["number"])(2.0) == 6.5
    gc.collect()
    assert function("choose", 1)(4) == 77


@is_known
def test_two_images_share_nothing() -> None:
    code = compile_text("@n = global i64 5", machine())
    assert code.layout is not None
    one, other = (placed(code.code, code.layout, {}) for _ in range(2))
    ctypes.c_int64.from_address(one["n"]).value = 6
    assert ctypes.c_int64.from_address(other["n"]).value == 5


def test_what_is_not_known_is_left_to_llvm() -> None:
    assert linked(b"") is None
    assert linked(b"MZ and so on" * 100) is None
    target = target_machine(machine())
    import llvmlite.binding as llvm

    thread_local = llvm.parse_assembly("@x = thread_local global i64 1", llvm.create_context())
    assert linked(target.emit_object(thread_local)) is None


@is_known
def test_an_unknown_relocation_is_left_to_llvm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elf, "_TABLES", ())
    code = compile_text(TEXT, machine(), level=0)
    assert code.layout is None
    assert code.code.startswith(b"\x7fELF")
    assert "outside" in code.imports


@is_known
def test_code_is_not_writable() -> None:
    code = compile_text("define void @f() { ret void }", machine())
    assert code.layout is not None
    loaded = placed(code.code, code.layout, {})
    with open("/proc/self/maps") as file:
        (rights,) = [
            line.split()[1]
            for line in file
            for start, end in [[int(part, 16) for part in line.split()[0].split("-")]]
            if start <= loaded["f"] < end
        ]
    assert rights == "r-xp"


@is_known
def test_places_of_addresses_lie_in_what_is_writable() -> None:
    code = compile_text(TEXT, machine(), level=0)
    assert code.layout is not None
    layout = code.layout
    assert layout.writable % PAGE == 0
    for at, _ in (*layout.outside, *layout.inside):
        assert layout.writable <= at <= len(code.code) - 8
        assert struct.unpack_from("=Q", code.code, at) == (0,)
