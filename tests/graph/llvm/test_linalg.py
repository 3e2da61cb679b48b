"""Linear algebra in native code: what LAPACK finds wrong, matrices of any size, and what stays in registers."""

from typing import Any

import numpy as np
import pytest

from graph.aval import Aval, SymDim, scalar
from graph.dtypes import DType, complex64, complex128, float32, float64, int64
from graph.errors import ShapeError
from graph.execute.failure import location_of
from graph.execute.interpreter import run
from graph.execute.native_program import compile_native
from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph
from graph.ir.opdef import lookup
from graph.llvm.runtime.program import memory_use
from graph.location import Loc
from support.close import assert_close
from support.control import for_loop

B, M, N = (SymDim.named(name) for name in "bmn")
TOLERANCE = {float32: 2e-5, complex64: 2e-5, float64: 1e-12, complex128: 1e-12}


def one_op(name: str, *types: Aval, **attrs: Any) -> Graph:
    b = GraphBuilder(name)
    params = [b.param(t) for t in types]
    b.loc = Loc("model.py", 7)
    return b.build(b.append(lookup(name), params, attrs))


def matrices(dtype: DType, *shape: int) -> Any:
    rng = np.random.default_rng(shape)
    x = rng.standard_normal(shape)
    return (x + 1j * rng.standard_normal(shape) if dtype.kind == "c" else x).astype(dtype)


def of_rank_one(*shape: int) -> Any:
    x = matrices(float64, *shape)
    x[..., 1, :, :] = 1.0
    return x


SMALL, LARGE, ANY = Aval(float64, (2, 3, 3)), Aval(float64, (2, 7, 7)), Aval(float64, (B, N, N))


@pytest.mark.parametrize(
    ("name", "attrs", "text"),
    [
        ("inv", {}, "Singular matrix"),
        ("solve", {}, "Singular matrix"),
        ("cholesky", {"upper": False}, "Matrix is not positive definite"),
    ],
)
@pytest.mark.parametrize(("type", "n"), [(SMALL, 3), (LARGE, 7), (ANY, 7)], ids=["small", "large", "any"])
def test_a_singular_matrix_of_a_batch_is_an_error(
    name: str, attrs: dict[str, Any], text: str, type: Aval, n: int
) -> None:
    types = [type, type] if name == "solve" else [type]
    program = compile_native(one_op(name, *types, **attrs))
    x = of_rank_one(2, n, n)
    for _ in range(2):
        with pytest.raises(np.linalg.LinAlgError, match=text) as caught:
            program(*(x for _ in types))
    loc = location_of(caught.value)
    assert loc is not None
    assert loc.line == 7


@pytest.mark.parametrize("name", ["svd", "cofactor"])
def test_what_does_not_converge_is_an_error(name: str) -> None:
    attrs = {"full_matrices": False} if name == "svd" else {}
    program = compile_native(one_op(name, Aval(float64, (2, 2)), **attrs))
    with pytest.raises(np.linalg.LinAlgError, match="SVD did not converge"):
        program(np.array([[np.nan, 1.0], [1.0, 2.0]]))


@pytest.mark.parametrize("shape", [(2, 2), (30, 2, 2)], ids=["registers", "memory"])
def test_the_kernel_has_the_last_word(shape: tuple[int, ...]) -> None:
    """Where no pivot is a number the kernel's results are taken; what was allocated for that is given back."""
    program = compile_native(one_op("inv", Aval(float64, shape)))
    x = matrices(float64, *shape)
    x[..., 0, 0] = np.nan
    program(x)
    before = memory_use()
    for _ in range(3):
        assert_close(program(x), run(program.graph, (x,)))
    assert memory_use() == before


def test_matrices_that_are_not_square_at_run_time() -> None:
    program = compile_native(one_op("det", Aval(float64, (M, N))))
    assert_close(program(np.eye(3)), (np.float64(1),))
    with pytest.raises(ShapeError, match="must be square"):
        program(np.ones((3, 2)))


