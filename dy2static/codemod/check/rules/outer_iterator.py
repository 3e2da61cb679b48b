"""D105 outer-iterator: an iterator, generator or file that another call may have gone through

An iterator gives each item once. One that the function has not made itself would be asked while the graph is made, and
by no run after that, so staging refuses it. Ask for the items outside and give them to the function, or make the
iterator in it; a list, a range or a dict can be gone through by each call.

Bad:
    SCALES = iter([1.0, 2.0, 3.0])

    @to_static
    def f(x):
        return x * next(SCALES)

Good:
    SCALES = iter([1.0, 2.0, 3.0])

    @to_static
    def f(x, scale):
        return x * scale

    def run(x):
        return f(x, next(SCALES))
"""

import ast
from collections.abc import Iterator
from typing import Final

from dy2static.codemod.check.finding import Found
from dy2static.codemod.check.module import Scope, attribute_of, own_nodes
from dy2static.codemod.check.rule import Rule, View, text_of
from dy2static.codemod.check.words import words

MAKERS: Final = words(
    "builtins.enumerate builtins.filter builtins.iter builtins.map builtins.open builtins.reversed builtins.zip "
    "csv.reader csv.DictReader re.finditer"
)
GO_THROUGH: Final = words(
    "builtins.all builtins.any builtins.dict builtins.enumerate builtins.filter builtins.frozenset builtins.iter "
    "builtins.list builtins.map builtins.max builtins.min builtins.next builtins.reversed builtins.set builtins.sorted "
    "builtins.sum builtins.tuple builtins.zip collections.Counter collections.OrderedDict collections.deque"
)
"""What asks its arguments for items."""
TAKES_ITEMS: Final = words("extend extendleft join update")
"""Methods of Python's containers and texts that do so."""


def find(view: View) -> Iterator[Found]:
    for node in view.nodes:
        if _is_asked(node, view) and _made_outside(node, view):
            name = text_of(node)
            yield Found(
                node,
                f"`{name}` was made outside of the function: its items would be asked for while the graph is made, and "
                "by no run after that.",
                f"ask `{name}` outside and pass what it gives, or make it in the function.",
            )


def _is_asked(node: ast.AST, view: View) -> bool:
    """Whether an expression is asked for items where it stands."""
    match view.parents.get(node):
        case ast.Call(func=function, args=arguments) if node in arguments:
            name = view.qualified(function) or ""
            is_method = isinstance(function, ast.Attribute) and function.attr in TAKES_ITEMS
            return name in GO_THROUGH or name.startswith("itertools.") or is_method
        case ast.For(iter=items) | ast.comprehension(iter=items):
            return items is node
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[items]):
            return items is node
        case ast.Assign(targets=[ast.Tuple() | ast.List()]) | ast.Starred() | ast.YieldFrom() | ast.AugAssign():
            return True
        case ast.Attribute(attr="__next__"):
            return True
        case _:
            return False


def _made_outside(node: ast.AST, view: View) -> bool:
    """Whether a name of another function or the module, or an attribute of `self`, is an iterator for sure."""
    match node:
        case ast.Name():
            made, where = view.followed(node)
            return where not in (view.scope, *view.scope_of.values()) and _is_iterator(made, where, view)
        case ast.Attribute(value=ast.Name(id="self"), attr=name) if (owner := view.scope.owner) is not None:
            value = attribute_of(owner, name, view.module)
            stores = (x for x in view.nodes if isinstance(x, ast.Attribute) and isinstance(x.ctx, ast.Store))
            is_stored = any(x.attr == name for x in stores)
            return value is not None and not is_stored and _is_iterator(value, owner, view)
        case _:
            return False


def _is_iterator(value: ast.expr, where: Scope, view: View) -> bool:
    if isinstance(value, ast.GeneratorExp):
        return True
    if not isinstance(value, ast.Call):
        return False
    name = view.module.qualified(value.func, where)
    if name is not None:
        return name in MAKERS or name.startswith("itertools.")
    made_by = view.module.function(value.func.id, where) if isinstance(value.func, ast.Name) else None
    return made_by is not None and _is_generator(made_by)


def _is_generator(function: Scope) -> bool:
    """Whether a function has a `yield` of its own."""
    node = function.node
    if not isinstance(node, ast.FunctionDef):
        return False
    inside = [x for x in own_nodes(node) if isinstance(x, ast.FunctionDef | ast.Lambda)]
    of_others = {x for inner in inside for x in own_nodes(inner)}
    return any(isinstance(x, ast.Yield | ast.YieldFrom) and x not in of_others for x in own_nodes(node))


RULE = Rule("D105", "outer-iterator", "error", __doc__, find)
