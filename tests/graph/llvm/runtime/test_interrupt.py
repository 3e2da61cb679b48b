import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest

from graph.aval import Aval, SymDim, scalar
from graph.dtypes import float64, int64
from graph.llvm.runtime.memory import THREAD
from support.native_modules import called_through, nothing_forgotten, program

ROOT = Path(__file__).parents[4]
ENDLESS = """\
define i32 @run(ptr %ctx, ptr %in, ptr %out) {
entry:
  %block = call ptr @dy_alloc(ptr %ctx, i64 1000000)
  br label %loop
loop:
  %status = call i32 @dy_poll(ptr %ctx)
  %stop = icmp ne i32 %status, 0
  br i1 %stop, label %done, label %loop
done:
  ret i32 %status
}
"""
UNTIL = """\
define i32 @run(ptr %ctx, ptr %in, ptr %out) {
entry:
  %flag = getelementptr i8, ptr %in, i64 8
  %data = load ptr, ptr %flag
  br label %loop
loop:
  %status = call i32 @dy_poll(ptr %ctx)
  %value = load volatile i64, ptr %data
  %more = icmp eq i64 %value, 0
  %fine = icmp eq i32 %status, 0
  %again = and i1 %more, %fine
  br i1 %again, label %loop, label %done
done:
  ret i32 %status
}
"""
FLAGS = Aval(int64, (SymDim.named("n"),))


@pytest.fixture(autouse=True, params=[False, True], ids=["built-in", "ctypes"])
def _accounts(request: pytest.FixtureRequest) -> Iterator[None]:
    with nothing_forgotten(), called_through(request.param):
        yield


class AlarmError(Exception): ...


@pytest.fixture
def handler() -> Iterator[list[int]]:
    seen: list[int] = []

    def raises(number: int, frame: FrameType | None) -> None:
        seen.append(number)
        raise AlarmError

    before = signal.signal(signal.SIGINT, raises)
    yield seen
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("releases_gil", [False, True])
def test_signal_ends_a_loop_and_what_its_handler_raises_comes_out(handler: list[int], releases_gil: bool) -> None:
    endless = program(ENDLESS, [], [], releases_gil=releases_gil)
    for _ in range(2):
        timer = threading.Timer(0.05, signal.raise_signal, [signal.SIGINT])
        timer.start()
        with pytest.raises(AlarmError):
            endless()
        timer.join()
    assert handler == [signal.SIGINT] * 2


def test_handler_that_does_not_raise_lets_the_run_go_on() -> None:
    flag = np.zeros(100, np.int64)

    def sets(number: int, frame: FrameType | None) -> None:
        flag[0] = 1

    before = signal.signal(signal.SIGINT, sets)
    try:
        timer = threading.Timer(0.05, signal.raise_signal, [signal.SIGINT])
        timer.start()
        assert program(UNTIL, [FLAGS], [])(flag) == ()
        timer.join()
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("releases_gil", [False, True])
def test_other_threads_run_during_a_long_loop(releases_gil: bool) -> None:
    flag = np.zeros(100, np.int64)
    until = program(UNTIL, [FLAGS], [], releases_gil=releases_gil)
    thread = threading.Thread(target=until, args=(flag,))
    thread.start()
    flag[0] = 1
    thread.join()

    flag[0] = 0
    timer = threading.Timer(0.05, lambda: flag.__setitem__(0, 1))
    timer.start()
    assert until(flag) == ()
    timer.join()


def test_signal_is_for_the_main_thread_only(handler: list[int]) -> None:
    flag = np.zeros(100, np.int64)
    until = program(UNTIL, [FLAGS], [], releases_gil=True)
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(until(flag)))
    thread.start()
    with pytest.raises(AlarmError):
        signal.raise_signal(signal.SIGINT)
    flag[0] = 1
    thread.join()
    assert found == [()]


SCRIPT = """
import sys
sys.path[:0] = {path!r}
from support.native_modules import called_through, ADD, program
from test_interrupt import ENDLESS, VECTOR
import numpy as np
endless = program(ENDLESS, [], [])
state = np.arange(3.0)
print("ready", flush=True)
try:
    endless()
except KeyboardInterrupt:
    (x,) = program(ADD, [VECTOR, VECTOR], [VECTOR])(state, state)
    print("interrupted", x.tolist(), flush=True)
"""
VECTOR = Aval(float64, (SymDim.named("n"),))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_is_a_keyboard_interrupt() -> None:
    path = [str(ROOT), str(ROOT / "tests"), str(Path(__file__).parent)]
    command = [sys.executable, "-c", SCRIPT.format(path=path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        threading.Event().wait(0.1)
        process.send_signal(signal.SIGINT)
        try:
            out, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert out == "interrupted [0.0, 2.0, 4.0]\n"
    assert process.returncode == 0


def test_gil_is_released_from_the_start_after_a_long_run() -> None:
    text = f"""\
define i32 @run(ptr %ctx, ptr %in, ptr %out) {{
entry:
  %n = load i64, ptr %in
  br label %loop
loop:
  %i = phi i64 [0, %entry], [%next, %loop]
  store volatile i64 %i, ptr %out
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %n
  br i1 %more, label %loop, label %done
done:
  %thread.at = getelementptr i8, ptr %ctx, i64 {THREAD}
  %thread = load i64, ptr %thread.at
  store i64 %thread, ptr %out
  ret i32 0
}}
"""
    spin = program(text, [scalar(int64)], [scalar(int64)])
    released = [bool(spin(np.int64(n))[0]) for n in (10, 10_000_000, 10_000_000, 10, 10)]
    assert released == [False, False, True, True, False]