def test_right_sides_that_do_not_fit_at_run_time() -> None:
    program = compile_native(one_op("solve", Aval(float64, (B, N, N)), Aval(float64, (M, N, 2))))
    for batches in ((1, 4), (4, 1), (3, 3), (0, 1)):
        args = (matrices(float64, batches[0], 5, 5), matrices(float64, batches[1], 5, 2))
        assert_close(program(*args), run(program.graph, args))
    with pytest.raises(ValueError, match="broadcast"):
        program(matrices(float64, 2, 5, 5), matrices(float64, 3, 5, 2))


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
def test_eigenvectors_of_any_size(dtype: DType) -> None:
    program = compile_native(one_op("eigh", Aval(dtype, (B, N, N))))
    for n in (0, 1, 2, 7, 40):
        x = matrices(dtype, 2, n, n)
        values, vectors = program(x)
        hermitian = (x + x.conj().swapaxes(-1, -2)) / 2
        tolerance = TOLERANCE[dtype] * max(1, n)
        assert values.shape == (2, n)
        assert (values == np.sort(values)).all()
        assert np.allclose((vectors * values[:, None, :]) @ vectors.conj().swapaxes(-1, -2), hermitian, atol=tolerance)
        assert np.allclose(vectors.conj().swapaxes(-1, -2) @ vectors, np.eye(n), atol=tolerance)


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("is_full", [False, True])
def test_singular_vectors_of_any_size(dtype: DType, is_full: bool) -> None:
    program = compile_native(one_op("svd", Aval(dtype, (M, N)), full_matrices=is_full))
    for m, n in ((0, 0), (0, 3), (4, 0), (1, 1), (5, 2), (2, 5), (40, 3), (30, 31)):
        x = matrices(dtype, m, n)
        u, s, v = program(x)
        k, tolerance = min(m, n), TOLERANCE[dtype] * max(1, m, n)
        assert (u.shape, s.shape, v.shape) == ((m, m if is_full else k), (k,), (n if is_full else k, n))
        assert (s == -np.sort(-s)).all()
        assert np.allclose((u[:, :k] * s) @ v[:k], x, atol=tolerance)
        assert np.allclose(u.conj().T @ u, np.eye(u.shape[1]), atol=tolerance)
        assert np.allclose(v @ v.conj().T, np.eye(v.shape[0]), atol=tolerance)


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("mode", ["reduced", "complete"])
def test_orthogonal_factors_of_any_size(dtype: DType, mode: str) -> None:
    program = compile_native(one_op("qr", Aval(dtype, (M, N)), mode=mode))
    for m, n in ((0, 0), (0, 3), (4, 0), (1, 1), (5, 2), (2, 5), (40, 3), (30, 31)):
        x = matrices(dtype, m, n)
        q, r = program(x)
        k, tolerance = m if mode == "complete" else min(m, n), TOLERANCE[dtype] * max(1, m, n)
        assert (q.shape, r.shape) == ((m, k), (k, n))
        assert (np.tril(r, -1) == 0).all()
        assert np.allclose(q @ r, x, atol=tolerance)
        assert np.allclose(q.conj().T @ q, np.eye(k), atol=tolerance)


@pytest.mark.parametrize("name", ["inv", "det", "slogdet"])
def test_one_program_for_any_size(name: str) -> None:
    program = compile_native(one_op(name, Aval(float64, (B, N, N))))
    for batch, n in ((1, 0), (0, 3), (2, 1), (3, 4), (2, 33)):
        x = matrices(float64, batch, n, n)
        assert_close(program(x), run(program.graph, (x,)))


def test_small_matrices_stay_in_registers() -> None:
    """A step of Newton's method for two unknowns: no memory, no call of LAPACK."""
    b = GraphBuilder("newton")
    x, a, n = b.param(Aval(float64, (2,))), b.param(Aval(float64, (2, 2))), b.param(scalar(int64))

    def step(c: GraphBuilder, i: object, state: object) -> list[object]:
        slopes = c.add(a, c.diag(state, k=0))
        return [c.sub(state, c.mul(c.solve(slopes, state), c.det(c.cholesky(slopes, upper=False))))]

    (result,) = for_loop(b, n, [x], step)
    program = compile_native(b.build([result]))
    assert "dy_alloc" not in program.optimized
    assert "dy_lapack" not in program.optimized
    args = (np.array([0.5, 0.25]), np.array([[0.5, 0.1], [0.1, 0.5]]), np.int64(5))
    assert_close(program(*args), run(program.graph, args))
