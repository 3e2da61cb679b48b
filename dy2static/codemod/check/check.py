"""One file, checked."""

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dy2static.codemod.check.converted import conversions, converted_functions
from dy2static.codemod.check.finding import Finding, Found, Repair, Span
from dy2static.codemod.check.ignores import ignores_in
from dy2static.codemod.check.module import parse
from dy2static.codemod.check.rule import Rule, View
from dy2static.codemod.check.rules import RULES
from dy2static.codemod.source_file import NEWLINE, SourceFile

SYNTAX_ERROR = "D000"


@dataclass(frozen=True, slots=True)
class Checked:
    """What there is to say about a file. `functions`: how many of its functions are converted."""

    file: SourceFile
    findings: tuple[Finding, ...]
    functions: int


def check_text(text: str, file: str = "<text>", rules: Sequence[Rule] = RULES) -> list[Finding]:
    """The findings in a text, in source order. See `check_file`."""
    return list(_check(text, file, rules)[0])


def check_file(file: SourceFile, rules: Sequence[Rule] = RULES) -> Checked:
    """The findings in a file, in source order. A file that does not parse has one finding, D000."""
    found, functions = _check(file.text, str(file.path), rules)
    return Checked(file, tuple(found), functions)


def _check(text: str, file: str, rules: Sequence[Rule]) -> tuple[list[Finding], int]:
    if "dy2static" not in text:
        # Nothing can be converted here; most files of a project are like that.
        return _syntax(text, file), 0
    lines = NEWLINE.split(text)
    try:
        module = parse(text, file, lines)
    except SyntaxError as error:
        return [syntax_error(error, file)], 0
    places = conversions(module)
    functions = converted_functions(module, places)
    views = [View(converted, module, places) for converted in functions]
    findings: dict[tuple[int, int, str], Finding] = {}
    for rule in rules:
        if rule.find_in_file is not None:
            _add(findings, rule, rule.find_in_file(module, places), file, lines)
        if rule.find is not None:
            for view in views:
                because = view.converted.because
                _add(findings, rule, rule.find(view), file, lines, view.scope.qualname, because)
    ignores = ignores_in(text)
    kept = [f for f in findings.values() if not ignores.covers(f.rule, f.span)]
    return sorted(kept, key=lambda finding: finding.key), len(functions)


def _add(
    findings: dict[tuple[int, int, str], Finding],
    rule: Rule,
    found: Iterable[Found],
    file: str,
    lines: Sequence[str],
    function: str = "",
    because: str = "",
) -> None:
    for item in found:
        repair = None
        if item.repair is not None:
            node = item.repaired or item.node
            repair = Repair(Span.of(node, lines), isinstance(node, ast.FunctionDef), item.repair)
        span = Span.of(item.node, lines)
        made = Finding(file, span, rule.id, rule.name, rule.level, item.what, item.next, function, because, repair)
        findings.setdefault(made.key, made)


def _syntax(text: str, file: str) -> list[Finding]:
    try:
        ast.parse(text, filename=file)
    except SyntaxError as error:
        return [syntax_error(error, file)]
    except (ValueError, RecursionError, MemoryError) as error:
        return [syntax_error(SyntaxError(str(error)), file)]
    return []


def syntax_error(error: SyntaxError, file: str) -> Finding:
    """The finding that stands for a file that does not parse."""
    line, col = error.lineno or 1, max(error.offset or 1, 1)
    span = Span(line, col, error.end_lineno or line, max(error.end_offset or col + 1, col + 1))
    what = f"the file does not parse: {error.msg}."
    return Finding(file, span, SYNTAX_ERROR, "syntax-error", "error", what, "mend the syntax; the rest is not checked.")
