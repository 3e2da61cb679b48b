"""Where in the user's source an op comes from."""

import linecache
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Loc:
    """A span of one line in a user's file; lines count from 1, columns from 0 (as in `ast`).

    `has_text` is false where the text that is known under the name of the file is another one's.
    """

    file: str
    line: int
    col: int = 0
    end_col: int = 0
    function: str = ""
    has_text: bool = True

    def __str__(self) -> str:
        return f"{self.file.rsplit('/', 1)[-1]}:{self.line}"

    def text(self) -> str:
        """The source line, stripped; empty when the source cannot be found."""
        return linecache.getline(self.file, self.line).strip()

    def excerpt(self) -> str:
        """`file:line in function`, the line, and a caret under the span, for error messages."""
        where = f"{self.file}:{self.line}" + (f" in {self.function}" if self.function else "")
        raw = linecache.getline(self.file, self.line).rstrip("\n") if self.has_text else ""
        if not raw.strip():
            return where
        lead = len(raw) - len(raw.lstrip())
        lines = [where, f"    {raw.strip()}"]
        if self.end_col > self.col >= lead:
            lines.append("    " + " " * (self.col - lead) + "^" * (min(self.end_col, len(raw)) - self.col))
        return "\n".join(lines)


UNKNOWN = Loc("<unknown>", 0)
