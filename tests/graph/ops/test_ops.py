"""Every op, by its samples: all facets of its declaration must tell one story."""

import itertools
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from graph.aval import Aval, Dim, SymDim, Type
from graph.errors import GraphError
from graph.execute.interpreter import run
from graph.execute.numpy_program import compile_program
from graph.ir.builder import GraphBuilder
from graph.ir.opdef import WEAK, OpDef, all_ops, lookup
from graph.ir.value import Value
from graph.ir.verify import verify
from support.numpy_emitter import NumpyEmitter, vjp_of
from support.samples import Bad, Sample, all_bad, all_samples
from support.samples.sample import aval

WITH_REGIONS = {"cond", "while_loop", "for_loop", "attempt", "call", "in_numpy"}
SAMPLED_ELSEWHERE = {
    *(
        "add_any",
        "zeros_like_any",
        "narrow",
        "some",
        "none",
        "is_some",
        "unwrap",
        "unwrap_or_zeros",
    ),  # types beyond tensors
    *("print", "log_record", "warn", "clock", "check", "fail", "raise", "raise_again", "error_is", "guard"),
}
NEEDS_STATIC = {"unstack"}
"""Ops with as many results as an axis has elements."""

SAMPLES = all_samples()
SMOOTH = [s for s in SAMPLES if s.grad]

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def kernel_of(sample: Sample, operands: Sequence[Any] | None = None) -> tuple[Any, ...]:
    out = lookup(sample.op).kernel(*(sample.operands if operands is None else operands), **sample.attrs)
    return out if isinstance(out, tuple) else (out,)


def type_of(x: Any) -> Aval:
    return Aval(x.dtype, x.shape)


def infer(opdef: OpDef, types: Sequence[Type], attrs: Any) -> tuple[Any, ...]:
    out = opdef.infer(*types, **attrs)
    return out if isinstance(out, tuple) else (out,)


def rng(sample: Sample) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(str(sample).encode()))


def random_like(x: Any, random: np.random.Generator) -> Any:
    noise = random.standard_normal(x.shape)
    if x.dtype.kind == "c":
        noise = noise + 1j * random.standard_normal(x.shape)
    return np.asarray(noise).astype(x.dtype)[()]


def pairing(xs: Sequence[Any], ys: Sequence[Any]) -> float:
    """Re(sum(conj(x) * y)), over results that have derivatives."""
    return sum(float(np.sum(np.conj(x) * y).real) for x, y in zip(xs, ys, strict=True) if x.dtype.kind in "fc")


def substituted(operands: Sequence[Any], places: Sequence[int], values: Sequence[Any]) -> list[Any]:
    out = list(operands)
    for place, value in zip(places, values, strict=True):
        out[place] = value
    return out


def assert_same(actual: Any, expected: Any, **kwargs: Any) -> None:
    assert type_of(actual) == type_of(expected)
    np.testing.assert_allclose(actual, expected, **kwargs)


# Types


def test_every_op_has_samples() -> None:
    sampled = {s.op for s in SAMPLES}
    lists = {op.name for op in all_ops() if op.name.startswith("list_")}
    assert {op.name for op in all_ops()} - sampled - WITH_REGIONS - SAMPLED_ELSEWHERE - lists == set()


def size_of(dim: Dim, names: dict[str, int]) -> int | None:
    """The size that a dim says; None where it has unknown names."""
    if isinstance(dim, int):
        return dim
    if not set(dim.names) <= set(names):
        return None
    return dim.constant + sum(k * names[name] for name, k in dim.terms)


