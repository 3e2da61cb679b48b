"""`fallback="eager"`: calls that cannot become a graph run as plain Python; each is counted, with its reason."""

import threading
from collections import Counter
from collections.abc import Callable, Hashable
from typing import Any, Final, Literal

from dy2static.errors import ConversionError, SourceUnavailableError, StagingError
from graph.errors import BranchTypeError, GraphError, LoopTypeError

Fallback = Literal["eager"]
REFUSALS: Final = (ConversionError, SourceUnavailableError, StagingError, BranchTypeError, LoopTypeError)
"""What says that a function, or a call of it, cannot become a graph; errors of the program are not among it."""
MOST_KINDS: Final = 256
"""Kinds of calls that are remembered as refused."""


class Fallbacks:
    """The calls of one static function that ran as plain Python. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reasons: Counter[str] = Counter()
        self._refused: dict[Hashable, GraphError] = {}

    @property
    def count(self) -> int:
        """How many calls."""
        return sum(self._reasons.values())

    @property
    def reasons(self) -> dict[str, int]:
        """Why, in the words of the error that was not raised, with the number of calls for each."""
        return dict(self._reasons)

    def run(self, error: GraphError, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Count a call that `error` refuses, and run it."""
        with self._lock:
            self._reasons[str(error)] += 1
        return function(*args, **kwargs)

    def remember(self, kind: Hashable, error: GraphError) -> None:
        """Have calls of this kind run as plain Python at once."""
        with self._lock:
            if len(self._refused) >= MOST_KINDS:
                self._refused.clear()
            self._refused[kind] = error

    def known(self, kind: Hashable) -> GraphError | None:
        """Why calls of this kind are refused; None for those that are not known to be."""
        return self._refused.get(kind)
