"""TensorFlow's `v.assign(x)` and its like change a variable, whoever is watching: ours do that under `no_grad()`."""

from typing import Any, Final

import libcst as cst

from dy2static.codemod.migrate.entries import code, in_brackets
from dy2static.codemod.migrate.statements import block, call, expression
from dy2static.codemod.migrate.work import Scoped, Work

UPDATES: Final[dict[str, type[cst.BaseBinaryOp] | None]] = {
    "assign": None,
    "assign_add": cst.Add,
    "assign_sub": cst.Subtract,
}


class VariableUpdates(Scoped):
    """`v.assign_add(x)` -> `with xp.no_grad(): v.assign(v + x)`."""

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self.depth = 0

    def visit_With(self, node: cst.With) -> None:
        self.depth += _is_no_grad(node)

    def leave_With(self, original_node: cst.With, updated_node: cst.With) -> cst.With:
        self.depth -= _is_no_grad(original_node)
        return updated_node

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.With:
        match updated_node.body:
            case [cst.Expr(value=cst.Call(func=cst.Attribute(value=v, attr=cst.Name(value=name)), args=[given, *_]))]:
                if name not in UPDATES or self.qualified(v) is not None or self.work.framework.name != "tensorflow":
                    return updated_node
                if name == "assign" and self.depth:
                    return updated_node
            case _:
                return updated_node
        operator = UPDATES[name]
        value: Any = given.value
        if operator is not None:
            value = cst.BinaryOperation(v.deep_clone(), operator(), in_brackets(value))
        statement = expression(call(cst.Attribute(v, cst.Name("assign")), [value]))
        statement = statement.with_changes(trailing_whitespace=updated_node.trailing_whitespace)
        context = cst.WithItem(call(self.work.ours("xp.no_grad"), []))
        return cst.With([context], block([statement]), leading_lines=updated_node.leading_lines)


def _is_no_grad(node: cst.With) -> bool:
    return any("no_grad" in code(item.item) for item in node.items)
