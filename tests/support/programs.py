"""Small programs that every mode must agree on. They are declared in tests/programs, one file per construct."""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

import eager as xp
from eager.tensor import Tensor

DIRECTORY: Final = Path(__file__).resolve().parent.parent / "programs"


@dataclass(frozen=True, slots=True)
class Program:
    """A function and the arguments to call it with, one tuple a case."""

    name: str
    make: Callable[[], Callable[..., Any]]
    """Gives the function; one with state of its own is made anew for every mode."""
    cases: tuple[tuple[Any, ...], ...]
    grad: tuple[int, ...] = ()
    """Arguments to differentiate the sum of the floating results by."""
    is_traceable: bool = True
    adapts: bool = False
    """A Python number meets a tensor in a branch or loop: a result may be a 0-d tensor where eager gives a number."""
    refused: str = ""
    """Why static code refuses some of these calls, by design. Empty for a program that must run."""


REGISTRY: Final[dict[str, Program]] = {}


def program(
    *cases: Sequence[Any],
    grad: int | tuple[int, ...] = (),
    traceable: bool = True,
    made: bool = False,
    adapts: bool = False,
    refused: str = "",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a function as a program. With `made`, the function is called without arguments to make the program's."""

    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        def itself() -> Callable[..., Any]:
            return function

        name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        assert name not in REGISTRY, f"two programs are called {name}"
        assert cases, f"{name} has no arguments"
        REGISTRY[name] = Program(
            name,
            function if made else itself,
            tuple(tuple(case) for case in cases),
            (grad,) if isinstance(grad, int) else grad,
            traceable,
            adapts,
            refused,
        )
        return function

    return declare


def all_programs() -> dict[str, Program]:
    """Every program of tests/programs, by name."""
    for path in sorted(DIRECTORY.glob("*.py")):
        importlib.import_module(f"programs.{path.stem}")
    return dict(sorted(REGISTRY.items()))


def f64(data: Any) -> Tensor:
    """A float64 tensor."""
    return xp.asarray(np.asarray(data, np.float64))


def f32(data: Any) -> Tensor:
    """A float32 tensor."""
    return xp.asarray(np.asarray(data, np.float32))


def i64(data: Any) -> Tensor:
    """An int64 tensor."""
    return xp.asarray(np.asarray(data, np.int64))


def i32(data: Any) -> Tensor:
    """An int32 tensor."""
    return xp.asarray(np.asarray(data, np.int32))


def flags(data: Any) -> Tensor:
    """A bool tensor."""
    return xp.asarray(np.asarray(data, np.bool_))
