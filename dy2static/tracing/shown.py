"""Texts of tensors that are only shown: printed or logged. Any other text may decide something."""

import ast
import linecache
import sys
from functools import lru_cache
from types import FrameType
from typing import Final

from dy2static.converters.allow import is_library
from dy2static.staging.locate import OURS

LOGGING: Final = frozenset({"debug", "info", "warning", "error", "critical", "exception", "log"})


def is_only_shown() -> bool:
    """Whether the text that is being made goes to `print` or to a logger, by a statement of its own."""
    frame: FrameType | None = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith(OURS):
            name: object = frame.f_globals.get("__name__")
            if isinstance(name, str) and name != "__main__" and is_library(name):
                return True  # logging formats its arguments, a debugger shows them
            return _is_shown(file, frame.f_lineno)
        frame = frame.f_back
    return False


def _is_shown(file: str, line: int) -> bool:
    return line in _shown_lines("".join(linecache.getlines(file)))


@lru_cache(maxsize=64)
def _shown_lines(text: str) -> frozenset[int]:
    """The lines on which nothing stands but a statement that prints or logs."""
    shown: set[int] = set()
    others: set[int] = set()
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return frozenset()
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt):
            continue
        if _shows(node):
            shown.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        elif isinstance(node, ast.If | ast.For | ast.While | ast.With | ast.FunctionDef | ast.ClassDef | ast.Try):
            others.add(node.lineno)
        else:
            others.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return frozenset(shown - others)


def _shows(node: ast.stmt) -> bool:
    match node:
        case ast.Expr(value=ast.Call(func=ast.Name(id="print"), keywords=keywords)):
            return all(keyword.arg != "file" for keyword in keywords)
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=name))):
            return name in LOGGING
        case _:
            return False
