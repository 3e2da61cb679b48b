"""What the transformers of one file share: what its names mean, which of ours it needs, what was left and why."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

import libcst as cst

from dy2static.codemod.migrate.facts import facts_of
from dy2static.codemod.migrate.framework import Framework

PACKAGES: Final = {"xp": "eager", "nn": "eager.nn", "optim": "eager.optim"}
"""The names that our packages are imported by."""
STATIC: Final = frozenset(["to_static", "trace", "InputSpec"])


class Work:
    """Of one file. `aliases`: full names by the names that imports bind. `needs`: our names that are in use."""

    def __init__(self, framework: Framework, text: str) -> None:
        """Raises: SyntaxError."""
        self.framework = framework
        facts = facts_of(text)
        self.aliases = facts.aliases
        self.shadows = facts.shadows
        self.needs: set[str] = set()
        self.reasons: dict[str, list[str]] = defaultdict(list)
        self.changes = 0
        theirs = {name for name, full in self.aliases.items() if self.is_theirs(full) or full.startswith("eager")}
        self.taken = facts.bound - theirs
        for name, full in self.aliases.items():
            if full == "eager":
                self.base = name
                break
        else:
            self.base = "xp" if "xp" not in self.taken else "eager"

    def is_theirs(self, name: str) -> bool:
        return any(name == package or name.startswith(f"{package}.") for package in self.framework.packages)

    def ours(self, name: str) -> cst.BaseExpression:
        """The expression for a name of ours: `xp.sum`, `nn.Linear`, `to_static`, or a builtin such as `range`."""
        self.changes += 1
        first, *rest = name.split(".")
        if first == "xp":
            self.needs.add("xp")
            return _dotted([self.base, *rest])
        if first in PACKAGES and first not in self.taken:
            self.needs.add(first)
            return _dotted([first, *rest])
        if first in PACKAGES:
            self.needs.add("xp")
            return _dotted([self.base, first, *rest])
        if first in STATIC:
            self.needs.add(first)
        return _dotted([first, *rest])

    def left(self, name: str, reason: str) -> None:
        """Note why the next use of `name`, in source order, is left as it is."""
        self.reasons[name].append(reason)

    def fresh(self, name: str, taken: set[str]) -> str:
        """`name`, or `name_1`, ..., whichever is free."""
        number = 0
        made = name
        while made in taken or made in self.aliases:
            number += 1
            made = f"{name}_{number}"
        return made


def _dotted(parts: Sequence[str]) -> cst.BaseExpression:
    made: cst.BaseExpression = cst.Name(parts[0])
    for part in parts[1:]:
        made = cst.Attribute(made, cst.Name(part))
    return made


def path_of(node: cst.CSTNode) -> list[str] | None:
    """`a.b.c` as its parts."""
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    return [node.value, *reversed(parts)] if isinstance(node, cst.Name) else None


class Scoped(cst.CSTTransformer):
    """A transformer that knows what names mean: those that a function binds itself are no imports."""

    def __init__(self, work: Work) -> None:
        super().__init__()
        self.work = work
        self.path: list[str] = []
        self.shadows: list[frozenset[str] | set[str]] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        # There is nothing in blanks and comments, and most nodes are such.
        return not isinstance(node, cst.BaseParenthesizableWhitespace | cst.TrailingWhitespace | cst.EmptyLine) and (
            super().on_visit(node)
        )

    def qualified(self, node: cst.CSTNode) -> str | None:
        """The full name of `np.random.rand` and its like; None for what no import binds."""
        path = path_of(node)
        if path is None or path[0] not in self.work.aliases or any(path[0] in names for names in self.shadows):
            return None
        return ".".join([self.work.aliases[path[0]], *path[1:]])

    def theirs(self, node: cst.CSTNode) -> str | None:
        """As `qualified`, for names of the framework alone."""
        name = self.qualified(node)
        return name if name is not None and self.work.is_theirs(name) else None

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self.path.append(node.name.value)

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> Any:
        self.path.pop()
        return updated_node

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool | None:
        self.path.append(node.name.value)
        self.shadows.append(self.work.shadows.get(tuple(self.path), frozenset()))
        return True

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> Any:
        self.path.pop()
        self.shadows.pop()
        return updated_node

    def visit_Lambda(self, node: cst.Lambda) -> bool | None:
        self.shadows.append(parameters_of(node.params))
        return True

    def leave_Lambda(self, original_node: cst.Lambda, updated_node: cst.Lambda) -> Any:
        self.shadows.pop()
        return updated_node


def parameters_of(parameters: cst.Parameters) -> set[str]:
    every = [*parameters.posonly_params, *parameters.params, *parameters.kwonly_params]
    for star in (parameters.star_arg, parameters.star_kwarg):
        if isinstance(star, cst.Param):
            every.append(star)
    return {parameter.name.value for parameter in every}


class _Bound(cst.CSTVisitor):
    """All names that something is bound to."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        self.names |= names_of_target(node.target)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        self.names |= names_of_target(node.target)

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        self.names |= names_of_target(node.target)

    def visit_For(self, node: cst.For) -> None:
        self.names |= names_of_target(node.target)

    def visit_CompFor(self, node: cst.CompFor) -> None:
        self.names |= names_of_target(node.target)

    def visit_NamedExpr(self, node: cst.NamedExpr) -> None:
        self.names |= names_of_target(node.target)

    def visit_AsName(self, node: cst.AsName) -> None:
        self.names |= names_of_target(node.name)

    def visit_ImportAlias(self, node: cst.ImportAlias) -> None:
        if node.asname is None:
            path = path_of(node.name)
            self.names.add((path or [""])[0])

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        self.names.add(node.name.value)
        self.names |= parameters_of(node.params)
        return True

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self.names.add(node.name.value)

    def visit_Lambda(self, node: cst.Lambda) -> bool:
        self.names |= parameters_of(node.params)
        return True


class _OwnBound(_Bound):
    """As `_Bound`, functions inside left out but for their names."""

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        self.names.add(node.name.value)
        return False

    def visit_Lambda(self, node: cst.Lambda) -> bool:
        return False


def own_bindings(body: cst.CSTNode) -> set[str]:
    """Names that the body of a function binds itself."""
    found = _OwnBound()
    body.visit(found)
    return found.names


def names_of_target(target: cst.CSTNode) -> set[str]:
    match target:
        case cst.Name(value=name):
            return {name}
        case cst.Tuple() | cst.List():
            return {name for element in target.elements for name in names_of_target(element.value)}
        case cst.StarredElement():
            return names_of_target(target.value)
        case _:
            return set()


def bound_in(node: cst.CSTNode) -> set[str]:
    """Names that are bound anywhere in a part of a tree."""
    found = _Bound()
    node.visit(found)
    return found.names
