"""The Python blocks of a Markdown page, run in order in one namespace."""

import contextlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLACE = re.compile(r"\b[\w~]+\.py:\d+|\bline \d+")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, the number of its first line."""

    language: str
    text: str
    line: int


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [Block(m[1], m[2], text.count("\n", 0, m.start(2)) + 1) for m in FENCE.finditer(text)]


@dataclass(frozen=True)
class Output:
    """What a block printed, and what the page says that it prints (None: nothing is said)."""

    line: int
    printed: str
    shown: str | None


def run_blocks(page: Path, folder: Path) -> Iterator[Output]:
    """Run the Python blocks; a `text` block right after one shows its output. Line numbers are those of the page."""
    blocks = blocks_of(page)
    module = ModuleType("document")
    for i, block in enumerate(blocks):
        if block.language != "python":
            continue
        file = folder / str(block.line) / f"{page.stem.lower()}.py"
        file.parent.mkdir()
        file.write_text("\n" * (block.line - 1) + block.text, encoding="utf-8")
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), module.__dict__)
        following = blocks[i + 1] if i + 1 < len(blocks) else None
        shown = following.text if following is not None and following.language == "text" else None
        yield Output(block.line, out.getvalue(), shown)


def without_places(text: str) -> str:
    """Text with the user's lines blotted out, and without blanks at the ends of lines."""
    return "\n".join(line.rstrip() for line in PLACE.sub("<place>", text).strip().split("\n"))
