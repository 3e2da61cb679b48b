"""Exceptions that nobody catches, as a script prints them."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = """\
import sys
import threading

import eager as xp
from dy2static import full_tracebacks, to_static

def plain(x):
    return x @ x

@to_static
def static(x):
    return plain(x)

def failing(x):
    return {"a": x}["b"]

if len(sys.argv) > 2:
    full_tracebacks(sys.argv[2] == "full")
if sys.argv[1] == "thread":
    thread = threading.Thread(target=static if len(sys.argv) == 2 else plain, args=(xp.ones((2, 3)),))
    thread.start()
    thread.join()
else:
    globals()[sys.argv[1]](xp.ones((2, 3)))
"""


def printed(tmp_path: Path, *args: str) -> str:
    file = tmp_path / "model.py"
    file.write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(file), *args],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT)},
        timeout=100,
        check=False,
    )
    return done.stderr


@pytest.mark.parametrize("asked", [("static",), ("thread",), ("plain", "hidden"), ("thread", "hidden")])
def test_frames_of_ours_are_not_shown(asked: tuple[str, ...], tmp_path: Path) -> None:
    text = printed(tmp_path, *asked)
    assert f"{ROOT}/" not in text
    assert 'model.py", line 8, in plain' in text
    assert "3 columns on the left, 2 rows on the right" in text
    assert "`x` is f64[2,3]" in text


def test_all_frames_on_request(tmp_path: Path) -> None:
    text = printed(tmp_path, "plain", "full")
    assert "dispatch.py" in text
    assert "3 columns on the left, 2 rows on the right" in text


def test_what_is_not_ours_is_as_it_was(tmp_path: Path) -> None:
    text = printed(tmp_path, "failing")
    assert text.splitlines()[-1] == "KeyError: 'b'"
    assert 'line 15, in failing\n    return {"a": x}["b"]' in text


def test_import_leaves_the_hooks_of_the_process_alone() -> None:
    asked = "import sys, threading; before = sys.excepthook, threading.excepthook; import dy2static; "
    done = subprocess.run(
        [sys.executable, "-c", asked + "assert (sys.excepthook, threading.excepthook) == before"],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT)},
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
