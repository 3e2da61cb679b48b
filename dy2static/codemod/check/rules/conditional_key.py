"""D504 conditional-key: a key that is added to a dict only where a tensor's test holds

Whether the key is there is known only when the graph runs, and what a function returns has one structure. Give the
key a value before the test.

Bad:
    @to_static
    def f(x):
        out = {"x": x}
        if xp.sum(x) > 0.0:
            out["root"] = xp.sqrt(x)
        return out

Good:
    @to_static
    def f(x):
        out = {"x": x, "root": x}
        if xp.sum(x) > 0.0:
            out["root"] = xp.sqrt(x)
        return out
"""

import ast
from collections.abc import Iterator

from dy2static.codemod.check.finding import Found
from dy2static.codemod.check.rule import Rule, View


def find(view: View) -> Iterator[Found]:
    displays = _dicts(view)
    for node in view.nodes:
        match node:
            case ast.If(test=test, body=body, orelse=orelse) if view.tensors.decides(test):
                added, others = _keys(body), _keys(orelse)
                for one, other in ((added, others), (others, added)):
                    for (name, key), place in one.items():
                        if name in displays and key not in displays[name] and (name, key) not in other:
                            yield Found(
                                place,
                                f"`{name}[{key}]` is added only where `{ast.unparse(test)}` holds, "
                                "which the graph decides.",
                                f"give `{name}[{key}]` a value before the `if`, or in its other branch too.",
                            )
            case _:
                pass


def _dicts(view: View) -> dict[str, set[str]]:
    """Names that stand for one dict display each, and all keys that get a value outside of branches."""
    found: dict[str, set[str]] = {}
    for node in view.nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict(keys=keys)):
                if all(isinstance(key, ast.Constant) for key in keys):
                    found[name] = {ast.unparse(key) for key in keys if key is not None}
            case _:
                pass
    for block in [view.function.body] if isinstance(view.function.body, list) else []:
        for (name, key), _ in _keys(block).items():
            if name in found:
                found[name].add(key)
    return found


def _keys(block: list[ast.stmt]) -> dict[tuple[str, str], ast.Assign]:
    """The constant keys that the statements of a block store into names."""
    found: dict[tuple[str, str], ast.Assign] = {}
    for statement in block:
        match statement:
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name), slice=ast.Constant() as key)]):
                found.setdefault((name, ast.unparse(key)), statement)
            case _:
                pass
    return found


RULE = Rule("D504", "conditional-key", "error", __doc__, find)
