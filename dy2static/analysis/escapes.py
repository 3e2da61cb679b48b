"""How a block of statements can end: by running into what follows, or by leaving it early."""

import ast
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

Loop = ast.While | ast.For


class Exit(StrEnum):
    """The ways on from a statement. One that only raises, or never ends, has none."""

    FALL = "falls through"
    BREAK = "break"
    CONTINUE = "continue"
    RETURN = "return"


Exits = frozenset[Exit]
FALL: Exits = frozenset([Exit.FALL])


BLOCKS: dict[type[ast.stmt], Callable[[Any], Sequence[list[ast.stmt]]]] = {
    ast.If: lambda node: (node.body, node.orelse),
    ast.While: lambda node: (node.body, node.orelse),
    ast.For: lambda node: (node.body, node.orelse),
    ast.With: lambda node: (node.body,),
    ast.Try: lambda node: (node.body, *(handler.body for handler in node.handlers), node.orelse, node.finalbody),
}


def blocks_of(statement: ast.stmt) -> Sequence[list[ast.stmt]]:
    """The blocks of statements in a construct, in source order; functions and classes inside are none of its."""
    blocks = BLOCKS.get(type(statement))
    return () if blocks is None else blocks(statement)


def is_steps(statement: ast.stmt) -> bool:
    """Whether it is a block of steps, as `converters.steps` makes them: a `try` that has nothing but a body."""
    match statement:
        case ast.Try(handlers=[], orelse=[], finalbody=[]):
            return True
        case _:
            return False


def unwrapped(block: Sequence[ast.stmt]) -> Sequence[ast.stmt]:
    """The statements of a block that may be one of steps."""
    match block:
        case [ast.Try(body=body) as statement] if is_steps(statement):
            return body
        case _:
            return block


def is_endless(loop: Loop) -> bool:
    """`while True`: it ends by `break`, `return` or an exception only."""
    return isinstance(loop, ast.While) and isinstance(loop.test, ast.Constant) and bool(loop.test.value)


LEAVING = frozenset([*BLOCKS, ast.Return, ast.Break, ast.Continue, ast.Raise])
"""All other statements run into what follows."""


class Escapes:
    """The exits of statements, each computed once. The tree may grow while this is in use, but not change."""

    def __init__(self) -> None:
        self._known: dict[ast.stmt, Exits] = {}

    def block(self, statements: Sequence[ast.stmt]) -> Exits:
        exits: Exits = frozenset()
        for statement in statements:
            found = self.statement(statement)
            exits |= found
            if Exit.FALL not in found:
                return exits - FALL
        return exits | FALL

    def statement(self, statement: ast.stmt) -> Exits:
        if type(statement) not in LEAVING:
            return FALL
        known = self._known.get(statement)
        if known is None:
            known = self._known[statement] = self._find(statement)
        return known

    def _find(self, statement: ast.stmt) -> Exits:
        match statement:
            case ast.Return():
                return frozenset([Exit.RETURN])
            case ast.Break():
                return frozenset([Exit.BREAK])
            case ast.Continue():
                return frozenset([Exit.CONTINUE])
            case ast.Raise():
                return frozenset()
            case ast.If():
                return self.block(statement.body) | self.block(statement.orelse)
            case ast.While() | ast.For():
                body = self.block(statement.body)
                exits = body & {Exit.RETURN}
                if Exit.BREAK in body:
                    exits |= FALL
                if not is_endless(statement):
                    exits |= self.block(statement.orelse)
                return exits
            case ast.With():  # its manager may keep an exception to itself, wherever in the body it is raised
                return self.block(statement.body) | FALL
            case ast.Try():
                exits = self.block(statement.body)
                if Exit.FALL in exits:
                    exits = (exits - FALL) | self.block(statement.orelse)
                for handler in statement.handlers:
                    exits |= self.block(handler.body)
                after = self.block(statement.finalbody)
                return exits | (after - FALL) if Exit.FALL in after else after
            case _:
                return FALL
