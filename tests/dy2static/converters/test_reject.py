"""What conversion refuses, and in which words."""

import pytest

from dy2static.errors import ConversionError
from dy2static.source.convert import convert_function
from support.defining import define
from support.golden import assert_golden

REJECTED = {
    "yield_value": "def f(x):\n    y = yield x\n    return y",
    "yield_from": "def f(x):\n    y = yield from x",
    "yield_in_lambda": "def f(x):\n    return lambda: (yield x)",
    "yield_in_nested": "def f(x):\n    def g():\n        print((yield x))\n    return list(g())",
    "async_def": "async def f(x):\n    return x",
    "async_inside": "def f(x):\n    async def g():\n        await x\n    return g",
    "async_comprehension": "def f(x):\n    async def g():\n        return [y async for y in x]\n    return g",
    "async_with": "def f(x):\n    async def g():\n        async with x as y:\n            return y\n    return g",
    "try_star": "def f(x):\n    try:\n        return x\n    except* ValueError:\n        print(x)",
    "return_in_finally": "def f(x):\n    try:\n        print(x)\n    finally:\n        if x:\n            return x",
    "break_in_finally": "def f(x):\n  while x:\n    try:\n      x()\n    finally:\n      if x:\n        break",
    "class": "def f(x):\n    class A:\n        pass\n    return A",
    "global_import": "def f():\n    global math\n    import math",
    "global_walrus": "def f(x):\n    global y\n    return (y := x)",
    "nonlocal_def": "def f(x):\n    h = x\n    def g():\n        nonlocal h\n        def h(): pass\n    return g",
    "walrus_in_lambda": "def f(x):\n    return lambda: x and (y := x) and y",
    "walrus_in_generator": "def f(x):\n    return sum(y for v in x if v > 0 and (y := v))",
    "exec": "def f(x):\n    exec('y = x')",
    "eval": "def f(x):\n    return [eval('x') for _ in x]",
    "locals": "def f(x):\n    return locals()",
    "vars": "def f(x):\n    return vars(x), vars()",
    "first_of_several": "def f(x):\n    y = locals()\n    del y\n    y = yield x",
}


@pytest.mark.parametrize("name", REJECTED)
def test_rejected(name: str) -> None:
    function = define(REJECTED[name], file="model.py")
    with pytest.raises(ConversionError) as error:
        convert_function(function)
    assert_golden(f"converters/reject/{name}.txt", f"{type(error.value).__name__}: {error.value}")


ACCEPTED = {
    "walrus_in_and": "def f(x):\n    return x and (y := x) and y",
    "walrus_in_while": "def f(x):\n    while (y := next(x)) > 0:\n        print(y)",
    "global_write": "def f(x):\n    global count\n    count += x\n    del count",
    "nonlocal_write": "def f(x):\n    n = 0\n    def g():\n        nonlocal n\n        n += x\n    g()\n    return n",
    "generator_inside": "def f(x):\n    def g():\n        yield x\n    return list(g())",
    "loop_in_finally": "def f(x):\n    try:\n        print(x)\n    finally:\n        for y in x:\n            break",
    "walrus_in_test": "def f(x):\n    if (y := x) > 1:\n        return y",
    "walrus_first": "def f(x):\n    return (y := x) > 1, y",
    "walrus_in_ternary_test": "def f(x):\n    return 1 if (y := x) else y",
    "vars_of": "def f(x):\n    return vars(type(x))",
    "own_eval": "def f(x, eval=len):\n    return eval([x])",
    "global_read": "def f(x):\n    global y\n    return x",
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_not_rejected(name: str) -> None:
    convert_function(define(ACCEPTED[name], file="model.py"))
