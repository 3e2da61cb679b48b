"""The command: what it shows, what it writes, with what status it ends."""

from pathlib import Path

import pytest

from dy2static.cli import main
from support.golden import assert_golden

MODEL = """\
import jax
import jax.numpy as jnp


@jax.jit  # one graph
def f(x):
    return jnp.exp(x)
"""
LEFT = "import jax\n\ng = jax.vmap(print)\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("model.py").write_text(MODEL)
    Path("plain.py").write_text("import numpy as np\n")
    Path("broken.py").write_text("import jax\ndef f(:\n")
    Path("left.py").write_text(LEFT)
    return tmp_path


def migrate(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["migrate", *arguments])
    out, err = capsys.readouterr()
    return status, out, err


@pytest.mark.parametrize("options", [[], ["--diff"]])
def test_a_patch_is_shown(folder: Path, capsys: pytest.CaptureFixture[str], options: list[str]) -> None:
    status, out, err = migrate(capsys, "model.py", "--from", "jax", *options)
    assert_golden("codemod/migrate/command.diff", out)
    assert (status, err) == (0, "1 file would change; nothing is left to do by hand.\n")
    assert Path("model.py").read_text() == MODEL


def test_in_place(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert migrate(capsys, "model.py", "--from", "jax", "--in-place") == (
        0,
        "",
        "1 file changed; nothing is left to do by hand.\n",
    )
    changed = Path("model.py").read_text()
    assert changed.startswith("import eager as xp\nfrom dy2static import to_static\n\n\n@to_static  # one graph\n")
    before = Path("model.py").stat().st_mtime_ns
    assert migrate(capsys, "model.py", "--from", "jax", "--in-place")[0] == 0
    assert Path("model.py").stat().st_mtime_ns == before


def test_what_is_left_is_listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = migrate(capsys, "left.py", "--from", "jax")
    assert (status, out) == (1, "")
    assert err == (
        "left.py:3: `jax.vmap` is left: there is no counterpart in the table.\n"
        "  Next: write the function for a whole batch: operations broadcast over leading axes.\n"
        "0 files would change; 1 place left to do by hand.\n"
    )


def test_folders(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = migrate(capsys, ".", "--from", "jax", "--in-place")
    assert status == 2
    assert "broken.py:2: does not parse; it is left as it is" in err
    assert err.endswith("1 file changed; 1 place left to do by hand.\n")
    assert Path("broken.py").read_text() == "import jax\ndef f(:\n"
    assert Path("plain.py").read_text() == "import numpy as np\n"
    assert "import eager as xp" in Path("model.py").read_text()


def test_another_framework_is_none_of_its_business(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert migrate(capsys, "model.py", "--from", "torch") == (
        0,
        "",
        "0 files would change; nothing is left to do by hand.\n",
    )


def test_bad_arguments(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = migrate(capsys, "gone.py", "--from", "jax")
    assert status == 2
    assert "gone.py does not exist" in err
    for arguments in (["model.py"], ["model.py", "--from", "numpy"], ["--from", "jax"]):
        with pytest.raises(SystemExit) as exit_:
            main(["migrate", *arguments])
        assert exit_.value.code == 2


def test_encoding_and_newlines_stay(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "# -*- coding: latin-1 -*-\r\n" + MODEL.replace("one graph", "gr\xfc\xdfe").replace("\n", "\r\n")
    Path("model.py").write_bytes(text.encode("latin-1"))
    assert migrate(capsys, "model.py", "--from", "jax", "--in-place")[0] == 0
    changed = Path("model.py").read_bytes()
    assert "@to_static  # gr\xfc\xdfe\r\n".encode("latin-1") in changed
    assert changed.count(b"\n") == changed.count(b"\r\n")
