"""Products are made by NumPy's BLAS where it is an OpenBLAS, else by SciPy's. Runs have one thread of either."""

import io
import sys
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from graph.execute.native import compile_native
from graph.llvm.runtime import blas, symbols
from graph.llvm.runtime.blas import OpenBlas, openblas_of_numpy, openblas_of_scipy
from graph.text.parser import parse

SIZE = 67
"""Larger than what is multiplied without BLAS, and odd."""
PRODUCT = f"""\
graph f(%0: f64[{SIZE},{SIZE}], %1: f64[{SIZE},{SIZE}]) -> (f64[{SIZE},{SIZE}]) {{
  %2: f64[{SIZE},{SIZE}] = matmul %0, %1
  yield %2
}}"""
SOLUTION = f"""\
graph f(%0: f64[{SIZE},{SIZE}], %1: f64[{SIZE},{SIZE}]) -> (f64[{SIZE},{SIZE}]) {{
  %2: f64[{SIZE},{SIZE}] = solve %0, %1
  yield %2
}}"""


@pytest.fixture
def numpys() -> OpenBlas:
    found = openblas_of_numpy()
    if found is None or sys.byteorder != "little":
        pytest.skip("NumPy has another BLAS")
    return found


@pytest.fixture
def looked_up_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    symbols._address.cache_clear()
    yield monkeypatch
    symbols._address.cache_clear()


def matrices() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.standard_normal((SIZE, SIZE)), rng.standard_normal((SIZE, SIZE))


def check_product() -> None:
    a, b = matrices()
    program = compile_native(parse(PRODUCT))
    assert "dy_blas_dgemm" in program.llvm
    (found,) = program(a, b)
    np.testing.assert_allclose(found, a @ b, rtol=1e-12, atol=1e-12)


def test_products_do_without_scipy(numpys: OpenBlas, looked_up_anew: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise AssertionError(name)

    looked_up_anew.setattr(blas, "_module_of_scipy", fail)
    assert blas.blas("dgemm") == numpys.function("dgemm")
    check_product()


def test_products_by_scipy(looked_up_anew: pytest.MonkeyPatch) -> None:
    looked_up_anew.setattr(blas, "openblas_of_numpy", lambda: None)
    assert blas.blas("dgemm") == blas._published("cython_blas", "dgemm")
    check_product()


def test_what_numpys_build_lacks_is_scipys(numpys: OpenBlas, looked_up_anew: pytest.MonkeyPatch) -> None:
    looked_up_anew.setattr(blas, "openblas_of_numpy", lambda: numpys._replace(prefix="no_"))
    assert blas.blas("dgemm") == blas._published("cython_blas", "dgemm")


class Watched(io.StringIO):
    """A stream that notes how many threads BLAS has when something is written to it."""

    def __init__(self, library: OpenBlas) -> None:
        super().__init__()
        self.library = library
        self.seen: list[int] = []

    def write(self, text: str) -> int:
        self.seen.append(self.library.number())
        return len(text)


@pytest.mark.parametrize(("whose", "program"), [(openblas_of_numpy, PRODUCT), (openblas_of_scipy, SOLUTION)])
def test_runs_have_one_thread_of_blas(
    whose: Callable[[], OpenBlas | None], program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = whose()
    if library is None:
        pytest.skip("another BLAS")
    before, stream = library.number(), Watched(library)
    monkeypatch.setattr(sys, "stdout", stream)
    library.use(2)
    try:
        a, b = matrices()
        shown = program.replace("yield", "print %2 {parts=('', ''), forms=('',), stream='stdout'}\n  yield")
        compile_native(parse(shown))(a, b)
        assert set(stream.seen) == {1}
        assert library.number() == 2
    finally:
        library.use(before)
