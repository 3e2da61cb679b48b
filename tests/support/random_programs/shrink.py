"""A smaller program that still shows something: statements, blocks and parts of expressions are left out."""

import ast
import re
from collections.abc import Callable, Iterator
from typing import Any, cast

_COUNTER = re.compile(r"k\d+")
_BLOCKS = ("body", "orelse", "finalbody")
_LISTS = (*_BLOCKS, "handlers", "cases", "decorator_list", "args", "keywords", "elts", "values", "names")
_PARTS = ("targets", "items", "defaults", "generators", "ifs")


def shrunk(source: str, shows: Callable[[str], bool], most: int = 400) -> str:
    """The smallest source found within `most` tries of which `shows` is still true.

    Names such as `k1` count loops: what they do stays as long as they do, so that every try ends.
    """
    tree = ast.parse(source)
    tries = 0

    def holds() -> bool:
        nonlocal tries
        tries += 1
        try:
            return shows(ast.unparse(ast.fix_missing_locations(tree)) + "\n")
        except (SyntaxError, ValueError, AttributeError):  # no program any more
            return False

    progress = True
    while progress:
        progress = False
        for change, undo in _changes(tree):
            if tries >= most:
                return ast.unparse(tree) + "\n"
            change()
            if holds():
                progress = True
            else:
                undo()
    return ast.unparse(tree) + "\n"


Change = tuple[Callable[[], None], Callable[[], None]]


def _changes(tree: ast.AST) -> Iterator[Change]:
    """Changes that make the program smaller, one after the other, of the program as it is by then: large ones first."""
    for node in _breadth_first(tree):
        for name in (*_LISTS, *_PARTS):
            items: Any = getattr(node, name, None)
            if isinstance(items, list) and items:
                yield from _of_list(tree, node, name, cast("list[Any]", items))
    for node in _breadth_first(tree):
        yield from _of_expressions(node)


def _breadth_first(tree: ast.AST) -> Iterator[ast.AST]:
    pending = [tree]
    for node in pending:
        yield node
        pending.extend(ast.iter_child_nodes(node))


def _of_list(tree: ast.AST, node: ast.AST, name: str, items: list[Any]) -> Iterator[Change]:
    """Leave out an item; put the blocks of a statement in its place."""
    for item in reversed(items[:]):
        if item not in items or _must_stay(tree, node, item):
            continue
        at = items.index(item)
        is_block = name == "body" and isinstance(item, ast.stmt)
        replacement = [ast.Pass()] if is_block and len(items) == 1 else []
        if not isinstance(item, ast.Pass):
            yield _in_list(items, at, replacement)
        if item not in items:
            continue
        inner = [s for s in _inner_statements(item) if not _counts(s)]
        if inner and not isinstance(item, ast.FunctionDef | ast.ClassDef):
            yield _in_list(items, items.index(item), inner)


def _in_list(items: list[Any], at: int, new: list[Any]) -> Change:
    old = items[:]

    def change() -> None:
        items[at : at + 1] = new

    def undo() -> None:
        items[:] = old

    return change, undo


def _inner_statements(item: ast.AST) -> list[ast.stmt]:
    blocks: list[Any] = [getattr(item, name, ()) for name in _BLOCKS]
    found: list[ast.stmt] = [s for block in blocks if isinstance(block, list) for s in cast("list[ast.stmt]", block)]
    for part in (*getattr(item, "cases", ()), *getattr(item, "handlers", ())):
        found += part.body
    return found


def _counts(statement: ast.AST) -> bool:
    """Whether it is there to end a loop."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AugAssign(target=ast.Name(id=name)):
            return bool(_COUNTER.fullmatch(name))
        case ast.If(test=ast.Compare(left=ast.Name(id=name))):
            return bool(_COUNTER.fullmatch(name))
        case _:
            return False


def _must_stay(tree: ast.AST, node: ast.AST, item: Any) -> bool:
    if not isinstance(item, ast.AST):
        return False
    names = {n.id for n in ast.walk(item) if isinstance(n, ast.Name) and _COUNTER.fullmatch(n.id)}
    if isinstance(node, ast.BoolOp):
        return bool(names) or len(node.values) == 1
    if isinstance(item, ast.expr):
        return bool(names)
    if not _counts(item):
        return False
    return any(
        isinstance(n, ast.While) and names & {m.id for m in ast.walk(n) if isinstance(m, ast.Name)}
        for n in ast.walk(tree)
    )


def _of_expressions(node: ast.AST) -> Iterator[Change]:
    """Put a part of an expression in its place."""
    if isinstance(node, ast.JoinedStr | ast.FormattedValue):
        return
    for name, value in ast.iter_fields(node):
        if isinstance(value, list):
            items = cast("list[Any]", value)
            for i in range(len(items)):
                yield from _parts(items, i)
        elif isinstance(value, ast.expr):
            yield from _attributes(node, name)


def _parts(items: list[Any], i: int) -> Iterator[Change]:
    while i < len(items):
        old = items[i]
        for part in _within(old):
            yield _in_list(items, i, [part])
            if items[i] is not old:
                break
        else:
            return


def _attributes(node: ast.AST, name: str) -> Iterator[Change]:
    while True:
        old = getattr(node, name)
        for part in _within(old):
            yield (
                lambda part=part: setattr(node, name, part),
                lambda old=old: setattr(node, name, old),
            )
            if getattr(node, name) is not old:
                break
        else:
            return


def _within(value: Any) -> list[ast.expr]:
    """The expressions directly within one."""
    if not isinstance(value, ast.expr) or isinstance(value, ast.Name | ast.Constant | ast.JoinedStr | ast.Lambda):
        return []
    if not isinstance(getattr(value, "ctx", ast.Load()), ast.Load):
        return []
    if any(isinstance(n, ast.Name) and _COUNTER.fullmatch(n.id) for n in ast.walk(value)):
        return []
    return [part for part in ast.iter_child_nodes(value) if isinstance(part, ast.expr)]
