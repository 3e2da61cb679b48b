"""What can be seen of how a function runs: `native`, and the last lines of `explain()`."""

from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import to_static, trace


def talking(x: Any, n: Any) -> Any:
    i = xp.asarray(0)
    while i < n:
        print("at", i)
        x = x * 0.5
        i = i + 1
    print("done")
    return x


def plain(x: Any) -> Any:
    return xp.sum(x * 2)


def test_native_code_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DY2STATIC_EXECUTOR", "native")
    f = to_static(plain, executor="native", compile="now")
    f(xp.asarray(np.ones(100)))
    assert 'define i32 @"run"(' in f.native.llvm
    assert "define " in f.native.optimized
    assert "run:" in f.native.asm
    assert f.native.callbacks == ()
    traced = trace(plain, xp.asarray(np.ones(100)))
    assert "run:" in traced.native.asm
    gradient = f.grad()
    gradient(xp.asarray(np.ones(100)))
    assert "run:" in gradient.native.asm


def test_native_code_that_is_not_there() -> None:
    f = to_static(plain, executor="numpy")
    with pytest.raises(RuntimeError, match="has no graph yet: call it once"):
        _ = f.native
    f(xp.asarray(np.ones(3)))
    with pytest.raises(RuntimeError) as caught:
        _ = f.native
    assert str(caught.value) == (
        '<static function plain> runs as a NumPy program, so it has no native code: ask for executor="native"'
    )


def test_explain_says_what_runs() -> None:
    x = xp.asarray(np.ones(3))
    for executor, text in {
        "numpy": "  runs as a NumPy program",
        "interpreter": "  runs by the interpreter",
    }.items():
        f = to_static(plain, executor=executor)  # type: ignore[call-overload]
        assert len(f.explain().splitlines()) == 1
        f(x)
        assert f.explain().splitlines()[-1] == text
    f = to_static(plain, executor="native", compile="background")
    program = f.program_for(x)
    assert f.explain().splitlines()[-1] == "  runs as a NumPy program until its native code is there"
    assert "native" not in vars(program.compiled)
    now = to_static(plain, executor="native", compile="now")
    now.program_for(x)
    assert now.explain().splitlines()[-1] == "  runs as native code, which is made at the first call"
    now(x)
    assert now.explain().splitlines()[-1].startswith("  runs as native code")


def test_explain_says_how_much_memory_a_run_took() -> None:
    f = to_static(lambda x: xp.sort(x * 2), executor="native", compile="now")
    f(xp.asarray(np.ones(250_000)))
    (line,) = (line for line in f.explain().splitlines() if "of memory" in line)
    amount = float(line.split("at most ")[1].split(" MB")[0])
    assert 2 <= amount < 20


def test_explain_says_what_is_called_back_and_where() -> None:
    f = to_static(talking, executor="native", compile="now")
    f(xp.asarray([1.0]), xp.asarray(2))
    first = talking.__code__.co_firstlineno
    lines = [line for line in f.explain().splitlines() if "calls NumPy" in line]
    assert len(lines) == 2
    inside, outside = lines
    assert inside == (
        f"  calls NumPy for `print` at test_inspection.py:{first + 3}, at each trip of the loop at "
        f"test_inspection.py:{first + 2}: Python prints"
    )
    assert outside == f"  calls NumPy for `print` at test_inspection.py:{first + 6}: Python prints"


def both_ways(x: Any, n: Any) -> Any:
    a, b = x, x
    for i in range(n):
        a = xp.tanh(a + i)
    for i in range(n):
        b = xp.tanh(b + (n - i))
    return a, b


def test_explain_says_what_may_run_side_by_side() -> None:
    f = to_static(both_ways, executor="native", compile="now")
    x, n = xp.asarray(np.linspace(0, 1, 1000)), xp.asarray(100)
    for found, expected in zip(f(x, n), both_ways(x, 100), strict=True):
        assert np.allclose(np.asarray(found), np.asarray(expected), rtol=1e-12)
    first = both_ways.__code__.co_firstlineno
    loops = ", ".join(f"the loop at test_inspection.py:{first + k}" for k in (2, 4))
    assert f.explain().splitlines()[-1] == f"  may run side by side: {loops}"


def rows(h: Any, u: Any, n: Any) -> Any:
    for _ in range(n):
        h = xp.tanh(h @ u)
    return h


def test_explain_says_that_a_loop_has_been_split() -> None:
    f = to_static(rows, executor="native", compile="now")
    h, u = xp.asarray(np.linspace(0, 1, 40 * 64).reshape(40, 64)), xp.asarray(np.eye(64))
    assert np.allclose(np.asarray(f(h, u, xp.asarray(3))), np.asarray(rows(h, u, 3)), rtol=1e-12)
    place = f"test_inspection.py:{rows.__code__.co_firstlineno + 1}"
    assert f.explain().splitlines()[-1] == f"  may run side by side: the loop at {place} (2 times)"


def test_traces_say_it_too() -> None:
    traced = trace(plain, xp.asarray(np.ones(3)))
    assert "  runs " in traced.explain()
