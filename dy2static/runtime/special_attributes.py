"""`x.__class__` and `x.__dict__`."""

from typing import Any

from dy2static.runtime.callables.builtins import getattr_, type_
from dy2static.staging.containers.lists import StageableList
from dy2static.staging.containers.queues import Queue
from dy2static.staging.failures.caught import Caught
from dy2static.staging.values.optional import maybe_none
from dy2static.staging.values.staged import StagedTensor, current
from dy2static.staging.values.text import StagedText


def class_of(value: Any) -> Any:
    """What a run has in place of the class of a value that stands for another one."""
    stager = current()
    stands_in = (
        isinstance(value, Caught | Queue | StageableList | StagedTensor | StagedText) or maybe_none(value) is not None
    )
    return type_(stager, value) if stager is not None and stands_in else value.__class__


def attributes_of(value: Any) -> Any:
    """`x.__dict__`."""
    stager = current()
    return value.__dict__ if stager is None else getattr_(stager, value, "__dict__")
