"""Whether two names are of one object: what Python's `is`, and with it `==`, `in` and keys, go by."""

from collections.abc import Iterable
from typing import Any, cast

from dy2static.staging.objects.instances import is_made
from dy2static.staging.values.staged import current


def is_one(a: Any, b: Any) -> bool:
    """Whether two names are of one object.

    Raises: StagingError where they are on some paths.
    """
    stager = current()
    if stager is not None and a is not b:
        stager.sharing.check_are_others(a, b)
    return a is b


def goes_by_identity(value: Any) -> bool:
    """Whether it is equal to itself only."""
    return cast("type[Any]", type(value)).__eq__ is object.__eq__


def is_among(value: Any, container: Any) -> bool:
    """Whether an object that is equal to itself only is in a container, or a key of it.

    Raises: StagingError where it is on some paths.
    """
    return any(is_one(value, other) for other in tuple(cast("Iterable[Any]", container)))


def check_key(owner: Any, key: Any) -> None:
    """Raises: StagingError where an object is looked up in a dict or set that is a key of it on some paths."""
    if isinstance(owner, dict | set | frozenset) and is_made(key) and goes_by_identity(key):
        is_among(key, cast("Iterable[Any]", owner))
