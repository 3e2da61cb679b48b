"""The door to native programs. LLVM, which takes a tenth of a second to load, is loaded by whoever makes the first."""

import importlib
from typing import TYPE_CHECKING, cast

from graph.ir.op import Graph

if TYPE_CHECKING:
    from graph.execute.native_program import NativeProgram


def compile_native(graph: Graph, *, exact: bool = False, cpu: str = "host") -> "NativeProgram":
    """The native program of a verified graph; see `native_program`.

    `exact` keeps the order of all operations: sums are not taken in vector lanes. `cpu` is "host", or a level of
    x86-64 such as "x86-64-v3", for code that other machines run too.
    """
    module = importlib.import_module("graph.execute.native_program")
    return cast("NativeProgram", module.compile_native(graph, exact=exact, cpu=cpu))
