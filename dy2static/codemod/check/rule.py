"""What a rule is: a name, a text with examples, and a function that finds the places which break it."""

import ast
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dy2static.codemod.check.converted import Conversion, Converted
from dy2static.codemod.check.finding import Found, Level
from dy2static.codemod.check.module import Module, Scope, own_nodes
from dy2static.codemod.check.tensors import Tensors


class View:
    """A converted function as rules see it. `places`: where the file converts something (also outside of it)."""

    def __init__(self, converted: Converted, module: Module, places: list[Conversion]) -> None:
        self.converted = converted
        self.scope = converted.scope
        self.module = module
        self.places = places

    @property
    def function(self) -> ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda:
        node = self.scope.node
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        return node

    @cached_property
    def nodes(self) -> list[Any]:
        """All nodes of the body, functions inside it included."""
        return list(own_nodes(self.function))

    @cached_property
    def tensors(self) -> Tensors:
        return Tensors(self.scope, self.module)

    @cached_property
    def scope_of(self) -> dict[ast.AST, Scope]:
        """The innermost function of each node of the body."""
        found: dict[ast.AST, Scope] = dict.fromkeys(self.nodes, self.scope)
        # Outer functions come before inner ones, which overwrite what they have.
        for node in self.nodes:
            inner = self.module.scopes.get(node)
            if inner is not None and inner.is_function:
                for below in own_nodes(node):
                    found[below] = inner
        return found

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        found: dict[ast.AST, ast.AST] = {}
        for node in self.nodes:
            for child in ast.iter_child_nodes(node):
                found[child] = node
        return found

    def qualified(self, node: ast.AST) -> str | None:
        """The full dotted name of an expression of the body; see `Module.qualified`."""
        return self.module.qualified(node, self.scope_of.get(node, self.scope))

    def followed(self, node: ast.expr) -> tuple[ast.expr, Scope]:
        """What a name of the body stands for, and where that is written; see `Module.followed`."""
        return self.module.followed(node, self.scope_of.get(node, self.scope))

    def alias_of(self, package: str) -> str | None:
        """The name by which the file knows a package, at the place of this function."""
        for (scope, name), full in self.module.imports.items():
            if full == package and self.scope.where(name) is scope:
                return name
        return None


@dataclass(frozen=True, slots=True)
class Rule:
    """Its text begins with `ID name: what it is about`, then says why, then gives the examples `Bad` and `Good`."""

    id: str
    name: str
    level: Level
    text: str | None
    """The module's docstring; `doc` is it, or nothing where Python left docstrings out."""
    find: Callable[[View], Iterator[Found]] | None
    """Asked once for every converted function."""
    find_in_file: Callable[[Module, list[Conversion]], Iterator[Found]] | None = None
    """Asked once, about the places of the file that convert something."""

    @property
    def doc(self) -> str:
        return self.text or ""

    @property
    def title(self) -> str:
        return self.doc.partition("\n")[0].partition(": ")[2]

    @property
    def why(self) -> str:
        return textwrap.dedent(self.doc.partition("\n")[2].partition("\nBad:\n")[0]).strip()

    @property
    def bad(self) -> str:
        return _example(self.doc, "Bad")

    @property
    def good(self) -> str:
        return _example(self.doc, "Good")


def _example(doc: str, kind: str) -> str:
    lines = doc.partition(f"\n{kind}:\n")[2].splitlines()
    taken: list[str] = []
    for line in lines:
        if line and not line.startswith(" "):
            break
        taken.append(line)
    return textwrap.dedent("\n".join(taken)).strip() + "\n"


def text_of(node: ast.AST, most: int = 40) -> str:
    """An expression on one line, shortened, for messages."""
    text = ast.unparse(node)
    return text if len(text) <= most else text[: most - 3] + "..."
