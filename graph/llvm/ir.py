"""llvmlite's module of IR, which has no types: `make` is the module; the names are for annotations."""

from typing import Any, Final, TypeAlias

from llvmlite import ir as _ir  # pyright: ignore[reportMissingTypeStubs]

make: Final[Any] = _ir

Value: TypeAlias = Any
"""A register, a constant, or an address."""
Type: TypeAlias = Any
Block: TypeAlias = Any
"""A basic block."""
Function: TypeAlias = Any
Module: TypeAlias = Any
PhiInstr: TypeAlias = Any
GlobalVariable: TypeAlias = Any
