"""`x[i]` of a tuple, NumPy array or dict, at an index or key that is known only when the graph runs."""

from collections.abc import Sequence
from typing import Any, Final, cast

import numpy as np

from dy2static.errors import StagingError
from dy2static.runtime import graph_keys
from dy2static.runtime.callables.questions import note_key
from dy2static.runtime.missing_keys import has_defaults, read
from dy2static.runtime.rolling import table_of
from dy2static.staging.containers.lists import StageableList
from dy2static.staging.locate import user_location
from dy2static.staging.stager import Stager
from dy2static.staging.values.chosen import each, index_of, is_chosen, options_of
from dy2static.staging.values.chosen_objects import place_of
from dy2static.staging.values.optional import present
from dy2static.staging.values.staged import AdaptedTensor, StagedTensor, current
from eager.creation import asarray
from eager.tensor import Tensor


def item(container: Any, index: Any) -> Any:
    """`container[index]`."""
    stager = current()
    if is_chosen(index) and not is_chosen(container):
        items = [container[option] for option in options_of(index)] if _has_all(container, index) else ()
        chosen = None if stager is None else stager.choose(items, index_of(index))
        return each(index, lambda option: container[option]) if chosen is None else chosen
    if stager is not None and (table := graph_keys.of_run(container, index)) is not None:
        return graph_keys.read(stager, table, index, graph_keys.otherwise_in(stager, table))
    if stager is not None and has_defaults(container):
        return read(stager, container, index)
    if stager is not None:
        note_key(stager, container, "__getitem__", index)
    if stager is None or not isinstance(index, Tensor):
        return container[index]
    if isinstance(container, np.ndarray):
        found = asarray(container)[index]
        return found if found.ndim else AdaptedTensor.made(cast(StagedTensor, found))
    if not isinstance(container, tuple):
        return container[index]
    return _of_tuple(stager, cast("tuple[Any, ...]", container), present(index, "TypeError", NONE))


def _has_all(container: Any, index: Any) -> bool:
    """Whether it is a dict of Python's with all the keys among which the graph chooses."""
    return type(container) is dict and all(option in container for option in options_of(index))


NONE: Final = "tuple indices must be integers or slices, not NoneType"


def _of_tuple(stager: Stager, items: Sequence[Any], index: Tensor) -> Any:
    at = place_of(stager, index, len(items), "tuple")
    if not items:
        raise IndexError("tuple index out of range")
    if (chosen := stager.choose(items, at)) is not None:
        return chosen
    table = table_of(stager, items)
    if table is not None:
        return table(at)
    try:
        held = StageableList(items).as_staged()
    except StagingError as error:
        raise StagingError(
            f"an item of a tuple is taken at an index that only the graph knows: {error.what}",
            next_step="choose by `if` or `match` what is done with the item.",
            loc=user_location(),
        ) from None
    return held[at]
