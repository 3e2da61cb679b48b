"""What a call must share with an earlier one to use its program."""

from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import InputSpec, clear_caches, to_static


def scaled(x: Any, k: Any) -> Any:
    return x * k + (1 if isinstance(k, bool) else 0)


def total(x: Any) -> Any:
    if x.sum() > 100.0:
        return x.sum() - 1.0
    return x.sum() + 1.0


def test_a_second_number_becomes_an_input() -> None:
    f = to_static(scaled)
    x = xp.asarray([1.0, 2.0])
    for k in (2, 3, 4, 5, 0, -7):
        np.testing.assert_array_equal(np.asarray(f(x, k)), np.asarray(x) * k)
    assert len(f.programs) == 2


@pytest.mark.parametrize("k", [0.0, -0.0, float("nan"), float("inf"), True, False, 2, 2.0])
def test_numbers_are_told_apart(k: Any) -> None:
    f = to_static(scaled)
    x = xp.asarray([1.0, -2.0])
    for other in (0.0, 1.0, True, 1, k):
        f(x, other)
        found, expected = np.asarray(f(x, k)), np.asarray(scaled(x, k))
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(np.signbit(found), np.signbit(expected))


def test_wide_ints_stay_ordinary_values() -> None:
    def f(x: Any, k: int) -> Any:
        return x + k % 10

    static = to_static(f)
    x = xp.asarray([1, 2])
    for k in (3, 10**30 + 4, 10**40 + 5, 6):
        np.testing.assert_array_equal(np.asarray(static(x, k)), np.asarray(f(x, k)))


def test_one_tensor_twice_and_two_tensors() -> None:
    def f(x: Any, y: Any) -> Any:
        return x - y

    static = to_static(f)
    x, y = xp.asarray([3.0]), xp.asarray([1.0])
    assert float(static(x, x)[0]) == 0.0
    assert float(static(x, y)[0]) == 2.0
    assert float(static(y, y)[0]) == 0.0


def test_one_program_serves_all_sizes_after_the_second() -> None:
    f = to_static(total)
    for n in (4, 5, 0, 1, 2, 1000):
        x = xp.asarray(np.ones(n))
        assert float(f(x)) == float(total(x))
    assert len(f.programs) == 2


def test_equal_sizes_share_a_name_and_one_broadcasts() -> None:
    def f(x: Any, y: Any) -> Any:
        return x + y

    static = to_static(f)
    for n, m in ((3, 3), (4, 4), (5, 5), (5, 1), (1, 5), (1, 1), (7, 7)):
        x, y = xp.asarray(np.arange(float(n))), xp.asarray(np.ones(m))
        np.testing.assert_array_equal(np.asarray(static(x, y)), np.asarray(f(x, y)))


def test_sizes_that_cannot_be_symbolic_stay_fixed() -> None:
    def f(x: Any, k: int) -> Any:
        names = {3: "three", 4: "four", 5: "five"}
        return x + k + len(names[len(np.zeros(x.shape[0]))])

    static = to_static(f)
    for n, k in ((3, 1), (4, 1), (5, 1), (3, 1)):
        x = xp.asarray(np.ones(n))
        np.testing.assert_array_equal(np.asarray(static(x, k)), np.asarray(f(x, k)))


def test_declared_sizes_have_one_program() -> None:
    f = to_static(total, input_spec={"x": InputSpec("batch")})
    for n in (0, 1, 2, 1000):
        x = xp.asarray(np.ones(n))
        assert float(f(x)) == float(total(x))
    assert len(f.programs) == 1


def test_declared_sizes_are_checked() -> None:
    def f(x: Any, y: Any) -> Any:
        return x.sum() + y.sum()

    static = to_static(f, input_spec=[InputSpec("n"), InputSpec("n")])
    static(xp.asarray(np.ones(3)), xp.asarray(np.ones(3)))
    with pytest.raises(ValueError, match="the declared size `n` is 3 in `x` and 4 in `y`"):
        static(xp.asarray(np.ones(3)), xp.asarray(np.ones(4)))
    with pytest.raises(ValueError, match="declared with 1 dimensions, this one has 2"):
        static(xp.asarray(np.ones((3, 1))), xp.asarray(np.ones(4)))


def test_numbers_beside_declared_sizes_become_inputs() -> None:
    f = to_static(scaled, input_spec={"x": InputSpec(None)})
    for k in range(6):
        x = xp.asarray(np.ones(k))
        np.testing.assert_array_equal(np.asarray(f(x, k)), np.asarray(x) * k)
    assert len(f.programs) == 2


def test_the_cache_is_bounded() -> None:
    def f(x: Any, name: str) -> Any:
        return x + len(name)

    static = to_static(f)
    x = xp.asarray([1.0])
    for i in range(100):
        assert float(static(x, "a" * i)[0]) == 1.0 + i
    assert len(static.programs) == 64
    assert static.explain().count(" made for ") == 64


def test_the_family_used_last_stays() -> None:
    def f(x: Any, name: str) -> Any:
        return x + len(name)

    static = to_static(f)
    x = xp.asarray([1.0])
    kept = static.program_for(x, "kept")
    for i in range(100):
        static(x, str(i))
        assert static.program_for(x, "kept") is kept


def test_clear_caches() -> None:
    f = to_static(total)
    f(xp.asarray([1.0]))
    clear_caches()
    assert f.programs == []
    f(xp.asarray([1.0]))
    assert len(f.programs) == 1


def test_a_call_that_cannot_be_staged_leaves_nothing() -> None:
    def f(x: Any, y: Any) -> Any:
        return x + y

    static = to_static(f)
    with pytest.raises(ValueError, match="broadcast"):
        static(xp.asarray(np.ones(2)), xp.asarray(np.ones(3)))
    assert static.programs == []


def test_explain_names_what_differs() -> None:
    f = to_static(scaled)
    f(xp.asarray(np.ones(2)), 1)
    f(xp.asarray(np.ones(3)), 2)
    text = f.explain()
    assert "2 programs" in text
    assert "`x` (2) -> (n0), `k` 1 -> any" in text
