"""D103 outside-world: a file, a process or the user

Such a call would be made once, while the graph is made, and not in every run: what it reads would be a constant, what
it writes would be written once. So staging refuses it, and `set` of a context variable too. The environment
(`os.environ`) and whether a file is there (`os.path.exists`) are asked again before each run.

Bad:
    @to_static
    def f(x):
        return x * np.load("scale.npy")

Good:
    @to_static
    def f(x, scale):
        return x * scale

    def run(x):
        return f(x, np.load("scale.npy"))
"""

import ast
from collections.abc import Iterator
from typing import Final

from dy2static.codemod.check.finding import Found
from dy2static.codemod.check.rule import Rule, View
from dy2static.runtime.callables.outside_world import NEXT, OF_NOW, WHY, reaches_out
from dy2static.runtime.callables.questions import QUESTIONS

ASKED_AGAIN: Final = frozenset(f"os.{question.__name__}" for question in QUESTIONS)
OF_NAMES: Final = ("os.environ.", "os.path.")
"""Methods and functions that ask again, or work on names alone."""


def find(view: View) -> Iterator[Found]:
    for node in view.nodes:
        if not isinstance(node, ast.Call):
            continue
        name = view.qualified(node.func)
        if name is None:
            if _sets_context_variable(node.func, view):
                yield Found(node, f"`{ast.unparse(node.func)}()` {WHY}.", NEXT)
            continue
        module, _, own = name.rpartition(".")
        is_question = name in ASKED_AGAIN or name.startswith(OF_NAMES)
        is_of_now = module == "time" and own in OF_NOW
        if not is_question and not is_of_now and reaches_out(module, own, len(node.args)):
            yield Found(node, f"`{ast.unparse(node.func)}()` {WHY}.", NEXT)


def _sets_context_variable(function: ast.expr, view: View) -> bool:
    if not isinstance(function, ast.Attribute) or function.attr not in ("set", "reset"):
        return False
    made, where = view.followed(function.value)
    return isinstance(made, ast.Call) and view.module.qualified(made.func, where) == "contextvars.ContextVar"


RULE = Rule("D103", "outside-world", "error", __doc__, find)
