"""The NumPy program: a graph as one Python function, without dispatch between the kernels. The default executor."""

import ast
import itertools
import linecache
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from types import FunctionType, TracebackType
from typing import Any, Final

import numpy as np

from graph.execute.bindings import Bindings
from graph.execute.emit import FunctionEmitter
from graph.execute.failure import note_location
from graph.execute.show import lines_of, number_lines
from graph.execute.standalone import binding_lines, script
from graph.ir.op import Graph
from graph.location import Loc
from graph.passes.nested import without_sharing
from graph.schedule.order import scheduled

_serial: Final = itertools.count(1)


@dataclass(frozen=True)
class NumpyProgram:
    """A compiled graph. Called with one argument per parameter, it gives a tuple of results.

    Results share storage with no argument, no constant and no other result; arguments are never written to. What a
    kernel raises comes out as it is, with a note of the user's line.
    """

    graph: Graph
    function: FunctionType
    functions: tuple[ast.FunctionDef, ...] = field(repr=False)
    bindings: dict[str, Any] = field(repr=False)
    locations: dict[int, Loc] = field(repr=False)
    filename: str
    quiet: Callable[..., tuple[Any, ...]] = field(repr=False)
    """The function under `np.errstate`: as a decorator this costs half of what `with` costs at each call."""

    @cached_property
    def source(self) -> str:
        """The Python source: constants first (large ones left out), then the functions."""
        return "\n".join([*binding_lines(self.bindings), *_function_lines(self.functions)]) + "\n"

    def standalone(self) -> str:
        """A script that needs NumPy alone: `source` with all constants and the source of the kernels."""
        return script(self.bindings, _function_lines(self.functions))

    def __call__(self, *args: Any) -> tuple[Any, ...]:
        try:
            return self.quiet(*args)
        except Exception as error:
            loc = self._location(error.__traceback__)
            if loc is not None:
                note_location(error, loc)
            raise

    def _location(self, traceback: TracebackType | None) -> Loc | None:
        """The user's line of the innermost statement of this program that the exception passed through."""
        line: int | None = None
        while traceback is not None:
            if traceback.tb_frame.f_code.co_filename == self.filename:
                line = traceback.tb_lineno
            traceback = traceback.tb_next
        return None if line is None else self.locations.get(line)


def compile_program(graph: Graph) -> NumpyProgram:
    """The program of a verified graph. Raises CycleError where values depend on themselves."""
    ordered = scheduled(without_sharing(graph))
    bindings = Bindings()
    entry = bindings.fresh(graph.name if graph.name.isidentifier() else "main")
    names = {name: bindings.fresh(f"{name}_" if name == entry else name) for name in ordered.functions}
    functions: list[ast.FunctionDef] = []
    places: dict[ast.stmt, Loc] = {}
    for name, inner in [*((names[n], f) for n, f in ordered.functions.items()), (entry, ordered)]:
        emitter = FunctionEmitter(bindings, names)
        made = emitter.function(inner, name, is_entry=inner is ordered)
        functions += [*emitter.outlined, made]
        places.update(emitter.locations)
    line = len(binding_lines(bindings.objects, elide_all=True)) + 3
    for function in functions:
        line = number_lines([function], line) + 2
    locations = {statement.lineno: loc for statement, loc in places.items() if loc.line}
    filename = f"<numpy program>/{entry}_{next(_serial)}.py"
    tree = ast.fix_missing_locations(ast.Module([*functions], []))
    namespace: dict[str, Any] = {"np": np, **bindings.objects}
    exec(compile(tree, filename, "exec"), namespace)
    function = namespace[entry]
    quiet = np.errstate(all="ignore")(function)
    program = NumpyProgram(graph, function, tuple(functions), bindings.objects, locations, filename, quiet)
    _show_in_tracebacks(program)
    return program


def _show_in_tracebacks(program: NumpyProgram) -> None:
    """Have tracebacks quote the source, which is only written if one asks for it, for as long as the program lives."""
    alive = weakref.ref(program)

    def source() -> str:
        found = alive()
        return "" if found is None else found.source

    linecache.cache[program.filename] = (source,)
    weakref.finalize(program, linecache.cache.pop, program.filename, None)


def numpy_source(graph: Graph) -> str:
    """A graph as the text of a script that needs NumPy alone; it defines a function named as the graph is."""
    return compile_program(graph).standalone()


def _function_lines(functions: tuple[ast.FunctionDef, ...]) -> list[str]:
    lines: list[str] = []
    for function in functions:
        lines += ["", "", *lines_of([function])]
    return lines
