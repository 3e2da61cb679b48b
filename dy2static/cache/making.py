"""The lock under which programs are made. Staging changes objects for real, and sets them back: who would read or write
such objects in another thread waits until it is done."""

import threading
from typing import Final


class Making:
    """A re-entrant lock that knows which thread holds it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self.owner: int | None = None
        """The thread that makes a program."""

    def __enter__(self) -> None:
        self._lock.acquire()
        self._depth += 1
        self.owner = threading.get_ident()

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if not self._depth:
            self.owner = None
        self._lock.release()

    def wait(self) -> None:
        """Return when no other thread makes a program."""
        if self.owner is not None and self.owner != threading.get_ident():
            with self:
                return


MAKING: Final = Making()
