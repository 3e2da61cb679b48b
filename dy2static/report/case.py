"""One model to compare: a function, the arguments that it is traced on, and others that decide otherwise."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


def plain_text(result: Any) -> str:
    """A result in a few characters."""
    return " ".join(str(result).split())


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A model for `dy2static compare`: a Python file gives one by a function `case()`.

    `function` is traced on `example` and evaluated on `other`; both are tuples of arguments, described in a few words
    by `described`. The gradient is that of `loss`, which takes the same arguments and returns one number (`function`
    itself where it is None), by the argument at `argnum`; `no_gradient` says why there is none. `show` makes a result
    readable; `note` is a sentence about the model, such as its accuracy.
    """

    name: str
    title: str
    function: Callable[..., Any]
    example: tuple[Any, ...]
    other: tuple[Any, ...]
    described: tuple[str, str]
    loss: Callable[..., Any] | None = None
    argnum: int = 0
    no_gradient: str = ""
    show: Callable[[Any], str] = plain_text
    note: str = ""
