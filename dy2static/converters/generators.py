"""Generator functions: written out as functions that hand each value to whoever consumes the generator."""

import ast
from collections.abc import Sequence

from dy2static.analysis.escapes import blocks_of
from dy2static.analysis.survey import parameters
from dy2static.converters.build import (
    arguments_of,
    call,
    constant,
    definition,
    load,
    names_tuple,
    position,
    returns,
    statement,
    store,
)
from dy2static.converters.context import ConvertContext
from dy2static.converters.desugar import in_blocks


def convert(function: ast.FunctionDef, ctx: ConvertContext) -> ast.FunctionDef:
    """`def f(n): ...; yield v; ...` -> `def f(n):`

        def produce(n, emit): ...; _rt.yield_(emit, v); if _rt.is_over(emit): return; ...
        return _rt.generator(produce, (n,))

    The body of the loop that consumes the generator runs where the `yield` was, so loops and branches around it, and
    the loop's `break`, work on values of a graph too.
    """
    function.body = in_blocks(function.body, lambda node: [as_producer(node, ctx)] if is_generator(node) else [node])
    return as_producer(function, ctx) if is_generator(function) else function


def is_generator(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and any(map(yields, node.body))


def yields(node: ast.AST) -> bool:
    """Whether something in a function, apart from functions inside it, yields."""
    match node:
        case ast.Yield() | ast.YieldFrom():
            return True
        case ast.FunctionDef() | ast.Lambda():
            return False
        case _:
            return any(yields(child) for child in ast.iter_child_nodes(node))


def as_producer(function: ast.stmt, ctx: ConvertContext) -> ast.FunctionDef:
    assert isinstance(function, ast.FunctionDef)
    emit, produce = ctx.names.fresh("emit"), ctx.names.fresh("produce")
    names = [argument.arg for argument in parameters(function.args)]
    start = 1 if ast.get_docstring(function, clean=False) is not None else 0
    docstring, statements = function.body[:start], function.body[start:]
    flags = {"catches": catches_at_yield, "closes": closes_at_yield}
    keywords = [name for name, holds in flags.items() if any(map(holds, statements))]
    body = _Yields(ctx, emit).block(statements)
    at = statements[0]
    place = position(at)
    inner = definition(produce, arguments_of([*names, emit], place), body, place)  # `self` is the first, for `super()`
    made = call(ctx.runtime, "generator", [load(produce, at), names_tuple(names, at)], at)
    made.keywords = [ast.keyword(name, constant(True, at), **position(at)) for name in keywords]
    function.body = [*docstring, inner, returns(made, at)]
    return function


def catches_at_yield(node: ast.AST) -> bool:
    """Whether a `yield` stands in a `try` with `except`."""
    if isinstance(node, ast.FunctionDef | ast.Lambda):
        return False
    if isinstance(node, ast.Try) and node.handlers and any(map(yields, node.body)):
        return True
    return any(catches_at_yield(child) for child in ast.iter_child_nodes(node))


def closes_at_yield(node: ast.AST) -> bool:
    """Whether a `yield` stands in a `with`, or in a `try` with `finally`: what is left there still does something."""
    if isinstance(node, ast.FunctionDef | ast.Lambda):
        return False
    if isinstance(node, ast.With) or (isinstance(node, ast.Try) and node.finalbody):
        return yields(node)
    return any(closes_at_yield(child) for child in ast.iter_child_nodes(node))


class _Yields:
    def __init__(self, ctx: ConvertContext, emit: str) -> None:
        self.ctx = ctx
        self.emit = emit

    def block(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        done: list[ast.stmt] = []
        for node in statements:
            for block in blocks_of(node):
                block[:] = self.block(block)
            done += self.replaced(node)
        return done

    def replaced(self, node: ast.stmt) -> list[ast.stmt]:
        match node:
            case ast.Expr(value=ast.Yield(value=value)):
                return self.emitted(ast.Constant(None, **position(node)) if value is None else value, node)
            case ast.Expr(value=ast.YieldFrom(value=items)):
                name = self.ctx.names.fresh("item")
                body = self.emitted(load(name, node), node)
                return [ast.For(store(name, node), items, body, [], **position(node))]
            case _:
                return [node]

    def emitted(self, value: ast.expr, at: ast.stmt) -> list[ast.stmt]:
        runtime = self.ctx.runtime
        over = call(runtime, "is_over", [load(self.emit, at)], at)
        leave = ast.If(over, [ast.Return(None, **position(at))], [], **position(at))
        return [statement(call(runtime, "yield_", [load(self.emit, at), value], at), at), leave]