def check_inferred(sample: Sample, types: Sequence[Aval], names: dict[str, int]) -> None:
    inferred = infer(lookup(sample.op), types, sample.attrs)
    results = kernel_of(sample)
    assert len(inferred) == len(results)
    for t, result in zip(inferred, results, strict=True):
        assert t.dtype == result.dtype
        assert len(t.shape) == result.ndim
        for size, dim in zip(result.shape, t.shape, strict=True):
            claimed = size_of(dim, names)
            assert claimed in (None, size), f"{t} inferred from {list(map(str, types))}: {result.shape}"


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_shape_rule_is_what_the_kernel_does(sample: Sample) -> None:
    check_inferred(sample, [type_of(x) for x in sample.operands], {})


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_shape_rule_of_symbolic_sizes(sample: Sample) -> None:
    types = [type_of(x) for x in sample.operands]
    names = {f"d{i}_{a}": size for i, t in enumerate(types) for a, size in enumerate(t.shape)}
    symbolic = [Aval(t.dtype, tuple(SymDim.named(f"d{i}_{a}") for a in range(t.ndim))) for i, t in enumerate(types)]
    variants = [
        substituted(types, [i], [Aval(t.dtype, (*t.shape[:a], symbolic[i].shape[a], *t.shape[a + 1 :]))])
        for i, t in enumerate(types)
        for a in range(t.ndim)
    ]
    for variant in [*variants, symbolic]:
        if sample.op in NEEDS_STATIC:
            with pytest.raises(GraphError) if variant is symbolic else _tolerating(GraphError):
                check_inferred(sample, variant, names)
        else:
            check_inferred(sample, variant, names)


class _tolerating:  # noqa: N801
    def __init__(self, error: type[Exception]) -> None:
        self.error = error

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is not None and issubclass(kind, self.error)


# Kernels


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_kernel_leaves_operands_alone(sample: Sample) -> None:
    operands = [np.array(x)[()] for x in sample.operands]
    for x in operands:
        x.setflags(write=False)
    results = kernel_of(sample, operands)
    for x, original in zip(operands, sample.operands, strict=True):
        assert x.tobytes() == np.asarray(original).tobytes()
    for result in results:
        assert isinstance(result, np.ndarray | np.generic)
        assert isinstance(result, np.generic) == (result.ndim == 0), "a 0-d result must be a NumPy scalar"
        if not lookup(sample.op).aliases:
            assert not any(np.shares_memory(result, x) for x in operands), "declare `aliases=True`"


@pytest.mark.parametrize("sample", [s for s in SAMPLES if lookup(s.op).inplace is not None], ids=str)
def test_inplace_twin_is_the_kernel(sample: Sample) -> None:
    twin = lookup(sample.op).inplace
    assert twin is not None
    if np.ndim(sample.operands[0]) == 0:
        pytest.skip("NumPy scalars cannot be overwritten")
    (expected,) = kernel_of(sample)
    target = np.array(sample.operands[0])
    result = twin(target, *sample.operands[1:], **sample.attrs)
    assert result is target
    assert_same(result, expected)


def one_of_each_op() -> list[Sample]:
    return list({sample.op: sample for sample in reversed(SAMPLES)}.values())


@pytest.mark.parametrize("sample", one_of_each_op(), ids=str)
def test_kernel_can_be_exported(sample: Sample) -> None:
    """Its source, and that of what it calls, makes a script that needs NumPy (special functions: SciPy) alone."""
    b = GraphBuilder("f")
    params = [b.param(type_of(x)) for x in sample.operands]
    built = b.build(b.apply(sample.op, params, dict(sample.attrs)))
    script = compile_program(built).standalone()
    assert "graph" not in {line.split()[1].partition(".")[0] for line in script.splitlines() if "import " in line[:7]}
    names: dict[str, Any] = {"__name__": "exported"}
    exec(script, names)
    results = names["f"](*sample.operands)
    for result, expected in zip(results, kernel_of(sample), strict=True):
        assert_same(result, expected)


# Promotion

DTYPES = [np.dtype(t) for t in ("?", "i1", "i4", "i8", "u1", "f2", "f4", "f8", "c8")]
WEAK_OPERANDS = {"where": (1, 2), "clip": (1, 2), "index_set": (1,), "index_add": (1,), "linspace": (0, 1)}
"""Operands that may be Python scalars; of a ufunc, all."""
NEEDS_REGULAR = {"inv", "solve", "cholesky"}
"""Ops that fail on a matrix of ones."""


def first_samples() -> Iterator[Sample]:
    seen: set[str] = set()
    for sample in SAMPLES:
        if sample.op not in seen and lookup(sample.op).promote is not None:
            seen.add(sample.op)
            yield sample


