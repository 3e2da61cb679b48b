"""The command `dy2static check`."""

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from dy2static.codemod.check.check import Checked, check_file
from dy2static.codemod.check.finding import Finding
from dy2static.codemod.check.manual import manual_of
from dy2static.codemod.check.output.json_text import json_text
from dy2static.codemod.check.output.sarif import sarif
from dy2static.codemod.check.output.summary import Summary
from dy2static.codemod.check.output.text import text
from dy2static.codemod.check.rule import Rule
from dy2static.codemod.check.rules import BY_ID, RULES
from dy2static.codemod.source_file import SourceFile, UnreadableFileError, difference, read, write
from dy2static.codemod.walk import NoSuchPathError, python_files

FORMATS: Final[dict[str, Callable[[Summary], str]]] = {"text": text, "json": json_text, "sarif": sarif}

EPILOG: Final = """\
A comment keeps a line from being reported: `# dy2static: ignore[D101]`, or `# dy2static: ignore` for all rules;
`# dy2static: ignore-file` anywhere in a file keeps the whole of it.

Exit status: 0 nothing to report, 1 something to report, 2 bad arguments or a file that cannot be read or written.
"""


class UsageError(Exception):
    """Arguments that make no sense; the message says what does."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        if options.explain is not None:
            sys.stdout.write(manual_of(options.explain))
            return 0
        if not options.paths:
            raise UsageError("no files are named.\n  Next: name files or folders; `.` is the folder you are in.")
        rules = chosen(options.select, options.ignore)
        summary = _check(options.paths, rules, fix=options.fix or options.diff, show=options.diff)
    except (UsageError, NoSuchPathError, KeyError) as error:
        sys.stderr.write(f"dy2static check: {error.args[0]}\n")
        return 2
    for message in summary.unreadable:
        sys.stderr.write(f"dy2static check: {message}\n")
    if options.diff:
        sys.stderr.write(f"{summary.text()}\n")
    else:
        sys.stdout.write(FORMATS[options.format](summary))
    return 2 if summary.unreadable else 1 if summary.findings else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dy2static check",
        description="Reports what conversion refuses, and what is a trap, in functions that are given to `to_static` "
        "and in those of the same file that they call. Nothing is run or imported.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files, or folders of them")
    parser.add_argument("--fix", action="store_true", help="make the repairs that cannot change what working code does")
    parser.add_argument("--diff", action="store_true", help="show what --fix would do, and change nothing")
    parser.add_argument("--format", choices=FORMATS, default="text", help="for people (text) or for programs")
    parser.add_argument("--select", metavar="RULES", help="only these, as in D1,D401; D1 is all that begin with it")
    parser.add_argument("--ignore", metavar="RULES", help="all but these")
    parser.add_argument(
        "--explain", metavar="RULE", nargs="?", const="", help="what a rule is about; without one, a list"
    )
    return parser


def chosen(select: str | None, ignore: str | None) -> list[Rule]:
    """The rules that `--select` and `--ignore` leave. Raises: UsageError for names of none."""
    selected, ignored = _ids(select), _ids(ignore)
    return [rule for rule in RULES if (select is None or rule.id in selected) and rule.id not in ignored]


def _ids(text: str | None) -> set[str]:
    found: set[str] = set()
    for prefix in (text or "").replace(",", " ").split():
        ids = {rule for rule in BY_ID if rule.startswith(prefix.upper())}
        if not ids:
            raise UsageError(f"there is no rule {prefix}.\n  Next: `dy2static check --explain` lists them.")
        found |= ids
    return found


def _check(paths: Sequence[Path], rules: Sequence[Rule], *, fix: bool, show: bool) -> Summary:
    done: list[Checked] = []
    unreadable: list[str] = []
    repaired: list[Finding] = []
    for path in list(python_files(paths)):
        try:
            checked = check_file(read(path), rules)
            if fix and any(finding.repair is not None for finding in checked.findings):
                checked, mended = _fixed(checked, rules, show)
                repaired += mended
            done.append(checked)
        except UnreadableFileError as error:
            unreadable.append(str(error))
    if show:
        repaired = []
    return Summary(done, unreadable, len(repaired), len({finding.file for finding in repaired}))


def _fixed(checked: Checked, rules: Sequence[Rule], show: bool) -> tuple[Checked, list[Finding]]:
    """A file after its repairs; with `show` they are only shown."""
    file = checked.file
    # libcst takes longer to load than most files take to check.
    fixed = importlib.import_module("dy2static.codemod.check.fix").fixed
    changed, repaired = fixed(file.text, str(file.path), rules)
    if show:
        sys.stdout.write(difference(file, changed))
        return checked, repaired
    write(file, changed)
    return check_file(SourceFile(file.path, changed, file.encoding), rules), repaired
