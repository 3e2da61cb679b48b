"""The command: what it prints, what it writes, with what status it ends."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dy2static.cli import main
from dy2static.codemod import source_file
from dy2static.codemod.check.rules import RULES
from support.golden import assert_golden

MODEL = """\
import time

import eager as xp
from dy2static import to_static


@to_static
def train(x, mask=None):
    if mask != None:  # no mask: all of it
        x = x * mask
    return helper(xp.where(x > 0.0, xp.log(x), 0.0)) + len(time.ctime())


def helper(x):
    return eval("x")
"""


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = Path("model.py")
    file.write_text(MODEL)
    return file


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["check", *arguments])
    out, err = capsys.readouterr()
    return status, out, err


@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_formats(form: str, model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dy2static.codemod.check.output.sarif.version", lambda _: "1.0")
    status, out, err = check(capsys, "model.py", "--format", form)
    assert (status, err) == (1, "")
    if form == "sarif":  # the rules are long, and change with their texts
        run = json.loads(out)["runs"][0]
        run["tool"]["driver"]["rules"] = len(run["tool"]["driver"]["rules"])
        out = json.dumps(run, indent=2)
    assert_golden(f"codemod/check/model.{form}", out)


def test_sarif_has_what_the_standard_requires(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("broken.py").write_text("def f(:\n")
    _, out, _ = check(capsys, ".", "--format", "sarif")
    log = json.loads(out)
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "dy2static"
    assert [rule["id"] for rule in driver["rules"]] == ["D000", *(rule.id for rule in RULES)]
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    assert len(run["results"]) == 5
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["message"]["text"]
        (location,) = result["locations"]
        place = location["physicalLocation"]
        assert not place["artifactLocation"]["uri"].startswith("/")
        region: dict[str, Any] = place["region"]
        assert region["startLine"] >= 1
        assert region["startColumn"] >= 1
        assert (region["endLine"], region["endColumn"]) > (region["startLine"], region["startColumn"])


def test_status(tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("clean.py").write_text("from dy2static import to_static\n\n\n@to_static\ndef f(x):\n    return x\n")
    assert check(capsys, "clean.py")[:2] == (0, "1 converted function in 1 file: nothing to report.\n")
    assert check(capsys, "model.py")[0] == 1
    status, _, err = check(capsys, "gone.py")
    assert (status, err.splitlines()[0]) == (2, "dy2static check: gone.py does not exist.")
    status, _, err = check(capsys)
    assert status == 2
    assert "no files are named" in err
    status, _, err = check(capsys, "model.py", "--select", "D9")
    assert (status, err.splitlines()[0]) == (2, "dy2static check: there is no rule D9.")


def test_select_and_ignore(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def rules(*arguments: str) -> list[str]:
        _, out, _ = check(capsys, "model.py", "--format", "json", *arguments)
        return [finding["rule"] for finding in json.loads(out)["findings"]]

    assert rules() == ["D302", "D401", "D101", "D001"]
    assert rules("--select", "D1,d401") == ["D401", "D101"]
    assert rules("--ignore", "D1,D001") == ["D302", "D401"]
    assert rules("--select", "D", "--ignore", "D3 D4") == ["D101", "D001"]


def test_folders(tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("b/model.py", "a/deep/model.py", ".hidden/model.py", "venv/lib/model.py", "node_modules/model.py"):
        Path(name).parent.mkdir(parents=True)
        Path(name).write_text(MODEL)
    Path("venv/pyvenv.cfg").write_text("")
    Path("b/broken.py").write_text("def f(:\n")
    Path("b/latin.py").write_bytes(b"# -*- coding: latin-1 -*-\nx = '\xe9'\n")
    Path("b/not_text.py").write_bytes(b"x = '\xff'\n")
    Path("b/notes.txt").write_text("def f(:")
    status, out, err = check(capsys, ".", "model.py", "--format", "json")
    found = json.loads(out)
    assert list(dict.fromkeys(f["file"] for f in found["findings"])) == [
        "model.py",
        "a/deep/model.py",
        "b/broken.py",
        "b/model.py",
    ]
    assert [f["rule"] for f in found["findings"] if f["file"] == "b/broken.py"] == ["D000"]
    assert status == 2
    assert "b/not_text.py: cannot be read" in err
    assert found["unreadable"] == [err.removeprefix("dy2static check: ").strip()]


def test_a_file_that_does_not_parse(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("broken.py").write_text("from dy2static import to_static\nx = (1,\n")
    status, out, _ = check(capsys, "broken.py")
    assert status == 1
    assert out.startswith("broken.py:2:5: D000 the file does not parse: '(' was never closed.\n    x = (1,\n        ^")


def test_comments_ask_for_silence(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = MODEL.replace("# no mask: all of it", "# dy2static: ignore[D302] no mask: all of it")
    model.write_text(text.replace("+ len(time.ctime())", "+ len(time.ctime())  # dy2static: ignore[D401, D101]"))
    assert check(capsys, "model.py")[1].startswith("model.py:15:12: D001")
    model.write_text(text.replace("+ len(time.ctime())", "+ len(time.ctime())  #dy2static:ignore"))
    assert check(capsys, "model.py")[1].startswith("model.py:15:12: D001")
    model.write_text(f"# dy2static: ignore-file[D001]\n{MODEL}")
    assert "D001" not in check(capsys, "model.py")[1]
    model.write_text(f"{MODEL}# dy2static: ignore-file\n")
    assert check(capsys, "model.py")[0] == 0
    model.write_text(MODEL.replace("x = x * mask", "x = '# dy2static: ignore-file'"))
    assert check(capsys, "model.py")[0] == 1


def test_nothing_is_run(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model.write_text("raise SystemExit('it was run')\nimport not_there\n" + MODEL)
    assert check(capsys, "model.py")[0] == 1


FIXED = MODEL.replace("mask != None", "mask is not None").replace("xp.log(x)", "xp.log(xp.where(x > 0.0, x, 1))")


def test_fix(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = check(capsys, "model.py", "--fix")
    assert status == 1
    assert out.endswith("repaired 2 places in 1 file; 2 converted functions in 1 file: 2 findings in 1 file.\n")
    assert model.read_text() == FIXED
    before = model.stat().st_mtime_ns
    assert "repaired" not in check(capsys, "model.py", "--fix")[1]
    assert (model.read_text(), model.stat().st_mtime_ns) == (FIXED, before)


def test_diff_changes_nothing(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = check(capsys, "model.py", "--diff")
    assert status == 1
    assert_golden("codemod/check/model.diff", out)
    assert "2 can be repaired with --fix." in err
    assert model.read_text() == MODEL


def test_fix_keeps_encoding_newlines_mode_and_link(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "# -*- coding: latin-1 -*-\r\n# é\x0c\r\n" + MODEL.replace("\n", "\r\n").replace("no mask", "kein Maß")
    text = text.replace("    return eval", "\treturn eval")
    model.write_bytes(text.encode("latin-1"))
    model.chmod(0o750)
    Path("link.py").symlink_to("model.py")
    check(capsys, "link.py", "--fix")
    expected = text.replace("mask != None", "mask is not None").replace("xp.log(x)", "xp.log(xp.where(x > 0.0, x, 1))")
    assert model.read_bytes().decode("latin-1") == expected
    assert Path("link.py").is_symlink()
    assert model.stat().st_mode & 0o777 == 0o750


def test_fix_keeps_a_byte_order_mark(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model.write_bytes(b"\xef\xbb\xbf" + MODEL.encode())
    check(capsys, "model.py", "--fix")
    assert model.read_bytes() == b"\xef\xbb\xbf" + FIXED.encode()


def test_a_write_that_fails_leaves_the_old_file(
    model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(source_file.os, "replace", fails)
    status, _, err = check(capsys, "model.py", "--fix")
    assert status == 2
    assert "model.py: cannot be written: no space left" in err
    assert model.read_text() == MODEL
    assert os.listdir() == ["model.py"]


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    assert_golden("codemod/check/explain.txt", check(capsys, "--explain")[1])
    assert_golden("codemod/check/explain_D401.txt", check(capsys, "--explain", "d401")[1])
    assert check(capsys, "--explain", "D999")[0] == 2


def test_help_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    out = capsys.readouterr().out
    assert "check" in out
    assert "migrate" in out
    with pytest.raises(SystemExit) as exit_:
        main(["check", "--help"])
    assert exit_.value.code == 0
    assert "dy2static: ignore[D101]" in capsys.readouterr().out


def test_libcst_is_not_loaded_to_check(model: Path) -> None:
    program = "import sys; from dy2static.cli import main; main(['check', 'model.py']); print('libcst' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.stdout.splitlines()[-1] == "False", result.stderr
