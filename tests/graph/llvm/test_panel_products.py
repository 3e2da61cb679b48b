"""Products by panels: sizes that fill no tile, vector or panel, operands turned, sums, parts, other processors."""

from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import InputSpec, to_static
from graph.llvm.code import Unit
from graph.llvm.ir import make
from graph.llvm.panel_products import least_rows, panel_tile
from graph.llvm.runtime.compile import machine
from graph.llvm.tiles import Tile

SIZES = [(128, 256, 64), (101, 113, 127), (8, 700, 333), (1030, 33, 40), (33, 40, 1030), (64, 513, 65), (9, 2, 90_000)]


def is_runnable(cpu: str) -> bool:
    try:
        machine(cpu)
    except ValueError:
        return False
    return True


CPUS = [cpu for cpu in ("host", "x86-64-v3") if is_runnable(cpu)]


def operands(m: int, k: int, n: int, dtype: Any, turned: str) -> tuple[Any, Any]:
    rng = np.random.default_rng(m * n + k)
    left, right = rng.standard_normal((m, k)), rng.standard_normal((k, n))
    left = np.ascontiguousarray(left.T) if turned[0] == "t" else left
    right = np.ascontiguousarray(right.T) if turned[1] == "t" else right
    return xp.asarray(left, dtype=dtype), xp.asarray(right, dtype=dtype)


def product(turned: str) -> Any:
    def multiply(x: Any, y: Any) -> Any:
        return (x.T if turned[0] == "t" else x) @ (y.T if turned[1] == "t" else y)

    return multiply


@pytest.mark.parametrize("cpu", CPUS)
@pytest.mark.parametrize("turned", ["nn", "nt", "tn", "tt"])
@pytest.mark.parametrize("dtype", [xp.float32, xp.float64], ids=str)
def test_as_numpy(dtype: Any, turned: str, cpu: str) -> None:
    native = to_static(product(turned), executor="native", compile="now", cpu=cpu)
    for m, k, n in SIZES:
        x, y = operands(m, k, n, dtype, turned)
        expected = product(turned)(*(np.asarray(t, dtype=np.float64) for t in (x, y)))
        found = np.asarray(native(x, y), dtype=np.float64)
        tolerance = (2e-5 if dtype == xp.float32 else 4e-14) * np.sqrt(k)
        np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


@pytest.mark.skipif("x86-64-v3" not in CPUS, reason="a processor without AVX2")
def test_panels_are_there() -> None:
    native = to_static(product("nt"), executor="native", compile="now", cpu="x86-64-v3")
    native(*operands(128, 256, 64, xp.float32, "nt"))
    assert "panels.float32" in native.native.llvm
    assert "dy_blas" not in native.native.llvm


def test_added_to_what_is_there() -> None:
    def steps(total: Any, x: Any, y: Any) -> Any:
        for _ in range(3):
            total = total + x @ y
        return total

    x, y = operands(70, 300, 60, xp.float64, "nn")
    total = xp.asarray(np.arange(70.0 * 60).reshape(70, 60))
    found = to_static(steps, executor="native", compile="now")(total, x, y)
    np.testing.assert_allclose(np.asarray(found), np.asarray(steps(total, x, y)), atol=1e-11, rtol=0)


def test_nan_and_infinity_stay_in_their_rows_and_columns() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((67, 301)), rng.standard_normal((301, 63))
    x[66, 7], y[300, 62] = np.nan, np.inf
    with np.errstate(invalid="ignore"):
        expected = x @ y
    found = np.asarray(to_static(product("nn"), executor="native", compile="now")(xp.asarray(x), xp.asarray(y)))
    np.testing.assert_array_equal(np.isfinite(found), np.isfinite(expected))
    assert np.isfinite(found[:66, :62]).all()


@pytest.mark.parametrize("size", [(1030, 130, 64), (64, 130, 1030), (999, 640, 10)])
def test_the_same_with_every_number_of_threads(size: tuple[int, int, int]) -> None:
    x, y = operands(*size, xp.float32, "nn")
    programs = [to_static(product("nn"), executor="native", compile="now", threads=threads) for threads in (1, 2, 5)]
    first, *others = (program(x, y).tolist() for program in programs)
    assert all(first == other for other in others)


@pytest.mark.parametrize("turned", ["nn", "tn", "nt"])
def test_gradients(turned: str) -> None:
    def loss(x: Any, y: Any) -> Any:
        z = product(turned)(x, y)
        return xp.sum(z * z)

    x, y = operands(72, 160, 100, xp.float64, turned)
    static = to_static(loss, executor="native", compile="now")
    for found, expected in zip(static.grad(argnums=(0, 1))(x, y), xp.grad(loss, argnums=(0, 1))(x, y), strict=True):
        np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=1e-11, atol=1e-9)


def test_rows_that_only_a_run_knows() -> None:
    def layer(x: Any, w: Any) -> Any:
        return x @ w

    static = to_static(layer, input_spec=[InputSpec("n", 300), InputSpec(300, 40)], executor="native", compile="now")
    for rows in (0, 1, 7, 83, 84, 85, 400):
        x, w = operands(rows, 300, 40, xp.float64, "nn")
        np.testing.assert_allclose(np.asarray(static(x, w)), np.asarray(layer(x, w)), atol=1e-12, rtol=0)
    assert "@dy_blas_dgemm" in static.native.llvm.replace('"', "")
    assert "panels.float64" in static.native.llvm


def test_which_products() -> None:
    wide = Unit(make.Module("wide"), has_fma=True, vector_bytes=64, vector_registers=32)
    assert panel_tile(wide, xp.float32, 128, 256) == Tile(4, 4)
    assert panel_tile(wide, xp.float32, 4096, 4) is None, "too few columns"
    assert panel_tile(wide, xp.int32, 128, 256) is None
    assert panel_tile(Unit(make.Module("old")), xp.float32, 128, 256) is None, "no fused multiply-add"
    assert least_rows(128, 128, right_turned=False) == 62
    assert least_rows(128, 128, right_turned=True) == 13
    assert least_rows(4096, 256, right_turned=True) == 8
    narrow = Unit(make.Module("narrow"), has_fma=True, vector_bytes=32, vector_registers=16)
    found = panel_tile(narrow, xp.float64, 512, 512)
    assert found is not None
    assert found.rows * found.columns == 12
