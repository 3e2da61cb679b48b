"""The door to native programs. What loads their code is there from the start; what makes code takes long to load, and
is loaded when the first is made."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from graph.execute.blueprint import Blueprint
from graph.execute.native_program import NativeProgram
from graph.ir.op import Graph
from graph.ir.written import WrittenGraph


@dataclass(frozen=True, slots=True)
class NativeOptions:
    """What native code is asked for. Raises: TypeError, ValueError for options of the wrong kind; that of `cpu` is
    checked when code is made."""

    exact: bool = False
    """Keep the order of all operations: bits are NumPy's, but for functions (see docs/numerics.md)."""
    threads: int | None = None
    """How many share a large loop; None is what the environment says, or the number of processors."""
    cpu: str = "host"
    """The processor, or a level of x86-64."""

    def __post_init__(self) -> None:
        threads: Any = self.threads
        if threads is not None and type(threads) is not int:
            raise TypeError(f"threads={threads!r}: it must be a number, or None")
        if threads is not None and threads < 1:
            raise ValueError(f"threads={threads}: it must be at least 1")


AS_USUAL: Final = NativeOptions()


def compile_native(
    graph: Graph, *, exact: bool = False, cpu: str = "host", threads: int | None = None
) -> NativeProgram:
    """The native program of a verified graph; see `native_program`.

    `exact` keeps the order of all operations: sums are not taken in vector lanes. `cpu` is "host", or a level of
    x86-64 such as "x86-64-v3", for code that other machines run too. `threads` is how many share a large loop; None is
    what the environment says, or the number of processors (see docs/native.md).
    """
    return Blueprint(graph, exact=exact, cpu=cpu, threads=threads).compiled()


def blueprint(
    graph: Graph | WrittenGraph, options: NativeOptions = AS_USUAL, prepare: Callable[[Graph], Graph] | None = None
) -> Blueprint:
    """What a native program is made from: it is found on disk, or compiled, when it is asked for. `prepare` are the
    passes that `graph` needs first: always the same ones for the same `exact`."""
    return Blueprint(graph, exact=options.exact, cpu=options.cpu, threads=options.threads, prepare=prepare)
