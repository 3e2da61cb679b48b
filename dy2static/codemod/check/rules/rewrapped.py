"""D003 rewrapped: `to_static` in a loop, or called for one call only

Each `to_static(f)` is a static function of its own, with its own programs: all work of the first call is done again
for each of them. Convert once, outside, and keep the result.

Bad:
    def f(x):
        for _ in range(3):
            x = to_static(lambda v: v * 2.0)(x)
        return x

Good:
    double = to_static(lambda v: v * 2.0)

    def f(x):
        for _ in range(3):
            x = double(x)
        return x
"""

import ast
from collections.abc import Iterator, Mapping

from dy2static.codemod.check.converted import Conversion
from dy2static.codemod.check.finding import Found
from dy2static.codemod.check.module import Module
from dy2static.codemod.check.rule import Rule, text_of


def find_in_file(module: Module, places: list[Conversion]) -> Iterator[Found]:
    """Looks at where functions are converted, not into them."""
    parents = {child: node for node in ast.walk(module.tree) for child in ast.iter_child_nodes(node)} if places else {}
    for place in places:
        what = _how(place, parents)
        if what:
            yield Found(place.node, what, "convert it once, outside, and call the result.")


def _how(place: Conversion, parents: Mapping[ast.AST, ast.AST]) -> str:
    if place.given is None:
        name = place.scope.qualname.rpartition(".")[2]
        return f"`{name}` is converted anew in every trip of the loop around it." if place.scope.loops else ""
    shown = f"`{text_of(place.node)}`"
    if _is_repeated(place.node, parents):
        return f"{shown} converts the function anew in every trip of the loop."
    around = parents[place.node]
    if isinstance(around, ast.Call) and around.func is place.node and place.scope.is_function:
        return f"{shown} converts the function anew in every call of `{place.scope.qualname}`, and is then dropped."
    return ""


def _is_repeated(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> bool:
    """Whether an expression stands in a loop of its own function, where each trip evaluates it."""
    inner, around = node, parents.get(node)
    while around is not None and not isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        match around:
            case ast.For() | ast.AsyncFor() if inner in around.body:
                return True
            case ast.While() if inner in around.body or inner is around.test:
                return True
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() if inner is around.elt:
                return True
            case _:
                pass
        inner, around = around, parents.get(around)
    return False


RULE = Rule("D003", "rewrapped", "warning", __doc__, None, find_in_file)
