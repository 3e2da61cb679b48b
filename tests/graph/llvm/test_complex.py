"""Functions of complex numbers in native code: near NumPy's, with the same zeros, infinities and NaN."""

import math

import numpy as np
import pytest

from graph.aval import Aval
from graph.dtypes import DType, complex64, complex128
from graph.execute.interpreter import run
from graph.execute.native_program import compile_native
from graph.ir.builder import GraphBuilder
from graph.ir.opdef import lookup
from graph.ops.complex_rules import RULES

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.0, math.inf, -math.inf, math.nan, -3e-9, 30.0, -45.0]
FAR = [710.2, -720.0, 800.0, 1e308, -1e308, 5e-324, -1e-310]


def numbers() -> np.ndarray:
    rng = np.random.default_rng(0)
    parts = SPECIAL + FAR
    grid = [complex(a, b) for a in parts for b in parts]
    near = rng.standard_normal(500) + 1j * rng.standard_normal(500)
    circle = np.exp(1j * rng.uniform(-4, 4, 500))
    return np.concatenate([grid, near, near * 20, circle, [0.6 + 0.8j, 0.8 + 0.6j]])


def is_close(found: np.ndarray, wanted: np.ndarray, size: np.ndarray, tolerance: float) -> np.ndarray:
    """Parts that are equal, zeros by sign too; or differ by little of themselves, or by less of the whole number."""
    same = (found == wanted) & (np.signbit(found) == np.signbit(wanted))
    lost = np.isnan(found) & np.isnan(wanted)
    difference = np.abs(found - wanted)
    return same | lost | (difference <= tolerance * np.abs(wanted)) | (difference <= 0.3 * tolerance * size)


@pytest.mark.parametrize(("dtype", "tolerance"), [(complex128, 1e-14), (complex64, 3e-6)])
@pytest.mark.parametrize("name", RULES)
def test_functions(name: str, dtype: DType, tolerance: float) -> None:
    with np.errstate(all="ignore"):
        z = numbers().astype(dtype)
    b = GraphBuilder(name)
    graph = b.build(b.append(lookup(name), [b.param(Aval(dtype, z.shape))], {}))
    program = compile_native(graph)
    assert program.callbacks == ()
    (found,), (wanted,) = program(z), run(graph, (z,))
    with np.errstate(all="ignore"):
        size = np.abs(wanted)
        good = is_close(found.real, wanted.real, size, tolerance) & is_close(found.imag, wanted.imag, size, tolerance)
    assert [(x, y, w) for x, y, w, ok in zip(z, found, wanted, good, strict=True) if not ok] == []


def test_what_has_no_rule_says_so() -> None:
    b = GraphBuilder("inverse")
    program = compile_native(b.build([b.asin(b.param(Aval(complex128, (3,))))]))
    assert [site.reason for site in program.callbacks] == ["there is no native rule for complex128"]
