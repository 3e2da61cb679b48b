"""An object with state, as an argument of programs."""

from typing import Any


class Box:
    """Two attributes: a tensor and a number."""

    def __init__(self, a: Any, c: Any) -> None:
        self.a = a
        self.c = c
