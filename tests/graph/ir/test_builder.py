"""The builder: types, promotion, captures of regions, names of sizes."""

import numpy as np
import pytest

from graph.aval import Aval, ListType, OptionalType, SymDim, scalar
from graph.dtypes import bool_, float32, float64, int64
from graph.errors import DTypeError, InternalError, ShapeError
from graph.ir.builder import GraphBuilder, static_shape
from graph.ir.opdef import lookup
from graph.ir.regions import close
from graph.ir.verify import verify
from graph.location import Loc


def test_python_scalars_are_weak() -> None:
    b = GraphBuilder("f")
    x = b.param(Aval(float32, (2,)))
    assert b.mul(x, 2).dtype == float32
    assert b.mul(x, 2.5).dtype == float32
    i = b.param(Aval(int64, (2,)))
    assert b.mul(i, 2.5).dtype == float64


def test_mixed_dtypes_are_cast() -> None:
    b = GraphBuilder("f")
    y = b.add(b.param(scalar(float32)), b.param(scalar(float64)))
    assert y.dtype == float64
    assert [op.name for op in b.ops] == ["cast", "add"]


def test_errors_carry_the_builders_place() -> None:
    b = GraphBuilder("f")
    b.loc = Loc("model.py", 3)
    with pytest.raises(ShapeError, match=r"model\.py:3"):
        b.add(b.param(Aval(float64, (2,))), b.param(Aval(float64, (3,))))
    with pytest.raises(DTypeError, match=r"model\.py:3"):
        b.bitwise_and(b.param(scalar(float64)), 1)


def test_constants_are_read_only_copies() -> None:
    b = GraphBuilder("f")
    array = np.zeros(2)
    b.constant(array)
    array[0] = 1.0
    value = b.ops[0].attrs["value"]
    assert isinstance(value, np.ndarray)
    assert value[0] == 0.0
    assert not value.flags.writeable


def test_captures_are_shared_by_sibling_regions_and_constants_are_copied() -> None:
    b = GraphBuilder("f")
    x, y, pred = b.param(scalar(float64), "x"), b.param(scalar(float64), "y"), b.param(scalar(bool_))
    two = b.constant(2.0)
    then, other = GraphBuilder("then", b), GraphBuilder("else", b)
    regions, captured = close([then, other], [[then.mul(x, two)], [other.neg(y)]])
    assert captured == (x, y)
    assert [[p.hint for p in r.params] for r in regions] == [["x", "y"], ["x", "y"]]
    assert regions[0].ops[0].name == "constant"
    verify(b.build(b.append(lookup("cond"), (pred, *captured), {}, regions)))


def test_capture_through_two_regions() -> None:
    b = GraphBuilder("f")
    x = b.param(scalar(float64), "x")
    outer = GraphBuilder("outer", b)
    inner = GraphBuilder("inner", outer)
    result = inner.neg(x)
    assert inner.ops[0].operands[0] is not x
    inner.build([result])
    assert list(outer.captured()) == [x]


def test_value_of_nowhere_is_refused() -> None:
    other = GraphBuilder("g").param(scalar(float64))
    with pytest.raises(InternalError, match="uses a value"):
        GraphBuilder("f").neg(other)


def test_new_sizes_get_names_of_their_own() -> None:
    b = GraphBuilder("f")
    t = b.param(Aval(bool_, (3,)))
    (first,), (second,) = (b.append(lookup("nonzero"), (t,), {}) for _ in range(2))
    assert first.shape != second.shape


def test_sizes_are_followed_through_arithmetic() -> None:
    b = GraphBuilder("f")
    n = SymDim.named("n")
    x = b.param(Aval(float64, (n,)))
    (size,) = b.shape_of(x)
    assert b.dim_of(b.add(b.mul(size, 2), 1)) == SymDim((("n", 2),), 1)
    assert b.full((b.add(size, 1), 3), 0, float64).shape == (SymDim((("n", 1),), 1), 3)


def test_truncate_takes_back_ops_and_captures() -> None:
    """What a trial appended is gone; what was captured for it is not passed in."""
    b = GraphBuilder("f")
    x, two = b.param(scalar(float64), "x"), b.constant(2.0)
    inner = GraphBuilder("body", b)
    y = inner.sin(x)
    count = len(inner.ops)
    tried = inner.mul(y, two)
    inner.truncate(count)
    assert [op.name for op in inner.ops] == ["sin"]
    with pytest.raises(InternalError, match="uses a value"):
        inner.neg(tried)
    again = inner.mul(y, two)
    made = inner.build([again])
    verify(made)
    assert [op.name for op in made.ops] == ["sin", "constant", "mul"]
    assert len(made.params) == 1


def test_truncate_to_nothing_and_on() -> None:
    b = GraphBuilder("f")
    x = b.param(scalar(float64))
    b.sin(b.cos(x))
    b.truncate(0)
    graph = b.build([b.exp(x)])
    verify(graph)
    assert [op.name for op in graph.ops] == ["exp"]


def test_zeros_of_any_type() -> None:
    b = GraphBuilder("f")
    n = SymDim.named("n")
    types = [Aval(float32, (2, n)), ListType(scalar(float64)), OptionalType(ListType(scalar(float64)))]
    zeros = [b.zeros_like(b.param(t)) for t in types]
    assert [v.type for v in zeros] == types
    assert [op.name for op in b.ops] == ["dim", "full", "zeros_like_any", "zeros_like_any"]


def test_weak_values_promote_as_python_scalars() -> None:
    b = GraphBuilder("f")
    x, w = b.param(Aval(float32, (2,))), b.param(scalar(float64))
    assert [v.dtype for v in b.promoted(lookup("mul"), (x, w), weak=(False, True))] == [float32, float32]
    assert [v.dtype for v in b.promoted(lookup("mul"), (x, w))] == [float64, float64]


def test_casts_of_constants_fold() -> None:
    b = GraphBuilder("f")
    assert b.cast(b.constant(2), float32).dtype == float32
    assert [op.name for op in b.ops] == ["constant", "constant"]


def test_static_shape_refuses_names() -> None:
    assert static_shape((2, 3)) == (2, 3)
    with pytest.raises(InternalError, match="a static shape is needed"):
        static_shape((2, SymDim.named("n")))


def test_sizes_captured_by_a_region_keep_their_names() -> None:
    """A region that takes `dim(x)` from outside makes tensors of that very size."""
    b = GraphBuilder("f")
    n = SymDim.named("n")
    x = b.param(Aval(float64, (n,)))
    (size,) = b.shape_of(x)
    inner = GraphBuilder("body", b)
    assert inner.full((size,), 0, float64).shape == (n,)
    assert inner.dim_of(b.constant(3)) == 3
