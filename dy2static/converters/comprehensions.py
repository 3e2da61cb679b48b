"""Comprehensions and generator expressions."""

import ast
from collections.abc import Sequence

from dy2static.converters import list_display
from dy2static.converters.build import call, lambda_of, load, position, thunk, tuple_of
from dy2static.converters.rewrite import Rewriter
from dy2static.converters.unpacking import taken_apart

Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
MAKERS: dict[type[ast.expr], str] = {ast.ListComp: "list_of", ast.SetComp: "set_of", ast.DictComp: "dict_of"}


def convert(node: Comprehension, rewriter: Rewriter) -> ast.expr:
    """`[v + 1 for v in x if v > 0]` -> `_rt.list_of(lambda add: _rt.each(x, lambda v: _rt.when(v > 0, lambda:
    add(v + 1)), add))`; a generator expression -> `_rt.generator_of(x, lambda items, add: _rt.each(items, ...))`.

    One whose variables something keeps (a lambda, a generator) stays as it is: there they are one for all trips.
    """
    names = rewriter.ctx.names
    if keeps_variables(node) or any(isinstance(part, ast.NamedExpr) for part in ast.walk(node)):
        list_display.convert_parts(node, rewriter)
        listed = isinstance(node, ast.ListComp)
        return call(rewriter.ctx.runtime, "list_", [node], node) if listed else node
    depth = sum(isinstance(part, Comprehension) for part in ast.walk(node)) - 1
    add = names.fresh("add", depth)
    first = list_display.plain(node.generators[0].iter, rewriter)
    if isinstance(node, ast.GeneratorExp):
        items = names.fresh("items", depth)
        body = each(node, 0, load(items, node), add, rewriter)
        return call(rewriter.ctx.runtime, "generator_of", [first, lambda_of([items, add], body, node)], node)
    body = each(node, 0, first, add, rewriter)
    return call(rewriter.ctx.runtime, MAKERS[type(node)], [lambda_of([add], body, node)], node)


def each(node: Comprehension, number: int, items: ast.expr, add: str, rewriter: Rewriter) -> ast.expr:
    """The loop over `items` of one `for` of a comprehension, with what is inside it."""
    part = node.generators[number]
    if number + 1 < len(node.generators):
        inner = each(node, number + 1, list_display.plain(node.generators[number + 1].iter, rewriter), add, rewriter)
    elif isinstance(node, ast.DictComp):
        inner = added([rewriter.expression(node.key), rewriter.expression(node.value)], add, node)
    else:
        inner = added([rewriter.expression(node.elt)], add, node)
    for test in reversed(part.ifs):
        inner = call(rewriter.ctx.runtime, "when", [rewriter.expression(test), thunk(inner, test)], test)
    return call(rewriter.ctx.runtime, "each", [items, body_of(part, inner, rewriter), load(add, node)], part.iter)


def added(values: Sequence[ast.expr], add: str, at: ast.expr) -> ast.expr:
    return ast.Call(load(add, at), list(values), [], **position(at))


def body_of(part: ast.comprehension, inner: ast.expr, rewriter: Rewriter) -> ast.expr:
    """`lambda v: inner`; a target of several names is taken apart as Python does it, by a loop of one trip."""
    target = part.target
    if isinstance(target, ast.Name):
        return lambda_of([target.id], inner, target)
    item = rewriter.ctx.names.fresh("item")
    value: ast.expr = load(item, target)
    if isinstance(target, ast.Tuple | ast.List):
        target, value = taken_apart(target, value, rewriter)
    once = ast.comprehension(target, tuple_of([value], target), [], 0)
    return lambda_of([item], ast.ListComp(inner, [once], **position(target)), target)


def keeps_variables(node: Comprehension) -> bool:
    """Whether something that a comprehension makes may read its variables later, or a target is no name."""
    targets = [part.target for part in node.generators]
    names = {name for target in targets for name in _names_in(target)}
    if any(isinstance(part, ast.Attribute | ast.Subscript) for target in targets for part in ast.walk(target)):
        return True
    outside = set(ast.walk(node.generators[0].iter))
    inside = [part for part in ast.walk(node) if part not in outside]
    read: set[str] = set()
    for part in inside:
        if isinstance(part, ast.Lambda):
            taken = part.args
            own = [*taken.posonlyargs, *taken.args, *taken.kwonlyargs, taken.vararg, taken.kwarg]
            read |= _names_in(part.body) - {arg.arg for arg in own if arg is not None}
        elif isinstance(part, ast.GeneratorExp) and part in made_by(node):
            read |= _names_in(part)
    return not names.isdisjoint(read)


def _names_in(node: ast.expr) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def made_by(node: Comprehension) -> list[ast.expr]:
    """What is an element of the result, or stands in one that is written out."""
    found: list[ast.expr] = []
    left: list[ast.expr] = [node.value] if isinstance(node, ast.DictComp) else [node.elt]
    while left:
        part = left.pop()
        found.append(part)
        if isinstance(part, ast.Tuple | ast.List):
            left += part.elts
    return found
