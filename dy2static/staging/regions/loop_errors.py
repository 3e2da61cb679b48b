"""What is said of loops that a graph cannot have."""

from collections.abc import Iterable
from typing import Any, cast

from dy2static.errors import StagingError
from dy2static.staging.advice import kinds_of, of_choices, of_objects
from dy2static.staging.objects.cells import AttributeCell, Cell
from dy2static.staging.values.spec import ConstantSpec, ContainerSpec, Spec, TensorSpec
from dy2static.staging.values.unify import MismatchError
from graph.errors import LoopTypeError
from graph.location import Loc


def both(label: str, loc: Loc) -> StagingError:
    """A variable whose object a trip changes in place, and that it gives another one."""
    return StagingError(
        f"{label} is changed in place and also given another value in this loop, so the object that it names before "
        "the loop would change in the first trip only",
        next_step="write the in-place change as a new value (`x = x + v` for `x += v`), or copy it before the loop.",
        loc=loc,
    )


def loop_error(label: str, error: MismatchError, loc: Loc) -> LoopTypeError:
    """A variable that is of another type after a trip."""
    where = f" at `{error.path}`" if error.path else ""
    hint = (
        of_choices(label, error.a, error.b) or of_objects(label, error.a, error.b) or _of_types(label, error.a, error.b)
    )
    refused = LoopTypeError(
        f"{label}{where} is {error.a} before a trip of this loop and {error.b} after it; a graph needs one type.",
        next_step=hint,
        loc=loc,
    )
    refused.kinds = kinds_of(error.a, error.b)
    return refused


def _of_types(label: str, before: Spec, after: Spec) -> str:
    if isinstance(before, ConstantSpec) or isinstance(after, ConstantSpec):
        return (
            "keep it an ordinary value that does not change in the loop, or make it a tensor or a number before the "
            "loop."
        )
    if isinstance(before, TensorSpec) and before.weak and isinstance(after, TensorSpec) and after.aval.ndim:
        shape = after.aval.shape
        example = f", such as `xp.zeros({shape})`" if all(isinstance(size, int) for size in shape) else ""
        return f"begin with a tensor of that shape{example}: a number is one element, and stays one in a graph."
    if isinstance(before, ContainerSpec) and isinstance(after, ContainerSpec) and len(before.parts) != len(after.parts):
        return (
            "a loop of the graph keeps the number of items of all but lists: fill it before the loop, as with "
            "`deque([0.0] * 3, maxlen=3)`, or use a list."
        )
    return f"give {label} the type that it has after one trip before the loop, with `astype` or a shape that fits."


def grows(label: str, spec: Spec, loc: Loc) -> LoopTypeError:
    """A variable whose description is wider after each trip."""
    return LoopTypeError(
        f"{label} holds more after each trip of this loop ({_shortened(str(spec))}); a graph needs one type.",
        next_step="keep what each trip adds in a list, and refer to it by an index; texts are put together behind the "
        "loop: `''.join(pieces)`.",
        loc=loc,
    )


def changes_others(cells: Iterable[Cell], loc: Loc) -> LoopTypeError:
    """A loop of which each trip changes objects that none before it did. Their classes may have made them by operators
    or properties, unnoticed: converted, these tell."""
    kinds = [cast("type[Any]", type(cell.owner)) for cell in cells if isinstance(cell, AttributeCell)]
    what = f"an object of class {kinds[-1].__name__}" if kinds else "an object"
    refused = LoopTypeError(
        f"each trip of this loop changes {what} that no trip before it has changed; a graph needs one for all.",
        next_step="make the object within the loop by a call of its class.",
        loc=loc,
    )
    refused.kinds = tuple(dict.fromkeys(kinds))
    return refused


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}..."
