"""What of a framework is left in a file, why, and what to write."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dy2static.codemod.check.module import Module, Scope, parse
from dy2static.codemod.migrate.calls import OURS, is_public
from dy2static.codemod.migrate.work import PACKAGES, Work
from dy2static.codemod.source_file import NEWLINE

NO_COUNTERPART: Final = "there is no counterpart in the table"
BY_HAND: Final = "write it with functions of `eager`; docs/migrate.md lists what is taken over."


@dataclass(frozen=True, slots=True)
class Left:
    """A place that is left. `line` is that of the new text; `what` is the name as the file spells it."""

    line: int
    what: str
    why: str
    next: str


def leftovers(text: str, work: Work) -> list[Left]:
    """What is left in the migrated text, in source order."""
    module = parse(text, "<migrated>", NEWLINE.split(text))
    reasons = {name: list(given) for name, given in work.reasons.items()}
    found: list[Left] = []
    for node, name, shown in sorted(_places(module, work, reasons), key=lambda place: _order(place[0])):
        given = reasons.get(name)
        why = given.pop(0) if given else NO_COUNTERPART
        found.append(Left(node.lineno, f"`{shown}`", why, advice(name, work)))
    return list(dict.fromkeys(found))


def _order(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _places(module: Module, work: Work, reasons: dict[str, list[str]]) -> Iterator[tuple[ast.expr, str, str]]:
    """Names of the framework, and methods that could not be done: the place, the full name, how it is shown."""
    for scope in module.scopes.values():
        for node in _expressions(scope):
            if isinstance(node, ast.Call):
                method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
                owner = module.qualified(node.func, scope) or "builtins"
                if f".{method}" in reasons and owner.partition(".")[0] == "builtins":
                    yield node, f".{method}", f".{method}()"
                continue
            full = module.qualified(node, scope)
            if full is None:
                continue
            shown = ast.unparse(node)
            if work.is_theirs(full):
                yield node, full, shown
            elif full.startswith("eager.") and _is_missing(shown):
                # The name is ours now; what we do not have can only have been theirs.
                original = work.aliases.get(shown.partition(".")[0], "")
                yield node, f"{original}.{shown.partition('.')[2]}", shown


def _is_missing(shown: str) -> bool:
    package, _, name = shown.rpartition(".")
    return package.partition(".")[0] in PACKAGES and package in OURS and not is_public(package, name)


def _expressions(scope: Scope) -> Iterator[ast.Call | ast.Attribute | ast.Name]:
    """Calls, and dotted names as a whole, that stand in a scope itself."""
    body = scope.node.body
    pending: list[ast.AST] = [body] if isinstance(body, ast.expr) else [*body]
    while pending:
        node = pending.pop()
        match node:
            case ast.Attribute() | ast.Name():
                yield node
                inner: ast.expr = node
                while isinstance(inner, ast.Attribute):
                    inner = inner.value
                if not isinstance(inner, ast.Name):
                    pending.append(inner)
                continue
            case ast.Call():
                yield node
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                pending += _signature(node)
                continue
            case ast.ClassDef():
                pending += [*node.decorator_list, *node.bases, *node.keywords]
                continue
            case _:
                pass
        pending += ast.iter_child_nodes(node)


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[ast.AST]:
    """What a definition evaluates where it stands."""
    found: list[ast.AST] = [node.args]
    if not isinstance(node, ast.Lambda):
        found += node.decorator_list
        if node.returns is not None:
            found.append(node.returns)
    return found


def advice(name: str, work: Work) -> str:
    framework = work.framework
    entry = framework.functions.get(name) or framework.methods.get(name.removeprefix("."))
    if entry is not None and entry.next:
        return entry.next
    known = [prefix for prefix in framework.advice if name == prefix or name.startswith(f"{prefix}.")]
    return framework.advice[max(known, key=len)] if known else BY_HAND