@pytest.mark.parametrize("sample", list(first_samples()), ids=str)
def test_promotion_is_numpys(sample: Sample) -> None:
    """Kernel on operands as they are = kernel on operands cast as `promote` says, in dtype and shape."""
    opdef = lookup(sample.op)
    assert opdef.promote is not None
    count = min(len(sample.operands), 3)
    is_ufunc = isinstance(opdef.kernel, np.ufunc)
    choices: list[list[Any]] = []
    for i in range(count):
        weak = is_ufunc or i in WEAK_OPERANDS.get(sample.op, ())
        choices.append([*DTYPES, *(WEAK if weak else ())])
    tried = 0
    for kinds in itertools.product(*choices):
        if not all(isinstance(k, type) for k in kinds) or count == 1:
            tried += check_promotion(sample, opdef, kinds)
    assert tried > 0


def _identity(shape: tuple[int, ...]) -> np.ndarray:
    return np.broadcast_to(np.eye(shape[-1]), shape) if len(shape) > 1 else np.ones(shape)


def check_promotion(sample: Sample, opdef: OpDef, kinds: Sequence[Any]) -> bool:
    """Whether these kinds of operands are taken, which NumPy and `promote` must agree on."""
    make = _identity if sample.op in NEEDS_REGULAR else np.ones
    ones = [make(np.shape(x)) for x in sample.operands[: len(kinds)]]
    raw = [k(1) if isinstance(k, type) else x.astype(k)[()] for k, x in zip(kinds, ones, strict=True)]
    rest = sample.operands[len(kinds) :]
    assert opdef.promote is not None
    try:
        targets = opdef.promote([*kinds, *(x.dtype for x in rest)])
        cast = [np.asarray(x).astype(d)[()] for x, d in zip((*raw, *rest), targets, strict=True)]
        inferred = infer(opdef, [type_of(x) for x in cast], sample.attrs)
    except (TypeError, GraphError):
        if isinstance(opdef.kernel, np.ufunc):
            with pytest.raises(TypeError):
                opdef.kernel(*raw)
        return False
    for result, expected in zip(kernel_of(sample, (*raw, *rest)), inferred, strict=True):
        assert result.dtype == expected.dtype, f"{kinds}: the kernel gives {result.dtype}, the graph {expected.dtype}"
        if not any(isinstance(k, type) for k in kinds):
            assert result.shape == expected.shape
    return True


# Gradients


def directional(f: Callable[[Sequence[Any]], Sequence[Any]], at: Sequence[Any], along: Sequence[Any], h: float) -> Any:
    """J v by central differences."""
    up = f([x + h * v for x, v in zip(at, along, strict=True)])
    down = f([x - h * v for x, v in zip(at, along, strict=True)])
    return [(a - b) / (2 * h) if a.dtype.kind in "fc" else a for a, b in zip(up, down, strict=True)]


def first_order(sample: Sample, b: NumpyEmitter, operands: Sequence[Any], cts: Sequence[Any]) -> list[Any]:
    """Cotangents of the sample's `grad` operands, by the op's rule."""
    opdef = lookup(sample.op)
    results = b.apply(sample.op, operands, dict(sample.attrs))
    ct, y = (cts[0], results[0]) if len(results) == 1 else (tuple(cts), results)
    found = vjp_of(b, opdef, ct, y, operands, dict(sample.attrs))
    return [b.zeros_like(operands[i]) if found[i] is None else found[i] for i in sample.grad]


@pytest.mark.parametrize("sample", SMOOTH, ids=str)
def test_vjp_is_the_transposed_jacobian(sample: Sample) -> None:
    random = rng(sample)
    at = [sample.operands[i] for i in sample.grad]
    along = [random_like(x, random) for x in at]
    cts = [random_like(y, random) for y in kernel_of(sample)]
    found = first_order(sample, NumpyEmitter(), sample.operands, cts)
    for part, x in zip(found, at, strict=True):
        assert type_of(part) == type_of(x)

    def f(xs: Sequence[Any]) -> Sequence[Any]:
        return kernel_of(sample, substituted(sample.operands, sample.grad, xs))

    expected = pairing(cts, directional(f, at, along, 1e-6))
    assert pairing(found, along) == pytest.approx(expected, rel=sample.tol, abs=sample.tol)


