"""The order of the keys of dicts that staged code changes: a key that is put back stands last, as in Python."""

from collections import OrderedDict
from typing import Any, Final

from dy2static.errors import StagingError
from graph.location import UNKNOWN, Loc

DICT: Final[Any] = dict


class KeyOrders:
    """The order in which some dicts had their keys."""

    def __init__(self) -> None:
        self._before: dict[int, tuple[dict[Any, Any], list[Any]]] = {}

    def note(self, owner: dict[Any, Any]) -> None:
        """Note the order now, of a dict of which it is not yet noted."""
        if id(owner) not in self._before:
            self._before[id(owner)] = (owner, list(DICT.keys(owner)))

    def take_over(self, inner: "KeyOrders") -> None:
        """Note what a block within noted."""
        self._before = {**inner._before, **self._before}

    def set_back(self) -> None:
        """Give the dicts, which hold the items that they held, the order that they had."""
        for owner, keys in self._before.values():
            if list(DICT.keys(owner)) != keys:
                _arrange(owner, keys)

    def check(self, loc: Loc = UNKNOWN) -> None:
        """Raises: StagingError, at this line, where keys that were there have another order by now."""
        for owner, keys in self._before.values():
            now = list(DICT.keys(owner))
            if now != keys and is_reordered(keys, now):
                raise order_changes(loc)


def is_reordered(keys: list[Any], now: list[Any]) -> bool:
    """Whether the keys that are still there have another order now."""
    return _common(keys, now) != _common(now, keys)


def _common(keys: list[Any], others: list[Any]) -> list[Any]:
    """Those keys that are among others."""
    there = set(others)
    return [key for key in keys if key in there]


def order_changes(loc: Loc = UNKNOWN) -> StagingError:
    """The error for another order of a dict."""
    return StagingError(
        "the order of a dict that is there before this block cannot change in a graph",
        next_step="make a new dict in the order that you want.",
        loc=loc,
    )


def _arrange(owner: dict[Any, Any], keys: list[Any]) -> None:
    """Give the keys this order, past what the class of the dict has of the user's."""
    for key in keys:
        if not DICT.__contains__(owner, key):
            continue
        if isinstance(owner, OrderedDict):
            OrderedDict[Any, Any].move_to_end(owner, key)
        else:
            value = DICT.__getitem__(owner, key)
            DICT.__delitem__(owner, key)
            DICT.__setitem__(owner, key, value)
