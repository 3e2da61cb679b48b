"""D502 mutable-default: a default argument that is changed

The default is one object for all calls. What one call appends, the next one finds; a graph that was made for the
empty list does not hold for a longer one, so each call makes another.

Bad:
    @to_static
    def f(x, parts=[]):
        parts.append(x)
        return len(parts)

Good:
    @to_static
    def f(x, parts=None):
        parts = [] if parts is None else parts
        parts.append(x)
        return len(parts)
"""

import ast
from collections.abc import Iterator
from typing import Final

from dy2static.codemod.check.finding import Found
from dy2static.codemod.check.rule import Rule, View
from dy2static.codemod.check.words import words

CHANGES: Final = words("add append clear discard extend insert pop popitem remove reverse setdefault sort update")


def find(view: View) -> Iterator[Found]:
    arguments = view.function.args
    named = [*arguments.posonlyargs, *arguments.args]
    pairs = [*zip(reversed(named), reversed(arguments.defaults), strict=False)]
    pairs += [(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None]
    changed = {name for node in view.nodes if (name := _changed(node)) is not None}
    for argument, default in sorted(pairs, key=lambda pair: pair[0].lineno):
        if argument.arg in changed and _is_mutable(default, view):
            yield Found(
                default,
                f"the default of `{argument.arg}` is one object for all calls, and this function changes it.",
                f"write `{argument.arg}=None`, and make the object inside.",
            )


def _is_mutable(default: ast.expr, view: View) -> bool:
    match default:
        case ast.List() | ast.Dict() | ast.Set() | ast.ListComp() | ast.DictComp() | ast.SetComp():
            return True
        case ast.Call(func=func):
            name = view.module.qualified(func, view.scope.parent or view.scope) or ""
            return name in ("builtins.list", "builtins.dict", "builtins.set") or name.startswith("eager.")
        case _:
            return False


def _changed(node: ast.AST) -> str | None:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if method in CHANGES:
            return name
        case ast.AugAssign(target=ast.Name(id=name) | ast.Subscript(value=ast.Name(id=name))):
            return name
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name))]):
            return name
        case _:
            return None


RULE = Rule("D502", "mutable-default", "warning", __doc__, find)
