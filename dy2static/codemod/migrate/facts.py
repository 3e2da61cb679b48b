"""What one look at a file, as Python parses it, tells: what imports bind, which names are bound at all, and where."""

import ast
from dataclasses import dataclass, field

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(slots=True)
class Facts:
    """`aliases`: full names by the names that imports bind. `bound`: all names that something is bound to.

    `shadows`: by the path of a function (`("Model", "forward")`), the imported names that it binds to something else.
    """

    aliases: dict[str, str] = field(default_factory=dict[str, str])
    bound: set[str] = field(default_factory=set[str])
    shadows: dict[tuple[str, ...], frozenset[str]] = field(default_factory=dict[tuple[str, ...], frozenset[str]])


def facts_of(text: str) -> Facts:
    """Raises: SyntaxError."""
    try:
        tree = ast.parse(text)
    except (ValueError, RecursionError, MemoryError) as error:
        raise SyntaxError(str(error)) from None
    facts = Facts()
    for node in ast.walk(tree):
        facts.bound |= bound_by(node)
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                facts.aliases[name] = alias.name if alias.asname else name
        elif isinstance(node, ast.ImportFrom) and node.module is not None and not node.level:
            for alias in node.names:
                if alias.name != "*":
                    facts.aliases[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    _shadows(tree, (), facts)
    return facts


def bound_by(node: ast.AST) -> set[str]:
    """The names that a node itself binds."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
            return {name}
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Import() | ast.ImportFrom():
            return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return {name}
        case _:
            return set()


def _shadows(node: ast.AST, path: tuple[str, ...], facts: Facts) -> None:
    for child in ast.iter_child_nodes(node):
        inner = (*path, child.name) if isinstance(child, Function | ast.ClassDef) else path
        if isinstance(child, Function):
            bound = {
                name
                for part in ast.walk(child)
                if not isinstance(part, ast.Import | ast.ImportFrom)
                for name in bound_by(part)
            }
            facts.shadows[inner] = facts.shadows.get(inner, frozenset()) | (bound & facts.aliases.keys())
        _shadows(child, inner, facts)


def names_used(text: str) -> set[str]:
    """The names that a text reads or binds otherwise than by imports."""
    return {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
