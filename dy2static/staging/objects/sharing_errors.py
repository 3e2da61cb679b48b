"""What is said of changes in place whose effect the graph cannot tell (see `sharing`)."""

from typing import Any, cast

from dy2static.errors import StagingError
from dy2static.staging.locate import user_location
from eager.tensor import Tensor
from graph.location import Loc


def bound_on_some_paths(label: str) -> StagingError:
    return StagingError(
        f"{label} is changed in place in this block, and on some paths that lead here it is unbound",
        next_step=f"bind {label} on all paths before, to an empty list for one, or change it outside of the block.",
        loc=user_location(),
    )


def refused_in_list(element: Any = None, put_at: Loc | None = None) -> StagingError:
    """The error for an element that is changed in place here, or in a loop that puts it into the list at `put_at`."""
    way_out = "write the change as a new value, such as `x = x + v` for `x += v`, or put a copy into the list."
    if isinstance(element, list):
        way_out = "keep a table of numbers in a tensor (`table[i, j] = v`), or store a new list: `rows[i] = [...]`."
    elif element is not None and not isinstance(element, Tensor):
        way_out = f"store a new {kind_of(element)} in the list, with the change in it."
    what = "is changed in place here, and it is in"
    if put_at is not None:
        what = "changes in place in this loop, and is put into"
    refusal = StagingError(
        f"an object {what} a list that changes under control flow of the graph: the list holds its value and "
        "would not see the change",
        next_step=way_out,
        loc=put_at or user_location(),
    )
    refusal.is_of_element = True
    return refusal if put_at is not None else of_choice(refusal)


def of_choice(refusal: StagingError) -> StagingError:
    """An error of a change that staging could follow if it had the object itself, where the graph chooses it."""
    refusal.is_of_choice = True
    return refusal


def kind_of(value: Any) -> str:
    """What an object is called."""
    return "tensor" if isinstance(value, Tensor) else cast("type[Any]", type(value)).__name__
