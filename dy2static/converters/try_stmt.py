"""`try`."""

import ast
from collections.abc import Sequence

from dy2static.analysis.escapes import is_steps
from dy2static.converters.blocks import BlockMaker
from dy2static.converters.build import constant, load, position, thunk, tuple_of, values_tuple
from dy2static.converters.outer_names import delete_outer, is_outer
from dy2static.converters.rewrite import Rewriter
from dy2static.converters.stores import store_to
from dy2static.converters.undefined import starts, undefined_name


def convert(node: ast.Try, rewriter: Rewriter) -> list[ast.stmt]:
    """Every block becomes a function of the names that the statement binds; the body one for each step in it.

    `try: ... except E as e: ...` -> `def step(): ...`, `def handle(e): ...`,
    `_rt.try_((step,), (handle,), (lambda: E,), (), (), lambda: ())`, with `orelse=` and `final=`. The last thunk tells
    what the names are when an exception comes; `watched=` names those of them that it matters for.
    """
    names = rewriter.ctx.names
    maker = BlockMaker(rewriter, rewriter.flow.carried[node], node)
    done: list[ast.stmt] = []
    if is_steps(node):
        return block_of_steps(node, maker, rewriter)
    steps = step_functions(groups_of(node.body), maker, rewriter, done)
    handlers: list[ast.expr] = []
    kinds: list[ast.expr] = []
    for i, handler in enumerate(node.handlers):
        name = names.fresh("handle", i)
        done.append(handler_function(handler, name, maker, rewriter))
        handlers.append(load(name, handler))
        kind = handler.type
        kinds.append(constant(None, handler) if kind is None else thunk(rewriter.expression(kind), kind))
    keywords: list[ast.keyword] = []
    for block, argument in ((node.orelse, "orelse"), (node.finalbody, "final")):
        if block:
            name = names.fresh(argument)
            done.append(maker.make(name, rewriter.block(block)))
            keywords.append(ast.keyword(argument, load(name, node), **position(node)))
    arguments = [steps, tuple_of(handlers, node), tuple_of(kinds, node), *state_of(maker)]
    return [*done, maker.call("try_", arguments, [*keywords, *watched(maker)])]


def block_of_steps(node: ast.Try, maker: BlockMaker, rewriter: Rewriter) -> list[ast.stmt]:
    """`_rt.steps((step,), (), (), lambda: ())`: see `converters.steps`."""
    done = starts(maker.carried.fresh, rewriter.ctx.runtime, node)
    steps = step_functions(groups_of(node.body), maker, rewriter, done)
    return [*done, maker.call("steps", [steps, *state_of(maker)], watched(maker))]


def state_of(maker: BlockMaker) -> list[ast.expr]:
    """The names' values now, the names, and how to ask for their values later."""
    return [*maker.state(), thunk(maker.outputs, maker.at)]


def watched(maker: BlockMaker) -> list[ast.keyword]:
    if not maker.carried.watched:
        return []
    return [ast.keyword("watched", values_tuple(maker.carried.watched, maker.at), **position(maker.at))]


def step_functions(
    groups: Sequence[Sequence[ast.stmt]], maker: BlockMaker, rewriter: Rewriter, done: list[ast.stmt]
) -> ast.expr:
    """Functions for the steps of a body, put into `done`; returns the tuple of their names."""
    steps: list[ast.expr] = []
    for i, group in enumerate(groups):
        name = rewriter.ctx.names.fresh("step", i)
        done.append(maker.make(name, rewriter.block(group)))
        steps.append(load(name, group[0]))
    return tuple_of(steps, maker.at)


def groups_of(statements: Sequence[ast.stmt]) -> list[list[ast.stmt]]:
    """The steps of a block: what one step has bound is kept when a later one fails in a graph."""
    groups: list[list[ast.stmt]] = []
    for statement in statements:
        if groups and cannot_fail(statement):
            groups[-1].append(statement)
        else:
            groups.append([statement])
    return groups


def cannot_fail(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Assign(targets=[ast.Name()], value=ast.Constant()):
            return True
        case _:
            return False


def handler_function(handler: ast.ExceptHandler, name: str, maker: BlockMaker, rewriter: Rewriter) -> ast.FunctionDef:
    """`def handle(error, names): ...`; the name of the exception is unbound again at its end."""
    body = rewriter.block(handler.body)
    error = rewriter.ctx.names.fresh("error")
    if handler.name is not None:
        if is_own(handler.name, maker, rewriter):
            error = handler.name
        else:
            store_name = ast.Name(handler.name, ast.Store(), **position(handler))
            body = [*store_to(store_name, load(error, handler), rewriter, handler), *body]
        if is_outer(handler.name, rewriter):
            body.append(delete_outer(handler.name, rewriter, handler))
        elif handler.name in maker.carried.outputs:
            body.append(undefined_name(handler.name, rewriter.ctx.runtime, handler))
    return maker.make(name, body, error)


def is_own(name: str, maker: BlockMaker, rewriter: Rewriter) -> bool:
    """Whether a name that a block starts by binding can be a parameter of it: it is a variable of the block alone."""
    is_shared = name in rewriter.flow.captured or is_outer(name, rewriter)
    return not is_shared and name not in maker.carried.inputs
