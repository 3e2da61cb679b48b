"""`compile=`: native code is made in the background or now; who calls sees it by the clock and the last digits."""

import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import run_eagerly, to_static, trace
from dy2static.cache import compiled
from eager.parameter import Parameter
from graph.errors import InternalError
from graph.execute import native_program
from graph.execute.native_program import NativeProgram
from support.close import assert_close


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DY2STATIC_CACHE", str(tmp_path))
    monkeypatch.delenv("DY2STATIC_COMPILE")
    monkeypatch.delenv("DY2STATIC_EXECUTOR")


def wave(x: Any) -> Any:
    return xp.sin(x) * xp.exp(-x)


def grow(x: Any, n: Any) -> Any:
    i = 0
    while i < n:
        x = x * 1.5
        i += 1
    return x.sum()


def runs_on(f: Any) -> str:
    return type(f.programs[0].compiled.runner).__name__


X = xp.asarray([0.5, 1.0, 2.0])


def test_native_code_takes_over() -> None:
    f = to_static(wave)
    expected = f(X)
    assert runs_on(f) == "Meanwhile"
    f(X)
    assert f.wait_compiled()
    assert runs_on(f) == "NativeProgram"
    for _ in range(4):  # through the shortcut too
        assert_close(f(X), expected)
    assert len(f.programs) == 1