@pytest.mark.parametrize("sample", [s for s in SMOOTH if s.second], ids=str)
def test_vjp_of_vjp(sample: Sample) -> None:
    random = rng(sample)
    cts = [random_like(y, random) for y in kernel_of(sample)]
    at = [*(sample.operands[i] for i in sample.grad), *cts]
    along = [random_like(x, random) for x in at]

    def g(xs: Sequence[Any], b: NumpyEmitter | None = None) -> list[Any]:
        operands = substituted(sample.operands, sample.grad, xs[: len(sample.grad)])
        return first_order(sample, b or NumpyEmitter(), operands, xs[len(sample.grad) :])

    b = NumpyEmitter()
    firsts = g(at, b)
    seeds = [random_like(y, random) for y in firsts]
    expected = pairing(seeds, directional(g, at, along, 1e-6))
    assert pairing(b.pull(firsts, seeds, at), along) == pytest.approx(expected, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("sample", SMOOTH, ids=str)
def test_vjp_keeps_narrow_dtypes(sample: Sample) -> None:
    narrow = {np.dtype(np.float64): np.dtype(np.float32), np.dtype(np.complex128): np.dtype(np.complex64)}
    operands = [x.astype(narrow.get(x.dtype, x.dtype)) for x in sample.operands]
    cts = [random_like(y, rng(sample)) for y in kernel_of(sample, operands)]
    for part, i in zip(first_order(sample, NumpyEmitter(), operands, cts), sample.grad, strict=True):
        assert type_of(part) == type_of(operands[i])


def dims_by_size(x: Any, i: int) -> tuple[Dim, ...]:
    """One name for one size; what may be broadcast or is empty stays as it is."""
    return tuple(SymDim.named(f"s{size}") if size > 1 else size for size in x.shape)


def dims_by_place(x: Any, i: int) -> tuple[Dim, ...]:
    """Each axis of each operand has a name of its own, so that nothing is known."""
    return tuple(SymDim.named(f"d{i}_{axis}") for axis in range(x.ndim))


@pytest.mark.parametrize("naming", [dims_by_size, dims_by_place], ids=["sizes", "places"])
@pytest.mark.parametrize("sample", [s for s in SMOOTH if s.op not in NEEDS_STATIC], ids=str)
def test_vjp_in_a_graph_of_symbolic_sizes(sample: Sample, naming: Callable[[Any, int], tuple[Dim, ...]]) -> None:
    cts = [random_like(y, rng(sample)) for y in kernel_of(sample)]
    b = GraphBuilder("f")
    params = [b.param(Aval(x.dtype, naming(x, i))) for i, x in enumerate(sample.operands)]
    results = b.apply(sample.op, params, dict(sample.attrs))
    ct_params = [b.param(y.type) for y in results]
    ct, y = (ct_params[0], results[0]) if len(results) == 1 else (tuple(ct_params), results)
    found: list[Value | None] = vjp_of(b, lookup(sample.op), ct, y, params, dict(sample.attrs))
    kept = [i for i in sample.grad if found[i] is not None]
    built = b.build([v for i in kept if (v := found[i]) is not None])
    verify(built)
    expected = dict(zip(sample.grad, first_order(sample, NumpyEmitter(), sample.operands, cts), strict=True))
    for i, part in zip(kept, run(built, [*sample.operands, *cts]), strict=True):
        assert_same(part, expected[i], rtol=1e-12, atol=1e-12)


# Errors


@pytest.mark.parametrize("bad", all_bad(), ids=str)
def test_bad_operands_are_refused(bad: Bad) -> None:
    b = GraphBuilder("f")
    operands = [b.param(aval(x)) if isinstance(x, str) else x for x in bad.operands]
    with pytest.raises(bad.error) as caught:
        b.apply(bad.op, operands, dict(bad.attrs))
    assert str(caught.value) == bad.message
