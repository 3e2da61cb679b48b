"""The command `dy2static migrate`."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from dy2static.codemod.source_file import UnreadableFileError, difference, read, write
from dy2static.codemod.walk import NoSuchPathError, python_files

FRAMEWORKS: Final = ("tensorflow", "torch", "paddle", "mindspore", "jax")

EPILOG: Final = """\
Without --in-place nothing is changed: what would be is shown as a patch, on standard output. What is left for you is
listed on standard error, with the lines of the new text.

Exit status: 0 everything was taken over, 1 something was left, 2 bad arguments, or a file that cannot be read or
written.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        files = list(python_files(options.paths))
    except NoSuchPathError as error:
        sys.stderr.write(f"dy2static migrate: {error}\n")
        return 2
    return _migrate(files, options.framework, in_place=options.in_place)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dy2static migrate",
        description="Rewrites code of other frameworks: compiling decorators become `to_static`, control-flow "
        "become Python's `if`, `while` and `for`, functions become those of `eager`. Comments and layout stay.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files, or folders of them")
    parser.add_argument("--from", dest="framework", required=True, choices=FRAMEWORKS, help="what it is written for")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--diff", action="store_true", help="show what would change: the default")
    how.add_argument("--in-place", action="store_true", help="change the files")
    return parser


def _migrate(files: Sequence[Path], name: str, *, in_place: bool) -> int:
    # libcst takes longer to load than the rest of the program.
    engine = importlib.import_module("dy2static.codemod.migrate.migrate")
    libcst = importlib.import_module("libcst")
    framework = importlib.import_module("dy2static.codemod.migrate.frameworks").load(name)
    changed = left = failed = 0
    for path in files:
        try:
            file = read(path)
            done = engine.migrate(file.text, framework)
            if done is None:
                continue
            for item in done.left:
                sys.stderr.write(f"{path}:{item.line}: {item.what} is left: {item.why}.\n  Next: {item.next}\n")
            left += len(done.left)
            if done.text == file.text:
                continue
            changed += 1
            if in_place:
                write(file, done.text)
            else:
                sys.stdout.write(difference(file, done.text))
        except UnreadableFileError as error:
            failed += 1
            sys.stderr.write(f"dy2static migrate: {error}\n")
        except SyntaxError as error:
            failed += 1
            sys.stderr.write(f"dy2static migrate: {path}:{error.lineno}: does not parse; it is left as it is\n")
        except libcst.ParserSyntaxError as error:
            failed += 1
            sys.stderr.write(f"dy2static migrate: {path}:{error.raw_line}: does not parse; it is left as it is\n")
    sys.stderr.write(_summary(changed, left, in_place))
    return 2 if failed else 1 if left else 0


def _summary(changed: int, left: int, in_place: bool) -> str:
    files = f"{changed} file{'s' * (changed != 1)}"
    done = f"{files} changed" if in_place else f"{files} would change"
    rest = "nothing is left to do by hand" if not left else f"{left} place{'s' * (left != 1)} left to do by hand"
    return f"{done}; {rest}.\n"
