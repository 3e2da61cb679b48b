import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from graph.aval import Aval, ListType, OptionalType, SymDim, Type, scalar
from graph.dtypes import float64, int64
from graph.llvm.runtime.arguments import fit_results
from graph.llvm.runtime.plan import Callback
from graph.llvm.runtime.program import memory_use
from support.native_modules import callback_text, called_through, nothing_forgotten, program

VECTOR = Aval(float64, (SymDim.named("n"),))
NUMBER = scalar(int64)


def calls(function: Any, params: list[Type], results: list[Type], **options: Any) -> Any:
    """A program that gives its arguments to `function`."""

    def called(*operands: Any) -> tuple[Any, ...]:
        return fit_results(function(*operands), results, "called")

    site = Callback(tuple(params), tuple(results), called)
    text = callback_text(first_is_list=any(isinstance(t, ListType) for t in params))
    return program(text, params, results, site, **options)


@pytest.fixture(autouse=True, params=[False, True], ids=["built-in", "ctypes"])
def _accounts(request: pytest.FixtureRequest) -> Iterator[None]:
    with nothing_forgotten(), called_through(request.param):
        yield


@pytest.mark.parametrize("releases_gil", [False, True])
def test_operands_go_in_and_results_come_out(releases_gil: bool) -> None:
    def both(x: Any, n: Any) -> Any:
        assert type(x) is np.ndarray
        assert type(n) is np.int64
        return x + n, n * 2

    found = calls(both, [VECTOR, NUMBER], [VECTOR, NUMBER], releases_gil=releases_gil)(np.arange(3000.0), 5)
    np.testing.assert_array_equal(found[0], np.arange(3000.0) + 5)
    assert found[1] == 10


def test_lists_and_optionals_go_both_ways() -> None:
    t = ListType(OptionalType(VECTOR))
    x = [np.ones(2), None, np.zeros(0)]
    (found,) = calls(lambda x: x[::-1], [t], [t])(x)
    assert [None if y is None else y.tolist() for y in found] == [[], None, [1.0, 1.0]]


def test_results_that_are_views_are_copied() -> None:
    kept: list[np.ndarray] = []

    def transposed(x: np.ndarray) -> np.ndarray:
        kept.append(x)
        return x.T

    matrix = Aval(float64, (SymDim.named("n"), SymDim.named("m")))
    x = np.arange(20_000.0).reshape(100, 200)
    (y,) = calls(transposed, [matrix], [matrix])(x)
    np.testing.assert_array_equal(y, x.T)
    assert not np.shares_memory(y, kept[0])
    assert not np.shares_memory(x, kept[0])
    np.testing.assert_array_equal(kept[0], x)


def test_exception_comes_out_unchanged_and_memory_is_freed() -> None:
    error = KeyError("mine")

    def fails(x: Any) -> Any:
        raise error

    fail = calls(fails, [VECTOR], [VECTOR], releases_gil=True)
    held = memory_use()
    for _ in range(1000):
        with pytest.raises(KeyError) as found:
            fail(np.zeros(100_000))
        assert found.value is error
        error.__traceback__ = None
    assert memory_use().held - held.held < 1 << 20
    assert calls(lambda x: x, [VECTOR], [VECTOR])(np.ones(3))[0].tolist() == [1, 1, 1]


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_exits_come_out(kind: type[BaseException]) -> None:
    def leaves() -> Any:
        raise kind

    with pytest.raises(kind):
        calls(leaves, [], [])()


def test_a_program_may_call_itself_and_others() -> None:
    def down(n: Any) -> Any:
        return np.int64(0) if n == 0 else recursive(n - 1)[0] + n

    recursive = calls(down, [NUMBER], [NUMBER], releases_gil=True)
    assert recursive(50)[0] == sum(range(51))


def test_error_passes_through_nested_programs() -> None:
    def down(n: Any) -> Any:
        return 1 // n if n == 0 else recursive(n - 1)[0]

    recursive = calls(down, [NUMBER], [NUMBER])
    with pytest.raises(ZeroDivisionError):
        np.errstate(all="raise")(lambda: calls(lambda n: 1 // 0, [NUMBER], [NUMBER])(1))()
    with np.errstate(all="raise"), pytest.raises(FloatingPointError):
        recursive(20)


def test_several_threads_at_once() -> None:
    meet = threading.Barrier(8, timeout=30)

    def waits(x: np.ndarray) -> np.ndarray:
        meet.wait()
        return x * 2

    double = calls(waits, [VECTOR], [VECTOR], releases_gil=True)
    wrong: list[int] = []

    def work(i: int) -> None:
        for k in range(20):
            (y,) = double(np.full(2000, float(i + k)))
            if not (y == 2 * (i + k)).all():
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_wrong_results_of_a_callback() -> None:
    with pytest.raises(TypeError, match="'called' gave 2 results, not 1"):
        calls(lambda: (1, 2), [], [NUMBER])()
    with pytest.raises(TypeError, match=r"a result of 'called' is i64\[\], got the number 1.5"):
        calls(lambda: 1.5, [], [NUMBER])()


def test_programs_that_call_without_end() -> None:
    recursive = calls(lambda n: recursive(n)[0], [NUMBER], [NUMBER])
    with pytest.raises(RecursionError):
        recursive(1)
