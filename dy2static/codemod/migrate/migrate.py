"""One file, brought over."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import libcst as cst

from dy2static.codemod.migrate.at_updates import AtUpdates
from dy2static.codemod.migrate.calls import Calls, Definitions
from dy2static.codemod.migrate.control_flow import ControlFlow
from dy2static.codemod.migrate.decorators import Decorators
from dy2static.codemod.migrate.framework import Framework
from dy2static.codemod.migrate.imports import Imports, with_ours
from dy2static.codemod.migrate.in_place import InPlace
from dy2static.codemod.migrate.leftovers import Left, leftovers
from dy2static.codemod.migrate.placement import Placement
from dy2static.codemod.migrate.rebinding import Rebinding
from dy2static.codemod.migrate.tensor_arrays import TensorArrays
from dy2static.codemod.migrate.variable_updates import VariableUpdates
from dy2static.codemod.migrate.work import Work

AUGMENTED: Final = re.compile(r"[-+*/%@&|^]=")


@dataclass(frozen=True, slots=True)
class Step:
    """A transformer, and whether there can be work for it in a text: to go through a file takes long."""

    transformer: Callable[[Work], cst.CSTTransformer]
    is_needed: Callable[[str, Framework], bool]


def _names_one(text: str, names: frozenset[str] | set[str]) -> bool:
    return any(name.rpartition(".")[2] in text for name in names)


STEPS: Final = (
    Step(TensorArrays, lambda text, of: "TensorArray(" in text and of.name == "tensorflow"),  # as the user wrote loops
    Step(
        ControlFlow, lambda text, of: _names_one(text, set(of.primitives))
    ),  # what it moves is treated where it is then
    Step(Rebinding, lambda text, of: of.immutable and AUGMENTED.search(text) is not None),  # before updates of ours
    Step(AtUpdates, lambda text, of: ".at[" in text and of.name == "jax"),
    Step(VariableUpdates, lambda text, of: ".assign" in text and of.name == "tensorflow"),
    Step(InPlace, lambda text, of: "_(" in text and of.name == "torch"),
    Step(Placement, lambda text, of: of.name == "torch"),
    Step(Decorators, lambda text, of: _names_one(text, of.decorators | of.tracers)),
    Step(Definitions, lambda text, of: _names_one(text, set(of.definitions))),  # while bases of classes are theirs
    Step(Calls, lambda text, of: True),
)


@dataclass(frozen=True, slots=True)
class Migrated:
    """A text after migration. `changes` counts what was rewritten, imports left out; `left` is what was not."""

    text: str
    changes: int
    left: tuple[Left, ...]


def migrate(text: str, framework: Framework) -> Migrated | None:
    """The text, with what is of `framework` written with ours. None where nothing of it is imported.

    Raises: SyntaxError; libcst.ParserSyntaxError for what only libcst does not take.
    """
    if not any(package in text for package in framework.packages):
        return None
    work = Work(framework, text)
    if not any(work.is_theirs(full) for full in work.aliases.values()):
        return None
    module = cst.parse_module(text)
    for step in STEPS:
        if step.is_needed(text, framework):
            module = module.visit(step.transformer(work))
    new = with_ours(module, Imports(work, module)).code
    return Migrated(new, work.changes, tuple(leftovers(new, work)))
