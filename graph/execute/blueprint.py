"""What decides the native code of a graph, so that code on disk is found before anything is loaded that makes code."""

import functools
import importlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from graph.aval import Type
from graph.ir.op import Graph
from graph.ir.printer import print_graph
from graph.ir.written import WrittenGraph
from graph.llvm.runtime.cache import default_cache
from graph.llvm.runtime.host import known_machine
from graph.llvm.runtime.version import compiler_version

if TYPE_CHECKING:
    from graph.execute.native_program import NativeProgram
    from graph.llvm.module import LoweredModule


class Blueprint:
    """A verified graph and the options of its code; nothing is lowered yet.

    `prepare` are passes over the graph: its code is found by the graph as it is given, so that a process that finds it
    does not run them. `change` is done last, to what is not kept on disk.
    """

    def __init__(
        self,
        graph: Graph | WrittenGraph,
        *,
        exact: bool = False,
        cpu: str = "host",
        threads: int | None = None,
        prepare: Callable[[Graph], Graph] | None = None,
        change: Callable[[Graph], Graph] | None = None,
    ) -> None:
        self.form, self.exact, self.cpu, self.threads = graph, exact, cpu, threads
        self._prepare, self._change = prepare, change

    @property
    def given(self) -> Graph:
        """The graph as it is given."""
        return self.form.graph if isinstance(self.form, WrittenGraph) else self.form

    @property
    def types(self) -> tuple[Type, ...]:
        """Those of its parameters."""
        return self.form.types if isinstance(self.form, WrittenGraph) else tuple(v.type for v in self.form.params)

    @functools.cached_property
    def graph(self) -> Graph:
        """The graph that is lowered."""
        return self.given if self._prepare is None else self._prepare(self.given)

    def lowered(self) -> "LoweredModule":
        """What is compiled, made once: a process that finds the code on disk needs it to show it only."""
        return self._module

    @functools.cached_property
    def _module(self) -> "LoweredModule":
        return _maker().lowered(self.graph, self.exact, self.cpu, self._change)

    @functools.cached_property
    def text(self) -> str:
        """The given graph as text, without lines of the user's program."""
        return self.form.text if isinstance(self.form, WrittenGraph) else print_graph(self.form, places=False)

    @functools.cached_property
    def made_from(self) -> tuple[str, ...]:
        """The texts that decide the code, for one kind of processor."""
        passes = "as given" if self._prepare is None else "prepared"
        return self.text, passes, f"exact={self.exact}", compiler_version()

    def kept(self) -> "NativeProgram | None":
        """The program, where its code is on disk. Raises ValueError for a `cpu` that is no level of this one's."""
        machine = known_machine(self.cpu)
        found = None if machine is None else default_cache().kept(self.made_from, machine)
        return None if found is None else _maker().loaded(self, found)

    def compiled(self) -> "NativeProgram":
        """The program; its code is from disk, or compiled now. Raises CycleError where values depend on themselves,
        ValueError as `kept`."""
        return _maker().compiled(self)

    def made(self, data: Mapping[str, np.ndarray]) -> "NativeProgram":
        """The program, compiled now and not kept. `data` are arrays that its code finds by name."""
        return _maker().made(self, data)


def _maker() -> Any:
    return importlib.import_module("graph.execute.native_program")
