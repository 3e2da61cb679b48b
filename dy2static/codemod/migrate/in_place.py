"""PyTorch's methods that end in `_`, and its initialisers, which write into what they are given."""

from typing import Any, Final

import libcst as cst

from dy2static.codemod.migrate.entries import code
from dy2static.codemod.migrate.sinks import Sink, sink_of
from dy2static.codemod.migrate.statements import assign, block, call, expression, led, line
from dy2static.codemod.migrate.work import Scoped

OPERATORS: Final[dict[str, Any]] = {
    "add_": cst.AddAssign,
    "sub_": cst.SubtractAssign,
    "mul_": cst.MultiplyAssign,
    "div_": cst.DivideAssign,
    "pow_": cst.PowerAssign,
}
CONSTANTS: Final = {"zero_": "0"}
UNARY: Final = frozenset(
    f"{name}_"
    for name in ("abs", "ceil", "cos", "exp", "floor", "log", "neg", "relu", "round", "sigmoid", "sin", "sqrt", "tanh")
)
INITIAL: Final = {
    "zeros_": "$xp.zeros_like({0})",
    "ones_": "$xp.ones_like({0})",
    "constant_": "$xp.full_like({0}, {1})",
    "xavier_uniform_": "$nn.init.xavier_uniform({0}.shape)",
    "xavier_normal_": "$nn.init.xavier_normal({0}.shape)",
    "kaiming_uniform_": "$nn.init.kaiming_uniform({0}.shape)",
    "kaiming_normal_": "$nn.init.kaiming_normal({0}.shape)",
    "normal_": "$xp.random.normal({0}.shape, {1}, {2})",
    "uniform_": "$xp.random.uniform({0}.shape, {1}, {2})",
}
PLACES: Final = (cst.Name, cst.Attribute, cst.Subscript)


class InPlace(Scoped):
    """`x.add_(y)` -> `x += y`, `x.zero_()` -> `x[...] = 0`, `nn.init.zeros_(w)` -> `w.assign(...)`."""

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> Any:
        found = sink_of(updated_node)
        if self.work.framework.name != "torch" or found is None or not isinstance(found[1], cst.Call):
            return updated_node
        sink, node = found[0], found[1]
        made = self.initialised(node) if sink.kind == "drop" else None
        if made is None:
            made = self.method(sink, node)
        if made is None:
            return updated_node
        self.work.changes += 1
        last = made[-1]
        if isinstance(last, cst.SimpleStatementLine):
            made[-1] = last.with_changes(trailing_whitespace=updated_node.trailing_whitespace)
        return cst.FlattenSentinel(led(made, updated_node.leading_lines))

    def method(self, sink: Sink, node: cst.Call) -> list[cst.BaseStatement] | None:
        match node:
            case cst.Call(func=cst.Attribute(value=x, attr=cst.Name(value=name))) if isinstance(x, PLACES):
                pass
            case _:
                return None
        if self.qualified(x) is not None or code(x) == "self":
            return None
        update = self.update(x, name, node)
        if update is None:
            return None
        return [update] if sink.kind == "drop" else [update, *sink.finish(x)]

    def update(self, x: Any, name: str, node: cst.Call) -> cst.BaseStatement | None:
        values = [argument.value for argument in node.args]
        plain = all(argument.keyword is None and not argument.star for argument in node.args)
        whole = cst.Subscript(x, [cst.SubscriptElement(cst.Index(cst.Ellipsis()))])
        if name in OPERATORS and plain and len(values) == 1:
            return line(cst.AugAssign(x, OPERATORS[name](), values[0]))
        if name in CONSTANTS and not values:
            return assign(whole, cst.Integer(CONSTANTS[name]))
        if name in ("fill_", "copy_") and plain and len(values) == 1:
            return assign(whole, values[0])
        if name in ("clamp_", "clip_"):
            return assign(whole, cst.Call(cst.Attribute(x, cst.Name("clamp")), node.args))
        if name in UNARY and not values:
            return assign(whole, call(cst.Attribute(x, cst.Name(name[:-1])), []))
        return None

    def initialised(self, node: cst.Call) -> list[cst.BaseStatement] | None:
        package, _, name = (self.theirs(node.func) or "").rpartition(".")
        template = INITIAL.get(name) if package == "torch.nn.init" else None
        values = [argument.value for argument in node.args]
        if template is None or any(argument.keyword is not None for argument in node.args):
            return None
        if len(values) != template.count("{") - template.count("{0}") + 1:
            return None
        text = template.format(*(code(value) for value in values))
        for ours in ("xp", "nn"):
            text = text.replace(f"${ours}", code(self.work.ours(ours)))
        statement = expression(call(cst.Attribute(values[0], cst.Name("assign")), [cst.parse_expression(text)]))
        return [cst.With([cst.WithItem(call(self.work.ours("xp.no_grad"), []))], block([statement]))]
