"""From a converted tree to a function, under the user's own file name, lines and names."""

import __future__

import ast
import sys
from collections.abc import Collection
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Final

from dy2static.converters.build import arguments_of, definition, drop_type_parameters, position

RUNTIME: Final = CellType()
"""The variable under which all converted code finds the runtime; `dy2static.runtime` puts itself there."""

FUTURE_FLAGS: Final[int] = sum({getattr(__future__, name).compiler_flag for name in __future__.all_feature_names})

FACTORY: Final = "<factory>"


def set_runtime(runtime: ModuleType) -> None:
    RUNTIME.cell_contents = runtime


def compile_function(node: ast.FunctionDef, original: CodeType, runtime: str, generated: Collection[str]) -> CodeType:
    """The code of `node`, whose free variables are those of `original` and `runtime`.

    `generated` are the names of functions that conversion made: in tracebacks they go by the name of the user's
    function they are part of.
    """
    node.decorator_list = []
    node.returns = None
    strip_signature(node.args)
    place = position(node)
    factory = definition(FACTORY, arguments_of([runtime, *original.co_freevars], place), [node], place)
    drop_type_parameters(node)
    flags = original.co_flags & FUTURE_FLAGS
    # Under its own name the function would hide a global of that name: itself, where it is recursive.
    name, node.name = node.name, FACTORY
    try:
        module = compile(ast.Module([factory], []), original.co_filename, "exec", flags, dont_inherit=True)
    finally:
        node.name = name
    code = inner_code(inner_code(module, FACTORY), FACTORY)
    return relabel(code, original.co_name, original.co_qualname, frozenset(generated))


def strip_signature(arguments: ast.arguments) -> None:
    """Defaults and annotations have been evaluated; the new function gets their values from the old one."""
    arguments.defaults = []
    arguments.kw_defaults = [None for _ in arguments.kw_defaults]
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    for argument in every:
        if argument is not None:
            argument.annotation = None


def inner_code(code: CodeType, name: str) -> CodeType:
    return next(constant for constant in code.co_consts if isinstance(constant, CodeType) and constant.co_name == name)


def relabel(code: CodeType, name: str, qualname: str, generated: frozenset[str]) -> CodeType:
    """`code` and all code in it, named after the functions that the user wrote."""
    constants = tuple(
        relabel_inner(constant, name, qualname, generated) if isinstance(constant, CodeType) else constant
        for constant in code.co_consts
    )
    return code.replace(co_name=name, co_qualname=qualname, co_consts=constants)


def relabel_inner(code: CodeType, name: str, qualname: str, generated: frozenset[str]) -> CodeType:
    if code.co_name in generated:
        return relabel(code, name, qualname, generated)
    return relabel(code, code.co_name, f"{qualname}.<locals>.{code.co_name}", generated)


COPIED: Final = (
    "__kwdefaults__",
    "__qualname__",
    "__module__",
    "__doc__",
    "__annotate__" if sys.version_info >= (3, 14) else "__annotations__",
    "__type_params__",
)


def bind(code: CodeType, function: FunctionType, runtime: str, found_in: CellType = RUNTIME) -> FunctionType:
    """A function that runs `code` in the place of `function`, with its closure, globals, defaults and descriptions.

    It finds the runtime in the variable `found_in`, under the name `runtime`.
    """
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    cells[runtime] = found_in
    closure = tuple(cells[name] for name in code.co_freevars)
    made = FunctionType(code, function.__globals__, function.__name__, function.__defaults__, closure)
    for name in COPIED:
        if hasattr(function, name):
            setattr(made, name, getattr(function, name))
    made.__dict__.update(function.__dict__)
    return made
