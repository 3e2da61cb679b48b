"""Blocks of statements that become functions: the branches of `if`, the tests and bodies of loops."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from dy2static.analysis.flow import Carried
from dy2static.converters.build import (
    Located,
    assign,
    call,
    definition,
    load,
    names_tuple,
    position,
    returns,
    set_name,
    statement,
    store,
    texts_tuple,
)
from dy2static.converters.rewrite import Rewriter


@dataclass(frozen=True, slots=True)
class BlockMaker:
    """Makes the functions of one construct.

    A name that a nested function of the user captures stays one variable of the user's function: the new function
    says `nonlocal`, and takes the value it starts from under another name.
    """

    rewriter: Rewriter
    carried: Carried
    at: Located

    def make(self, name: str, first: Sequence[str], body: list[ast.stmt]) -> ast.FunctionDef:
        """A function `name` that takes `first` and the inputs; `body` is converted already."""
        names = self.rewriter.ctx.names
        shared = sorted(self.carried.assigned & self.rewriter.flow.captured)
        taken = {shared_name: names.fresh(f"{shared_name}_in") for shared_name in shared}
        start: list[ast.stmt] = []
        if shared:
            start.append(ast.Nonlocal(shared, **position(self.at)))
        for shared_name in self.carried.inputs:
            if shared_name in taken:
                start.append(set_name(shared_name, load(taken[shared_name], self.at), self.at))
        parameters = [*first, *(taken.get(input_name, input_name) for input_name in self.carried.inputs)]
        return definition(name, parameters, [*start, *body], self.at)

    def giving_back(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """`body`, then `return` of the outputs."""
        done = [part for part in body if not isinstance(part, ast.Pass)]
        return [*done, returns(names_tuple(self.carried.outputs, self.at), self.at)]

    def call(self, name: str, arguments: Sequence[ast.expr], keywords: Sequence[ast.keyword] = ()) -> ast.stmt:
        """`(outputs) = _rt.<name>(*arguments, **keywords)`."""
        value = call(self.rewriter.ctx.runtime, name, arguments, self.at)
        value.keywords = list(keywords)
        if not self.carried.outputs:
            return statement(value, self.at)
        targets: list[ast.expr] = [store(output, self.at) for output in self.carried.outputs]
        return assign(ast.Tuple(targets, ast.Store(), **position(self.at)), value, self.at)

    def inputs(self) -> ast.expr:
        return names_tuple(self.carried.inputs, self.at)

    def output_names(self) -> ast.expr:
        return texts_tuple(self.carried.outputs, self.at)
