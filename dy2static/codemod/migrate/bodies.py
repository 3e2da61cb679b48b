"""Functions that are given to control-flow primitives, taken apart: their bodies can stand in the code around them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import libcst as cst

from dy2static.codemod.migrate.work import bound_in, names_of_target, parameters_of


@dataclass(frozen=True, slots=True)
class Body:
    """A function that runs from its top to one `return` at its end.

    `statements` come before that; `result` is what it returns. `lead` are the comments above it, `name` is that of a
    `def`.
    """

    parameters: tuple[str, ...]
    statements: tuple[cst.BaseStatement, ...]
    result: cst.BaseExpression
    name: str = ""
    lead: tuple[cst.EmptyLine, ...] = ()

    @property
    def locals(self) -> set[str]:
        """What its statements bind, parameters left out."""
        return {name for s in self.statements for name in bound_in(s)} - set(self.parameters)

    @property
    def reads(self) -> set[str]:
        """Names that come from outside of it."""
        used = {name for part in (*self.statements, self.result) for name in names_in(part)}
        return used - set(self.parameters) - self.locals

    def renamed(self, names: Mapping[str, str]) -> "Body":
        """With other names for its parameters and locals."""
        names = {old: new for old, new in names.items() if old != new}
        if not names:
            return self
        return replace(
            self,
            parameters=tuple(names.get(name, name) for name in self.parameters),
            statements=tuple(with_names(s, names) for s in self.statements),
            result=with_names(self.result, names),
        )

    def filled(self, values: Mapping[str, cst.BaseExpression]) -> "Body":
        """With expressions in the place of parameters."""
        return replace(
            self,
            statements=tuple(with_values(s, values) for s in self.statements),
            result=with_values(self.result, values),
        )


def body_of(node: cst.Lambda | cst.FunctionDef) -> Body | None:
    """A function taken apart; None where its body cannot stand in the code around it."""
    parameters = plain_parameters(node.params)
    if parameters is None:
        return None
    if isinstance(node, cst.Lambda):
        return Body(parameters, (), node.body) if not rebinds(node.body, parameters) else None
    if node.asynchronous is not None or node.decorators or not isinstance(node.body, cst.IndentedBlock):
        return None
    statements = list(node.body.body)
    lead = list(node.leading_lines)
    text = docstring(statements)
    if text is not None:
        lead += [cst.EmptyLine(comment=cst.Comment(f"# {line.strip()}")) for line in text.splitlines() if line.strip()]
        del statements[0]
    if not statements:
        return None
    result = returned(statements[-1])
    rest = tuple(statements[:-1])
    if result is None or any(leaves(statement) for statement in rest):
        return None
    kept = [line for line in lead if line.comment is not None]
    # What is said above the `return` is said about the end of the body.
    last = statements[-1]
    assert isinstance(last, cst.SimpleStatementLine)
    kept += [line for line in last.leading_lines if line.comment is not None] if not rest else []
    made = Body(parameters, rest, result, node.name.value, tuple(kept))
    if any(rebinds(part, (*parameters, *made.locals)) for part in (*rest, result)):
        return None
    return made


def plain_parameters(parameters: cst.Parameters) -> tuple[str, ...] | None:
    """The names of parameters that are all given by position; None where there are others."""
    star = isinstance(parameters.star_arg, cst.Param) or parameters.star_kwarg is not None
    every = [*parameters.posonly_params, *parameters.params]
    if star or parameters.kwonly_params or any(parameter.default is not None for parameter in every):
        return None
    return tuple(parameter.name.value for parameter in every)


def docstring(statements: Sequence[cst.BaseStatement]) -> str | None:
    match statements:
        case [cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString() as text)]), *_]:
            value = text.evaluated_value
            return value if isinstance(value, str) else None
        case _:
            return None


def returned(statement: cst.BaseStatement) -> cst.BaseExpression | None:
    match statement:
        case cst.SimpleStatementLine(body=[cst.Return(value=value)]):
            return value
        case _:
            return None


class _Leaves(cst.CSTVisitor):
    """Whether a statement can leave the function it is in, or reaches for names around it."""

    def __init__(self) -> None:
        self.found = False

    def visit_Return(self, node: cst.Return) -> None:
        self.found = True

    def visit_Yield(self, node: cst.Yield) -> None:
        self.found = True

    def visit_Nonlocal(self, node: cst.Nonlocal) -> None:
        self.found = True

    def visit_Global(self, node: cst.Global) -> None:
        self.found = True

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        return False

    def visit_Lambda(self, node: cst.Lambda) -> bool:
        return False


def leaves(statement: cst.CSTNode) -> bool:
    visitor = _Leaves()
    statement.visit(visitor)
    return visitor.found


class _Rebinds(cst.CSTVisitor):
    def __init__(self, names: frozenset[str]) -> None:
        self.names = names
        self.found = False

    def visit_Lambda(self, node: cst.Lambda) -> None:
        self.found = self.found or bool(self.names & parameters_of(node.params))

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        # A function inside reads variables late; after inlining, those of a later trip.
        self.found = True

    def visit_CompFor(self, node: cst.CompFor) -> None:
        self.found = self.found or bool(self.names & names_of_target(node.target))


def rebinds(part: cst.CSTNode, names: Sequence[str]) -> bool:
    """Whether something inside `part` gives one of `names` another meaning there."""
    visitor = _Rebinds(frozenset(names))
    part.visit(visitor)
    return visitor.found


class _Names(cst.CSTVisitor):
    def __init__(self) -> None:
        self.names: list[str] = []

    def visit_Name(self, node: cst.Name) -> None:
        self.names.append(node.value)

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        node.value.visit(self)
        return False

    def visit_Arg(self, node: cst.Arg) -> bool:
        node.value.visit(self)
        return False

    def visit_Param(self, node: cst.Param) -> None:
        self.names.append(node.name.value)


def occurrences(part: cst.CSTNode) -> list[str]:
    """The variables in a part of a tree, as often as they stand there."""
    visitor = _Names()
    part.visit(visitor)
    return visitor.names


def names_in(part: cst.CSTNode) -> set[str]:
    return set(occurrences(part))


class _Renamer(cst.CSTTransformer):
    """Puts expressions in the place of variables; not of attributes and keywords that are called the same."""

    def __init__(self, values: Mapping[str, cst.BaseExpression]) -> None:
        super().__init__()
        self.values = values

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        return updated_node.with_changes(attr=original_node.attr)

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        return updated_node.with_changes(keyword=original_node.keyword)

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> Any:
        value = self.values.get(original_node.value)
        if value is None:
            return updated_node
        if isinstance(value, cst.Name):
            return updated_node.with_changes(value=value.value)
        return value.deep_clone()


def with_names(part: Any, names: Mapping[str, str]) -> Any:
    return part.visit(_Renamer({old: cst.Name(new) for old, new in names.items()}))


def with_values(part: Any, values: Mapping[str, cst.BaseExpression]) -> Any:
    return part.visit(_Renamer(values)) if values else part
