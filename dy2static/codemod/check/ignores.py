"""Comments that say what not to report: `# dy2static: ignore[D101]`, `ignore` for all, `ignore-file` for the file."""

import io
import re
import tokenize
from dataclasses import dataclass
from typing import Final

from dy2static.codemod.check.finding import Span

COMMENT: Final = re.compile(r"#\s*dy2static:\s*ignore(?P<file>-file)?\s*(?:\[(?P<rules>[^\]]*)\])?")
ALL: Final = frozenset(["*"])


@dataclass(frozen=True, slots=True)
class Ignores:
    """Rules by line that are not reported there; `file` has those that are reported nowhere."""

    lines: dict[int, frozenset[str]]
    file: frozenset[str]

    def covers(self, rule: str, span: Span) -> bool:
        """Whether the first or the last line of a finding, or the whole file, asks for silence."""
        asked = (self.file, self.lines.get(span.line, frozenset()), self.lines.get(span.end_line, frozenset()))
        return any("*" in rules or rule in rules for rules in asked)


def ignores_in(text: str) -> Ignores:
    lines: dict[int, frozenset[str]] = {}
    file: frozenset[str] = frozenset()
    if "dy2static:" not in text:
        return Ignores(lines, file)
    # Only comments count, not strings that look like them. The text has been parsed, so that it has tokens.
    for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline):
        if token.type != tokenize.COMMENT or (match := COMMENT.search(token.string)) is None:
            continue
        rules = match["rules"]
        named = ALL if rules is None else frozenset(re.split(r"[\s,]+", rules.strip()))
        if match["file"]:
            file |= named
        else:
            lines[token.start[0]] = lines.get(token.start[0], frozenset()) | named
    return Ignores(lines, file)
