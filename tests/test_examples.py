"""Every example runs; the comparison keeps its promises; the README shows what it prints."""

import contextlib
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dy2static.cli import main
from dy2static.report import timing

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
SCRIPTS = sorted(file.name for file in EXAMPLES.glob("0*.py"))
MODELS = sorted(file.stem for file in (EXAMPLES / "models").glob("*.py"))
NUMBER = re.compile(r"[\d.]+(?:e[+-]?\d+)?")


def run(script: str, *arguments: str) -> str:
    command = [sys.executable, "-W", "error", str(EXAMPLES / script), *arguments]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("script", SCRIPTS)
def test_example_runs(script: str) -> None:
    assert run(script)


def test_there_are_the_examples() -> None:
    assert len(SCRIPTS) >= 5
    assert len(MODELS) >= 8


def test_comparison_script(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    run("compare_trace_vs_source.py", "--only", "collatz", "--html", str(page))
    assert "Collatz counter" in page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The whole comparison, with short measurements."""
    page = tmp_path_factory.mktemp("comparison") / "page.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timing, "BUDGET", 1e-3)
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            assert main(["compare", str(EXAMPLES / "models"), "--html", str(page)]) == 0
    return out.getvalue()


def rows_of(text: str) -> dict[str, list[str]]:
    """The table's rows by model, with all numbers blotted out."""
    lines = [line.split() for line in text.splitlines() if line.split()[:1] and line.split()[0] in MODELS]
    return {words[0]: [NUMBER.sub("0", word) for word in words] for words in lines}


def test_every_trace_is_wrong_and_every_conversion_right(printed: str) -> None:
    rows = rows_of(printed)
    assert sorted(rows) == MODELS
    for words in rows.values():
        assert words[2:4] == ["WRONG", "right"]
        assert words[4] in ("right", "-")


def test_readme_shows_the_table(printed: str) -> None:
    assert rows_of((ROOT / "README.md").read_text(encoding="utf-8")) == rows_of(printed)


def test_digits_are_learned(printed: str) -> None:
    accuracy = re.search(r"([\d.]+)% of 359 held-out images are right", printed)
    assert accuracy is not None
    assert float(accuracy[1]) > 95.0
