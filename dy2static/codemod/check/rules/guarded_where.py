"""D401 guarded-where: `where` guards a value, but not its gradient

`where` computes both sides and picks. On the elements that it does not pick, `log(0)` or `1 / 0` has an infinite
slope, and zero times infinity is NaN: the gradient of the whole is lost. Make the argument harmless first, or write
an `if`, of which only the branch taken runs.

Bad:
    @to_static
    def f(x):
        return xp.sum(xp.where(x > 0.0, xp.log(x), 0.0))

Good:
    @to_static
    def f(x):
        safe = xp.where(x > 0.0, x, 1.0)
        return xp.sum(xp.where(x > 0.0, xp.log(safe), 0.0))
"""

import ast
from collections.abc import Iterator
from typing import Final

from dy2static.codemod.check.finding import Found
from dy2static.codemod.check.repairs import wrapped
from dy2static.codemod.check.rule import Rule, View, text_of

HARMLESS: Final = {"log": 1, "log2": 1, "log10": 1, "sqrt": 1, "rsqrt": 1, "reciprocal": 1, "log1p": 0}
HARMLESS_AT_ZERO: Final = {"acos": 0, "asin": 0, "arccos": 0, "arcsin": 0, "atanh": 0, "arctanh": 0, "acosh": 2}
RISKY: Final = HARMLESS | HARMLESS_AT_ZERO
"""Functions with an infinite slope somewhere, and an argument where all is well."""

BOUNDS: Final = frozenset(["where", "maximum", "minimum", "clip", "abs", "exp", "square"])


def find(view: View) -> Iterator[Found]:
    for node in view.nodes:
        match node:
            case ast.Call(args=[ast.Compare(ops=[_]) as test, chosen, other]) if (
                view.qualified(node.func) == "eager.where"
            ):
                for part, is_chosen in ((chosen, True), (other, False)):
                    yield from _in_side(node, test, part, is_chosen, view)
            case _:
                pass


def _in_side(where: ast.Call, test: ast.Compare, part: ast.expr, is_chosen: bool, view: View) -> Iterator[Found]:
    guarded = {ast.dump(side) for side in (test.left, *test.comparators) if not isinstance(side, ast.Constant)}
    called = ast.unparse(where.func)
    for place, argument, harmless in _risks(part, view):
        if not _mentions(argument, guarded) or _is_bounded(argument, view):
            continue
        condition = ast.unparse(test)
        safe = f"{called}({condition}, {{}}, {harmless})" if is_chosen else f"{called}({condition}, {harmless}, {{}})"
        yield Found(
            place,
            f"`where` does not guard the gradient of `{text_of(place)}`: on the elements not picked it is NaN.",
            f"put `{safe.format(text_of(argument))}` in the place of `{text_of(argument)}`.",
            wrapped(safe.format("{x}")),
            argument,
        )


def _risks(part: ast.expr, view: View) -> Iterator[tuple[ast.expr, ast.expr, int]]:
    for node in ast.walk(part):
        match node:
            case ast.Call(args=[argument]):
                package, _, name = (view.qualified(node.func) or "").rpartition(".")
                if package == "eager" and name in RISKY:
                    yield node, argument, RISKY[name]
            case ast.BinOp(op=ast.Div(), right=right) if not isinstance(right, ast.Constant):
                yield node, right, 1
            case _:
                pass


def _mentions(argument: ast.expr, guarded: set[str]) -> bool:
    return any(ast.dump(node) in guarded for node in ast.walk(argument) if isinstance(node, ast.expr))


def _is_bounded(argument: ast.expr, view: View) -> bool:
    """Whether something already keeps the argument where it does no harm."""
    for node in ast.walk(argument):
        if isinstance(node, ast.Call):
            package, _, name = (view.qualified(node.func) or "").rpartition(".")
            if package == "eager" and name in BOUNDS:
                return True
    return False


RULE = Rule("D401", "guarded-where", "warning", __doc__, find)
