"""The namespace against NumPy's, which implements the array API too."""

from typing import Any

import numpy as np
import pytest

import eager as xp
from graph.errors import DTypeError, ShapeError

RNG = np.random.default_rng(0)
A = RNG.normal(size=(3, 4))
B = RNG.normal(size=(4,))
I = np.asarray([[3, 1, 2, 1], [0, 5, 1, 1], [2, 2, 2, 7]])  # noqa: E741
C = A + 1j * RNG.normal(size=(3, 4))
SPECIAL = np.asarray([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.5, -2.5, 2.5])

# name: arguments for NumPy's function of that name
CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    *(
        (name, (A / 4,), {})
        for name in (
            *("abs", "acos", "asin", "atan", "asinh", "atanh", "ceil", "cos", "cosh", "exp", "expm1", "floor"),
            *("isfinite", "isinf", "isnan", "negative", "positive", "reciprocal", "round", "sign", "signbit", "sin"),
            *("sinh", "square", "tan", "tanh", "trunc", "real", "imag", "conj", "angle", "absolute", "arcsin"),
        )
    ),
    *((name, (np.abs(A) + 1.1,), {}) for name in ("acosh", "log", "log10", "log1p", "log2", "sqrt")),
    *((name, (SPECIAL,), {}) for name in ("isnan", "sign", "nan_to_num", "round", "exp", "sqrt", "floor", "nansum")),
    *((name, (C,), {}) for name in ("abs", "conj", "real", "imag", "angle", "exp", "sqrt", "sin", "sign", "sum")),
    *(
        (name, (A, B), {})
        for name in (
            *("add", "atan2", "copysign", "divide", "equal", "floor_divide", "greater", "greater_equal", "hypot"),
            *("less", "less_equal", "logaddexp", "logical_and", "logical_or", "logical_xor", "maximum", "minimum"),
            *("multiply", "nextafter", "not_equal", "remainder", "subtract", "isclose", "allclose", "array_equal"),
        )
    ),
    *(
        (name, (I, I[0]), {})
        for name in (
            *("bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift", "bitwise_right_shift", "pow", "power"),
            *("mod", "floor_divide", "divide", "left_shift"),
        )
    ),
    *((name, (I,), {}) for name in ("bitwise_invert", "invert", "ceil", "floor", "round", "sin", "logical_not")),
    *(
        (name, (A,), {"axis": axis, "keepdims": keepdims})
        for name in ("sum", "prod", "mean", "std", "var", "max", "min", "any", "all", "count_nonzero", "median", "amax")
        for axis in (None, 0, -1, (0, 1))
        for keepdims in (False, True)
        if not (name == "median" and axis == (0, 1))
    ),
    *((name, (A,), {"axis": axis}) for name in ("argmax", "argmin") for axis in (None, 0, -1)),
    *((name, (I,), {}) for name in ("sum", "prod", "mean", "var", "max", "any", "cumsum", "cumprod", "ptp", "median")),
    ("sum", (I.astype(np.int8),), {}),
    ("sum", (A.astype(np.float32),), {"dtype": np.float64}),
    ("prod", (I > 1,), {}),
    ("var", (A,), {"ddof": 1}),
    ("average", (A,), {"axis": 1, "weights": B}),
    ("nanmean", (np.where(A > 0, A, np.nan),), {"axis": 0}),
    ("quantile", (A, 0.3), {"axis": 0}),
    ("cumsum", (A,), {"axis": 1}),
    ("cumulative_sum", (A,), {"axis": 0, "include_initial": True}),
    ("cumulative_prod", (A,), {"axis": 1}),
    ("diff", (A,), {"n": 2}),
    ("sort", (A,), {"axis": 0}),
    ("argsort", (I,), {"axis": 1, "stable": True}),
    ("searchsorted", (np.sort(B), A), {}),
    ("searchsorted", (np.sort(B), B), {"side": "right"}),
    ("isin", (I, [1, 2]), {}),
    ("unique", (I,), {}),
    ("unique_all", (I,), {}),
    ("unique_counts", (I,), {}),
    ("unique_inverse", (I,), {}),
    ("clip", (A, -0.5, 0.5), {}),
    ("clip", (A, None, B), {}),
    ("where", (A > 0, A, B), {}),
    ("where", (A > 0, 1, 2.5), {}),
    ("reshape", (A, (2, -1)), {}),
    ("ravel", (A,), {}),
    ("permute_dims", (A, (1, 0)), {}),
    ("transpose", (A,), {}),
    ("matrix_transpose", (A[None],), {}),
    ("swapaxes", (A[None], 0, 2), {}),
    ("moveaxis", (A[None], [0, 1], [2, 0]), {}),
    ("moveaxis", (A[None, None], -1, 1), {}),
    ("expand_dims", (A,), {"axis": (0, 2)}),
    ("squeeze", (A[None, :, None],), {}),
    ("squeeze", (A[None],), {"axis": 0}),
    ("broadcast_to", (B, (2, 4)), {}),
    ("broadcast_arrays", (A, B, np.float64(2)), {}),
    ("atleast_1d", (np.float64(3),), {}),
    ("atleast_2d", (B,), {}),
    ("flip", (A,), {}),
    ("flip", (A,), {"axis": 1}),
    ("roll", (A, 5), {}),
    ("roll", (A, (1, -1)), {"axis": (0, 1)}),
    ("tile", (A, (2, 1, 2)), {}),
    ("repeat", (A, 2), {}),
    ("repeat", (A, 3), {"axis": 1}),
    ("repeat", (A, [1, 0, 2]), {"axis": 0}),
    ("tril", (A,), {"k": -1}),
    ("triu", (A,), {}),
    ("diag", (B,), {"k": 1}),
    ("diag", (A,), {}),
    ("diagonal", (A,), {"offset": 1}),
    ("pad", (A, ((1, 0), (2, 3))), {"constant_values": 7}),
    ("pad", (A, 2), {"mode": "reflect"}),
    ("meshgrid", (B, A[0, :3]), {}),
    ("meshgrid", (B, A[0, :3], B[:2]), {"indexing": "ij"}),
    ("concat", ([A, A],), {"axis": 1}),
    ("concatenate", ([A, I],), {"axis": None}),
    ("stack", ([A, A],), {"axis": -1}),
    ("hstack", ([A, A],), {}),
    ("vstack", ([B, B],), {}),
    ("unstack", (A,), {"axis": 1}),
    ("split", (A, 2), {"axis": 1}),
    ("split", (B, [1, 1, 3]), {}),
    ("split", (B, [3, 1, 9]), {}),
    ("take", (A, [1, 1, 0]), {"axis": 1}),
    ("take", (A, 7), {}),
    ("take_along_axis", (A, np.argsort(A)), {"axis": -1}),
    ("nonzero", (I > 1,), {}),
    ("argwhere", (I > 1,), {}),
    ("matmul", (A, B), {}),
    ("dot", (A, 2.0), {}),
    ("dot", (A, A.T), {}),
    ("dot", (A[None], RNG.normal(size=(2, 4, 2))), {}),
    ("vecdot", (C, A), {}),
    ("inner", (A, B), {}),
    ("outer", (A, B), {}),
    ("tensordot", (A[None], A), {"axes": 2}),
    ("tensordot", (A, A), {"axes": ([0, 1], [0, 1])}),
    ("einsum", ("ij,kj->ik", A, A), {}),
    ("cross", (A[:, :3], A[:, 1:]), {}),
    ("trace", (A,), {}),
]


