"""Branches: `cond`, `switch`, `case` and their like become `if`."""

from collections.abc import Sequence
from typing import Final

import libcst as cst

from dy2static.codemod.migrate.bodies import Body
from dy2static.codemod.migrate.entries import LeftError, code, in_brackets
from dy2static.codemod.migrate.loops import Given, Site
from dy2static.codemod.migrate.sinks import Sink
from dy2static.codemod.migrate.state import settled, used_once
from dy2static.codemod.migrate.statements import assign_all, block, call, elements_of, led, without_brackets
from dy2static.codemod.migrate.surroundings import GivenFunction, is_function

MAX_WIDTH: Final = 100
"""A conditional expression that is longer becomes a statement."""
ATOMS: Final = (cst.Name, cst.Attribute, cst.BaseNumber, cst.SimpleString)


def operands_of(given: Given, rest: Sequence[cst.BaseExpression], spread: bool) -> list[cst.BaseExpression]:
    """What the branches are called with."""
    if "operand" in given:
        return [given["operand"]]
    if spread and rest:
        values = elements_of(rest[0])
        if values is None:
            raise LeftError("its operands are not listed in the call")
        return values
    return list(rest)


def as_expression(
    test: cst.BaseExpression, chosen: GivenFunction, other: GivenFunction, operands: Sequence[cst.BaseExpression]
) -> cst.BaseExpression:
    """`a if test else b`. Raises: LeftError."""
    return cst.IfExp(
        test=_operand(test),
        body=_operand(_value(chosen, operands)),
        orelse=_last(_value(other, operands)),
    )


def _operand(node: cst.BaseExpression) -> cst.BaseExpression:
    """Conditional expressions and lambdas in another need brackets."""
    return in_brackets(node) if isinstance(node, cst.IfExp | cst.Lambda | cst.NamedExpr | cst.Tuple) else node


def _last(node: cst.BaseExpression) -> cst.BaseExpression:
    """What comes last in a conditional expression may be another one, but no bare tuple."""
    return in_brackets(node) if isinstance(node, cst.Tuple) else node


def is_short(branch: GivenFunction, operands: Sequence[cst.BaseExpression]) -> bool:
    """Whether a branch is one expression that can stand in a conditional expression."""
    if branch.body is None:
        return is_function(branch.node) and not isinstance(branch.node, cst.Lambda)
    return not branch.body.statements and _can_be_filled(branch.body, operands)


def _can_be_filled(body: Body, operands: Sequence[cst.BaseExpression]) -> bool:
    return len(body.parameters) == len(operands) and all(
        isinstance(operand, ATOMS) or used_once(body, name)
        for name, operand in zip(body.parameters, operands, strict=True)
    )


def _value(branch: GivenFunction, operands: Sequence[cst.BaseExpression]) -> cst.BaseExpression:
    body = branch.body
    if body is not None and not body.statements and _can_be_filled(body, operands):
        return _filled(body, operands).result
    if not is_function(branch.node):
        raise LeftError("its functions are worked out in the call")
    return call(in_brackets(branch.node) if isinstance(branch.node, cst.Lambda) else branch.node, operands)


def _filled(body: Body, operands: Sequence[cst.BaseExpression]) -> Body:
    values = {n: in_brackets(o) for n, o in zip(body.parameters, operands, strict=True)}
    return body.filled(values)


def branch_block(
    branch: GivenFunction, operands: Sequence[cst.BaseExpression], sink: Sink, site: Site
) -> list[cst.BaseStatement]:
    """The statements of one branch, with the result where it goes. Raises: LeftError."""
    body = branch.body
    if body is None:
        return sink.finish(_value(branch, operands))
    if len(body.parameters) != len(operands):
        raise LeftError("its functions take another number of arguments than they are given")
    outer = {name for operand in operands for name in _names(operand)}
    assigned = {name for s in body.statements for name in _bound(s)}
    direct = {
        name: operand
        for name, operand in zip(body.parameters, operands, strict=True)
        if isinstance(operand, ATOMS) and name not in assigned
    }
    kept = [name for name in body.parameters if name not in direct]
    # A parameter that the body gives a new value, or that stands for something to be worked out, becomes a variable.
    names = [site.fresh(name, site.after | body.reads | outer) for name in kept]
    starts = assign_all(names, [dict(zip(body.parameters, operands, strict=True))[name] for name in kept])
    body = settled(body, body.parameters, site.after | set(names) | outer, site.fresh)
    body = body.renamed(dict(zip(kept, names, strict=True)))
    body = body.filled(direct)
    return led([*starts, *body.statements, *sink.finish(body.result)], body.lead)


def _names(node: cst.BaseExpression) -> list[str]:
    return [part.value for part in _walk(node) if isinstance(part, cst.Name)]


def _walk(node: cst.CSTNode) -> list[cst.CSTNode]:
    return [node, *(below for child in node.children for below in _walk(child))]


def _bound(statement: cst.BaseStatement) -> set[str]:
    return Body((), (statement,), cst.Name("None")).locals


def if_statement(tests: Sequence[cst.BaseExpression], blocks: Sequence[list[cst.BaseStatement]]) -> cst.If:
    """`if`, `elif` ..., `else`, with one block more than there are tests. A last block that is empty is left out."""
    made: cst.If | cst.Else | None = cst.Else(block(blocks[-1])) if blocks[-1] else None
    for test, statements in zip(reversed(tests), reversed(blocks[:-1]), strict=True):
        if not statements and isinstance(made, cst.Else):
            opposite = cst.UnaryOperation(cst.Not(), in_brackets(test))
            made = cst.If(opposite, made.body)
            continue
        made = cst.If(without_brackets(test), block(statements), orelse=made)
    assert isinstance(made, cst.If)
    return made


def index_tests(index: cst.BaseExpression, keys: Sequence[int], clamps: bool) -> list[cst.BaseExpression]:
    """The tests for all branches but the last, by the number of the branch."""
    tests: list[cst.BaseExpression] = []
    for i, key in enumerate(keys[:-1]):
        operator = "<=" if clamps and i == 0 else "=="
        tests.append(cst.parse_expression(f"{code(index)} {operator} {key}"))
    return tests
