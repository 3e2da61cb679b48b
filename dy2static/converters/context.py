"""What every converter may ask, and none may change: the function's place, its names, what its globals mean."""

from collections.abc import Mapping
from dataclasses import dataclass

from dy2static.analysis.survey import Function, Scope
from dy2static.converters.build import Located
from dy2static.converters.meanings import Meanings
from dy2static.errors import ConversionError
from graph.location import Loc


@dataclass(frozen=True, slots=True)
class Names:
    """Names for what conversion adds; `taken` are all that the user has in this function."""

    taken: frozenset[str]

    def fresh(self, base: str, depth: int = 0) -> str:
        """`base`, or `base_1`, ... when the user has that name; one for each `depth` of nesting."""
        number, left = 0, depth
        while True:
            name = f"{base}_{number}" if number else base
            if name not in self.taken:
                if left == 0:
                    return name
                left -= 1
            number += 1


@dataclass(frozen=True, slots=True)
class ConvertContext:
    """Where the function stands and what its names mean, for all converters of one conversion.

    `function`: its qualified name. `scopes`: by function node, as they were before anything was converted.
    `meanings`: what global and builtin names mean at conversion time. `global_names`: what
    no scope of the function binds and its closure does not have. `free_names`: those of its closure.
    `runtime`: the name under which converted code finds the runtime. `asks_for_items`: whether it takes items of
    containers.
    """

    file: str
    function: str
    names: Names
    scopes: Mapping[Function, Scope]
    meanings: Meanings
    global_names: frozenset[str]
    free_names: frozenset[str]
    runtime: str = "_rt"
    asks_for_items: bool = False

    def is_builtin(self, name: str) -> bool:
        """Whether the name means Python's builtin wherever it stands in this function."""
        return name in self.global_names and self.meanings.is_builtin(name)

    def loc(self, node: Located) -> Loc:
        end = node.end_col_offset if node.end_lineno == node.lineno else None
        return Loc(self.file, node.lineno, node.col_offset, end or 10**6, self.function)

    def error(self, what: str, next_step: str, node: Located) -> ConversionError:
        return ConversionError(what, next_step=next_step, loc=self.loc(node))
