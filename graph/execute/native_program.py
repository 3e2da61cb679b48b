"""Native execution: the whole graph as one function of machine code."""

import functools
import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from graph.aval import Type
from graph.execute.failure import better, note_location
from graph.execute.interpreter import run
from graph.ir.op import Graph, Op
from graph.ir.printer import print_graph
from graph.llvm.numpy_order import in_numpy_order
from graph.llvm.runtime.arguments import fit_results
from graph.llvm.runtime.cache import Cached, default_cache
from graph.llvm.runtime.compile import Machine, assembly, compile_text, optimized_text
from graph.llvm.runtime.host import known_machine, machine_for
from graph.llvm.runtime.plan import Callback
from graph.llvm.runtime.program import NativeProgram as LoadedProgram
from graph.llvm.runtime.program import failure, native_program
from graph.llvm.runtime.recipe import Recipe, read
from graph.llvm.runtime.version import compiler_version
from graph.ops.attempt import handled
from graph.passes.dce import dce
from graph.passes.decompose import decompose
from graph.passes.nested import without_sharing
from graph.passes.pipeline import FOR_NATIVE, is_checked, optimize
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


def compile_native(
    graph: Graph, *, exact: bool = False, cpu: str = "host", threads: int | None = None
) -> NativeProgram:
    """The program of a verified graph. Raises CycleError where values depend on themselves."""
    return blueprint(graph, exact=exact, cpu=cpu, threads=threads).compiled()


@dataclass(frozen=True)
class Blueprint:
    """A graph of which is known what decides its code; nothing is lowered yet."""

    graph: Graph
    lowered: "Callable[[], LoweredModule]" = field(repr=False)
    cpu: str
    made_from: tuple[str, ...] = field(repr=False)
    threads: int | None = None

    @cached_property
    def machine(self) -> Machine:
        """What the code is for. Raises ValueError for a `cpu` that is no level of this one's."""
        return machine_for(self.cpu)

    def kept(self) -> NativeProgram | None:
        """The program, where its code is on disk."""
        machine = known_machine(self.cpu)
        found = None if machine is None else default_cache().kept(self.made_from, machine)
        return None if found is None else self._loaded(found)

    def compiled(self) -> NativeProgram:
        """The program; its code is from disk, or compiled now. Raises CycleError where values depend on themselves."""
        return self._loaded(default_cache().noted(self.made_from, self.machine, self._made))

    def made(self, data: Mapping[str, np.ndarray]) -> NativeProgram:
        """The program, compiled now and not kept. `data` are arrays that its code finds by name."""
        return self._loaded(self._made(), data)

    def _made(self) -> Cached:
        module = self.lowered()
        recipe = Recipe(tuple((s.operands, s.results) for s in module.callbacks), module.constants)
        return Cached(compile_text(module.text, self.machine), recipe.text())

    def _loaded(self, code: Cached, data: Mapping[str, np.ndarray] = MappingProxyType({})) -> NativeProgram:
        graph, recipe = self.graph, read(code.note)
        callbacks = [
            Callback(operands, results, _caller(self.lowered, number, results, graph))
            for number, (operands, results) in enumerate(recipe.callbacks)
        ]
        params, results = ([v.type for v in values] for values in (graph.params, graph.results))
        constants = {f"constant_{i}": array for i, array in enumerate(recipe.constants)}
        loaded = native_program(
            code.code,
            params,
            results,
            name=graph.name,
            callbacks=callbacks,
            constants={**constants, **data},
            recurses=bool(graph.functions),
            threads=self.threads,
        )
        return NativeProgram(graph, self.lowered, self.machine, loaded)


def blueprint(
    graph: Graph,
    *,
    exact: bool = False,
    cpu: str = "host",
    threads: int | None = None,
    change: Callable[[Graph], Graph] | None = None,
) -> Blueprint:
    """What decides the code of a verified graph. `change` is done to it last, as to what is not kept on disk."""

    @functools.cache
    def module() -> "LoweredModule":
        target = machine_for(cpu)
        if exact:
            whole = optimize(graph, (in_numpy_order, dce), check=is_checked())
        else:
            whole = optimize(decompose(graph), FOR_NATIVE, check=is_checked())
        ordered = scheduled(without_sharing(whole))
        ordered = ordered if change is None else change(ordered)
        return lower(ordered, exact=exact, fma=has_fma(target), vectors=target.vectors)

    made_from = print_graph(graph, places=False), f"{exact=}", compiler_version()
    return Blueprint(graph, module, cpu, made_from, threads)


def lower(graph: Graph, *, exact: bool, fma: bool, vectors: tuple[int, int]) -> "LoweredModule":
    """`graph.llvm.module.lower`, loaded when it is needed: a process that finds its code on disk never does."""
    return importlib.import_module("graph.llvm.module").lower(graph, exact=exact, fma=fma, vectors=vectors)


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
        if op.name == "attempt":
            return _handled(op, results, *operands)
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


def _handled(op: Op, results: Sequence[Type], status: int, error: BaseException | None) -> tuple[Any, ...]:
    """The block of an `attempt` has failed: what handles it. Raises what is not caught."""
    errors = cast("tuple[str, ...]", op.attrs["errors"])
    return fit_results(handled(failure(status) if error is None else error, errors), results, op.name)


def _interpreted(region: Graph, graph: Graph) -> Callable[..., tuple[Any, ...]]:
    """A region as a function."""
    whole = Graph(region.name, region.params, region.ops, region.results, graph.functions)
    return lambda *operands: run(whole, operands)
