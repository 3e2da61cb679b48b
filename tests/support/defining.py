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
    source = textwrap.dedent(source)
    file = file or f"<defined {next(counter)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {"__name__": "defined_in_test", **globals}
    exec(compile(source, file, "exec", dont_inherit=True), namespace)
    return namespace[name]
