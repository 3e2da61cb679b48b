"""D103 outside-world: a file, the environment or the user is asked once, while the graph is made

What comes from outside of the program is read when the graph is made, and is a constant of it from then on.

Bad:
    @to_static
    def f(x):
        return x * float(os.environ.get("SCALE", "2"))

Good:
    @to_static
    def f(x, scale):
        return x * scale

    def run(x):
        return f(x, float(os.environ.get("SCALE", "2")))
"""

import ast
from collections.abc import Iterator
from typing import Final

from dy2static.codemod.check.finding import Found
from dy2static.codemod.check.rule import Rule, View

ASKS: Final = {
    "builtins.open": "the file",
    "io.open": "the file",
    "numpy.load": "the file",
    "numpy.loadtxt": "the file",
    "numpy.genfromtxt": "the file",
    "json.load": "the file",
    "pickle.load": "the file",
    "builtins.input": "the answer",
    "os.getenv": "the environment",
    "os.environ.get": "the environment",
    "os.urandom": "the random bytes",
    "secrets.token_bytes": "the random bytes",
    "secrets.randbelow": "the random number",
    "uuid.uuid4": "the number",
}


def find(view: View) -> Iterator[Found]:
    for node in view.nodes:
        match node:
            case ast.Call():
                what = ASKS.get(view.qualified(node.func) or "")
                shown = f"{ast.unparse(node.func)}()"
            case ast.Subscript() if view.qualified(node.value) == "os.environ":
                what, shown = "the environment", ast.unparse(node.value)
            case _:
                continue
        if what is not None:
            yield Found(
                node,
                f"`{shown}` is asked once, while the graph is made: what it says then is fixed.",
                f"read {what} outside, and pass it in as an argument.",
            )


RULE = Rule("D103", "outside-world", "warning", __doc__, find)
