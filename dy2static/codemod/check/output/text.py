"""Findings for people: the place, the line with a caret under it, what to do."""

from collections.abc import Sequence

from dy2static.codemod.check.finding import Finding
from dy2static.codemod.check.output.summary import Summary


def text(summary: Summary) -> str:
    parts = [shown(f, checked.file.lines) for checked in summary.checked for f in checked.findings]
    return "".join(f"{part}\n" for part in [*parts, summary.text()])


def shown(finding: Finding, lines: Sequence[str]) -> str:
    """`file:line:col: rule what`, the excerpt, and `Next:`."""
    span = finding.span
    head = f"{finding.file}:{span.line}:{span.col}: {finding.rule} {finding.what}"
    source = lines[span.line - 1] if span.line <= len(lines) else ""
    parts = [head]
    if source.strip():
        last = span.end_col if span.end_line == span.line else len(source) + 1
        parts.append(f"    {source.rstrip()}")
        # Tabs keep their width, so that the caret stands below what it is about.
        lead = "".join(c if c == "\t" else " " for c in source[: span.col - 1])
        parts.append(f"    {lead}{'^' * max(last - span.col, 1)}")
    parts.append(f"  Next: {finding.next}")
    if finding.because:
        parts.append(f"  Converted because `{finding.because}` calls `{finding.function}`.")
    return "\n".join([*parts, ""])
