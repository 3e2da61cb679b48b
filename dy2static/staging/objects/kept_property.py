"""`functools.cached_property` while code is staged: what it keeps is stored as converted code stores an attribute."""

from collections.abc import Callable, Iterable
from typing import Any, Final, cast

import numpy as np

from dy2static.staging.objects.cells import attribute_cell
from dy2static.staging.values.staged import StagedTensor, current

PLAIN: Final = (bool, int, float, complex, str, bytes, type(None), range, np.generic, np.ndarray)


class KeptProperty:
    """One of these properties. Where it `is_pure`, what it makes of Python's values alone is kept as Python keeps it,
    and nothing is kept in a branch or loop of the graph: however often it is made, it is the same."""

    def __init__(self, function: Callable[[Any], Any], name: str, *, is_pure: bool) -> None:
        self._function = function
        self._name = name
        self._is_pure = is_pure

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        stager, held = current(), instance.__dict__
        made = self._function(instance)
        is_of_other_thread = stager is None  # which runs plain code meanwhile
        if is_of_other_thread or (self._is_pure and (_is_plain(made) or stager.cells.is_born_here(instance))):
            held[self._name] = made
        elif not self._is_pure or stager.builder is stager.root:
            stager.cells.put(attribute_cell(instance, self._name), made)
        return made

    def forget(self, instances: Iterable[Any]) -> None:
        """Drop what was kept in these while this was not part of staging."""
        for instance in instances:
            held: Any = getattr(instance, "__dict__", None)
            if isinstance(held, dict) and isinstance(cast("dict[str, Any]", held).get(self._name), StagedTensor):
                del held[self._name]


def _is_plain(value: Any) -> bool:
    if type(value) is tuple:
        return all(map(_is_plain, cast("tuple[Any, ...]", value)))
    return isinstance(value, PLAIN)