def test_what_is_on_disk_is_found_without_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a training step too, whose results have no gradients: that is seen in the graph as it was staged."""

    def step(x: Any) -> Any:
        loss = (w * x).sum()
        loss.backward()
        with xp.no_grad():
            w.assign(w - 0.1 * w.grad)
        w.grad = None
        return loss.detach()

    def results() -> list[Any]:
        with xp.no_grad():
            w.assign(xp.asarray([1.0, 2.0, 3.0]))
        made = to_static(grow, compile="now"), to_static(step, compile="now")
        return [np.asarray(made[0](X, 3)), np.asarray(made[1](X)), np.asarray(w)]

    def refuse(*_: Any, **__: Any) -> Any:
        raise InternalError("the code is there")

    w = Parameter(xp.asarray([1.0, 2.0, 3.0]))
    first = results()
    monkeypatch.setattr(compiled, "optimize", refuse)
    assert all(map(np.array_equal, results(), first))


def test_now_and_what_is_on_disk() -> None:
    now = to_static(wave, compile="now")
    bits = now(X)
    assert runs_on(now) == "NativeProgram"
    later = to_static(wave)
    np.testing.assert_array_equal(np.asarray(later(X)), np.asarray(bits))
    assert runs_on(later) == "NativeProgram"
    assert later.wait_compiled(timeout=0)


def test_a_word_that_is_no_option(monkeypatch: pytest.MonkeyPatch) -> None:
    words = r"compile='later': it must be one of 'background', 'now'"
    with pytest.raises(ValueError, match=words):
        to_static(wave, compile="later")  # pyright: ignore[reportArgumentType]
    monkeypatch.setenv("DY2STATIC_COMPILE", "later")
    with pytest.raises(ValueError, match=words):
        to_static(wave)
    to_static(wave, compile="now")(X)


def test_the_environment_decides_where_nobody_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DY2STATIC_COMPILE", "now")
    f = to_static(wave)
    f(X)
    assert runs_on(f) == "NativeProgram"


def test_gradients_are_waited_for_too() -> None:
    f = to_static(grow)
    slope = f.grad()
    x = xp.asarray([1.0, 2.0])
    n = xp.asarray(3)
    expected = slope(x, n)
    weights = xp.Parameter([1.0, 2.0])
    f(weights, n).backward()
    assert f.wait_compiled()
    parts = [part for program in f.programs for part in program.compiled.parts()]
    ran = [part.__dict__["runner"] for part in parts if "runner" in part.__dict__]
    assert len(ran) == 3  # the gradient; the halves of the run on the tape
    assert all(isinstance(runner, NativeProgram) for runner in ran)
    assert_close(slope(x, n), expected)
    weights.grad = None
    f(weights, n).backward()
    assert_close(weights.grad, expected)


def test_changes_are_made_once() -> None:
    class Counter:
        total = xp.asarray(0.0)

        def add(self, x: Any, n: Any) -> Any:
            for _ in range(n):
                self.total = self.total + x.sum()
            return self.total

    counter = Counter()
    add = to_static(counter.add)
    n = xp.asarray(400_000)  # long enough for the code to be ready within the call
    add(xp.asarray([0.25, 0.25]), n)
    assert float(counter.total) == 200_000
    assert add.wait_compiled()
    add(xp.asarray([0.25, 0.25]), n)
    assert float(counter.total) == 400_000


def test_prints_come_once_and_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    @to_static
    def count(n: Any) -> Any:
        i = 0
        while i < n:
            print(i)
            i += 1
        return i

    count(xp.asarray(3))
    count(xp.asarray(2))
    assert capsys.readouterr().out.split() == ["0", "1", "2", "0", "1"]


def test_a_graph_that_cannot_be_compiled_runs_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise InternalError("not today")

    monkeypatch.setattr(native_program, "compile_text", refuse)
    f = to_static(wave)
    for _ in range(3):
        assert_close(f(X), wave(X))
    with pytest.raises(InternalError, match="not today"):
        f.wait_compiled()
    assert_close(f(X), wave(X))
    assert "because compiling it failed: InternalError: not today" in f.explain()
    with pytest.raises(InternalError, match="not today"):
        to_static(wave, compile="now")(X)


def test_failures_are_raised_at_the_users_line() -> None:
    def check(x: Any, n: Any) -> Any:
        for _ in range(n):
            x = x + 1
            assert x.sum() < 10, "too much"
        return x

    f = to_static(check)
    for _ in range(2):
        with pytest.raises(AssertionError, match="too much"):
            f(xp.asarray([1.0]), xp.asarray(100))
        assert f.wait_compiled()


def test_running_eagerly_compiles_nothing() -> None:
    f = to_static(wave)
    with run_eagerly():
        for _ in range(3):
            f(X)
    assert not f.programs
    assert f.wait_compiled()


def test_other_executors_have_nothing_to_wait_for() -> None:
    for executor in ("numpy", "interpreter"):
        f = to_static(wave, executor=executor)
        for _ in range(3):
            f(X)
        assert f.wait_compiled(timeout=0)
        assert runs_on(f) != "Meanwhile"


def test_traces_are_compiled_too() -> None:
    f = trace(wave, X)
    for _ in range(3):
        assert_close(f(X), wave(X))
    assert f.wait_compiled()
    assert isinstance(f.traces[0].program.compiled.runner, NativeProgram)
    assert_close(f(X), wave(X))


def test_many_threads() -> None:
    f = to_static(grow)
    found: list[float] = []

    def work() -> None:
        found.extend(float(f(xp.asarray([1.0, 2.0]), xp.asarray(20))) for _ in range(40))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert f.wait_compiled()
    assert len(found) == 320
    np.testing.assert_allclose(found, 3 * 1.5**20, rtol=1e-14)


def outcome(script: str, folder: Path) -> str:
    path = folder / "script.py"
    path.write_text("import eager as xp\nfrom dy2static import to_static\n" + textwrap.dedent(script))
    root = Path(__file__).resolve().parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root), "DY2STATIC_CACHE": str(folder / "cache")}
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, timeout=240, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_a_process_may_end_while_code_is_compiled(tmp_path: Path) -> None:
    script = """
        import sys, time
        @to_static
        def grow(x, n):
            for _ in range(n):
                x = xp.sin(x) * 1.5
            return x
        print(grow(xp.ones(3), xp.asarray(2)).shape)
        compiled = grow.programs[0].compiled
        while compiled.compiling is not None and "graph.llvm.module" not in sys.modules:
            time.sleep(0.001)
        print(compiled.compiling is None)
    """
    assert outcome(script, tmp_path) == "(3,)\nFalse\n"
    assert outcome(script, tmp_path) == "(3,)\nTrue\n"  # what was being compiled at the exit is on disk


def test_a_script_that_calls_once_compiles_nothing(tmp_path: Path) -> None:
    script = """
        import sys, threading
        f = to_static(lambda x: xp.sin(x) * 1.5)
        f(xp.ones(3))
        print("llvmlite.binding" in sys.modules, threading.active_count())
    """
    outcome(script, tmp_path)  # LLVM is asked once what machine this is
    assert outcome(script, tmp_path) == "False 1\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_while_code_is_compiled(tmp_path: Path) -> None:
    script = """
        import os, warnings
        warnings.simplefilter("ignore", DeprecationWarning)  # a fork with threads
        fs = [to_static(lambda x, k=k: xp.sin(x) * k) for k in range(3)]
        for f in fs:
            f(xp.ones(3)); f(xp.ones(3))
        child = os.fork()
        for f in fs:
            f(xp.ones(3))
            assert f.wait_compiled(60)
            assert f.programs[0].compiled.compiling is None
        if child == 0:
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        print("both")
    """
    assert outcome(script, tmp_path) == "both\n"


def test_the_environment_names_the_executor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DY2STATIC_EXECUTOR", "interpreter")
    f = to_static(wave)
    f(X)
    assert f.programs[0].compiled.executor == "interpreter"
    assert to_static(wave, executor="numpy")(X).shape == (3,)
    monkeypatch.setenv("DY2STATIC_EXECUTOR", "fast")
    with pytest.raises(ValueError, match="executor='fast': it must be one of 'numpy', 'interpreter', 'native'"):
        to_static(wave)
