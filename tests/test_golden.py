"""The golden files' own mechanism: a check that cannot fail would make every golden test worthless."""

from pathlib import Path

import pytest

from support.golden import GoldenStore


def test_equal_text_passes_with_or_without_last_newline(tmp_path: Path) -> None:
    (tmp_path / "a.ir").write_text("yield %0\n")
    GoldenStore(tmp_path).check("a.ir", "yield %0")
    GoldenStore(tmp_path).check("a.ir", "yield %0\n")


def test_other_text_fails_and_is_quoted(tmp_path: Path) -> None:
    (tmp_path / "a.ir").write_text("yield %0\n")
    with pytest.raises(AssertionError, match=r"(?s)differs from golden/a\.ir.*-yield %0.*\+yield %1.*--update-golden"):
        GoldenStore(tmp_path).check("a.ir", "yield %1")
    assert (tmp_path / "a.ir").read_text() == "yield %0\n"


def test_missing_file_fails_and_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"is not there: golden/a\.ir"):
        GoldenStore(tmp_path).check("a.ir", "")
    assert not (tmp_path / "a.ir").exists()


def test_update_writes_the_file_and_its_folder(tmp_path: Path) -> None:
    GoldenStore(tmp_path, update=True).check("passes/a.ir", "yield %0")
    assert (tmp_path / "passes" / "a.ir").read_text() == "yield %0\n"


def test_name_must_stay_inside(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="lies outside"):
        GoldenStore(tmp_path, update=True).check("../a.ir", "")
