"""Which executor runs a graph. Each takes a graph once and gives a callable of its arguments."""

import enum
from collections.abc import Callable
from typing import Any, Protocol

from graph.execute.interpreter import run
from graph.execute.native import compile_native
from graph.execute.numpy_program import compile_program
from graph.ir.op import Graph


class Executable(Protocol):
    """A graph, ready to run: one argument per parameter, a tuple of results."""

    def __call__(self, *args: Any) -> tuple[Any, ...]: ...


class Executor(enum.Enum):
    """How graphs run. The interpreter says what is right; the NumPy program agrees in every bit, native code within
    the last digits of functions and sums."""

    INTERPRETER = "interpreter"
    NUMPY = "numpy"
    NATIVE = "native"

    def prepare(self, graph: Graph) -> Executable:
        """The graph as a callable."""
        return _PREPARE[self](graph)


DEFAULT = Executor.NATIVE


def _interpreted(graph: Graph) -> Executable:
    def call(*args: Any) -> tuple[Any, ...]:
        return run(graph, args)

    return call


_PREPARE: dict[Executor, Callable[[Graph], Executable]] = {
    Executor.INTERPRETER: _interpreted,
    Executor.NUMPY: compile_program,
    Executor.NATIVE: compile_native,
}
