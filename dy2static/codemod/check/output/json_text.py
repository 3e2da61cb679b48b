"""Findings as JSON, for programs. Lines and columns count from 1; the end is exclusive."""

import json
from typing import Any

from dy2static.codemod.check.finding import Finding
from dy2static.codemod.check.output.summary import Summary

VERSION = 1
"""Of this form. It grows when something in it changes its meaning or goes; new keys may come at any time."""


def json_text(summary: Summary) -> str:
    document = {
        "version": VERSION,
        "files": len(summary.checked),
        "functions": summary.functions,
        "unreadable": list(summary.unreadable),
        "findings": [_entry(finding) for finding in summary.findings],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _entry(finding: Finding) -> dict[str, Any]:
    span = finding.span
    return {
        "file": finding.file,
        "line": span.line,
        "column": span.col,
        "end_line": span.end_line,
        "end_column": span.end_col,
        "rule": finding.rule,
        "name": finding.name,
        "level": finding.level,
        "message": finding.what,
        "next": finding.next,
        "function": finding.function or None,
        "called_by": finding.because or None,
        "fixable": finding.repair is not None,
    }
