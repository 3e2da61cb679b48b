"""Decorators and functions that compile become `to_static`; those that record one execution, `trace`."""

from collections.abc import Sequence
from typing import Any, Final

import libcst as cst

from dy2static.codemod.migrate.entries import keyword
from dy2static.codemod.migrate.statements import call, elements_of
from dy2static.codemod.migrate.work import Scoped

PARTIAL: Final = "functools.partial"
SIGNATURES: Final = ("input_signature", "input_spec")


class Decorators(Scoped):
    """`@tf.function(...)` -> `@to_static`, `jax.jit(f)` -> `to_static(f)`, `torch.jit.trace(f, x)` -> `trace(f, x)`."""

    def compiles(self, node: cst.BaseExpression) -> bool:
        """Whether an expression is a compiling decorator, with options or without."""
        name = self.theirs(node)
        if name is not None:
            return name in self.work.framework.decorators
        match node:
            case cst.Call(func=func, args=[cst.Arg(value=first), *_]) if self.qualified(func) == PARTIAL:
                return self.compiles(first)
            case _:
                return False

    def leave_Decorator(self, original_node: cst.Decorator, updated_node: cst.Decorator) -> Any:
        node = original_node.decorator
        options: Sequence[cst.Arg] = ()
        if isinstance(node, cst.Call):
            options = node.args
        if not (self.compiles(node) or (isinstance(node, cst.Call) and self.compiles(node.func))):
            return updated_node
        spec = self.spec(options)
        static = self.work.ours("to_static")
        return updated_node.with_changes(decorator=cst.Call(static, [spec]) if spec is not None else static)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        name = self.theirs(original_node.func)
        given = [argument for argument in updated_node.args if argument.keyword is None and not argument.star]
        if name in self.work.framework.tracers and len(given) == 2:
            examples = elements_of(given[1].value) or [given[1].value]
            return call(self.work.ours("trace"), [given[0].value, *examples])
        if not self.compiles(original_node.func) or not given:
            return updated_node
        arguments = [cst.Arg(given[0].value)]
        spec = self.spec(updated_node.args)
        if spec is not None:
            comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
            arguments = [arguments[0].with_changes(comma=comma), spec]
        return cst.Call(self.work.ours("to_static"), arguments)

    def spec(self, options: Sequence[cst.Arg]) -> cst.Arg | None:
        """Declared shapes, `[TensorSpec([None, 3], tf.float32)]` -> `input_spec=[InputSpec(None, 3)]`."""
        for option in options:
            if option.keyword is not None and option.keyword.value in SIGNATURES:
                specs = [_dims(one) for one in elements_of(option.value) or []]
                if specs and all(dims is not None for dims in specs):
                    made = [cst.Element(call(self.work.ours("InputSpec"), dims or [])) for dims in specs]
                    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
                    made = [one.with_changes(comma=comma) for one in made[:-1]] + made[-1:]
                    return keyword("input_spec", cst.List(made))
        return None


def _dims(spec: cst.BaseExpression) -> list[cst.BaseExpression] | None:
    """The dims of `TensorSpec(shape, ...)`, where they are written out; -1 is a free one."""
    if not isinstance(spec, cst.Call):
        return None
    for i, argument in enumerate(spec.args):
        if argument.keyword.value == "shape" if argument.keyword is not None else i == 0:
            dims = elements_of(argument.value)
            free = (cst.UnaryOperation,)
            return None if dims is None else [cst.Name("None") if isinstance(dim, free) else dim for dim in dims]
    return None
