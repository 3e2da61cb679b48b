import inspect
import operator
from typing import Any

import numpy as np
import pytest

import eager as xp
from eager.operators import BINARY, COMPARE, SAME_NAME
from eager.signatures import TensorMethods
from graph.errors import DTypeError, ShapeError

DTYPES = [
    "bool",
    "int8",
    "int32",
    "int64",
    "uint8",
    "uint64",
    "float16",
    "float32",
    "float64",
    "complex64",
    "complex128",
]
PYTHON = {
    "truediv": operator.truediv,
    "floordiv": operator.floordiv,
    "and": operator.and_,
    "or": operator.or_,
    **{
        name: getattr(operator, name)
        for name in ("add", "sub", "mul", "mod", "pow", "matmul", "xor", "lshift", "rshift")
    },
    **{name: getattr(operator, name) for name in COMPARE},
}


def reference(name: str) -> Any:
    """NumPy's function; its operator `**` has short cuts of its own with other dtypes."""
    return np.power if name == "pow" else PYTHON[name]


def values(dtype: str, n: int = 3) -> np.ndarray:
    return np.arange(1, n + 1).astype(dtype)


def outcome(act: Any) -> Any:
    """The value, or the kind of error."""
    try:
        with np.errstate(all="ignore"):
            return act()
    except TypeError:
        return TypeError
    except OverflowError:
        return OverflowError


def assert_same(ours: Any, theirs: Any) -> None:
    if isinstance(theirs, type):
        assert ours is theirs
        return
    assert isinstance(ours, xp.Tensor)
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(np.asarray(ours), theirs)


@pytest.mark.parametrize("name", sorted({*BINARY, *COMPARE} - {"matmul"}))
def test_promotion_is_numpys(name: str) -> None:
    op, theirs = PYTHON[name], reference(name)
    for a in DTYPES:
        for b in DTYPES:
            x, y = values(a), values(b)
            expected = outcome(lambda x=x, y=y: theirs(x, y))
            assert_same(outcome(lambda x=x, y=y: op(xp.asarray(x), xp.asarray(y))), expected)
        for scalar in (True, 2, 2.5, 1j):
            x = values(a)
            expected = outcome(lambda x=x, s=scalar: theirs(x, s))
            assert_same(outcome(lambda x=x, s=scalar: op(xp.asarray(x), s)), expected)
            expected = outcome(lambda x=x, s=scalar: theirs(s, x))
            assert_same(outcome(lambda x=x, s=scalar: op(s, xp.asarray(x))), expected)


@pytest.mark.parametrize("name", sorted({*BINARY, *COMPARE} - {"matmul", "lshift", "rshift", "and", "or", "xor"}))
def test_numpy_operands_on_either_side(name: str) -> None:
    op, a, x = PYTHON[name], np.asarray([1.0, 2.0]), xp.asarray([3.0, 4.0])
    n = np.asarray(x)
    for left, right, expected in (
        (a, x, op(a, n)),
        (x, a, op(n, a)),
        (np.float32(3), x, op(np.float32(3), n)),
        (x, np.float64(3), op(n, np.float64(3))),
    ):
        result = op(left, right)
        assert_same(result, expected)


def test_python_int_out_of_range() -> None:
    with pytest.raises(OverflowError):
        xp.asarray([1], dtype=xp.int8) + 300


def test_unary() -> None:
    x = xp.asarray([-1, 2])
    assert ((-x).tolist(), (+x).tolist(), abs(x).tolist(), (~x).tolist()) == ([1, -2], [-1, 2], [1, 2], [0, -3])
    assert +x is not x
    with pytest.raises(DTypeError):
        +xp.asarray(True)
    assert round(xp.asarray(2.5)) == 2
    assert float(round(xp.asarray(2.345), 2)) == np.round(2.345, 2)
    assert divmod(xp.asarray([7]), 2)[1].tolist() == [1]
    assert [t.tolist() for t in divmod(7, xp.asarray([2]))] == [[3], [1]]


def test_matmul() -> None:
    a, b = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)
    assert_same(xp.asarray(a) @ b, a @ b)
    assert_same(a @ xp.asarray(b), a @ b)


