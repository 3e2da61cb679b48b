"""Functions from text, with source that conversion and tracebacks find again."""

import itertools
import linecache
import textwrap
from typing import Any

counter = itertools.count()


def define(source: str, name: str = "f", file: str | None = None, **globals: Any) -> Any:
    """The value of `name` after `source`, moved to the margin, has run as a module.

    Conversion and tracebacks find the source under the name `file`, though there is no such file.
    """
    return run_text(textwrap.dedent(source), file or f"<defined {next(counter)}>", **globals)[name]


def run_text(source: str, file: str, **globals: Any) -> dict[str, Any]:
    """The names there are after `source` has run as a module."""
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {"__name__": "defined_in_test", **globals}
    exec(compile(source, file, "exec", dont_inherit=True), namespace)
    return namespace
