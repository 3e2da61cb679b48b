import gc
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graph.aval import Aval, SymDim
from graph.dtypes import float64
from graph.llvm.runtime.compile import LEVELS, assembly, compile_plainly, compile_text, machine, optimized_text
from graph.llvm.runtime.program import native_program
from graph.llvm.runtime.symbols import addresses_of
from support.native_modules import ADD, DECLARATIONS

VECTOR = Aval(float64, (SymDim.named("n"),))
ON_X86 = machine().triple.startswith("x86_64")


def machines() -> list[Any]:
    names = ["host"]
    for name in LEVELS if ON_X86 else []:
        try:
            machine(name)
        except ValueError:
            break
        names.append(name)
    return names


@pytest.mark.parametrize("cpu", machines())
@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_every_machine_and_level_gives_the_same(cpu: str, level: int) -> None:
    code = compile_text(DECLARATIONS + ADD, machine(cpu), level=level)
    (x,) = native_program(code, [VECTOR, VECTOR], [VECTOR])(np.arange(1001.0), np.ones(1001))
    np.testing.assert_array_equal(x, np.arange(1001.0) + 1)


@pytest.mark.skipif(not ON_X86, reason="registers of x86")
@pytest.mark.parametrize(("cpu", "register"), [("x86-64", "xmm"), ("x86-64-v3", "ymm"), ("x86-64-v4", "zmm")])
def test_vectors_are_as_wide_as_the_machine_has_them(cpu: str, register: str) -> None:
    if cpu not in machines():
        pytest.skip(f"the host is no {cpu}")
    text = assembly(DECLARATIONS + ADD, machine(cpu))
    found = [name for name in ("xmm", "ymm", "zmm") if f"%{name}" in text]
    assert found[-1] == register


def test_host_uses_its_widest_vectors() -> None:
    if "x86-64-v4" in machines():
        assert "zmm" in assembly(DECLARATIONS + ADD, machine())


def test_unknown_processor() -> None:
    with pytest.raises(ValueError, match=r"cpu='pentium': it must be one of 'host'"):
        machine("pentium")


@pytest.mark.skipif(not ON_X86, reason="levels of x86")
def test_processor_that_the_host_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LEVELS, "x86-64-v3", ("avx2", "wings"))
    for cpu in ("x86-64-v3", "x86-64-v4"):
        with pytest.raises(ValueError, match=f"cpu='{cpu}': this processor has no wings"):
            machine(cpu)
    machine("x86-64-v2")


def test_imports_are_named() -> None:
    assert compile_text(DECLARATIONS + ADD, machine()).imports == ("dy_alloc",)


def test_text_that_is_no_module() -> None:
    with pytest.raises(RuntimeError, match="expected"):
        compile_text("define nothing", machine())


def test_module_that_breaks_rules_of_llvm() -> None:
    text = """\
define i32 @run(ptr %ctx, ptr %in, ptr %out) {
entry:
  br label %b
a:
  %x = add i32 1, 2
  br label %b
b:
  ret i32 %x
}
"""
    with pytest.raises(RuntimeError, match="does not dominate"):
        compile_text(text, machine(), verify=True)


def test_optimized_text_is_a_module() -> None:
    text = optimized_text(DECLARATIONS + ADD, machine())
    assert "define" in text
    assert "vector.body" in text
    assert compile_text(text, machine()).imports == ("dy_alloc",)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads the memory of the process from /proc")
@pytest.mark.parametrize("compiled", [compile_text, compile_plainly])
def test_compiling_keeps_no_memory(compiled: Any) -> None:
    """Of LLVM's passes, for one: 30 kilobytes, and what they make while they run."""

    def resident() -> int:
        gc.collect()
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")

    host = machine()
    for _ in range(5):
        compiled(DECLARATIONS + ADD, host)
    before = resident()
    for _ in range(60):
        compiled(DECLARATIONS + ADD, host)
    assert resident() - before < 60 * 10_000


def test_blas_and_lapack_are_found() -> None:
    text = """\
declare double @dy_blas_ddot(ptr, ptr, ptr, ptr, ptr)
declare void @dy_lapack_dlacpy(ptr, ptr, ptr, ptr, ptr, ptr, ptr)
@one = internal constant i64 1
define i32 @run(ptr %ctx, ptr %in, ptr %out) {
  %a.at = getelementptr i8, ptr %in, i64 8
  %a = load ptr, ptr %a.at
  %n.at = getelementptr i8, ptr %in, i64 16
  %dot = call double @dy_blas_ddot(ptr %n.at, ptr %a, ptr @one, ptr %a, ptr @one)
  store double %dot, ptr %out
  ret i32 0
}
"""
    code = compile_text(text, machine())
    assert code.imports == ("dy_blas_ddot",)
    (x,) = native_program(code, [VECTOR], [Aval(float64, ())])(np.arange(100.0))
    assert x == 328350
    with pytest.raises(ImportError, match=r"scipy.linalg.cython_lapack has no nothing"):
        addresses_of(["dy_lapack_nothing"])


def test_numpy_table_is_where_we_take_it_to_be() -> None:
    assert addresses_of(["PyArray_Type"])["PyArray_Type"] == id(np.ndarray)


def test_float16_runs_where_the_machine_has_no_conversion() -> None:
    text = """\
define i32 @run(ptr %ctx, ptr %in, ptr %out) {
  %x = load half, ptr %in
  %y = fpext half %x to double
  %z = call double @exp(double %y)
  %w = fptrunc double %z to half
  store half %w, ptr %out
  ret i32 0
}
declare double @exp(double)
"""
    half = Aval(np.dtype(np.float16), ())
    for cpu in machines():
        (x,) = native_program(compile_text(text, machine(cpu)), [half], [half])(np.float16(1.5))
        assert x == np.exp(np.float64(1.5)).astype(np.float16)


def test_several_threads_compile_and_load_at_once() -> None:
    found: list[Any] = []

    def work(i: int) -> None:
        text = ADD.replace("fadd double %x, %y", f"fadd double %x, {i}.0")
        add = native_program(compile_text(DECLARATIONS + text, machine()), [VECTOR, VECTOR], [VECTOR])
        found.append(add(np.zeros(3), np.zeros(3))[0].tolist())

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [[float(i)] * 3 for i in range(8)]
