"""What fails while a graph runs is raised at the user's line: class and text of plain Python, in every executor."""

import math
import traceback
from typing import Any

import pytest

import eager as xp
from dy2static import to_static
from graph.errors import GraphError, IndexRangeError, ShapeError
from support.defining import define

SOURCE = """
    def added(x, n):
        y = xp.ones(n)
        z = x + y
        return z

    def product(x, n):
        return helper(x, xp.ones((n, 2)))

    def helper(a, b):
        return a @ b

    def joined(x, n):
        out = x
        for i in range(2):
            out = xp.concat([xp.reshape(out, (1, -1)), xp.ones((1, n))], axis=0)
        return out

    def asserted(x, n):
        total = xp.sum(x)
        while total > 0:
            assert total < n, f"{total} is not below"
            total = total - 1
        return total

    def indexed(x, i):
        if xp.sum(x) > 0:
            x = x * x[i]
        return x

    def popped(x, n):
        items = []
        for i in range(n):
            items.append(x)
        return items.pop() + items.pop()

    def raised(x, n):
        for i in range(n):
            if x[i] > 1:
                raise KeyError(f"item {i}")
        return x

    def domain(x, n):
        return x * math.log(xp.sum(x) - n)

    def divided(x, n):
        return x * (7 // n)

    def reshaped(x, n):
        return xp.reshape(x, (n, 2))

    def unbound(x, n):
        for i in range(n):
            y = x
        return y
"""

CASES: dict[str, tuple[tuple[Any, ...], tuple[Any, ...], type[Exception], str]] = {
    "added": ((xp.ones(3), xp.asarray(3)), (xp.ones(3), xp.asarray(4)), ShapeError, "z = x + y"),
    "product": ((xp.ones(3), xp.asarray(3)), (xp.ones(3), xp.asarray(4)), ShapeError, "return a @ b"),
    "asserted": ((xp.ones(3), xp.asarray(9)), (xp.ones(3), xp.asarray(1)), AssertionError, "assert total < n"),
    "indexed": ((xp.ones(3), xp.asarray(1)), (xp.ones(3), xp.asarray(3)), IndexError, "x = x * x[i]"),
    "popped": ((xp.ones(3), xp.asarray(3)), (xp.ones(3), xp.asarray(1)), IndexError, "return items.pop()"),
    "raised": ((xp.ones(3), xp.asarray(2)), (xp.ones(3) * 2, xp.asarray(2)), KeyError, 'raise KeyError(f"item'),
    "domain": ((xp.ones(3), xp.asarray(1)), (xp.ones(3), xp.asarray(5)), ValueError, "math.log(xp.sum(x) - n)"),
    "unbound": ((xp.ones(3), xp.asarray(1)), (xp.ones(3), xp.asarray(0)), UnboundLocalError, "return y"),
}


@pytest.mark.parametrize("executor", ["numpy", "interpreter", "native"])
@pytest.mark.parametrize("name", CASES)
def test_failures_of_a_run(name: str, executor: Any) -> None:
    good, bad, kind, line = CASES[name]
    plain = define(SOURCE, name, "model.py", xp=xp, math=math)
    static = to_static(plain, executor=executor)
    static(*good)
    with pytest.raises(kind) as expected:
        plain(*bad)
    with pytest.raises(kind) as found:
        static(*bad)
    assert isinstance(expected.value, type(found.value))
    if isinstance(expected.value, GraphError):
        assert isinstance(found.value, GraphError)
        assert found.value.what.startswith(expected.value.what)
    else:
        assert str(found.value) == str(expected.value)
    last = traceback.extract_tb(found.value.__traceback__)[-1]
    assert last.filename == "model.py"
    assert line in (last.line or "")
    files = {frame.filename for frame in traceback.extract_tb(found.value.__traceback__)}
    assert files == {"model.py", __file__}
    static(*good)


def test_the_place_is_seen_by_users_and_not_by_the_program() -> None:
    source = """
def f(x):
    try:
        return x[3]
    except IndexError as error:
        text = str(error)
    raise ValueError(text)

def g(x):
    try:
        return x[3]
    except IndexError as error:
        raise
"""
    text = "index 3 is out of bounds for axis 0 with size 3\n  Next: use an index from -3 to 2; the operand is f64[3]."
    for function in (define(source, "f", "model.py"), to_static(define(source, "f", "model.py"))):
        with pytest.raises(ValueError, match="out of bounds") as found:
            function(xp.ones(3))
        assert str(found.value) == text
    with pytest.raises(IndexRangeError, match=r"return x\[3\]"):
        to_static(define(source, "g", "model.py"))(xp.ones(3))


def test_a_power_that_is_complex_in_python() -> None:
    static = to_static(define("def f(x, n):\n    return float(x) ** (1 / int(n))\n", "f", "model.py"))
    assert static(xp.asarray(4.0), xp.asarray(2)) == 2.0
    with pytest.raises(ValueError, match="make the base complex"):
        static(xp.asarray(-4.0), xp.asarray(2))


def test_an_operand_that_may_be_none_is_quoted() -> None:
    source = "def f(x, y):\n    z = None\n    if x > 0:\n        z = y\n    return x @ z\n"
    with pytest.raises(ShapeError, match=r"`z` is f64\[3\] or None"):
        to_static(define(source, "f", "model.py"))(xp.asarray(1.0), xp.ones(3))


def test_an_index_that_a_free_size_does_not_have() -> None:
    static = to_static(define("def f(x):\n    return x[3]\n", "f", "model.py"))
    static(xp.ones(5))
    static(xp.ones(6))
    with pytest.raises(IndexRangeError, match=r"return x\[3\]"):
        static(xp.ones(3))
