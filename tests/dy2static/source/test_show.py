"""Converted code as text."""

import ast
from collections.abc import Callable
from types import FunctionType
from typing import Any

import pytest

from dy2static.source.convert import convert_function
from dy2static.source.show import code, numbered
from support.constructs import CONSTRUCTS, return_in_loop
from support.defining import define
from support.golden import assert_golden
from support.plain_functions import FUNCTIONS


@pytest.mark.parametrize("function", [*CONSTRUCTS, *FUNCTIONS], ids=lambda f: f.__name__)
def test_text_means_the_tree(function: FunctionType) -> None:
    tree = convert_function(function).tree
    assert_same_tree(ast.parse(code(tree)).body[0], tree)


def assert_same_tree(shown: ast.AST, tree: ast.AST) -> None:
    assert ast.dump(normal(shown)) == ast.dump(normal(tree))


def normal(tree: ast.AST) -> ast.AST:
    """A copy without what text cannot keep: -1 is read as a sign and a number, texts side by side as one."""
    return ast.parse(ast.unparse(tree))


def test_newer_syntax() -> None:
    f = define("def f(x):\n    return x[1:2, ..., None], x[*x, 1], -x ** 2, 1 .real\n")
    tree = convert_function(f).tree
    assert code(tree) == "def f(x):\n    return (x[1:2, ..., None], x[*_rt.spread(x), 1], -x ** 2, 1 .real)\n"


def test_numbered() -> None:
    f = define("\n" * 97 + "def f(xs, t):\n    for i, x in enumerate(xs):\n        if x == t:\n            return i\n")
    assert_golden("source/numbered.txt", numbered(convert_function(f).tree))


@pytest.mark.parametrize("function", [return_in_loop, *FUNCTIONS], ids=lambda f: f.__name__)
def test_numbers_are_lines_of_the_function(function: Callable[..., Any]) -> None:
    converted = convert_function(function)  # type: ignore[arg-type]
    first, last = converted.source.first_line, converted.source.first_line + converted.source.text.count("\n")
    for line in numbered(converted.tree).splitlines():
        number = line.partition("|")[0].strip()
        assert not number or first <= int(number) < last
