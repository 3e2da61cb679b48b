"""A graph runs as a NumPy program until its native code is there; nobody sees when that is, but for the time."""

import gc
import threading
import weakref
from typing import Any

import numpy as np
import pytest

from graph.errors import InternalError
from graph.execute import meanwhile, native_program
from graph.execute.blueprint import Blueprint
from graph.execute.meanwhile import Meanwhile, runner
from graph.execute.native_program import NativeProgram, compile_native
from graph.text.parser import parse

PLAIN = "graph f(%0: f64[n]) -> (f64[n]) { %1: f64[n] = sin %0 yield %1 }"
LOOP = """
graph f(%0: i64[], %1: f64[]) -> (f64[]) {
  %2: f64[] = for_loop %0, %1 {carried=1} {
    body(%3: i64[], %4: f64[]) {
      %5: f64[] = sin %4
      yield %5
    }
  }
  yield %2
}
"""
PRINTING = "print %5 {forms=('!s:',), parts=('', ''), stream='stdout'}"
PRINTS = LOOP.replace("yield %5", f"{PRINTING}\n      yield %5")


@pytest.fixture(autouse=True)
def _nothing_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DY2STATIC_CACHE", "off")


class Delivered:
    """What was delivered."""

    def __init__(self) -> None:
        self.found: list[Any] = []

    def __call__(self, native: Any) -> None:
        self.found.append(native)


def test_one_call_compiles_nothing_and_a_second_does() -> None:
    delivered = Delivered()
    program = runner(Blueprint(parse(PLAIN)), delivered)
    assert isinstance(program, Meanwhile)
    x = np.linspace(0, 1, 100)
    (result,) = program(x)
    np.testing.assert_array_equal(result, np.sin(x))
    assert program._job is None
    program(x)
    assert program.hurry().wait(60)
    (native,) = delivered.found
    assert isinstance(native, NativeProgram)
    np.testing.assert_allclose(program(x)[0], np.sin(x), rtol=1e-15)
    assert delivered.found == [native, native]


def test_a_run_in_a_loop_goes_over_to_native_code() -> None:
    program = runner(Blueprint(parse(LOOP)), Delivered())
    assert isinstance(program, Meanwhile)
    # NumPy alone would take half a minute.
    (result,) = program(np.int64(30_000_000), np.float64(1.0))
    assert 0 < result < 1e-3
    assert program._found


def test_a_graph_that_prints_in_a_loop_is_compiled_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    program = runner(Blueprint(parse(PRINTS)), Delivered())
    assert isinstance(program, NativeProgram)
    program(np.int64(3), np.float64(0.0))
    assert capsys.readouterr().out == "0.0" * 3


def test_what_is_on_disk_runs_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("DY2STATIC_CACHE", str(tmp_path))
    compile_native(parse(LOOP))
    assert isinstance(runner(Blueprint(parse(LOOP)), Delivered()), NativeProgram)


def test_what_cannot_be_compiled_stays_a_numpy_program(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise InternalError("not today")

    monkeypatch.setattr(native_program, "compile_text", refuse)
    program = runner(Blueprint(parse(LOOP)), Delivered())
    assert isinstance(program, Meanwhile)
    for _ in range(3):
        np.testing.assert_array_equal(program(np.int64(2), np.float64(1.0))[0], np.sin(np.sin(1.0)))
        assert program.hurry().wait(60)
    assert str(program.error) == "not today"


def test_many_threads_have_it_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    genuine = native_program.compile_text

    def note(text: str, *rest: Any, **options: Any) -> Any:
        compiled.append(text)
        return genuine(text, *rest, **options)

    monkeypatch.setattr(native_program, "compile_text", note)
    programs = [runner(Blueprint(parse(LOOP)), Delivered()) for _ in range(4)]
    found: list[Any] = []

    def work(number: int) -> None:
        found.extend(programs[number % 4](np.int64(1000), np.float64(1.0)) for _ in range(50))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert all(p.hurry().wait(60) for p in programs if isinstance(p, Meanwhile))
    np.testing.assert_allclose([x for (x,) in found], found[0][0], rtol=1e-13)
    assert len(found) == 800
    assert 1 <= len(compiled) <= 4  # one a program where nothing is kept on disk


def test_nobody_compiles_what_nobody_has(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs: list[Any] = []
    monkeypatch.setattr(meanwhile.BACKGROUND, "submit", jobs.append)
    program = runner(Blueprint(parse(LOOP)), Delivered())
    program(np.int64(1), np.float64(1.0))
    (job,) = jobs
    gone = weakref.ref(program)
    del program
    gc.collect()
    assert gone() is None
    monkeypatch.setattr(native_program, "compile_text", None)
    job.run()
    assert job.error is None


def test_kernels_cannot_catch_that_a_run_is_given_up() -> None:
    assert not issubclass(meanwhile.Superseded, Exception)
