"""Repairs: functions from one libcst node to another. libcst is loaded when one is made to work, not before."""

from collections.abc import Callable
from typing import Any

Change = Callable[[Any], Any]


def code(text: str) -> Change:
    """Another expression in its place."""

    def change(node: Any) -> Any:
        import libcst as cst

        made = cst.parse_expression(text)
        return made.with_changes(lpar=node.lpar, rpar=node.rpar)

    return change


def wrapped(template: str) -> Change:
    """The expression inside another, where `template` says `{x}`."""

    def change(node: Any) -> Any:
        from libcst.helpers import parse_template_expression

        return parse_template_expression(template, x=node)

    return change


def none_by_identity() -> Change:
    """`x == None` -> `x is None`, `x != None` -> `x is not None`."""

    def change(node: Any) -> Any:
        import libcst as cst

        (target,) = node.comparisons
        old = target.operator
        made = cst.Is if isinstance(old, cst.Equal) else cst.IsNot
        # Without blanks, as in `x==None`, a word needs some.
        before = old.whitespace_before if not old.whitespace_before.empty else cst.SimpleWhitespace(" ")
        after = old.whitespace_after if not old.whitespace_after.empty else cst.SimpleWhitespace(" ")
        return node.with_changes(
            comparisons=[target.with_changes(operator=made(whitespace_before=before, whitespace_after=after))]
        )

    return change


def decorators_exchanged(first: int, second: int) -> Change:
    """Two decorators of a definition in each other's place, each with the comment behind it."""

    def change(node: Any) -> Any:
        decorators = list(node.decorators)
        decorators[first], decorators[second] = decorators[second], decorators[first]
        return node.with_changes(decorators=decorators)

    return change
