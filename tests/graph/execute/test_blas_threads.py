"""Small products that NumPy makes while the compiler works are made by one thread, and others are left alone."""

import threading
from typing import Any

import numpy as np
import pytest

from graph.execute import blas_threads, meanwhile
from graph.execute.blas_threads import SMALL, has_small_products, one_thread
from graph.execute.blueprint import Blueprint
from graph.execute.meanwhile import runner
from graph.text.parser import parse

PRODUCT = "graph f(%0: f64[A], %1: f64[B]) -> (f64[C]) { %2: f64[C] = matmul %0, %1 yield %2 }"


class Library:
    """Functions of a BLAS that has four threads, and what they were told."""

    def __init__(self) -> None:
        self.threads = 4
        self.told: list[int] = []

    def number(self) -> int:
        return self.threads

    def use(self, number: int) -> None:
        self.threads = number
        self.told.append(number)


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    found = Library()
    monkeypatch.setattr(blas_threads, "_threads", lambda: found)
    return found


def product(a: str, b: str, c: str) -> Any:
    return parse(PRODUCT.replace("[A]", f"[{a}]").replace("[B]", f"[{b}]").replace("[C]", f"[{c}]"))


def test_it_is_set_back(library: Library) -> None:
    def fail() -> None:
        with one_thread():
            assert library.threads == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert library.told == [1, 4]


def test_the_last_one_sets_it_back(library: Library) -> None:
    held, go_on = threading.Barrier(2), threading.Event()

    def other() -> None:
        with one_thread():
            held.wait()
            go_on.wait()

    thread = threading.Thread(target=other)
    with one_thread():
        thread.start()
        held.wait()
    assert library.threads == 1
    go_on.set()
    thread.join()
    assert library.told == [1, 4]


def test_one_thread_is_left_at_it(library: Library) -> None:
    library.threads = 1
    with one_thread():
        pass
    assert library.told == []


def test_another_blas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blas_threads, "_threads", lambda: None)
    with one_thread():
        pass


def test_numpys_own() -> None:
    threads = blas_threads._threads()
    if threads is None:
        pytest.skip("NumPy has another BLAS")
    before = threads.number()
    threads.use(2)
    try:
        with one_thread():
            assert threads.number() == 1
            np.ones((64, 64)) @ np.ones((64, 64))
        assert threads.number() == 2
    finally:
        threads.use(before)


@pytest.mark.parametrize(
    ("shapes", "is_small"),
    [
        (("8,4", "4,5", "8,5"), True),
        (("4", "4", ""), True),
        (("n,4", "4,5", "n,5"), False),
        ((f"2,{SMALL}", f"{SMALL},1", "2,1"), False),
    ],
)
def test_which_products_are_small(shapes: tuple[str, str, str], is_small: bool) -> None:
    assert has_small_products(product(*shapes)) == is_small


def test_without_products() -> None:
    assert not has_small_products(parse("graph f(%0: f64[n]) -> (f64[n]) { %1: f64[n] = sin %0 yield %1 }"))


@pytest.mark.parametrize("exact", [False, True])
def test_runs_hold_it(exact: bool, monkeypatch: pytest.MonkeyPatch, library: Library) -> None:
    monkeypatch.setenv("DY2STATIC_CACHE", "off")
    run = runner(Blueprint(product("2,2", "2,2", "2,2"), exact=exact), lambda _: None)
    assert isinstance(run, meanwhile.Meanwhile)
    (found,) = run(np.eye(2), np.eye(2))
    np.testing.assert_array_equal(found, np.eye(2))
    assert library.told == ([] if exact else [1, 4])
