"""`x += v` where tensors never change: there it gives the name a new tensor, with us it would change the old one."""

from typing import Any, Final

import libcst as cst

from dy2static.codemod.migrate.entries import in_brackets
from dy2static.codemod.migrate.work import Scoped, Work, path_of

OPERATORS: Final[dict[type[cst.BaseAugOp], type[cst.BaseBinaryOp]]] = {
    cst.AddAssign: cst.Add,
    cst.SubtractAssign: cst.Subtract,
    cst.MultiplyAssign: cst.Multiply,
    cst.DivideAssign: cst.Divide,
    cst.FloorDivideAssign: cst.FloorDivide,
    cst.ModuloAssign: cst.Modulo,
    cst.PowerAssign: cst.Power,
    cst.MatrixMultiplyAssign: cst.MatrixMultiply,
    cst.BitAndAssign: cst.BitAnd,
    cst.BitOrAssign: cst.BitOr,
    cst.BitXorAssign: cst.BitXor,
}
PLAIN: Final = (cst.BaseNumber, cst.BaseString, cst.List)


class Rebinding(Scoped):
    """`total += x` -> `total = total + x`, but for names that are only ever given Python's numbers, texts and lists."""

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self.plain: list[set[str]] = []

    def visit_Module(self, node: cst.Module) -> None:
        self.plain.append(set())

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool | None:
        values = _Values()
        node.body.visit(values)
        self.plain.append({name for name, given in values.given.items() if all(isinstance(v, PLAIN) for v in given)})
        return super().visit_FunctionDef(node)

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> Any:
        self.plain.pop()
        return super().leave_FunctionDef(original_node, updated_node)

    def leave_AugAssign(self, original_node: cst.AugAssign, updated_node: cst.AugAssign) -> cst.AugAssign | cst.Assign:
        operator = OPERATORS.get(type(updated_node.operator))
        target = updated_node.target
        if operator is None or not self.shadows or path_of(target) is None:
            return updated_node
        if isinstance(target, cst.Name) and target.value in self.plain[-1]:
            return updated_node
        value = updated_node.value if _binds_tighter(updated_node.value, operator) else in_brackets(updated_node.value)
        self.work.changes += 1
        made = cst.BinaryOperation(target.deep_clone(), operator(), value)
        return cst.Assign([cst.AssignTarget(target)], made, semicolon=updated_node.semicolon)


def _binds_tighter(value: cst.BaseExpression, operator: type[cst.BaseBinaryOp]) -> bool:
    """Whether `x operator value` needs no brackets around the value."""
    products = (cst.Multiply, cst.Divide, cst.MatrixMultiply, cst.Power)
    return (
        operator in (cst.Add, cst.Subtract)
        and isinstance(value, cst.BinaryOperation)
        and isinstance(value.operator, products)
    )


class _Values(cst.CSTVisitor):
    """What each name is given in a function."""

    def __init__(self) -> None:
        self.given: dict[str, list[cst.BaseExpression]] = {}

    def visit_Assign(self, node: cst.Assign) -> None:
        for target in node.targets:
            if isinstance(target.target, cst.Name):
                self.given.setdefault(target.target.value, []).append(node.value)

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        if isinstance(node.target, cst.Name):
            self.given.setdefault(node.target.value, []).append(node.value)
