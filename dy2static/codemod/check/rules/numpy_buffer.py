"""D204 numpy-buffer: tensors stored into a NumPy array

An array that `np.zeros` makes has its data now; values of the graph come later and cannot be stored into it. A tensor
can take them.

Bad:
    @to_static
    def f(x):
        out = np.zeros(3)
        out[0] = xp.sum(x)
        return out

Good:
    @to_static
    def f(x):
        out = xp.zeros(3)
        out[0] = xp.sum(x)
        return out
"""

import ast
from collections.abc import Iterator
from typing import Final

from dy2static.codemod.check.finding import Found
from dy2static.codemod.check.repairs import code
from dy2static.codemod.check.rule import Rule, View

MAKES: Final = frozenset(["numpy.zeros", "numpy.ones", "numpy.empty", "numpy.full"])


def find(view: View) -> Iterator[Found]:
    ours = view.alias_of("eager")
    stored = _stored_into(view)
    for node in view.nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=func) as call) if name in stored:
                if view.qualified(func) not in MAKES:
                    continue
                function = ast.unparse(func).rpartition(".")[2]
                plain = all(keyword.arg in ("shape", "fill_value") for keyword in call.keywords) and len(call.args) < 3
                yield Found(
                    call,
                    f"`{name}` is a NumPy array, and line {stored[name]} stores a value of the graph into it.",
                    f"make it a tensor: `{ours or 'eager'}.{function}`.",
                    code(f"{ours}.{function}") if ours and plain and "." in ast.unparse(func) else None,
                    func,
                )
            case _:
                pass


def _stored_into(view: View) -> dict[str, int]:
    """Names that tensors are stored into, and the first line where."""
    found: dict[str, int] = {}
    for node in view.nodes:
        match node:
            case (
                ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name))], value=value)
                | ast.AugAssign(target=ast.Subscript(value=ast.Name(id=name)), value=value)
            ) if view.tensors.has(value):
                found.setdefault(name, node.lineno)
            case _:
                pass
    return found


RULE = Rule("D204", "numpy-buffer", "error", __doc__, find)