def test_contains() -> None:
    assert 2 in xp.asarray([1, 2])
    assert 3 not in xp.asarray([1, 2])


def test_unknown_operands_get_their_turn() -> None:
    class Other:
        def __radd__(self, x: Any) -> str:
            return "other"

    assert xp.ones(2) + Other() == "other"
    with pytest.raises(TypeError, match="unsupported operand type"):
        xp.ones(2) + "text"
    with pytest.raises(TypeError, match="unsupported operand type"):
        operator.add(xp.ones(2), [1, 2])
    with pytest.raises(TypeError, match="unsupported operand type"):
        operator.iadd(xp.ones(2), "text")


def test_errors_quote_both_operands() -> None:
    with pytest.raises(ShapeError, match=r"`add`\(f64\[2\], f64\[3\]\): shapes \(2,\) and \(3,\) do not broadcast"):
        xp.ones(2) + xp.ones(3)
    with pytest.raises(DTypeError, match=r"`bitwise_and` does not take \(float64, float64\)"):
        xp.ones(2) & xp.ones(2)
    with pytest.raises(ShapeError, match=r"`matmul`\(f64\[2,3\], f64\[2,3\]\)"):
        xp.ones((2, 3)) @ xp.ones((2, 3))
    with pytest.raises(DTypeError, match="make it a tensor with `asarray`"):
        xp.add(xp.ones(2), [1, 2])
    with pytest.raises(ShapeError, match="axis 2 is out of bounds"):
        xp.sum(xp.ones(2), axis=2)
    with pytest.raises(ShapeError, match="`max` of nothing is undefined"):
        xp.max(xp.zeros((0,)))


@pytest.mark.parametrize("name", sorted(set(BINARY) - {"matmul"}))
def test_in_place_follows_numpy(name: str) -> None:
    op = getattr(operator, f"i{name}")
    for a in DTYPES:
        for b in [*DTYPES, True, 2, 2.5]:
            x, y = values(a), values(b) if isinstance(b, str) else b
            handle = xp.asarray(x)
            alias = handle
            expected = outcome(lambda x=x, y=y: in_place(name, x.copy(), y))
            found = outcome(lambda h=handle, y=y: op(h, y if not isinstance(y, np.ndarray) else xp.asarray(y)))
            assert_same(found, expected)
            assert found is TypeError or found is OverflowError or found is alias


def in_place(name: str, x: np.ndarray, y: Any) -> Any:
    if name == "pow":
        return np.power(x, y, out=x)
    return getattr(operator, f"i{name}")(x, y)


def test_in_place_errors() -> None:
    x = xp.asarray([1, 2])
    with pytest.raises(DTypeError, match=r"`\+=`: the result is float64, which cannot be stored in a tensor of int64"):
        x += 0.5
    y = xp.ones(2)
    with pytest.raises(ShapeError, match=r"shape \(3, 2\), it cannot be stored in a tensor of shape \(2,\)"):
        y += xp.ones((3, 2))
    assert (x.tolist(), y.tolist()) == ([1, 2], [1, 1])


def test_declared_methods_are_those_bound() -> None:
    declared = {n for n, v in vars(TensorMethods).items() if callable(v) or isinstance(v, property)}
    declared -= {"__init_subclass__", "__subclasshook__"}
    missing = [n for n in declared if getattr(xp.Tensor, n, None) is None or n not in vars(xp.Tensor)]
    assert missing == []
    bound = {name for names in SAME_NAME.values() for name in names.split()}
    assert bound - declared == set()
    for name in sorted(bound):
        ours = list(inspect.signature(getattr(xp.Tensor, name)).parameters.values())[1:]
        theirs = list(inspect.signature(vars(TensorMethods)[name]).parameters.values())[1:]
        assert [p.name for p in ours if p.kind is not p.POSITIONAL_ONLY] == [
            p.name for p in theirs if p.kind is not p.POSITIONAL_ONLY
        ], name
        assert [p.default for p in ours] == [p.default for p in theirs], name
