"""Powers of one number with exponents below one: against long double, and where `pow` has to take over."""

from typing import Any

import numpy as np
import pytest
from llvmlite import ir

from dy2static import to_static
from graph.llvm.math import library
from graph.llvm.math.power_by_table import has_table
from support.float_samples import samples, special
from support.native_loops import AVX2, HOST, elementwise_loop, is_runnable
from support.ulps import errors

EXPONENTS = [1 / 3, -1 / 3, 0.2, -0.25, 0.998, -0.998, 2.0**-60, 1e-300]
MACHINES = [machine for machine in (HOST, AVX2) if machine.fma and is_runnable(machine)]
KINDS = {np.float32: ir.FloatType(), np.float64: ir.DoubleType()}
pytestmark = pytest.mark.skipif(not MACHINES, reason="a processor without fused multiply-add")


def power(x: np.ndarray, y: float, machine: Any = HOST) -> np.ndarray:
    kind = KINDS[x.dtype.type]

    def body(module: Any, builder: Any, elements: list[Any]) -> Any:
        function = library.declare(module, "power_by_table", x.dtype, fma=True)
        return builder.call(function, [*elements, ir.Constant(kind, y)])

    out = np.empty_like(x)
    elementwise_loop(body, [kind], kind, machine)(out, x)
    return out


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("y", EXPONENTS)
def test_within_the_bound(y: float, machine: Any) -> None:
    if np.finfo(np.longdouble).nmant < 63:
        pytest.skip("no oracle: long double has no more digits than double here")
    x = np.abs(samples(np.float64, seed=1))
    x = x[np.isfinite(x) & (x > 0)]
    assert errors(power(x, y, machine), x.astype(np.longdouble) ** y).max() <= 1.2


@pytest.mark.parametrize("y", [1 / 3, -0.7, 0.25])
def test_single_is_the_nearest_float(y: float) -> None:
    x = np.abs(samples(np.float32, seed=2))
    x = x[np.isfinite(x) & (x > 0)]
    exponent = np.float32(y)
    assert errors(power(x, float(exponent)), x.astype(np.float64) ** float(exponent)).max() <= 0.5001


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("y", [0.5, -0.25])
def test_special_values_as_numpy(dtype: Any, y: float) -> None:
    x = special(dtype)
    with np.errstate(all="ignore"):
        expected = np.power(x, np.full_like(x, y))  # `x ** 0.5` would be a square root
    found = power(x, y)
    ordinary = np.isfinite(expected) & (expected != 0)
    np.testing.assert_array_equal(found[~ordinary], expected[~ordinary])
    np.testing.assert_allclose(found[ordinary], expected[ordinary], rtol=2 * np.finfo(dtype).eps)


def test_one_stays_one() -> None:
    x = np.array([1.0])
    assert all(power(x, y) == 1.0 for y in EXPONENTS)


def test_which_exponents() -> None:
    assert all(has_table(y) for y in EXPONENTS)
    assert not any(has_table(y) for y in (0.0, 1.0, -1.0, 2.5, np.inf, np.nan))


@pytest.mark.parametrize("exponent", [1 / 3, -0.4, 2.5])
def test_chosen_for_one_number_only(exponent: float) -> None:
    def step(x: Any) -> Any:
        return x**exponent

    f = to_static(step, executor="native", compile="now")
    for dtype in (np.float32, np.float64):
        one, many = dtype(5.3), np.linspace(0.1, 9, 300).astype(dtype)
        np.testing.assert_allclose(np.asarray(f(one)), one**exponent, rtol=3e-7 if dtype == np.float32 else 1e-15)
        assert ("power_by_table" in f.native.llvm or "math.power." in f.native.llvm) == has_table(exponent)
        np.testing.assert_allclose(np.asarray(f(many)), many**exponent, rtol=3e-7 if dtype == np.float32 else 1e-15)
