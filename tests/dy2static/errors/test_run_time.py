"""What fails while a graph runs is raised at the user's line: class and text of plain Python, in every executor."""

import math
import traceback
from typing import Any

import pytest

import eager as xp
from dy2static import to_static
from graph.errors import IndexRangeError, ShapeError
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
    if kind is ShapeError:
        assert isinstance(found.value, ShapeError)
        assert isinstance(expected.value, ShapeError)
        assert found.value.what.startswith(expected.value.what)
    else:
        assert str(found.value) == getattr(expected.value, "what", str(expected.value))
    last = traceback.extract_tb(found.value.__traceback__)[-1]
    assert last.filename == "model.py"
    assert line in (last.line or "")
    files = {frame.filename for frame in traceback.extract_tb(found.value.__traceback__)}
    assert files == {"model.py", __file__}
    static(*good)


def test_an_index_that_a_free_size_does_not_have() -> None:
    static = to_static(define("def f(x):\n    return x[3]\n", "f", "model.py"))
    static(xp.ones(5))
    static(xp.ones(6))
    with pytest.raises(IndexRangeError, match=r"return x\[3\]"):
        static(xp.ones(3))
