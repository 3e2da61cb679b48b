"""Findings as SARIF 2.1.0, the form that editors and code hosts read."""

import hashlib
import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import quote

from dy2static.codemod.check.check import SYNTAX_ERROR
from dy2static.codemod.check.finding import Finding
from dy2static.codemod.check.output.summary import Summary
from dy2static.codemod.check.rules import RULES

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(summary: Summary) -> str:
    rules = [_rule(rule.id, rule.name, rule.title, rule.why, rule.level) for rule in RULES]
    rules.insert(0, _rule(SYNTAX_ERROR, "syntax-error", "the file does not parse", "It cannot be checked.", "error"))
    lines = {str(checked.file.path): checked.file.lines for checked in summary.checked}
    document = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "dy2static", "version": version("dy2static"), "rules": rules}},
                "columnKind": "unicodeCodePoints",
                "invocations": [
                    {
                        "executionSuccessful": not summary.unreadable,
                        "toolExecutionNotifications": [
                            {"level": "error", "message": {"text": text}} for text in summary.unreadable
                        ],
                    }
                ],
                "results": [_result(finding, lines.get(finding.file, [])) for finding in summary.findings],
            }
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _rule(id_: str, name: str, title: str, why: str, level: str) -> dict[str, Any]:
    return {
        "id": id_,
        "name": "".join(part.capitalize() for part in name.split("-")),
        "shortDescription": {"text": title},
        "fullDescription": {"text": " ".join(why.split())},
        "defaultConfiguration": {"level": level},
    }


def _result(finding: Finding, lines: Sequence[str]) -> dict[str, Any]:
    index = 0 if finding.rule == SYNTAX_ERROR else 1 + [rule.id for rule in RULES].index(finding.rule)
    span = finding.span
    source = lines[span.line - 1].strip() if span.line <= len(lines) else ""
    # Told by what stands there and not by where: it stays the same when lines above it come or go.
    print_ = hashlib.sha256(f"{finding.rule}\0{finding.function}\0{source}".encode()).hexdigest()[:32]
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": finding.level,
        "message": {"text": f"{finding.what}\nNext: {finding.next}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(finding.file)},
                    "region": {
                        "startLine": span.line,
                        "startColumn": span.col,
                        "endLine": span.end_line,
                        "endColumn": span.end_col,
                    },
                },
                **({"logicalLocations": [{"fullyQualifiedName": finding.function}]} if finding.function else {}),
            }
        ],
        "partialFingerprints": {"primaryLocationLineHash": print_},
    }


def _uri(file: str) -> str:
    """Relative paths stay so: whoever reads the file knows the root."""
    path = Path(file)
    return path.as_uri() if path.is_absolute() else quote(str(PurePosixPath(*path.parts)))
