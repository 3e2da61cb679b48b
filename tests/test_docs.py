"""What README.md and docs/ say is so: Python blocks run, shown output is what is printed, links lead somewhere."""

import re
from pathlib import Path

import pytest

from support.documents import blocks_of, run_blocks, without_places

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
NAMES = [page.name for page in PAGES]
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_blocks_print_what_is_shown(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DY2STATIC_EXECUTOR")
    monkeypatch.chdir(tmp_path)  # some examples write files
    for output in run_blocks(page, tmp_path):
        if output.shown is not None:
            assert without_places(output.printed) == without_places(output.shown), f"{page.name}:{output.line}"


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_lead_somewhere(page: Path) -> None:
    targets = [target for target in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_a_wrong_output_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Text.\n\n```python\nx = 2\nprint(x)\n```\n```text\n3\n```\n```python\nprint(x + 1)\n```\n")
    first, second = run_blocks(page, tmp_path)
    assert (first.line, first.printed, first.shown) == (4, "2\n", "3\n")
    assert (second.printed, second.shown) == ("3\n", None)
    assert [block.language for block in blocks_of(page)] == ["python", "text", "python"]
