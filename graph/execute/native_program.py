"""Native execution: the whole graph as one function of machine code."""

import functools
import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from graph.aval import Type
from graph.execute.failure import better, note_location
from graph.execute.interpreter import run
from graph.ir.op import Graph
from graph.ir.printer import print_graph
from graph.llvm.runtime.arguments import fit_results
from graph.llvm.runtime.cache import Cached, default_cache
from graph.llvm.runtime.compile import Machine, assembly, compile_text, machine, optimized_text
from graph.llvm.runtime.plan import Callback
from graph.llvm.runtime.program import NativeProgram as LoadedProgram
from graph.llvm.runtime.program import native_program
from graph.llvm.runtime.recipe import Recipe, compiler_version, read
from graph.passes.decompose import decompose
from graph.passes.nested import without_sharing
from graph.schedule.order import scheduled

if TYPE_CHECKING:
    from graph.llvm.code import CallbackSite
    from graph.llvm.module import LoweredModule


@dataclass(frozen=True)
class NativeProgram:
    """A compiled graph. Called with one argument per parameter, it gives a tuple of results.

    Results share storage with no argument, no constant and no other result; arguments are never written to. What a
    kernel raises comes out as it is, with a note of the user's line.
    """

    graph: Graph
    lowered: "Callable[[], LoweredModule]" = field(repr=False)
    """Makes the module, once: a process that finds the code on disk needs it to show it only."""
    machine: Machine = field(repr=False)
    loaded: LoadedProgram = field(repr=False)

    @property
    def module(self) -> "LoweredModule":
        """What was compiled, before LLVM saw it."""
        return self.lowered()

    @property
    def llvm(self) -> str:
        """The module as it was written, before LLVM's passes."""
        return self.module.text

    @cached_property
    def optimized(self) -> str:
        """The module after LLVM's passes."""
        return optimized_text(self.module.text, self.machine)

    @cached_property
    def asm(self) -> str:
        """The machine code, as assembly."""
        return assembly(self.module.text, self.machine)

    @property
    def callbacks(self) -> "tuple[CallbackSite, ...]":
        """Where native code calls NumPy, and why."""
        return tuple(site for site in self.module.callbacks if site.reason)

    def __call__(self, *args: Any) -> tuple[Any, ...]:
        return self.loaded.call(*args)


def compile_native(graph: Graph, *, exact: bool = False, cpu: str = "host") -> NativeProgram:
    """The program of a verified graph. Raises CycleError where values depend on themselves."""
    target = machine(cpu)

    @functools.cache
    def module() -> "LoweredModule":
        ordered = scheduled(without_sharing(decompose(graph)))
        return lower(ordered, exact=exact, fma=has_fma(target))

    def made() -> Cached:
        recipe = Recipe(tuple((s.operands, s.results) for s in module().callbacks), module().constants)
        return Cached(compile_text(module().text, target), recipe.text())

    key = (print_graph(graph, places=False), f"{exact=}", compiler_version())
    kept = default_cache().noted(key, target, made)
    recipe = read(kept.note)
    callbacks = [
        Callback(operands, results, _caller(module, number, results, graph))
        for number, (operands, results) in enumerate(recipe.callbacks)
    ]
    params, results = ([v.type for v in values] for values in (graph.params, graph.results))
    constants = {f"constant_{i}": array for i, array in enumerate(recipe.constants)}
    loaded = native_program(
        kept.code,
        params,
        results,
        name=graph.name,
        callbacks=callbacks,
        constants=constants,
        recurses=bool(graph.functions),
    )
    return NativeProgram(graph, module, target, loaded)


def lower(graph: Graph, *, exact: bool, fma: bool) -> "LoweredModule":
    """`graph.llvm.module.lower`, loaded when it is needed: a process that finds its code on disk never does."""
    return importlib.import_module("graph.llvm.module").lower(graph, exact=exact, fma=fma)


def has_fma(target: Machine) -> bool:
    """Whether a machine has fused multiply-add."""
    return "+fma" in target.features.split(",") or target.cpu in ("x86-64-v3", "x86-64-v4")


def _caller(
    module: "Callable[[], LoweredModule]", number: int, results: Sequence[Type], graph: Graph
) -> Callable[..., tuple[Any, ...]]:
    """Runs the kernel of an op; what it raises gets a note of the user's line. The op is looked for when it runs; the
    regions that it may own are interpreted."""

    def call(*operands: Any) -> tuple[Any, ...]:
        op = module().callbacks[number].op
        attrs: dict[str, Any] = dict(op.attrs)
        if op.regions:
            attrs["regions"] = tuple(_interpreted(region, graph) for region in op.regions)
        try:
            with np.errstate(all="ignore"):
                return fit_results(op.opdef.kernel(*operands, **attrs), results, op.name)
        except Exception as error:
            found = better(error, op, operands)
            note_location(found, op.loc)
            if found is error:
                raise
            raise found from None

    return call


def _interpreted(region: Graph, graph: Graph) -> Callable[..., tuple[Any, ...]]:
    """A region as a function."""
    whole = Graph(region.name, region.params, region.ops, region.results, graph.functions)
    return lambda *operands: run(whole, operands)
