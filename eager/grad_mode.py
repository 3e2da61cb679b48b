"""Whether ops on tracked tensors are recorded on the tape: a switch per context (thread, task)."""

from collections.abc import Callable
from contextvars import ContextVar, Token
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

GRAD_MODE: Final[ContextVar[bool]] = ContextVar("eager.grad_mode", default=True)

P = ParamSpec("P")
R = TypeVar("R")


def is_grad_enabled() -> bool:
    """Whether the tape is on."""
    return GRAD_MODE.get()


class set_grad_enabled:  # noqa: N801 - reads as a function: `with set_grad_enabled(False):`
    """Context manager and decorator: switches the tape on or off; nests in any order."""

    def __init__(self, enabled: bool) -> None:
        self._enabled = enabled
        self._tokens: list[Token[bool]] = []

    def __enter__(self) -> None:
        self._tokens.append(GRAD_MODE.set(self._enabled))

    def __exit__(self, *exc: Any) -> None:
        GRAD_MODE.reset(self._tokens.pop())

    def __call__(self, f: Callable[P, R]) -> Callable[P, R]:
        enabled = self._enabled

        @wraps(f)
        def switched(*args: P.args, **kwargs: P.kwargs) -> R:
            with set_grad_enabled(enabled):
                return f(*args, **kwargs)

        return switched


def no_grad() -> set_grad_enabled:
    """What runs inside is not recorded: its results are constants to `backward` and `grad`."""
    return set_grad_enabled(False)


def enable_grad() -> set_grad_enabled:
    """The opposite of `no_grad`, inside of one."""
    return set_grad_enabled(True)
