"""Native execution: the whole graph as one function of machine code."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from graph.aval import Type
from graph.execute.blueprint import Blueprint
from graph.execute.failure import better, note_location
from graph.execute.interpreter import run
from graph.ir.op import Graph, Op
from graph.llvm.runtime.arguments import fit_results
from graph.llvm.runtime.cache import Cached, default_cache
from graph.llvm.runtime.host import machine_for
from graph.llvm.runtime.object_code import Machine, ObjectCode
from graph.llvm.runtime.plan import Callback
from graph.llvm.runtime.program import NativeProgram as LoadedProgram
from graph.llvm.runtime.program import failure, native_program
from graph.llvm.runtime.recipe import Recipe, read
from graph.ops.attempt import handled
from graph.passes.dce import dce
from graph.passes.decompose import decompose
from graph.passes.nested import without_sharing
from graph.passes.pipeline import FOR_NATIVE, is_checked, optimize
from graph.schedule.order import scheduled

if TYPE_CHECKING:
    from graph.llvm.code import CallbackSite
    from graph.llvm.module import LoweredModule


class NativeProgram:
    """A compiled graph. Called with one argument per parameter, it gives a tuple of results.

    Results share storage with no argument, no constant and no other result; arguments are never written to. What a
    kernel raises comes out as it is, with a note of the user's line.
    """

    def __init__(self, plan: Blueprint, machine: Machine, loaded: LoadedProgram) -> None:
        self._plan, self.machine, self.loaded = plan, machine, loaded

    @property
    def graph(self) -> Graph:
        """The graph that was lowered."""
        return self._plan.graph

    @property
    def module(self) -> "LoweredModule":
        """What was compiled, before LLVM saw it: made to be shown, in a process that found the code on disk."""
        return self._plan.lowered()

    @property
    def llvm(self) -> str:
        """The module as it was written, before LLVM's passes."""
        return self.module.text

    @cached_property
    def optimized(self) -> str:
        """The module after LLVM's passes."""
        return _llvm().optimized_text(self.module.text, self.machine)

    @cached_property
    def asm(self) -> str:
        """The machine code, as assembly."""
        return _llvm().assembly(self.module.text, self.machine)

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
    return Blueprint(graph, exact=exact, cpu=cpu, threads=threads).compiled()


def compiled(plan: Blueprint) -> NativeProgram:
    """The program; its code is from disk, or compiled now."""
    machine = machine_for(plan.cpu)
    return loaded(plan, default_cache().noted(plan.made_from, machine, lambda: _code(plan, machine)))


def made(plan: Blueprint, data: Mapping[str, np.ndarray]) -> NativeProgram:
    """The program, compiled now and not kept."""
    return loaded(plan, _code(plan, machine_for(plan.cpu)), data)


def loaded(plan: Blueprint, code: Cached, data: Mapping[str, np.ndarray] = MappingProxyType({})) -> NativeProgram:
    """The program of code that has been made for a blueprint."""
    recipe = read(code.note)
    callbacks = [
        Callback(operands, results, _caller(plan, number, results))
        for number, (operands, results) in enumerate(recipe.callbacks)
    ]
    constants = {f"constant_{i}": array for i, array in enumerate(recipe.constants)}
    program = native_program(
        code.code,
        plan.types,
        recipe.results,
        name=plan.form.name,
        callbacks=callbacks,
        constants={**constants, **data},
        recurses=recipe.recurses,
        threads=plan.threads,
    )
    return NativeProgram(plan, machine_for(plan.cpu), program)


def _code(plan: Blueprint, machine: Machine) -> Cached:
    module = plan.lowered()
    recipe = Recipe(
        tuple(v.type for v in plan.graph.results),
        tuple((s.operands, s.results) for s in module.callbacks),
        module.constants,
        recurses=bool(plan.graph.functions),
    )
    return Cached(compile_text(module.text, machine), recipe.text())


def lowered(graph: Graph, exact: bool, cpu: str, change: Callable[[Graph], Graph] | None) -> "LoweredModule":
    """The module of a blueprint."""
    target = machine_for(cpu)
    if exact:
        in_order = importlib.import_module("graph.llvm.numpy_order").in_numpy_order
        whole = optimize(graph, (in_order, dce), check=is_checked())
    else:
        native = importlib.import_module("graph.llvm.exact").stays_native
        split = importlib.import_module("graph.schedule.split_loops").split_loops
        split = partial(split, stays_native=partial(native, is_exact=False))
        whole = optimize(decompose(graph), (split, *FOR_NATIVE), check=is_checked())
    ordered = scheduled(without_sharing(whole))
    ordered = ordered if change is None else change(ordered)
    return lower(ordered, exact=exact, fma=has_fma(target), vectors=target.vectors)


def lower(graph: Graph, *, exact: bool, fma: bool, vectors: tuple[int, int]) -> "LoweredModule":
    """`graph.llvm.module.lower`, loaded when it is needed: a process that finds its code on disk never does."""
    return importlib.import_module("graph.llvm.module").lower(graph, exact=exact, fma=fma, vectors=vectors)


def compile_text(text: str, machine: Machine) -> ObjectCode:
    """`graph.llvm.runtime.compile.compile_text`, loaded likewise."""
    return _llvm().compile_text(text, machine)


def _llvm() -> Any:
    return importlib.import_module("graph.llvm.runtime.compile")


def has_fma(target: Machine) -> bool:
    """Whether a machine has fused multiply-add."""
    return "+fma" in target.features.split(",") or target.cpu in ("x86-64-v3", "x86-64-v4")


def _caller(plan: Blueprint, number: int, results: Sequence[Type]) -> Callable[..., tuple[Any, ...]]:
    """Runs the kernel of an op; what it raises gets a note of the user's line. The op is looked for when it runs; the
    regions that it may own are interpreted."""

    def call(*operands: Any) -> tuple[Any, ...]:
        op = plan.lowered().callbacks[number].op
        if op.name == "attempt":
            return _handled(op, results, *operands)
        attrs: dict[str, Any] = dict(op.attrs)
        if op.regions:
            attrs["regions"] = tuple(_interpreted(region, plan.graph) for region in op.regions)
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
