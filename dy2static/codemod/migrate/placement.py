"""PyTorch's `.to(...)`, `.double()` and their like, which mean one thing on tensors and another on modules."""

import re
from typing import Final

import libcst as cst

from dy2static.codemod.migrate.entries import code
from dy2static.codemod.migrate.statements import call
from dy2static.codemod.migrate.work import Scoped, Work

DEVICE: Final = re.compile(r"device|gpu|^['\"](cpu|cuda|mps|meta)", re.IGNORECASE)
DTYPES: Final = {"float": "float32", "double": "float64", "half": "float16", "bfloat16": "bfloat16"}
CLASS: Final = re.compile(r"(^|\.)[A-Z]\w*$")


class Placement(Scoped):
    """`x.to(device)` -> `x`, `x.to(torch.float32)` -> `x.astype(xp.float32)`; modules keep their dtypes."""

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self.modules: set[str] = set()

    def visit_Assign(self, node: cst.Assign) -> None:
        """Names that are given the result of a class."""
        for target in node.targets:
            if isinstance(target.target, cst.Name) and self.is_module(node.value):
                self.modules.add(target.target.value)

    def is_module(self, node: cst.BaseExpression) -> bool:
        match node:
            case cst.Name(value=name):
                return name in self.modules or name in ("self", "model", "net")
            case cst.Call(
                func=cst.Attribute(value=inner, attr=cst.Name(value=("to" | "eval" | "train" | "cuda" | "cpu")))
            ):
                return self.is_module(inner)
            case cst.Call(func=func):
                return CLASS.search(code(func)) is not None
            case _:
                return False

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.RemovalSentinel:
        """`x = x.to(device)` is nothing any more."""
        match updated_node.body:
            case [cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=cst.Name(value=value))]:
                comments = [line for line in original_node.leading_lines if line.comment is not None]
                is_bare = original_node.trailing_whitespace.comment is None and not comments
                was_call = not isinstance(original_node.body[0], cst.Assign) or isinstance(
                    original_node.body[0].value, cst.Call
                )
                if name == value and is_bare and was_call:
                    return cst.RemoveFromParent()
            case _:
                pass
        return updated_node

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        if self.work.framework.name != "torch" or self.qualified(original_node.func) is not None:
            return updated_node
        match updated_node.func:
            case cst.Attribute(value=receiver, attr=cst.Name(value="to")):
                return self.to(original_node, updated_node, receiver)
            case cst.Attribute(value=receiver, attr=cst.Name(value=name)) if name in DTYPES and not updated_node.args:
                # `double()` of a module changes its parameters; ours have 64 bits unless they are made otherwise.
                return receiver if self.is_module(receiver) else updated_node
            case _:
                return updated_node

    def to(self, original: cst.Call, updated: cst.Call, receiver: cst.BaseExpression) -> cst.BaseExpression:
        dtype: cst.BaseExpression | None = None
        for argument in original.args:
            name = self.theirs(argument.value)
            target = None if name is None else self.work.framework.names.get(name)
            key = argument.keyword.value if argument.keyword is not None else ""
            if target is not None:
                dtype = argument.value
            elif key not in ("device", "non_blocking") and not DEVICE.search(code(argument.value)):
                self.work.left(".to", "whether it is given a device or a dtype cannot be told")
                return updated
        self.work.changes += 1
        if dtype is None or self.is_module(receiver):
            return receiver
        return call(cst.Attribute(receiver, cst.Name("astype")), [dtype])
