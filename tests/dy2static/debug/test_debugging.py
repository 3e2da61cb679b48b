"""pdb on the user's line, print and logging in order, converted code beside the user's line numbers."""

import logging
import subprocess
import sys
import textwrap
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import run_eagerly, set_run_eagerly, to_static
from graph.errors import GraphError
from support.defining import define
from support.golden import assert_golden

ROOT = Path(__file__).resolve().parents[3]
STOPS_AT_THE_CALL = sys.version_info >= (3, 13)
"""Whether pdb stops at `breakpoint()` itself, and not behind it."""

SCRIPT = """
    import eager as xp
    from dy2static import run_eagerly, to_static


    def helper(value):
        doubled = value * 2
        return doubled


    @to_static
    def newton(a):
        x = a
        for i in range(3):
            if x[0] > 1:
                breakpoint()
            x = 0.5 * (x + a / x)
            y = helper(x)
        return y


    with run_eagerly():
        print("result", newton(xp.asarray([4.0, 9.0])))
"""


def debugged(script: Path, commands: list[str], *, module: bool = False) -> str:
    """What a session prints when these commands are typed to pdb."""
    typed = "\n".join(commands) + "\n"
    run = [sys.executable, *(["-m", "pdb"] if module else []), str(script)]
    environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
    done = subprocess.run(run, input=typed, capture_output=True, text=True, env=environment, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "model.py"
    path.write_text(textwrap.dedent(SCRIPT).lstrip(), encoding="utf-8")
    return path


def test_breakpoint_stops_at_the_users_line_with_real_values(script: Path) -> None:
    first = ["n"] if STOPS_AT_THE_CALL else []
    out = debugged(script, [*first, "p x, i", "n", "p x", "s", "s", "s", "p value", "u", "p i", "c", "p i", "c", "c"])
    assert "model.py(16)newton()" in out
    assert "-> x = 0.5 * (x + a / x)" in out
    assert "(tensor([4., 9.]), 0)" in out
    assert "tensor([2.5, 5. ])" in out
    assert "-> y = helper(x)" in out
    assert "-> doubled = value * 2" in out
    assert "result [4.00" in out
    for ours in ("dy2static/", "graph/"):
        assert f"> {ROOT}/{ours}" not in out


def test_break_and_until_of_pdb(script: Path) -> None:
    first = ["c"] if STOPS_AT_THE_CALL else []
    out = debugged(script, ["b 16", "c", *first, "p x", "tbreak helper", "c", "p value", "cl 1", "q"], module=True)
    assert "Breakpoint 1 at" in out
    assert "tensor([4., 9.])" in out
    assert "tensor([2.5, 5. ])" in out


def test_post_mortem_shows_the_values_of_the_user(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text(
        textwrap.dedent("""
            import pdb, sys
            import eager as xp
            from dy2static import to_static

            @to_static
            def f(x):
                y = x + 1
                z = 3
                return y @ xp.ones(z + 1)

            try:
                f(xp.ones(3))
            except ValueError:
                pdb.post_mortem(sys.exc_info()[2])
        """),
        encoding="utf-8",
    )
    out = debugged(path, ["p z", "p y", "u", "w", "q"])
    assert "-> return y @ xp.ones(z + 1)" in out
    assert "(Pdb) 3" in out
    assert "f64[3]" in out
    assert "dy2static/" not in out


def test_run_eagerly_has_real_values_everywhere() -> None:
    seen: list[Any] = []

    @to_static
    def f(x: Any) -> Any:
        while x[0] < 3:
            x = x + 1
            seen.append(float(x[0]))
        return x

    with run_eagerly():
        f(xp.asarray([0.0]))
    assert seen == [1.0, 2.0, 3.0]
    del seen[:]
    set_run_eagerly(True)
    try:
        f(xp.asarray([0.0]))
    finally:
        set_run_eagerly(False)
    assert seen == [1.0, 2.0, 3.0]


NOISY = """
    def noisy(x):
        print("start", x)
        for i in range(x.shape[0]):
            if x[i] > 1:
                print(f"{i}: {x[i]:.1f} is large")
            else:
                print(i, x[i], sep="=", end=";\\n")
            j = 0
            while j < i:
                print("inner", i, j)
                j += 1
        print("end")
        return x
"""


def test_prints_come_in_order_from_loops_and_branches(capsys: pytest.CaptureFixture[str]) -> None:
    plain = define(NOISY, "noisy", xp=xp)
    static = to_static(plain)
    for values in ([1.0, 2.0, 3.0], [0.0], [5.0, 0.5, 7.0]):
        plain(xp.asarray(values))
        expected = capsys.readouterr().out
        static(xp.asarray(values))
        assert capsys.readouterr().out == expected
    assert len(static.programs) == 2


LOGGING = """
    import logging
    log = logging.getLogger("of.the.user")

    def logs(x):
        log.info("start %s", x)
        for i in range(x.shape[0]):
            if x[i] > 1:
                log.warning("%d: %.1f is large", i, x[i])
            else:
                log.debug("%s", x[i])
        log.info(f"end {x}")
        return x
"""


def test_logging_comes_in_order_from_loops_and_branches(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="of.the.user")
    plain = define(LOGGING, "logs", xp=xp)
    static = to_static(plain)
    for values in ([1.0, 2.0, 3.0], [5.0, 0.5, 7.0]):
        caplog.clear()
        plain(xp.asarray(values))
        expected = [(r.levelname, r.getMessage()) for r in caplog.records]
        caplog.clear()
        static(xp.asarray(values))
        assert [(r.levelname, r.getMessage()) for r in caplog.records] == expected


def test_code_with_lines() -> None:
    f = to_static(define(NOISY, "noisy", "noisy.py", xp=xp))
    assert_golden("debug/code_with_lines.txt", f.code_with_lines)
    bare = [line.partition("|")[2].removeprefix(" ").rstrip() for line in f.code_with_lines.splitlines()]
    assert bare == [line.rstrip() for line in f.code.splitlines()]


def test_the_result_under_run_eagerly_is_that_of_the_graph(script: Path) -> None:
    newton = define("def f(a):\n    x = a\n    for i in range(3):\n        x = 0.5 * (x + a / x)\n    return x\n")
    static = to_static(newton)
    a = xp.asarray([4.0, 9.0])
    with run_eagerly():
        expected = np.asarray(static(a))
    np.testing.assert_array_equal(np.asarray(static(a)), expected)


def test_values_of_a_failed_call_can_be_looked_at() -> None:
    @to_static
    def f(x: Any) -> Any:
        items = [x]
        while x > 1:
            items.append(x)
            x = x / 2
        maybe = x if x > 0 else None
        text = f"{x} and {len(items)}"
        return x @ xp.ones(4), maybe, text

    with pytest.raises(GraphError) as caught:
        f(xp.ones(()))
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__) if frame.f_code.co_name == "f"]
    shown = {
        name: repr(value) for name, value in frames[-1].f_locals.items() if name in ("x", "items", "maybe", "text")
    }
    assert shown == {
        "x": "<staged f64[]>",
        "items": "<staged list>",
        "maybe": "<staged f64[] or None>",
        "text": "<staged str>",
    }
