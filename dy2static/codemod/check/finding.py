"""What `check` found at one place."""

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Level = Literal["error", "warning"]
"""Error: conversion, staging or the decorator itself will refuse it. Warning: it runs, and may not do what it says."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a file: lines and columns count from 1, columns in characters; the end is exclusive."""

    line: int
    col: int
    end_line: int
    end_col: int

    @staticmethod
    def of(node: ast.AST, lines: Sequence[str]) -> "Span":
        """Of a syntax tree node, whose columns count bytes of UTF-8 from 0."""
        place: Any = node
        line, end_line = place.lineno, place.end_lineno or place.lineno
        start = _characters(lines, line, place.col_offset)
        return Span(line, start + 1, end_line, _characters(lines, end_line, place.end_col_offset or 0) + 1)


def _characters(lines: Sequence[str], line: int, offset: int) -> int:
    text = lines[line - 1] if line <= len(lines) else ""
    return offset if text.isascii() else len(text.encode()[:offset].decode(errors="replace"))


@dataclass(frozen=True, slots=True)
class Repair:
    """A change that cannot alter what a working program does. `change` maps the libcst node at `span` to a new one.

    `of_definition`: whether that is a `def`, which is found by where it begins. libcst is loaded by whoever calls
    `change`.
    """

    span: Span
    of_definition: bool
    change: Callable[[Any], Any] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Found:
    """A place that breaks a rule: `what` is wrong there, and what to do `next`."""

    node: ast.AST
    what: str
    next: str
    repair: Callable[[Any], Any] | None = None
    repaired: ast.AST | None = None
    """The node that `repair` changes, where it is another."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A place in a file that breaks a rule.

    `function` is the one it stands in; `because` says why that one is converted, empty where it is decorated itself.
    """

    file: str
    span: Span
    rule: str
    name: str
    level: Level
    what: str
    next: str
    function: str = ""
    because: str = ""
    repair: Repair | None = None

    @property
    def key(self) -> tuple[int, int, str]:
        return self.span.line, self.span.col, self.rule
