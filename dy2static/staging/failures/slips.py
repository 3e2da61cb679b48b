"""Exceptions that come of a mistake of ours: never taken for one of the program.

While staging, an exception may be what the program raises, and then an `except` of the program catches it, or the graph
raises it in a run. Ours are told apart by where they come from. The modules that do what the program says (the runtime,
numbers and lists that stand for others, kernels, `eager`) raise what Python raises. The others raise nothing of the
program's but by a `raise`: a lookup or call that fails there, and an `assert` of ours, is a mistake.
"""

import dis
from functools import lru_cache
from pathlib import Path
from types import CodeType
from typing import Any, Final

import graph
from dy2static.errors import StagingError
from dy2static.staging.failures.concerns import name_numbers
from dy2static.staging.locate import OURS, user_location
from dy2static.staging.objects.instances import is_made
from dy2static.staging.values.staged import current
from graph.errors import InternalError

GRAPH: Final = Path(str(graph.__file__)).parent
STAGING: Final = Path(__file__).parent.parent
OF_THE_COMPILER: Final = tuple(
    f"{GRAPH / name}/" for name in ("ir", "passes", "autodiff", "execute", "llvm", "schedule", "text")
)
OF_CONVERSION: Final = tuple(f"{STAGING.parent / name}/" for name in ("source", "converters", "analysis", "cache"))
ACTING: Final = frozenset(
    f"{STAGING / name}.py"
    for name in (
        *("stager", "failures/caught", "objects/cells", "objects/contents"),
        *("containers/iterables", "containers/list_values", "containers/lists", "containers/lists_written_out"),
        *("containers/one_shot", "values/chosen", "values/comparisons", "values/number_ops", "values/optional"),
        *("values/powers", "values/staged", "values/text", "values/truth"),
    )
)
"""Modules here that do what the program says to values that stand for others."""
CALLING: Final = frozenset(f"{STAGING / name}.py" for name in ("regions/recursion", "stage"))
"""Modules that call functions of the program, with arguments that may not fit."""
RAISING: Final = f"{STAGING.parent / 'runtime' / 'raise_stmt'}.py"


def refuse_slips(error: Exception) -> None:
    """Raises: InternalError for an exception that comes of a mistake of ours; StagingError for an object that is not
    found because the graph chose it. All others name numbers as a run would."""
    name_numbers(error)
    if isinstance(error, KeyError) and error.args:
        refuse_lookup(error.args[0])
    if is_slip(error):
        raise InternalError(
            f"staging failed by a mistake of dy2static: {type(error).__name__}: {error}. Please report it, with the "
            "traceback above."
        ) from error


def refuse_lookup(key: Any) -> None:
    """Raises: StagingError for a key that stands for one of several objects, which a dict takes for another one."""
    stager = current()
    if stager is not None and is_made(key) and stager.sharing.alike(key):
        raise StagingError(
            f"an object of class {type(key).__name__} that the graph chooses is the key of an item: a graph chooses "
            "between values, not between objects",
            next_step="use a number or a text as the key, or choose between the items.",
            loc=user_location(),
        )


def is_slip(error: Exception) -> bool:
    """Whether an exception met while staging comes of a mistake of ours."""
    step = error.__traceback__
    if step is None or isinstance(error, RecursionError):  # it comes where the stack ends, whose fault ever it is
        return False
    while step.tb_next is not None:
        step = step.tb_next
    code = step.tb_frame.f_code
    if not code.co_filename.startswith(OURS):
        return False
    if type(error) is AssertionError:
        return code.co_filename != RAISING
    if type(error) is TypeError and code.co_filename in CALLING:
        return not _is(("CALL",), code, step.tb_lasti)
    return _is_internal(code.co_filename) and not _is(("RAISE", "RERAISE"), code, step.tb_lasti)


@lru_cache(maxsize=1024)
def _is_internal(file: str) -> bool:
    is_of_staging = file.startswith(f"{STAGING}/") and file not in ACTING
    return is_of_staging or file.startswith((*OF_THE_COMPILER, *OF_CONVERSION))


@lru_cache(maxsize=1024)
def _is(kinds: tuple[str, ...], code: CodeType, instruction: int) -> bool:
    return dis.opname[code.co_code[instruction]].startswith(kinds)
