"""`cpu=`: code for lesser processors has none of the instructions that they lack, and computes the same."""

import platform
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import to_static

pytestmark = pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64"), reason="levels of x86-64")

WIDE = r"%[yz]mm|%k[0-7]\b|%xmm(1[6-9]|2\d|3[01])\b"
SSE4 = r"round[ps][sd]|p(ext|ins)r[bdq]|p(min|max)(s[bd]|u[dw])|pmulld|pshufb|ptest|p?blend\w*|pmov[sz]x\w+"
OTHERS = r"h(add|sub)p[sd]|popcnt|lzcnt|tzcnt|andn|bextr|mulx|sarx|shlx|shrx|rorx|crc32\w|movbe\w?"
BEYOND = {
    "x86-64": rf"{WIDE}|^\s+(v[a-z]\w+|{SSE4}|{OTHERS})\s",
    "x86-64-v3": r"%zmm|%k[0-7]\b|%[xy]mm(1[6-9]|2\d|3[01])\b",
}
"""Lines of assembly that only processors above a level have."""


def functions(x: Any) -> Any:
    y = xp.abs(x) + 0.5
    return xp.exp(x) + xp.log(y) + xp.sin(x), xp.tanh(x) * xp.sqrt(y) + y**1.5, xp.floor(x) + xp.round(x) + xp.trunc(x)


def sums(x: Any) -> Any:
    return xp.sum(x), xp.max(x, axis=0), xp.argmin(x, axis=1), xp.mean(x, axis=1), xp.cumulative_sum(x, axis=0)


def products(x: Any) -> Any:
    small = x[:7, :7] @ x[:7, 1:8]
    return x @ x.T, small, xp.where(x > 0, x, x * 0.1)


def integers(x: Any) -> Any:
    i = xp.astype(x * 100, xp.int64)
    j = xp.astype(i, xp.int32)
    return i // 7, i % 5, j * j, j >> 2, xp.sort(i, axis=1), xp.astype(j, xp.float32), xp.maximum(j, 3)


def loops(x: Any) -> Any:
    i = xp.asarray(0)
    total = xp.zeros((30,), dtype=x.dtype)
    while xp.sum(total) < 100 and i < 30:
        total[i] = xp.sum(x[i % 20] * x[i % 20])
        i = i + 1
    return total, i


def halves(x: Any) -> Any:
    h = xp.astype(x, xp.float16)
    return xp.astype(h * 2 + 1, xp.float64), xp.sum(h)


PROGRAMS: list[Callable[[Any], Any]] = [functions, sums, products, integers, loops, halves]


def on(cpu: str, function: Any) -> Any:
    return to_static(function, executor="native", compile="now", cpu=cpu)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("cpu", BEYOND)
@pytest.mark.parametrize("function", PROGRAMS, ids=lambda f: f.__name__)
def test_code_keeps_to_the_processor(function: Callable[[Any], Any], cpu: str, dtype: str) -> None:
    f = on(cpu, function)
    x = xp.asarray(np.random.default_rng(0).normal(size=(20, 30)).astype(dtype))
    try:
        found = f(x)
    except ValueError as error:
        pytest.skip(str(error))  # the host is less than that
    for a, b in zip(found, function(x), strict=True):
        tolerance = 2e-2 if function is halves else 1e-5 if dtype == "f4" else 1e-12
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=tolerance, atol=tolerance)
    beyond = [line for line in f.native.asm.splitlines() if re.search(BEYOND[cpu], line)]
    assert beyond == []


def test_the_search_finds_what_is_beyond() -> None:
    x = xp.asarray(np.ones((20, 30)))
    for cpu, lesser in (("x86-64-v3", "x86-64"), ("x86-64-v4", "x86-64-v3")):
        f = on(cpu, functions)
        try:
            f(x)
        except ValueError as error:
            pytest.skip(str(error))
        assert any(re.search(BEYOND[lesser], line) for line in f.native.asm.splitlines())


def test_each_processor_has_code_of_its_own() -> None:
    x = xp.asarray(np.ones((20, 30)))
    texts: set[str] = set()
    for cpu in ("x86-64", "host"):
        f = on(cpu, functions)
        f(x)
        texts.add(f.native.asm)
    assert len(texts) == 2


def test_unknown_processor() -> None:
    with pytest.raises(ValueError, match=r"cpu='i386': it must be one of 'host', 'x86-64'"):
        on("i386", functions)(xp.asarray(np.ones((20, 30))))
