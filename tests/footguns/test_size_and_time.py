"""Footguns 22 to 24: compile time, caches, overhead.

One test a line of the list at least, written from the behaviour that the line describes; the numbers are the list's.
"""

import gc
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import eager as xp
from dy2static import to_static
from support.tensors import t

ROOT = Path(__file__).resolve().parent.parent.parent


# 22. Compile time


def test_22_the_graph_of_a_staged_loop_does_not_grow_with_its_trips() -> None:
    def f(x: Any, n: Any) -> Any:
        for _ in range(n):
            x = x * 2 - 1
        return x

    static = to_static(f)
    static(t(1.0), xp.asarray(3))
    ops = str(static.graph).count(" = ")
    static(t(1.0), xp.asarray(3000))
    assert str(static.graph).count(" = ") == ops
    assert len(static.programs) == 1


# 23. Caches that never shrink


def test_23_programs_are_bounded_and_go_with_the_function() -> None:
    f = to_static(lambda x, k: x if k else -x)
    for i in range(150):
        f(t(1.0), f"key {i}")
    assert len(f.programs) <= 64
    alive = weakref.ref(f.programs[0])
    del f
    gc.collect()
    assert alive() is None


# 24. Overhead a call, import time


def test_24_import_loads_nothing_heavy() -> None:
    program = "import sys, dy2static; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"scipy", "llvmlite", "onnx", "libcst", "torch"}.intersection(done.stdout.split())
