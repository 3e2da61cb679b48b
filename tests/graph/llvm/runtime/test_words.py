"""The word language: what the functions below compute natively is what they compute as Python."""

import ctypes
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.llvm.runtime import words
from graph.llvm.runtime.compile import compile_plainly, compile_text, machine
from graph.llvm.runtime.load import load
from graph.llvm.runtime.translate import NotInLanguageError, module_text
from graph.llvm.runtime.words import (
    External,
    Half,
    Word,
    address,
    cells,
    copy,
    count_up,
    cycles,
    leading_zeros,
    load_byte,
    load_half,
    relax,
    replace,
    reserve,
    store,
    store_byte,
    swap,
)

LIMIT = 1000
shared = cells("test_shared", 3)
labs = External("labs", "i64(i64)")
fabs = External("fabs", "double(double)")


def gcd(a: Word, b: Word) -> Word:
    while b:
        rest = a % b
        a = b
        b = rest
    return a


def arithmetic(a: Word, b: Word) -> Word:
    c = a + b * 3 - -a
    c += a & b | 7
    c = c ^ (a << 3)
    c -= b // 3 if b > 0 else b
    return c


def logic(a: Word, b: Word) -> Word:
    if a > 0 and b > 0 and a + b < LIMIT:
        return 1
    elif a < 0 or b <= -5 or not (a != b and a):
        return 2 if a >= b else 3
    return (a == b) + (not a) + (10 if b else 20)


def loops(n: Word) -> Word:
    total = 0
    for i in range(2, n):
        if i % 7 == 3:
            continue
        if i > 50:
            break
        for j in range(i):
            if j > 5:
                break
            total += i * j
    return total


def recursive(n: Word) -> Word:
    return n * recursive(n - 1) if n > 1 else 1


def calls(a: Word, b: Word) -> Word:
    return gcd(recursive(a), labs(b)) + gcd(a, b)


def halves(a: Half, b: Word) -> Half:
    return a + b


def memory(a: Word) -> Word:
    at = reserve(32)
    store(at, a)
    store_byte(at + 8, a)
    store(at + 16, load_byte(at + 8) + load_half(at))
    copy(at + 24, at + 16, 8)
    return load_half(at + 24)


def atomics(a: Word) -> Word:
    before = count_up(shared + 8, a)
    failed = replace(shared + 8, before - 1, 5)
    done = replace(shared + 8, before + a, 6)
    return before * 1000 + failed * 100 + done * 10 + swap(shared + 8, before + a)


def bits_of(x: Word) -> Word:
    return leading_zeros(x)


def magnitude(x: Word) -> Word:
    return fabs(x)


def where() -> Word:
    return (address(gcd) != 0) + (cycles() != 0)


def tell(x: Word) -> Word:
    store(shared + 16, x)
    return 0


def hear(limit: Word) -> Word:
    for _ in range(limit):
        if load_byte(shared + 16):
            return 1
        relax()
    return 0


FUNCTIONS = (
    *(gcd, arithmetic, logic, loops, recursive, calls, halves, memory, atomics, bits_of, magnitude, where),
    *(tell, hear),
)
COMPILED = [compile_plainly(module_text(FUNCTIONS), machine()), compile_text(module_text(FUNCTIONS), machine())]
LIBRARIES = [load(code, [f.__name__ for f in FUNCTIONS]) for code in COMPILED]


def native(function: Callable[..., Word], *args: int) -> set[int]:
    kind = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64 for _ in args])
    return {kind(library[function.__name__])(*args) for library in LIBRARIES}


SMALL = st.integers(-60, 60)


@given(SMALL, SMALL)
def test_two_words(a: int, b: int) -> None:
    for function in (arithmetic, logic):
        assert native(function, a, b) == {int(function(a, b))}


@given(st.integers(0, 1 << 40), st.integers(1, 1 << 40))
def test_loop_until(a: int, b: int) -> None:
    assert native(gcd, a, b) == {gcd(a, b)}


@given(st.integers(0, 80))
def test_counted_loops(n: int) -> None:
    assert native(loops, n) == {loops(n)}


def test_calls() -> None:
    assert native(recursive, 20) == {recursive(20)}
    assert native(calls, 12, -18) == {gcd(recursive(12), 18) + gcd(12, (1 << 64) - 18)}


def test_memory() -> None:
    assert native(memory, 3) == {6}
    assert native(memory, 300) == {344}
    assert native(memory, -1) == {254}


def test_single_steps() -> None:
    assert native(atomics, 3) == {0 * 1000 + 10 + 6}
    assert native(atomics, 4) == {3 * 1000 + 10 + 6}


def test_values_of_other_types() -> None:
    assert native(bits_of, 1) == {63}
    assert native(bits_of, 0) == {64}
    minus_two = ctypes.c_int64.from_buffer(ctypes.c_double(-2.0)).value
    assert native(magnitude, minus_two) == {minus_two & (1 << 63) - 1}
    assert native(where) == {2}
    for library in LIBRARIES:
        half = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_int32, ctypes.c_int64)(library["halves"])
        assert half(-5, 3) == -2
        assert half(2**31 - 1, 1) == -(2**31)


def two_targets(a: Word) -> Word:
    x = y = a
    return x + y


def power(a: Word) -> Word:
    return a**2


def unknown(a: Word) -> Word:
    return a + len  # pyright: ignore[reportOperatorIssue]


def too_many(a: Word) -> Word:
    return labs(a, a)


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (two_targets, "two_targets: x = y = a"),
        (power, "power: a ** 2"),
        (unknown, "unknown: len is neither a number nor an address"),
        (too_many, "takes 1 arguments"),
    ],
)
def test_what_is_not_in_the_language(function: Any, text: str) -> None:
    with pytest.raises(NotInLanguageError) as found:
        module_text([function])
    assert text in str(found.value)


def test_primitives_are_for_native_code() -> None:
    for call in (lambda: words.load(0), lambda: labs(1), lambda: address(gcd)):
        with pytest.raises(TypeError, match="native code only"):
            call()


def test_memory_is_read_anew_while_a_thread_waits() -> None:
    kind = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)
    for library in LIBRARIES:
        say, listen = kind(library["tell"]), kind(library["hear"])
        say(0)
        with ThreadPoolExecutor(1) as pool:
            heard = pool.submit(listen, 10**12)
            say(1)
            assert heard.result(timeout=60) == 1