def ours_of(x: Any) -> Any:
    if isinstance(x, np.ndarray | np.generic):
        return xp.asarray(x)
    return [ours_of(y) for y in x] if isinstance(x, list) else x


def assert_same(ours: Any, theirs: Any) -> None:
    if isinstance(theirs, tuple | list):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            assert_same(a, b)
        return
    assert isinstance(ours, xp.Tensor)
    want = np.asarray(theirs)
    assert (ours.shape, ours.dtype) == (want.shape, want.dtype)
    np.testing.assert_allclose(np.asarray(ours), want, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("name", "args", "kwargs"), CALLS, ids=[f"{c[0]}-{i}" for i, c in enumerate(CALLS)])
def test_function_is_numpys(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    with np.errstate(all="ignore"):
        theirs = getattr(np, name)(*args, **kwargs)
    assert_same(getattr(xp, name)(*map(ours_of, args), **kwargs), theirs)


def test_standard_names_are_there() -> None:
    """Every function and constant of array API 2024.12."""
    names = """
        e inf nan newaxis pi bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64
        complex64 complex128 arange asarray empty empty_like eye from_dlpack full full_like linspace
        meshgrid ones ones_like tril triu zeros zeros_like astype broadcast_arrays broadcast_to can_cast
        finfo iinfo isdtype result_type abs acos acosh add asin asinh atan atan2 atanh bitwise_and
        bitwise_left_shift bitwise_invert bitwise_or bitwise_right_shift bitwise_xor ceil clip conj
        copysign cos cosh divide equal exp expm1 floor floor_divide greater greater_equal hypot imag
        isfinite isinf isnan less less_equal log log1p log2 log10 logaddexp logical_and logical_not
        logical_or logical_xor maximum minimum multiply negative nextafter not_equal positive pow real
        reciprocal remainder round sign signbit sin sinh square sqrt subtract tan tanh trunc take
        take_along_axis matmul matrix_transpose tensordot vecdot concat expand_dims flip moveaxis
        permute_dims repeat reshape roll squeeze stack tile unstack argmax argmin count_nonzero nonzero
        searchsorted where unique_all unique_counts unique_inverse unique_values argsort sort
        cumulative_prod cumulative_sum max mean min prod std sum var all any diff
        __array_namespace_info__ __array_api_version__
        """
    assert [name for name in names.split() if not hasattr(xp, name)] == []
    linalg = """cholesky cross det diagonal eigh eigvalsh inv matmul matrix_norm matrix_power matrix_rank
        matrix_transpose outer pinv qr slogdet solve svd svdvals tensordot trace vecdot vector_norm"""
    assert [name for name in linalg.split() if not hasattr(xp.linalg, name)] == []


def test_creation() -> None:
    assert_same(xp.arange(5), np.arange(5))
    assert_same(xp.arange(1, 2, 0.25), np.arange(1, 2, 0.25))
    assert_same(xp.arange(5, 0, -2), np.arange(5, 0, -2))
    assert_same(xp.arange(xp.asarray(4)), np.arange(4))
    assert_same(xp.arange(3, dtype=xp.float32), np.arange(3, dtype=np.float32))
    assert_same(xp.linspace(0, 1, 5), np.linspace(0, 1, 5))
    assert_same(xp.linspace(0, 1, 4, endpoint=False, dtype=xp.float32), np.linspace(0, 1, 4, False, dtype=np.float32))
    assert_same(xp.eye(2, 3, k=1), np.eye(2, 3, 1))
    assert_same(xp.full((2,), 3), np.full(2, 3))
    assert_same(xp.full(2, xp.asarray(1.5)), np.full(2, 1.5))
    assert_same(xp.zeros((2, 0)), np.zeros((2, 0)))
    assert_same(xp.ones_like(xp.arange(2)), np.ones(2, int))
    assert_same(xp.full_like(A, 2, dtype=xp.int32), np.full_like(A, 2, dtype=np.int32))
    assert_same(xp.empty(2), np.zeros(2))
    assert_same(xp.empty_like(xp.ones(2)), np.zeros(2))
    with pytest.raises(ShapeError, match="step must not be zero"):
        xp.arange(0, 5, 0)


def test_linalg() -> None:
    m = A[:, :3] @ A[:, :3].T + np.eye(3)
    x = xp.asarray(m)
    la, nl = xp.linalg, np.linalg
    for name in ("inv", "det", "cholesky", "eigvalsh", "svdvals", "pinv", "matrix_rank", "matrix_norm", "vector_norm"):
        assert_same(getattr(la, name)(x), getattr(nl, name)(m))
    assert_same(la.slogdet(x), tuple(nl.slogdet(m)))
    assert_same(la.solve(x, xp.asarray(A)), nl.solve(m, A))
    for n in (-2, 0, 1, 5):
        assert_same(la.matrix_power(x, n), nl.matrix_power(m, n))
    q, r = la.qr(xp.asarray(A))
    np.testing.assert_allclose(np.asarray(q @ r), A)
    u, s, vh = la.svd(xp.asarray(A), full_matrices=False)
    np.testing.assert_allclose(np.asarray((u * s) @ vh), A)
    w, v = la.eigh(x)
    np.testing.assert_allclose(np.asarray(v * w @ v.T), m)
    for args in ({}, {"axis": 0}, {"ord": 1, "axis": 1}, {"ord": "nuc"}, {"axis": (0, 1), "keepdims": True}):
        assert_same(la.norm(xp.asarray(A), **args), nl.norm(A, **args))
    with pytest.raises(nl.LinAlgError):
        la.inv(xp.zeros((2, 2)))
    with pytest.raises(ShapeError, match="square"):
        la.inv(xp.ones((2, 3)))
    with pytest.raises(ValueError, match="mode must be"):
        la.qr(x, mode="raw")


def test_dtypes() -> None:
    assert xp.finfo(xp.float32).eps == np.finfo(np.float32).eps
    assert xp.finfo(xp.bfloat16).bits == 16
    assert xp.finfo(xp.complex128).dtype == xp.float64
    assert (xp.iinfo(xp.int8).max, xp.iinfo(xp.asarray(1)).bits) == (127, 64)
    assert xp.can_cast(xp.int32, xp.int64)
    assert not xp.can_cast(xp.asarray(1.0), xp.int64)
    assert xp.result_type(xp.asarray([1], dtype=xp.int8), 2) == xp.int8
    assert xp.result_type(xp.float32, xp.int64) == xp.float64
    assert xp.isdtype(xp.int8, "integral")
    assert xp.isdtype(xp.float32, ("bool", xp.float32))
    assert not xp.isdtype(xp.bool, "numeric")
    with pytest.raises(ValueError, match="no kind"):
        xp.isdtype(xp.int8, "whole")
    with pytest.raises(DTypeError, match="finfo"):
        xp.finfo(xp.int8)
    with pytest.raises(DTypeError, match="not a dtype"):
        xp.zeros(2, dtype="nonsense")
    info = xp.__array_namespace_info__()
    assert info.default_dtypes()["integral"] == xp.int64
    assert list(info.dtypes(kind="bool")) == ["bool"]
    assert info.devices() == [info.default_device()]


def test_array_namespace() -> None:
    assert xp.ones(1).__array_namespace__() is xp
    assert xp.ones(1).__array_namespace__(api_version="2024.12") is xp
    with pytest.raises(ValueError, match="array API version"):
        xp.ones(1).__array_namespace__(api_version="1999.01")


def test_sequences_join_themselves() -> None:
    class Sequence:
        def __stack__(self, axis: int) -> xp.Tensor:
            return xp.stack([xp.ones(2), xp.zeros(2)], axis=axis)

        def __concat__(self, axis: int) -> xp.Tensor:
            return xp.concat([xp.ones(2), xp.zeros(2)], axis=axis)

    assert isinstance(Sequence(), xp.TensorSequence)
    assert xp.stack(Sequence(), axis=1).shape == (2, 2)
    assert xp.concat(Sequence()).tolist() == [1, 1, 0, 0]
    assert xp.asarray(Sequence()).tolist() == [[1, 1], [0, 0]]
    with pytest.raises(ValueError, match="at least one array"):
        xp.stack([])


def test_methods() -> None:
    x = xp.asarray(A)
    assert x.reshape(2, 6).shape == x.reshape((2, 6)).shape == x.view(2, -1).shape == (2, 6)
    assert x.transpose().shape == x.transpose(1, 0).shape == x.permute((1, 0)).shape == (4, 3)
    assert x.sum(axis=0).max().shape == ()
    assert x.unsqueeze(0).flatten().shape == (12,)
    assert [c.shape for c in x.chunk(3, axis=1)] == [(3, 2), (3, 2)]
    assert x.std(ddof=1).item() == pytest.approx(A.std(ddof=1))
    assert xp.asarray(C).real.dtype == xp.float64
    values, indices = x.topk(2, axis=0)
    np.testing.assert_array_equal(np.asarray(values), np.sort(A, 0)[::-1][:2])
    assert indices.shape == (2, 4)
