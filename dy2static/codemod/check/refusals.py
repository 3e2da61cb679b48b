"""What conversion would refuse, told by conversion itself: its own checks and converters work on the file's text."""

import ast
import builtins
import copy
from collections.abc import Iterator

from dy2static.analysis.survey import Survey, survey
from dy2static.codemod.check.module import Module, Scope
from dy2static.converters import PIPELINE
from dy2static.converters.context import ConvertContext, Names
from dy2static.converters.meanings import Meanings
from dy2static.converters.reject import UNSUPPORTED, rejections
from dy2static.errors import ConversionError
from dy2static.source.convert import as_definition
from dy2static.source.mangling import class_of, mangle
from graph.location import Loc


class OfTheModule:
    """Stands for the value of a module's name, which only running the module would tell."""


OF_THE_MODULE = OfTheModule()


def refusals(scope: Scope, module: Module) -> Iterator[ConversionError]:
    """The errors of converting a function, in source order; its module is not imported."""
    node = scope.node
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    if isinstance(node, ast.AsyncFunctionDef):
        what, next_step = UNSUPPORTED[ast.AsyncFunctionDef]
        loc = Loc(module.file, node.lineno, node.col_offset, node.end_col_offset or 0, scope.qualname)
        yield ConversionError(what, next_step=next_step, loc=loc)
        return
    # Conversion changes the tree in place.
    tree = as_definition(mangle(copy.deepcopy(node), class_of(scope.qualname)))
    tree.decorator_list = []
    found = survey(tree)
    ctx = context(scope, module, found)
    errors = rejections(found, ctx)
    yield from errors
    if not errors:
        try:
            for convert in PIPELINE:
                tree = convert(tree, ctx)
        except ConversionError as error:
            yield error


def context(scope: Scope, module: Module, found: Survey) -> ConvertContext:
    """As `dy2static.source.convert.context_of` makes it of a function that runs."""
    outer = found.scope.free()
    bound = {name for inner in found.scopes.values() for name in inner.bound if inner.is_local(name)}
    free = frozenset(name for name in outer if _is_of_closure(name, scope))
    names = Names(found.names | free)

    def resolve(name: str) -> object:
        return OF_THE_MODULE if name in module.scope.bound else getattr(builtins, name, None)

    return ConvertContext(
        file=module.file,
        function=scope.qualname,
        names=names,
        scopes=found.scopes,
        meanings=Meanings(resolve),
        global_names=frozenset(outer - free - bound),
        free_names=free,
        runtime=names.fresh("_rt"),
    )


def _is_of_closure(name: str, scope: Scope) -> bool:
    if name in ("__class__", "super"):
        return name == "__class__" and scope.owner is not None
    around = scope.around
    where = None if around is None else around.where(name)
    return where is not None and where.is_function
