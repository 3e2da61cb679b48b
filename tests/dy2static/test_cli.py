"""The command `dy2static`."""

from importlib.metadata import version
from pathlib import Path

import pytest

from dy2static.cli import main
from dy2static.report import timing

MODEL = """
import eager as xp
from dy2static.report.case import Case

def sign(x):
    return 1 if x > 0 else {negative}

def case():
    return Case(name="sign", title="Sign", function=sign, example=(xp.asarray(2),), other=(xp.asarray(-2),),
                described=("2", "-2"), no_gradient="integers")
"""


@pytest.fixture(autouse=True)
def _short_measurements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "BUDGET", 1e-4)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    file = tmp_path / "sign.py"
    file.write_text(MODEL.format(negative="-1"))
    return file


def test_compare(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "out" / "page.html"
    assert main(["compare", str(model), "--html", str(page)]) == 0
    out = capsys.readouterr().out
    assert "WRONG" in out
    assert str(page) in out
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_model_that_breaks_its_promise_fails(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Another answer of C code at each call: no graph can agree with that, and none is refused.
    counting = "import ctypes, itertools\ncount = ctypes.CFUNCTYPE(ctypes.c_int)(itertools.count().__next__)\n"
    model.write_text(counting + MODEL.format(negative="-count()"))
    assert main(["compare", str(model), "--html", str(tmp_path / "page.html")]) == 1
    assert "not as it should be: sign" in capsys.readouterr().err


def test_bad_arguments(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(tmp_path / "gone.py")]) == 2
    assert "gone.py does not exist" in capsys.readouterr().err
    assert main(["compare", str(model), "--only", "other"]) == 2
    assert "there is no model 'other'.\n  Next: choose one of sign." in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"dy2static {version('dy2static')}\n"
