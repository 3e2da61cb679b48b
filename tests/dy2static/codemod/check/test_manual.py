"""docs/check.md ends with what the rules say about themselves."""

from pathlib import Path

from dy2static.codemod.check.manual import chapters

PAGE = Path(__file__).resolve().parents[4] / "docs" / "check.md"
HEAD = "This part is written by the rules themselves.\n\n"


def test_the_page_says_what_the_rules_say() -> None:
    """Next, where it does not: put `dy2static.codemod.check.manual.chapters()` below that line."""
    before, _, after = PAGE.read_text(encoding="utf-8").partition(HEAD)
    assert before
    assert after == chapters()
