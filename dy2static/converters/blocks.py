"""Blocks of statements that become functions: the branches of `if`, the tests and bodies of loops."""

import ast
from collections.abc import Sequence

from dy2static.analysis.facts import Carried
from dy2static.converters.build import (
    Located,
    arguments_of,
    assign,
    call,
    definition,
    load,
    names_target,
    names_tuple,
    position,
    returns,
    statement,
    values_tuple,
)
from dy2static.converters.calls import dotted_path
from dy2static.converters.rewrite import Rewriter

GIVE_ALL = ("if_", "for_", "while_", "steps")
"""The constructs whose values are bound by one assignment, and no other way."""


class BlockMaker:
    """Makes the functions of one construct, which have the parts in common that are alike.

    A name that a nested function of the user captures stays one variable of the user's function: the new function
    says `nonlocal`, and sets it to the value it starts from.
    """

    def __init__(self, rewriter: Rewriter, carried: Carried, at: Located) -> None:
        self.rewriter = rewriter
        self.carried = carried
        self.at = at
        self.place = position(at)
        self.outputs = names_tuple(carried.outputs, self.place)
        """The names that go out, as an expression."""
        self._give_back = returns(self.outputs, self.place)
        self._start: list[ast.stmt] = []
        self._state: str | None = None
        if carried.shared:
            self._start.append(ast.Nonlocal(sorted(carried.shared), **self.place))
        if not rewriter.flow.captured.isdisjoint(carried.inputs):
            self._state = rewriter.ctx.names.fresh("state")
            start = assign(names_target(carried.inputs, self.place), load(self._state, self.place), self.place)
            self._start.append(start)
        self._parameters = self._taking()

    def make(self, name: str, body: list[ast.stmt], *first: str, returning: ast.expr | None = None) -> ast.FunctionDef:
        """A function `name` that takes `first` and the inputs, does `body`, which is converted already, and returns the
        outputs, or `returning`."""
        done = [*self._start, *(part for part in body if type(part) is not ast.Pass)]
        if returning is not None:
            done.append(returns(returning, returning))
        elif done and (made := self._made_by(done[-1])) is not None:
            done[-1] = returns(made, done[-1])
        else:
            done.append(self._give_back)
        parameters = self._taking(*first) if first else self._parameters
        return definition(name, parameters, done, self.place)

    def _made_by(self, last: ast.stmt) -> ast.expr | None:
        """The call of a construct that a block ends with, where that gives all that the block has to give back."""
        value, target = (last.value, last.targets[0]) if isinstance(last, ast.Assign) else (None, None)
        if self.carried.shared or not isinstance(value, ast.Call) or not isinstance(target, ast.Tuple):
            return None
        if dotted_path(value.func) not in [(self.rewriter.ctx.runtime, name) for name in GIVE_ALL]:
            return None
        names = [part.id for part in target.elts if isinstance(part, ast.Name)]
        return value if names == [*self.carried.outputs] else None

    def _taking(self, *first: str) -> ast.arguments:
        if self._state is None:
            return arguments_of([*first, *self.carried.inputs], self.place)
        return arguments_of(first, self.place, self._state)

    def call(self, name: str, arguments: Sequence[ast.expr], keywords: Sequence[ast.keyword] = ()) -> ast.stmt:
        """`(outputs) = _rt.<name>(*arguments, **keywords)`."""
        value = call(self.rewriter.ctx.runtime, name, arguments, self.at)
        value.keywords = list(keywords)
        if not self.carried.outputs:
            return statement(value, self.place)
        return assign(names_target(self.carried.outputs, self.place), value, self.place)

    def state(self) -> list[ast.expr]:
        """The values that go in, and the names of those that go out."""
        inputs, outputs = self.carried.inputs, self.carried.outputs
        values = self.outputs if inputs == outputs else names_tuple(inputs, self.place)
        return [values, values_tuple(outputs, self.place)]
