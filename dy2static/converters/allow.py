"""Which callees need no conversion, and which of these are called straight from converted code."""

import sys
from types import ModuleType
from typing import Final

NUMERIC: Final = frozenset(["numpy", "scipy", "eager", "graph"])
OURS: Final = frozenset(["dy2static"])
PROGRESS: Final = frozenset(["tqdm"])
"""They show what Python does, which is making the graph: in a run there is no trip of Python's to show."""

# Called through the runtime all the same: they call functions of the user, or must not be frozen into a graph.
THROUGH_RUNTIME: Final = (
    "numpy.random",
    "scipy.integrate",
    "scipy.optimize",
    "scipy.stats",
    "eager.random",
)
# These look at the frame that calls them.
SEES_CALLER: Final = frozenset(["inspect"])
FUNCTIONS_THAT_SEE_CALLER: Final[tuple[object, ...]] = (globals, breakpoint, sys._getframe)  # pyright: ignore[reportPrivateUsage]
TAKES_FUNCTIONS: Final = frozenset(
    [
        "apply_along_axis",
        "apply_over_axes",
        "checkpoint",
        "fromfunction",
        "frompyfunc",
        "grad",
        "gradcheck",
        "hessian",
        "hvp",
        "jacobian",
        "jvp",
        "map",
        "piecewise",
        "scan",
        "value_and_grad",
        "vectorize",
        "vjp",
        "vmap",
    ]
)


ON_FILES: Final = frozenset(
    ["fromfile", "genfromtxt", "load", "loadtxt", "memmap", "save", "savetxt", "savez", "savez_compressed"]
)
"""NumPy's functions that read and write files."""
CHANGES_AN_ARRAY: Final = frozenset(["copyto", "fill_diagonal", "place", "put", "put_along_axis", "putmask"])
"""NumPy's functions that change their first argument."""


def is_library(module: str) -> bool:
    """Whether functions of `module` are called as they are: the standard library, NumPy, SciPy, our own packages, and
    what shows progress."""
    package = module.partition(".")[0]
    return package in NUMERIC | OURS | PROGRESS or (package in sys.stdlib_module_names and package != "__main__")


def stays_direct(callee: object, name: str) -> bool:
    """Whether a call of `callee`, found under `name`, needs no `_rt.call` around it.

    So it is for functions that work on tensors by themselves, and for those that look at their caller. Other parts of
    the standard library go through the runtime, which knows what `len` or `math.sqrt` mean for a staged value.
    """
    if name in TAKES_FUNCTIONS or name in CHANGES_AN_ARRAY or name in ON_FILES or isinstance(callee, ModuleType):
        return False
    if any(callee is function for function in FUNCTIONS_THAT_SEE_CALLER):
        return True
    module: object = getattr(callee, "__module__", None)
    if not isinstance(module, str) or module.startswith(THROUGH_RUNTIME):
        return False
    package = module.partition(".")[0]
    return package in NUMERIC or package in SEES_CALLER


def is_exception_class(callee: object) -> bool:
    """Builtin exceptions: making one does nothing that a graph has to know."""
    return isinstance(callee, type) and issubclass(callee, BaseException) and callee.__module__ == "builtins"
