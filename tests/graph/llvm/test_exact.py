"""Exact code: its bits are NumPy's, but for the functions that docs/numerics.md lists."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pytest

import eager as xp
from dy2static import to_static
from graph.errors import GraphError
from graph.execute.interpreter import run
from graph.execute.native_program import compile_native
from graph.ir.opdef import lookup
from graph.ir.walk import walk
from graph.llvm.exact import REASON
from graph.llvm.scalars import Scalars
from support import compare
from support.differential import REFUSALS
from support.native_graphs import graph_of
from support.programs import Program, all_programs
from support.samples import Sample, all_samples

FUNCTIONS: Final = {
    *("acos", "acosh", "angle", "asin", "asinh", "atan", "atan2", "atanh", "cos", "cosh", "erf", "exp", "expm1"),
    *("hypot", "log", "log10", "log1p", "log2", "logaddexp", "pow", "rsqrt", "sigmoid", "sin", "sinh", "softplus"),
    *("tan", "tanh", "random_normal"),
}
"""Ours in native code, somebody else's in eager."""
PROGRAMS: Final = {name: p for name, p in all_programs().items() if name != "math_functions.sums_and_products"}
"""All but the one with `math.fsum`, which rounds once, and is a sum in a graph."""


@pytest.fixture(autouse=True)
def no_code_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DY2STATIC_CACHE", "off")


def some_samples() -> Iterator[Sample]:
    """A few of each op."""
    count: dict[str, int] = {}
    for sample in all_samples():
        count[sample.op] = count.get(sample.op, 0) + 1
        if count[sample.op] <= 3 and lookup(sample.op).lower is not None and sample.op not in FUNCTIONS:
            yield sample


def bits_differ(a: np.ndarray, b: np.ndarray, path: str) -> str:
    """As `compare` has it, but to the last bit. NaNs are alike."""
    if a.dtype != b.dtype or a.shape != b.shape:
        return f"{path}: {a.dtype}{list(a.shape)} and {b.dtype}{list(b.shape)}"
    if a.dtype.kind in "fcV":
        missing = np.isnan(a)
        if not np.array_equal(missing, np.isnan(b)):
            return f"{path}: {a} and {b}"
        a, b = (np.where(missing, np.zeros((), x.dtype), x) for x in (a, b))
    return "" if a.tobytes() == b.tobytes() else f"{path}: {a!r} and {b!r}"


@pytest.fixture(autouse=True)
def by_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "_array_difference", bits_differ)


@pytest.fixture(autouse=True)
def no_sums_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """What may be added up in any order must not get here."""
    accumulate = Scalars.accumulate

    def checked(self: Scalars, x: Any, y: Any) -> Any:
        made = accumulate(self, x, y)
        assert not self.code.unit.is_exact or made.dtype.kind in "iub"
        return made

    monkeypatch.setattr(Scalars, "accumulate", checked)


@pytest.mark.parametrize("sample", list(some_samples()), ids=str)
def test_ops(sample: Sample) -> None:
    graph = graph_of(sample, symbolic=False)
    args = tuple(np.asarray(x)[()] for x in sample.operands)
    found = compile_native(graph, exact=True)(*args)
    assert not compare.value_difference(list(run(graph, args)), list(found), "result")


def check(program: Program) -> None:
    plain, static = program.make(), to_static(program.make(), exact=True, compile="now")
    for case in program.cases:
        expected, found = compare.outcome(plain, case), compare.outcome(static, case)
        if program.refused and isinstance(found.error, REFUSALS):
            continue
        if any(op.name in FUNCTIONS for p in static.cache.programs() for op in walk(p.compiled.graph)):
            continue
        what = compare.difference(expected, found, case, adapts=program.adapts)
        assert not what, f"{program.name}{tuple(case)}: {what}"


@pytest.mark.slow
@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str) -> None:
    check(PROGRAMS[name])


def orders(x: Any, w: Any) -> Any:
    """What does not lie in C order: views, and what is computed from them."""
    turned = (x.T * 3 + 1) / 7
    picked = x[:, ::2] / 3
    total = xp.zeros((w.shape[1],), dtype=x.dtype)
    for i in range(4):
        total = total + (x[i : i + 20].T @ x[i : i + 20, :31]).sum(axis=0)
    cube = xp.reshape(x, (3, 20, -1))
    return (
        turned.sum(axis=0), turned.sum(), turned.mean(axis=1), picked.sum(axis=1), picked.std(axis=0), total,
        xp.permute_dims(cube, (2, 0, 1)).sum(axis=(0, 2)), xp.flip(x).sum(axis=1), (w.T @ x.T).sum(axis=0),
        xp.broadcast_to(x[:, :1] / 3, (60, 99)).sum(axis=1), xp.concat([x.T / 3, x.T / 7]).sum(axis=1),
        xp.diagonal(x[:, :60] / 9).sum(), x[3].sum(), x[:, 3].sum(),
    )  # fmt: skip


def statistics(x: Any, w: Any) -> Any:
    y = x @ w
    total = y.mean()
    for i in range(5):
        total = total * 0.7 + (y[i] / 3).sum() - y[i, 0] * y[i, 1]
    return (
        total,
        y.sum(axis=0),
        (x * x + 0.1).var(axis=1),
        x.std(),
        xp.where(x > 0, x / 7, x * 3),
        w.T @ w,
        w.T.sum(axis=0),
    )


@pytest.mark.parametrize("function", [statistics, orders])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "complex64"])
def test_sums_and_products(function: Any, dtype: str) -> None:
    random = np.random.default_rng(0)
    x, w = (xp.asarray(random.standard_normal(shape).astype(dtype)) for shape in ((60, 300), (300, 31)))
    expected = compare.outcome(function, (x, w))
    if expected.error is not None:
        pytest.skip("it is not for this dtype")
    found = compare.outcome(to_static(function, exact=True, compile="now"), (x, w))
    assert not compare.difference(expected, found, (x, w))


def row_sums(x: Any) -> Any:
    return x.sum(axis=1)


def plus_one(x: Any) -> Any:
    return x + 1


def test_code_that_is_not_exact_is_another() -> None:
    """That bits are compared is seen where they differ."""
    x = xp.asarray(np.random.default_rng(0).standard_normal((3, 4097)).astype("float32"))
    graph = to_static(row_sums, executor="native", compile="now")
    exact = to_static(row_sums, executor="native", exact=True, compile="now")
    expected = np.asarray(row_sums(x)).tobytes()
    assert np.asarray(exact(x)).tobytes() == expected
    assert np.asarray(graph(x)).tobytes() != expected
    assert [site.reason for site in exact.native.callbacks] == [REASON]


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"threads": 0}, ValueError, "threads=0: it must be at least 1"),
        ({"threads": 2.0}, TypeError, r"threads=2\.0: it must be a number, or None"),
        ({"threads": True}, TypeError, "threads=True: it must be a number, or None"),
    ],
)
def test_options(options: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        to_static(plus_one, **options)


def test_unknown_processor_is_said_when_code_is_made() -> None:
    f = to_static(plus_one, executor="native", cpu="x86-64-v9", compile="now")
    with pytest.raises((ValueError, GraphError), match="x86-64-v9"):
        f(xp.asarray(1.0))
