"""Each line of the list of footguns that is not about deployment has a test that is named after it."""

import re
from pathlib import Path

OF_EXPORTED_FILES = {25, 27, 28, 30}
"""Lines about deployment, and options that come with it."""


def test_every_line_has_a_test() -> None:
    sources = [path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py")]
    found = {int(number) for source in sources for number in re.findall(r"^def test_(\d\d)_", source, re.MULTILINE)}
    assert found >= set(range(1, 35)) - OF_EXPORTED_FILES
