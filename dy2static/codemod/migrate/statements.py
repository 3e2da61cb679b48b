"""Statements made of parts: assignments that leave out what changes nothing, blocks, loops."""

from collections.abc import Iterable, Sequence

import libcst as cst

from dy2static.codemod.migrate.bodies import names_in

COMMA = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


def line(statement: cst.BaseSmallStatement) -> cst.SimpleStatementLine:
    return cst.SimpleStatementLine([statement])


def assign(target: cst.BaseAssignTargetExpression, value: cst.BaseExpression) -> cst.SimpleStatementLine:
    return line(cst.Assign([cst.AssignTarget(target)], value))


def expression(value: cst.BaseExpression) -> cst.SimpleStatementLine:
    return line(cst.Expr(value))


def tuple_of(values: Sequence[cst.BaseExpression], brackets: bool = False) -> cst.Tuple:
    """`a, b`, or `(a, b)`."""
    elements = [cst.Element(value, comma=COMMA) for value in values]
    if len(elements) > 1:
        elements[-1] = cst.Element(values[-1])
    else:
        elements = [cst.Element(value, comma=cst.Comma()) for value in values]
    if brackets:
        return cst.Tuple(elements)
    return cst.Tuple(elements, lpar=[], rpar=[])


def assign_all(names: Sequence[str], values: Sequence[cst.BaseExpression]) -> list[cst.BaseStatement]:
    """Names are given values, all of which are of before; one by one where order is no matter, without `x = x`."""
    pairs = [(n, v) for n, v in zip(names, values, strict=True) if not (isinstance(v, cst.Name) and v.value == n)]
    if not pairs:
        return []
    assigned: set[str] = set()
    in_order = True
    for name, value in pairs:
        in_order = in_order and not (assigned & names_in(value))
        assigned.add(name)
    if in_order:
        return [assign(cst.Name(name), without_brackets(value)) for name, value in pairs]
    left = tuple_of([cst.Name(name) for name, _ in pairs])
    return [assign(left, tuple_of([value for _, value in pairs]))]


def without_brackets(value: cst.BaseExpression) -> cst.BaseExpression:
    """A right side needs none, unless it goes over several lines."""
    if isinstance(value, cst.GeneratorExp) or not value.lpar or (isinstance(value, cst.Tuple) and not value.elements):
        return value
    bare = value.with_changes(lpar=value.lpar[1:], rpar=value.rpar[:-1])
    return value if "\n" in cst.Module([]).code_for_node(value) else bare


def block(statements: Iterable[cst.BaseStatement]) -> cst.IndentedBlock:
    found = list(statements)
    return cst.IndentedBlock(found or [line(cst.Pass())])


def while_loop(test: cst.BaseExpression, statements: Iterable[cst.BaseStatement]) -> cst.While:
    return cst.While(without_brackets(test), block(statements))


def for_loop(
    target: cst.BaseAssignTargetExpression, over: cst.BaseExpression, statements: Iterable[cst.BaseStatement]
) -> cst.For:
    return cst.For(target, over, block(statements))


def elements_of(node: cst.BaseExpression) -> list[cst.BaseExpression] | None:
    """What a tuple or list display has in it; None for anything else."""
    if not isinstance(node, cst.Tuple | cst.List):
        return None
    if any(not isinstance(element, cst.Element) for element in node.elements):
        return None
    return [element.value for element in node.elements]


def call(function: cst.BaseExpression, values: Sequence[cst.BaseExpression]) -> cst.Call:
    arguments = [cst.Arg(value, comma=COMMA) for value in values]
    if arguments:
        arguments[-1] = cst.Arg(values[-1])
    return cst.Call(function, arguments)


def led(statements: list[cst.BaseStatement], lead: Sequence[cst.EmptyLine]) -> list[cst.BaseStatement]:
    """With comments above the first statement."""
    if not lead or not statements:
        return statements
    first = statements[0]
    lines = [*lead, *getattr(first, "leading_lines", ())]
    return [first.with_changes(leading_lines=lines), *statements[1:]]
