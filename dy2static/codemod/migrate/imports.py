"""Imports of what is no longer used go, ours come in their place."""

from collections.abc import Sequence
from typing import Any

import libcst as cst

from dy2static.codemod.migrate.facts import names_used
from dy2static.codemod.migrate.work import STATIC, Work, path_of


class Imports(cst.CSTTransformer):
    """Takes imports of the framework out, as far as nothing uses them, and puts ours where the first stood."""

    def __init__(self, work: Work, module: cst.Module) -> None:
        super().__init__()
        self.work = work
        self.used = names_used(module.code)
        self.placed = False
        self.depth = 0

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.depth += 1

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:
        self.depth -= 1
        return updated_node

    def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> bool:
        return False

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> Any:
        kept: list[cst.BaseSmallStatement] = []
        changed = False
        for statement in updated_node.body:
            rest = self.rest_of(statement)
            changed = changed or rest is not statement
            if rest is not None:
                kept.append(rest)
        if not changed:
            return updated_node
        made: list[cst.BaseStatement] = []
        if not self.placed and self.depth == 0:
            self.placed = True
            made += [cst.SimpleStatementLine([statement]) for statement in self.ours()]
        if kept:
            kept[-1] = kept[-1].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
            made.append(updated_node.with_changes(body=kept, leading_lines=[]))
        comments = [line for line in updated_node.leading_lines if line.comment is not None or made]
        if made:
            made[0] = made[0].with_changes(leading_lines=comments)
            return cst.FlattenSentinel(made)
        return cst.RemoveFromParent()

    def rest_of(self, statement: cst.BaseSmallStatement) -> cst.BaseSmallStatement | None:
        """What is left of an import; None where nothing is."""
        if isinstance(statement, cst.Import):
            names, package = statement.names, ""
        elif isinstance(statement, cst.ImportFrom) and statement.module is not None and not statement.relative:
            names, package = statement.names, f"{'.'.join(path_of(statement.module) or [])}."
        else:
            return statement
        if isinstance(names, cst.ImportStar):
            return statement
        kept = [alias for alias in names if not self.goes(alias, package)]
        if len(kept) == len(names):
            return statement
        if not kept:
            return None
        kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return statement.with_changes(names=kept)

    def goes(self, alias: cst.ImportAlias, package: str) -> bool:
        full = package + ".".join(path_of(alias.name) or [])
        if not self.work.is_theirs(full) and not (full == "functools.partial" and self.work.changes):
            return False
        bound = alias.asname.name if alias.asname is not None else alias.name
        names = path_of(bound) or [""]
        # A name that is ours now is no use of theirs.
        return names[0] not in self.used or names[0] in self.work.needs

    def ours(self) -> list[cst.BaseSmallStatement]:
        """`import eager as xp`, `from eager import nn`, `from dy2static import to_static`: what is not there."""
        needs, known = self.work.needs, self.work.aliases
        made: list[cst.BaseSmallStatement] = []
        if "xp" in needs and known.get(self.work.base) != "eager":
            name = "" if self.work.base == "eager" else f" as {self.work.base}"
            made.append(_statement(f"import eager{name}"))
        packages = [name for name in ("nn", "optim") if name in needs and known.get(name) != f"eager.{name}"]
        static = [name for name in sorted(STATIC) if name in needs and known.get(name) != f"dy2static.{name}"]
        for package, names in (("dy2static", static), ("eager", packages)):
            if names:
                made.append(_statement(f"from {package} import {', '.join(names)}"))
        return made


def _statement(text: str) -> cst.BaseSmallStatement:
    line = cst.parse_statement(text)
    assert isinstance(line, cst.SimpleStatementLine)
    return line.body[0]


def with_ours(module: cst.Module, imports: Imports) -> cst.Module:
    """`module` with our imports, also where no import of theirs could give them its place."""
    changed = module.visit(imports)
    if imports.placed:
        return changed
    statements = [cst.SimpleStatementLine([statement]) for statement in imports.ours()]
    if not statements:
        return changed
    at = after_imports(changed.body)
    return changed.with_changes(body=[*changed.body[:at], *statements, *changed.body[at:]])


def after_imports(body: Sequence[cst.BaseStatement]) -> int:
    """Behind the last import at the top of a module; else behind its docstring."""
    at = 0
    for i, statement in enumerate(body):
        match statement:
            case cst.SimpleStatementLine(body=[cst.Import() | cst.ImportFrom(), *_]):
                at = i + 1
            case cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString())]) if i == 0:
                at = 1
            case _:
                pass
    return at
