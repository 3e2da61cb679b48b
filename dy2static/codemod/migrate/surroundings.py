"""What a call of a primitive finds around it: functions that it can be given, names that are still in use after it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import libcst as cst

from dy2static.codemod.migrate.bodies import Body, body_of, occurrences
from dy2static.codemod.migrate.work import own_bindings, parameters_of

LOOPS = (cst.For, cst.While)


@dataclass(slots=True)
class Around:
    """A function, or the module, while it is gone through. `functions`: those defined in it so far, as they are now."""

    node: cst.CSTNode
    is_module: bool
    functions: dict[str, tuple[cst.FunctionDef, cst.FunctionDef]] = field(
        default_factory=dict[str, tuple[cst.FunctionDef, cst.FunctionDef]]
    )
    used: set[str] = field(default_factory=set[str])
    """Names of functions whose bodies now stand elsewhere."""
    made: set[str] = field(default_factory=set[str])
    """Names that were made up here."""


@dataclass(frozen=True, slots=True)
class GivenFunction:
    """A function that is given to a primitive: the expression for it, and its body where that can be used."""

    node: cst.BaseExpression
    body: Body | None
    original: cst.CSTNode | None


def resolve(node: cst.BaseExpression, chain: Sequence[Around]) -> GivenFunction:
    """What is known of a function argument. Functions of the module stay functions: others may use them too."""
    match node:
        case cst.Lambda():
            return GivenFunction(node, body_of(node), node)
        case cst.Name(value=name):
            for around in reversed(chain):
                if name in around.functions:
                    original, current = around.functions[name]
                    return GivenFunction(node, None if around.is_module else body_of(current), original)
        case _:
            pass
    return GivenFunction(node, None, None)


def is_function(node: cst.BaseExpression) -> bool:
    """Whether an expression can be called over and over without working anything out anew."""
    return isinstance(node, cst.Name | cst.Attribute | cst.Lambda)


class _After(cst.CSTVisitor):
    def __init__(self, statement: cst.CSTNode, inlined: Sequence[cst.CSTNode], is_last: bool) -> None:
        self.statement = statement
        self.inlined = inlined
        self.is_last = is_last
        self.loops: list[cst.CSTNode] = []
        self.seen = False
        self.names: set[str] = set()
        self.in_loop: set[str] = set()

    def on_visit(self, node: cst.CSTNode) -> bool:
        if node is self.statement:
            self.seen = not self.is_last
            if self.loops and not self.is_last:
                # The next trip reads whatever the loop reads.
                self.in_loop = _names_outside(self.loops[0], (node, *self.inlined))
            return False
        if any(node is other for other in self.inlined):
            return False
        if isinstance(node, cst.FunctionDef | cst.Lambda):
            # It may be called later.
            self.names |= _free_names(node, (self.statement, *self.inlined))
            return False
        if isinstance(node, LOOPS):
            self.loops.append(node)
        if self.seen and isinstance(node, cst.Name):
            self.names.add(node.value)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if self.loops and self.loops[-1] is original_node:
            self.loops.pop()


class _Own(cst.CSTVisitor):
    """What a function reads and binds itself, and the functions in it."""

    def __init__(self, left_out: Sequence[cst.CSTNode]) -> None:
        self.left_out = left_out
        self.reads: set[str] = set()
        self.inner: list[cst.FunctionDef | cst.Lambda] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if any(node is other for other in self.left_out):
            return False
        if isinstance(node, cst.FunctionDef | cst.Lambda):
            self.inner.append(node)
            return False
        if isinstance(node, cst.Name):
            self.reads.add(node.value)
        return True


def _free_names(function: cst.FunctionDef | cst.Lambda, left_out: Sequence[cst.CSTNode]) -> set[str]:
    """Names that a function, or one in it, has from outside."""
    own = _Own(left_out)
    function.body.visit(own)
    bound = parameters_of(function.params) | own_bindings(function.body)
    for inner in own.inner:
        own.reads |= _free_names(inner, left_out)
    return own.reads - bound


def _names_outside(part: cst.CSTNode, left_out: Sequence[cst.CSTNode]) -> set[str]:
    counted = Counter(occurrences(part))
    for other in left_out:
        if _holds(part, other):
            counted.subtract(occurrences(other))
    return {name for name, count in counted.items() if count > 0}


def _holds(part: cst.CSTNode, other: cst.CSTNode) -> bool:
    return part is other or any(_holds(child, other) for child in part.children)


def names_after(around: Around, statement: cst.CSTNode, inlined: Sequence[cst.CSTNode], is_last: bool) -> set[str]:
    """Names that are read, or may be, after a statement: they must keep what they stand for.

    After one that `is_last`, a `return`, nothing comes any more; but functions around it may be called by it.
    """
    visitor = _After(statement, inlined, is_last)
    if isinstance(around.node, cst.FunctionDef):
        around.node.body.visit(visitor)
    else:
        around.node.visit(visitor)
    return visitor.names | visitor.in_loop | around.made


class _Remover(cst.CSTTransformer):
    """Takes functions out whose bodies stand elsewhere now."""

    def __init__(self, names: set[str]) -> None:
        super().__init__()
        self.names = names

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        return node.name.value not in self.names

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef | cst.RemovalSentinel:
        if original_node.name.value in self.names:
            return cst.RemoveFromParent()
        return updated_node

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        if len(original_node.body) == len(updated_node.body) or not updated_node.body:
            return updated_node
        first, *rest = updated_node.body
        lines = list(getattr(first, "leading_lines", ()))
        while lines and lines[0].comment is None:
            del lines[0]
        return updated_node.with_changes(body=[first.with_changes(leading_lines=lines), *rest])


def without_unused(node: cst.FunctionDef, around: Around) -> cst.FunctionDef:
    """A function without the functions in it that were inlined, and that nothing else uses."""
    counted = Counter(occurrences(node.body))
    for name in around.used:
        # What stands in a function itself is no use of it, its name above all.
        counted.subtract([n for n in occurrences(around.functions[name][1]) if n == name])
    unused = {name for name in around.used if counted[name] <= 0}
    return node.with_changes(body=node.body.visit(_Remover(unused))) if unused else node


def target_names(target: cst.BaseExpression) -> list[str] | None:
    """The names of `a, b`; None for other targets."""
    if not isinstance(target, cst.Tuple | cst.List):
        return None
    names = [element.value.value for element in target.elements if isinstance(element.value, cst.Name)]
    return names if len(names) == len(target.elements) else None
