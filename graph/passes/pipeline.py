"""The order of passes. Between any two of them the graph can be verified, and looked at."""

import os
import sys
from collections.abc import Callable, Sequence
from typing import Final

from graph.errors import VerifyError
from graph.ir.op import Graph
from graph.ir.printer import print_graph
from graph.ir.verify import verify
from graph.passes.batch_products import batch_products
from graph.passes.branch_results import branch_results
from graph.passes.constant_fold import constant_fold
from graph.passes.cse import cse
from graph.passes.dce import dce
from graph.passes.distinct_values import distinct_values
from graph.passes.erase_stop_gradient import erase_stop_gradient
from graph.passes.fuse_products import fuse_products
from graph.passes.hoist_transposes import hoist_transposes
from graph.passes.inline_calls import inline_calls
from graph.passes.invariant_carried import invariant_carried
from graph.passes.licm import licm
from graph.passes.nested import Pass
from graph.passes.prune_branch import prune_branch
from graph.passes.simplify import simplify
from graph.passes.sink import sink
from graph.passes.transpose_products import transpose_products

Observer = Callable[[str, Graph], None]
"""Called with a pass's name and its result; first with "input" and the graph as it came."""

DEFAULT: Final[tuple[Pass, ...]] = (
    distinct_values,  # first: the others know values by themselves, wherever they stand
    inline_calls,  # all that follows sees through calls
    simplify,  # says which optional values are there, for the branches on that
    constant_fold,
    prune_branch,  # needs folded tests
    branch_results,  # flags of branches become values that the rest sees through
    invariant_carried,  # needs pruned branches
    dce,  # the less there is, the less the rest has to do
    constant_fold,  # of what pruning and capturing brought together
    simplify,
    prune_branch,
    cse,
    licm,
    cse,  # of ops that several loops gave away
    sink,  # after licm: what a loop need not repeat has left it
    dce,
)

TO_RUN: Final[tuple[Pass, ...]] = (
    erase_stop_gradient,  # it hides from the others what operands are
    simplify,
    transpose_products,  # needs transposes that meet
    cse,
    dce,
)
"""After the others, for a graph that is not differentiated any more."""

EXACTLY: Final[tuple[Pass, ...]] = tuple(run for run in TO_RUN if run is not transpose_products)
"""The same, where results must have eager's bits: they follow from how a product is asked for."""

FOR_NATIVE: Final[tuple[Pass, ...]] = (
    batch_products,
    dce,  # of slices that are products now
    hoist_transposes,
    fuse_products,
)
"""After these, for native code that need not be exact: sums are added up in another order."""


def optimize(
    graph: Graph, passes: Sequence[Pass] = DEFAULT, *, check: bool = True, observe: Observer | None = None
) -> Graph:
    """Run the passes in order. `check` verifies after each: a VerifyError names the pass that broke the graph."""
    if observe is not None:
        observe("input", graph)
    done: dict[Pass, Graph] = {}
    for run in passes:
        if done.get(run) is graph and observe is None:
            continue  # it made this graph: it would find nothing
        name = getattr(run, "__name__", repr(run))
        result = run(graph)
        if check and result is not graph:
            try:
                verify(result)
            except VerifyError as error:
                raise VerifyError(f"after the pass {name!r}: {error}") from None
        done[run] = graph = result
        if observe is not None:
            observe(name, graph)
    return graph


def is_checked() -> bool:
    """Whether users' graphs are verified between passes: with DY2STATIC_VERIFY=1, as in all tests. It takes twice the
    time of the passes themselves, and finds only what is our mistake."""
    return os.environ.get("DY2STATIC_VERIFY") == "1"


def print_passes(name: str, graph: Graph) -> None:
    """An observer that prints the graph as it came and after each pass."""
    sys.stdout.write(f"--- {name}\n{print_graph(graph, elide=True)}\n")
