"""The command `dy2static`."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

from dy2static.report.cases import CaseError, case_files, load_case
from dy2static.report.compare import compare
from dy2static.report.comparison import Comparison
from dy2static.report.page import page
from dy2static.report.table import table

EXAMPLES: Final = Path("examples", "models")
"""Models to compare where none are named: those of the checkout that is the working directory, or that this is of."""


LATER: Final = {
    "check": ("dy2static.codemod.check.command", "what conversion refuses, and traps, in files; runs nothing of them"),
    "migrate": ("dy2static.codemod.migrate.command", "brings code over from other frameworks"),
}
"""Commands in modules that are loaded when they are used; each has a `main` of its own."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status: 0, 1 where a model does not do as it should, 2 for bad arguments."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments and arguments[0] in LATER:
        return importlib.import_module(LATER[arguments[0]][0]).main(arguments[1:])
    options = _parser().parse_args(arguments)
    try:
        return _compare(options.paths, options.only, options.html)
    except CaseError as error:
        sys.stderr.write(f"dy2static: {error}\n")
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dy2static", description="Turns ordinary Python tensor programs into static graphs."
    )
    parser.add_argument("--version", action="version", version=f"dy2static {version('dy2static')}")
    commands = parser.add_subparsers(metavar="command", required=True)
    command = commands.add_parser("compare", help="trace against source conversion, on models that branch")
    command.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="files that define case(), or folders of them"
    )
    command.add_argument("--only", metavar="NAME", help="the model of that name alone")
    command.add_argument(
        "--html", type=Path, metavar="FILE", default=Path("comparison.html"), help="the page to write (comparison.html)"
    )
    for name, (_, text) in LATER.items():
        commands.add_parser(name, help=text)
    return parser


def _compare(paths: Sequence[Path], only: str | None, html: Path) -> int:
    files = case_files(paths or _examples())
    chosen = [file for file in files if only in (None, file.stem)]
    if not chosen:
        names = ", ".join(file.stem for file in files)
        raise CaseError(f"there is no model {only!r}.\n  Next: choose one of {names or 'another folder'}.")
    found = [_compared(file) for file in chosen]
    sys.stdout.write(table(found))
    html.parent.mkdir(parents=True, exist_ok=True)
    html.write_text(page(found), encoding="utf-8")
    sys.stdout.write(f"\nThe graphs, side by side: {html}\n")
    wrong = [comparison.case.name for comparison in found if not comparison.is_as_promised]
    if wrong:
        sys.stderr.write(f"dy2static: not as it should be: {', '.join(wrong)}\n")
    return 1 if wrong else 0


def _examples() -> list[Path]:
    for root in (Path(), Path(__file__).resolve().parent.parent):
        if (root / EXAMPLES).is_dir():
            return [root / EXAMPLES]
    raise CaseError("there are no models to compare.\n  Next: name a Python file that defines `case()`.")


def _compared(file: Path) -> Comparison:
    """One comparison; says on a terminal what it is at."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{file.stem} ...")
        sys.stderr.flush()
    comparison = compare(load_case(file)())
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
    return comparison
