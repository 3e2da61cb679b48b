"""What is declared, once, and that loops around it become vector code without calls."""

import re
from typing import Any

import numpy as np
import pytest
from llvmlite import ir

from graph.errors import InternalError
from graph.llvm.math import library
from support.native_loops import AVX2, AVX512, SSE2, Machine, assembly

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
FUNCTIONS = [(name, dtype) for name in library.declared_names() for dtype in (FLOAT32, FLOAT64)]
PACKED = {"avx512": (AVX512, "%zmm"), "avx2": (AVX2, "%ymm"), "sse2": (SSE2, "%xmm")}


def loop_of(text: str) -> str:
    """The assembly of the function `loop` alone."""
    return text[text.index("\nloop:") :].partition(".Lfunc_end")[0]


@pytest.mark.parametrize("machine", PACKED)
@pytest.mark.parametrize(("name", "dtype"), FUNCTIONS)
def test_loop_is_vectorised(name: str, dtype: Any, machine: str) -> None:
    target, registers = PACKED[machine]
    text = loop_of(assembly(name, dtype, target))
    assert re.findall(rf"\b\w+p[sd]\b.*{registers}|\bv?p?(?:and|or|xor|add|sub|ternlog)\w*\b.*{registers}", text)
    if name in ("sin", "cos", "tan"):  # one call for a whole vector, which looks for huge angles
        lanes = {"%zmm": 64, "%ymm": 32, "%xmm": 16}[registers] // dtype.itemsize
        kind = "f32" if dtype == FLOAT32 else "f64"
        assert f"math.{name}.{kind}.mend{'.fma' if target.fma else ''}.{lanes}" in text
    else:
        assert not re.search(r"\bcall", text)


def test_declared_once_in_a_module() -> None:
    module: Any = ir.Module("m")
    first = library.declare(module, "exp", FLOAT32)
    assert library.declare(module, "exp", FLOAT32) is first
    assert library.declare(module, "exp", FLOAT64) is not first
    assert library.declare(module, "exp", FLOAT32, fma=True) is not first
    assert first.linkage == "internal"


def test_code_without_fma_uses_none() -> None:
    for name, dtype in FUNCTIONS:
        module: Any = ir.Module("m")
        library.declare(module, name, dtype)
        assert "llvm.fma" not in str(module)


def test_code_stays_short() -> None:
    """Compile time grows with what is inlined into every loop."""
    for name, dtype in FUNCTIONS:
        module: Any = ir.Module("m")
        function = library.declare(module, name, dtype, fma=True)
        assert len(function.blocks) == 1, "a branch"
        assert len(function.blocks[0].instructions) <= 200


@pytest.mark.parametrize(("name", "dtype"), [("sine", FLOAT32), ("exp", np.dtype(np.float16))])
def test_what_is_not_there(name: str, dtype: Any) -> None:
    with pytest.raises(InternalError, match=f"there is no native {name} over {dtype}"):
        library.declare(ir.Module("m"), name, dtype)


def test_machine_has_its_own_default() -> None:
    assert not SSE2.fma
    assert AVX2.fma
    assert Machine("x86-64", "+fma").fma
