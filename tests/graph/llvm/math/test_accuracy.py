"""Each function against references of more precision, and its special values against NumPy's, on two machines."""

from typing import Any

import numpy as np
import pytest

from graph.llvm.math import library
from support.float_samples import pairs, samples, special
from support.native_loops import AVX2, HOST, SSE2, Machine, function_loop, is_runnable
from support.ulps import BOUNDS, REFERENCES, errors, unit

MACHINES = {
    name: machine for name, machine in {"host": HOST, "avx2": AVX2, "sse2": SSE2}.items() if is_runnable(machine)
}
DTYPES = (np.float32, np.float64)
UNARY = [name for name, count in library.declared_names().items() if count == 1]
EXACT = ("nextafter", "copysign")
BINARY = [name for name, count in library.declared_names().items() if count == 2 and name not in EXACT]
on_each_machine = pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
on_each_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)


@pytest.fixture(autouse=True)
def silent() -> Any:
    with np.errstate(all="ignore"):
        yield


def wider(dtype: Any) -> Any:
    if dtype == np.float32:
        return np.float64
    if np.finfo(np.longdouble).nmant < 63:
        pytest.skip("no oracle: long double has no more digits than double here")
    return np.longdouble


def assert_within(found: np.ndarray, reference: Any, bound: float, operands: Any) -> None:
    error = errors(found, reference)
    at = int(error.argmax())
    assert error[at] <= bound, f"{error[at]} at {[x[at] for x in operands]}: {found[at]}, not {reference[at]}"


@on_each_machine
@on_each_dtype
@pytest.mark.parametrize("name", UNARY)
def test_unary_within_bound(name: str, dtype: Any, machine: Machine) -> None:
    x = samples(dtype, seed=len(name))
    reference = REFERENCES[name](x.astype(wider(dtype)))
    assert_within(function_loop(name, dtype, machine)(x), reference, BOUNDS[name], [x])


@on_each_machine
@on_each_dtype
@pytest.mark.parametrize("name", BINARY)
def test_binary_within_bound(name: str, dtype: Any, machine: Machine) -> None:
    x, y = pairs(dtype, seed=len(name))
    reference = REFERENCES[name](x.astype(wider(dtype)), y.astype(wider(dtype)))
    found = function_loop(name, dtype, machine)(x, y)
    if name == "logaddexp":  # where the result cancels, it is as good as its larger term
        with_digits = np.abs(reference) >= np.maximum(np.abs(x), np.abs(y)) / 4
        gap = np.abs(found.astype(reference.dtype) - reference)[~with_digits & np.isfinite(reference)]
        assert np.all(gap <= 2 * unit(np.maximum(np.abs(x), np.abs(y)), dtype)[~with_digits & np.isfinite(reference)])
        x, y, found, reference = (a[with_digits | ~np.isfinite(reference)] for a in (x, y, found, reference))
    assert_within(found, reference, BOUNDS[name], [x, y])


NUMPY = {"acos": "arccos", "acosh": "arccosh", "asin": "arcsin", "asinh": "arcsinh", "atan": "arctan"}
NUMPY |= {"atanh": "arctanh", "atan2": "arctan2", "pow": "power"}


@on_each_dtype
@pytest.mark.parametrize("name", [*UNARY, *BINARY, *EXACT])
def test_special_values_as_numpy(name: str, dtype: Any) -> None:
    operands = [special(dtype)]
    if library.declared_names()[name] == 2:
        operands = [grid.ravel() for grid in np.meshgrid(operands[0], operands[0])]
    function = getattr(np, NUMPY.get(name, name), None) or REFERENCES[name]
    expected = function(*operands)
    found = function_loop(name, dtype)(*operands)
    ends = ~np.isfinite(expected) | (expected == 0)
    np.testing.assert_array_equal(found[ends], expected[ends])
    np.testing.assert_array_equal(np.signbit(found[expected == 0]), np.signbit(expected[expected == 0]))
    assert np.all(np.isfinite(found[~ends]))


@on_each_machine
@on_each_dtype
@pytest.mark.parametrize("name", EXACT)
def test_exact_functions_equal_numpy(name: str, dtype: Any, machine: Machine) -> None:
    x, y = pairs(dtype, seed=3)
    found, expected = function_loop(name, dtype, machine)(x, y), getattr(np, name)(x, y)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(np.signbit(found[~np.isnan(x)]), np.signbit(expected[~np.isnan(x)]))


@on_each_machine
@on_each_dtype
def test_whole_powers_are_exact(dtype: Any, machine: Machine) -> None:
    info = np.finfo(dtype)
    n = np.arange(info.minexp - info.nmant, info.maxexp).astype(dtype)
    powers = np.ldexp(dtype(1), n.astype(int))
    np.testing.assert_array_equal(function_loop("exp2", dtype, machine)(n), powers)
    np.testing.assert_array_equal(function_loop("log2", dtype, machine)(powers), n)
    small = np.arange(-60, 61).astype(dtype)
    for exponent in range(5):
        found = function_loop("pow", dtype, machine)(small, np.full_like(small, exponent))
        np.testing.assert_array_equal(found, small.astype(np.float64) ** exponent)
    tens = np.arange(0, 11 if dtype == np.float32 else 23)
    np.testing.assert_array_equal(function_loop("log10", dtype, machine)(10.0**tens), tens)


@on_each_machine
def test_huge_angles(machine: Machine) -> None:
    """Published hard cases of double: the angle nearest to a multiple of pi/2, and 10^22."""
    x = np.array([6381956970095103.0 * 2.0**797, 1e22, 1e300, 2.0**1023])
    reference = x.astype(wider(np.float64))
    assert function_loop("sin", np.float64, machine)(x)[1] == -0.8522008497671888
    assert function_loop("cos", np.float64, machine)(x)[0] == -4.6871659242546277e-19
    for name in ("sin", "cos", "tan"):
        assert_within(function_loop(name, np.float64, machine)(x), REFERENCES[name](reference), 2.0, [x])


@on_each_dtype
def test_borders_of_overflow(dtype: Any) -> None:
    """The last argument that does not overflow and the first that does; the same towards zero."""
    for name in ("exp", "exp2", "expm1", "sinh", "cosh"):
        function, exact = function_loop(name, dtype), REFERENCES[name]
        wide = wider(dtype)
        low, high = dtype(1), dtype(2000)
        while np.nextafter(low, high) < high:
            middle = dtype((low + high) / 2)
            is_finite = np.isfinite(np.asarray(exact(wide(middle))).astype(dtype))
            low, high = (middle, high) if is_finite else (low, middle)
        assert np.isfinite(function(np.array([low])))[0]
        assert np.isinf(function(np.array([high])))[0]
    low = np.array([-103.9, -104.1], dtype) if dtype == np.float32 else np.array([-745.1, -745.2])
    np.testing.assert_array_equal(
        function_loop("exp", dtype)(low), [np.finfo(dtype).smallest_subnormal, 0], strict=False
    )
