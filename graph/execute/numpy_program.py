"""The NumPy program: a graph as one Python function, without dispatch between the kernels."""

import ast
import itertools
import linecache
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import FunctionType, TracebackType
from typing import Any, Final

import numpy as np

from graph.execute.bindings import Bindings
from graph.execute.emit import FunctionEmitter, Occurrence
from graph.execute.failure import better, note_location
from graph.execute.show import lines_of, number_lines
from graph.execute.standalone import binding_lines, script
from graph.ir.op import Graph
from graph.location import Loc
from graph.ops.attempt import ATTEMPT
from graph.passes.nested import without_sharing
from graph.schedule.order import scheduled

_serial: Final = itertools.count(1)


@dataclass(frozen=True)
class NumpyProgram:
    """A compiled graph. Called with one argument per parameter, it gives a tuple of results.

    Results share storage with no argument, no constant and no other result; arguments are never written to. What a
    kernel raises comes out with a note of the user's line; where the shape rule of the op objects to the operands, it
    raises that instead.
    """

    graph: Graph
    function: FunctionType
    functions: tuple[ast.FunctionDef, ...] = field(repr=False)
    bindings: dict[str, Any] = field(repr=False)
    locations: dict[int, Loc] = field(repr=False)
    sources: dict[int, Occurrence] = field(repr=False)
    """The ops that lines stand for."""
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
            found = self._placed(error)
            if found is error:
                raise
            raise found from None

    def _placed(self, error: Exception) -> Exception:
        """The error to raise, with the user's line."""
        return placed(error, self.filename, self.locations, self.sources)


def placed(
    error: Exception, filename: str, locations: Mapping[int, Loc], sources: Mapping[int, Occurrence]
) -> Exception:
    """The error to raise, with the user's line of the innermost statement of this program that it passed."""
    step: TracebackType | None = error.__traceback__
    innermost: TracebackType | None = None
    while step is not None:
        if step.tb_frame.f_code.co_filename == filename:
            innermost = step
        step = step.tb_next
    if innermost is None:
        return error
    if innermost.tb_lineno in sources:
        op, names = sources[innermost.tb_lineno]
        variables = {**innermost.tb_frame.f_globals, **innermost.tb_frame.f_locals}
        found = [variables.get(name) for name in names]
        error = better(error, op, [np.float64(x) if type(x) is float else x for x in found])
    loc = locations.get(innermost.tb_lineno)
    if loc is not None:
        note_location(error, loc)
    return error


def _attempts(better_error: Callable[[Exception], Exception]) -> Callable[..., tuple[Any, ...]]:
    """The kernel of `attempt` for a program: what it catches are errors as they leave the program."""

    def attempt(*operands: Any, regions: tuple[Callable[..., Any]], **attrs: Any) -> tuple[Any, ...]:
        def body(*values: Any) -> Any:
            try:
                return regions[0](*values)
            except Exception as error:  # `attempt` decides by its class whether it catches it
                found = better_error(error)
                if found is error:
                    raise
                raise found from None

        return ATTEMPT.kernel(*operands, **attrs, regions=(body,))

    return attempt


def compile_program(graph: Graph, *, leave: Callable[[], None] | None = None, when: Sequence[Any] = ()) -> NumpyProgram:
    """The program of a verified graph. Raises CycleError where values depend on themselves.

    `leave` is called at each trip of a loop and in each call of a graph function if the list `when` is not empty then;
    it may end the run by raising.
    """
    ordered = scheduled(without_sharing(graph))
    bindings = Bindings()
    entry = bindings.fresh(graph.name if graph.name.isidentifier() else "main")
    trip = () if leave is None else (bindings.bind(leave, leave, "leave"), bindings.bind("when", when, "when"))
    names = {name: bindings.fresh(f"{name}_" if name == entry else name) for name in ordered.functions}
    functions: list[ast.FunctionDef] = []
    places: dict[ast.stmt, Loc] = {}
    occurrences: dict[ast.stmt, Occurrence] = {}
    for name, inner in [*((names[n], f) for n, f in ordered.functions.items()), (entry, ordered)]:
        emitter = FunctionEmitter(bindings, names, *trip)
        made = emitter.function(inner, name, is_entry=inner is ordered)
        functions += [*emitter.outlined, made]
        places.update(emitter.locations)
        occurrences.update(emitter.sources)
    line = len(binding_lines(bindings.objects, elide_all=True)) + 3
    for function in functions:
        line = number_lines([function], line) + 2
    locations = {statement.lineno: loc for statement, loc in places.items() if loc.line}
    filename = f"<numpy program>/{entry}_{next(_serial)}.py"
    tree = ast.Module([*functions], [])
    sources = {statement.lineno: occurrence for statement, occurrence in occurrences.items() if statement in places}
    namespace: dict[str, Any] = {"np": np, **bindings.objects}
    for name, value in bindings.objects.items():
        if value is ATTEMPT.kernel:
            namespace[name] = _attempts(lambda error: placed(error, filename, locations, sources))
    exec(compile(tree, filename, "exec"), namespace)
    function = namespace[entry]
    quiet = np.errstate(all="ignore")(function)
    program = NumpyProgram(graph, function, tuple(functions), bindings.objects, locations, sources, filename, quiet)
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
